/** Twin of kernels/lattice/incidence.scatter.wgsl; begin and end count blocks. */
export function incidenceScatter(
  simplices: usize,
  starts: usize,
  incidence: usize,
  entries: u32,
  blockSize: u32,
  blocks: u32,
  vertices: u32,
  apart: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  for (let block = begin; block < end; block++) {
    const first = block * blockSize;
    const last = min(first + blockSize, entries);
    const own = starts + ((<usize>(block * vertices)) << 2);
    if (apart) memory.fill(incidence + ((<usize>first) << 3), 0, (<usize>(last - first)) << 3);
    let point = first / coordinates;
    let next = (point + 1) * coordinates;
    for (let entry = first; entry < last; entry++) {
      if (entry == next) {
        next += coordinates;
        point++;
      }
      const pair = load<u64>(simplices + ((<usize>entry) << 3));
      const cursor = own + ((<usize>(<u32>pair)) << 2);
      const place = load<u32>(cursor);
      store<u32>(cursor, place + 1);
      store<u64>(incidence + ((<usize>place) << 3), (pair & 0xffffffff00000000) | <u64>point);
    }
  }
}
