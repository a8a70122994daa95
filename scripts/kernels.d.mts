import type { Kernel } from "../src/kernel.ts";

/** A kernel as read from its file: its count is still an expression. */
export type KernelText = Omit<Kernel<object>, "count"> & { readonly count: string };

export function readKernels(root: string): Promise<KernelText[]>;
export function kernelsModule(kernels: readonly KernelText[]): string;
export function checkTwins(root: string, kernels: readonly KernelText[]): Promise<void>;
export function twinned(kernels: readonly KernelText[]): KernelText[];
export function withoutSpaces(line: string): string;
