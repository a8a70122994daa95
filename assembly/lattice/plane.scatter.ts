/** Twin of kernels/lattice/plane.scatter.wgsl; begin and end count blocks. */
export function planeScatter(
  simplices: usize,
  numbers: usize,
  starts: usize,
  incidence: usize,
  points: u32,
  blockSize: u32,
  blocks: u32,
  begin: u32,
  end: u32,
): void {
  for (let block = begin; block < end; block++) {
    const column = starts + ((<usize>block) << 2);
    const last = min((block + 1) * blockSize, points);
    let pair = simplices + <usize>(block * blockSize * 24);
    for (let point = block * blockSize; point < last; point++) {
      move(pair, numbers, column, incidence, point, blocks);
      move(pair + 8, numbers, column, incidence, point, blocks);
      move(pair + 16, numbers, column, incidence, point, blocks);
      pair += 24;
    }
  }
}

/** Puts the point and the weight of an entry where they belong, and the vertex in the place of the cell. */
// @ts-ignore: decorator
@inline
function move(pair: usize, numbers: usize, column: usize, incidence: usize, point: u32, blocks: u32): void {
  const both = load<u64>(pair);
  const cell = <u32>both;
  const cursor = column + ((<usize>(cell * blocks)) << 2);
  const place = load<u32>(cursor);
  store<u32>(cursor, place + 1);
  store<u64>(incidence + ((<usize>place) << 3), (both & 0xffffffff00000000) | <u64>point);
  store<u32>(pair, load<u32>(numbers + ((<usize>cell) << 2)));
}
