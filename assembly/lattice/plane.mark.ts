/** Twin of kernels/lattice/plane.mark.wgsl. */
export function planeMark(simplices: usize, flags: usize, entries: u32, begin: u32, end: u32): void {
  for (let entry = begin; entry < end; entry++) {
    store<u32>(flags + ((<usize>load<u32>(simplices + ((<usize>entry) << 3))) << 2), 1);
  }
}
