import * as catalog from "../../build/kernels.ts";
import type { Kernel } from "../../src/kernel.ts";

/** Every kernel and form, in the order of their files. */
export const allKernels = (Object.values(catalog) as Kernel<unknown>[]).sort((a, b) => (a.file < b.file ? -1 : 1));
