/** Values that are summed at a time, as in kernels/shared/scan.wgsl. */
export const blockLength: u32 = 2048;
