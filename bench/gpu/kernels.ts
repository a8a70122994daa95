import * as catalog from "../../build/kernels.ts";
import type { Kernel } from "../../src/kernel.ts";

/** Every kernel and form that GPUs run, in the order of their files. */
export const allKernels = (Object.values(catalog) as Kernel<unknown>[])
  .filter(({ only }) => only !== "wasm")
  .sort((a, b) => (a.file < b.file ? -1 : 1));

const halvesOff = "const HALVES: u32 = 0u;";

/** Those that read weights, as they are compiled where these are stored as halves. */
export const halvesKernels = allKernels
  .filter(({ code }) => code.includes(halvesOff))
  .map((kernel) => ({
    ...kernel,
    id: `${kernel.id}Halves`,
    file: kernel.file.replace(/\.wgsl$/, ", halves.wgsl"),
    code: kernel.code.replace(halvesOff, "const HALVES: u32 = 1u;"),
  }));

/** All that is compiled for GPUs that are not here. */
export const compiledKernels = [...allKernels, ...halvesKernels];
