/** Twin of kernels/bench/copy.wgsl, by the engine's own copy, the fastest there is. */
export function copy(values: usize, result: usize, count: u32, begin: u32, end: u32): void {
  memory.copy(result + ((<usize>begin) << 4), values + ((<usize>begin) << 4), (<usize>(end - begin)) << 4);
}
