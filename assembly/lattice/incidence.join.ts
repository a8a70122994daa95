import { block } from "./incidence";

/** Twin of kernels/lattice/incidence.join.wgsl. */
export function incidenceJoin(
  offsets: usize,
  blockVertices: usize,
  vertices: u32,
  bands: u32,
  begin: u32,
  end: u32,
): void {
  const stride = (<usize>(vertices + 2)) << 2;
  const past = offsets + <usize>(bands + 1) * stride;
  let first = before(offsets + ((<usize>begin) << 2) + stride, past, stride);
  for (let vertex = begin; vertex < end; vertex++) {
    const list = offsets + ((<usize>vertex) << 2);
    store<u32>(list, first);
    if (vertex >= vertices) continue;
    const last = before(list + 4 + stride, past, stride);
    for (let row = (first + block - 1) / block; row * block < last; row++) {
      store<u32>(blockVertices + ((<usize>row) << 2), vertex);
    }
    first = last;
  }
}

function before(at: usize, past: usize, stride: usize): u32 {
  let sum: u32 = 0;
  for (; at < past; at += stride) sum += load<u32>(at);
  return sum;
}
