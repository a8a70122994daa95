import type { KernelText } from "./kernels.d.mts";

export function validateKernels(kernels: readonly KernelText[]): Promise<boolean>;
