/** Twin of kernels/shared/channels.wgsl. */
export function channels(
  values: usize,
  result: usize,
  rows: u32,
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
  resultQuads: u32,
  resultOffset: u32,
  begin: u32,
  end: u32,
): void {
  let row = begin / quads;
  let quad = begin % quads;
  for (let index = begin; index < end; index++) {
    const from = values + ((<usize>(row * valueQuads + valueOffset + quad)) << 4);
    v128.store(result + ((<usize>(row * resultQuads + resultOffset + quad)) << 4), v128.load(from));
    if (++quad == quads) {
      quad = 0;
      row++;
    }
  }
}
