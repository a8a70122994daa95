/** Twin of kernels/lattice/plane.scatter.wgsl; begin and end count blocks. */
export function planeScatter(
  cells: usize,
  barycentric: usize,
  numbers: usize,
  starts: usize,
  incidence: usize,
  simplices: usize,
  entries: u32,
  blockSize: u32,
  blocks: u32,
  begin: u32,
  end: u32,
): void {
  for (let block = begin; block < end; block++) {
    const first = block * blockSize;
    const last = min(first + blockSize, entries);
    const column = starts + ((<usize>block) << 2);
    let point = first / 3;
    let next = (point + 1) * 3;
    for (let entry = first; entry < last; entry++) {
      if (entry == next) {
        next += 3;
        point++;
      }
      const at = (<usize>entry) << 2;
      const cell = load<u32>(cells + at);
      const weight = (<u64>load<u32>(barycentric + at)) << 32;
      const cursor = column + ((<usize>(cell * blocks)) << 2);
      const place = load<u32>(cursor);
      store<u32>(cursor, place + 1);
      store<u64>(incidence + ((<usize>place) << 3), weight | <u64>point);
      store<u64>(simplices + (at << 1), weight | <u64>load<u32>(numbers + ((<usize>cell) << 2)));
    }
  }
}
