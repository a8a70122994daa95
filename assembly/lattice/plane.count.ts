/** Twin of kernels/lattice/plane.count.wgsl; begin and end count blocks. */
export function planeCount(
  simplices: usize,
  counts: usize,
  flags: usize,
  points: u32,
  blockSize: u32,
  blocks: u32,
  begin: u32,
  end: u32,
): void {
  for (let block = begin; block < end; block++) {
    const column = counts + ((<usize>block) << 2);
    const last = simplices + <usize>(min((block + 1) * blockSize, points) * 24);
    for (let pair = simplices + <usize>(block * blockSize * 24); pair < last; pair += 24) {
      add(pair, column, flags, blocks);
      add(pair + 8, column, flags, blocks);
      add(pair + 16, column, flags, blocks);
    }
  }
}

// @ts-ignore: decorator
@inline
function add(pair: usize, column: usize, flags: usize, blocks: u32): void {
  const cell = load<u32>(pair);
  const at = column + ((<usize>(cell * blocks)) << 2);
  store<u32>(at, load<u32>(at) + 1);
  store<u32>(flags + ((<usize>cell) << 2), 1);
}
