import { Five, Four, None, One, Six, Three, Two, widthOf } from "../shared/quads";
import { rowOf } from "../shared/rows";
import { multiplyAdd } from "../shared/simd";

/** Twin of kernels/lattice/blur.wgsl. */
export function blur(
  neighbors: usize,
  values: usize,
  result: usize,
  vertices: u32,
  quads: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>quads) << 4;
  const vertex = rowOf(begin, quads);
  const first = neighbors + ((<usize>vertex) << 3);
  const last = neighbors + ((<usize>rowOf(end, quads)) << 3);
  const before = <usize>vertex * rowStride;
  let q: usize = 0;
  for (; q + 96 <= rowStride; q += 96) blurRows<Six>(first, last, values + q, before, result + q, rowStride);
  for (; q + 80 <= rowStride; q += 80) blurRows<Five>(first, last, values + q, before, result + q, rowStride);
  for (; q + 48 <= rowStride; q += 48) blurRows<Three>(first, last, values + q, before, result + q, rowStride);
  for (; q < rowStride; q += 16) blurRows<One>(first, last, values + q, before, result + q, rowStride);
}

function blurRows<Width>(
  pair: usize,
  last: usize,
  values: usize,
  before: usize,
  result: usize,
  rowStride: usize,
): void {
  const quads = widthOf<Width>();
  let own = values + before;
  let to = result + before;
  for (; pair < last; pair += 8) {
    const first = values + <usize>load<u32>(pair) * rowStride;
    const second = values + <usize>load<u32>(pair, 4) * rowStride;
    between<None>(first, second, own, to);
    if (quads > 1) between<One>(first, second, own, to);
    if (quads > 2) between<Two>(first, second, own, to);
    if (quads > 3) between<Three>(first, second, own, to);
    if (quads > 4) between<Four>(first, second, own, to);
    if (quads > 5) between<Five>(first, second, own, to);
    own += rowStride;
    to += rowStride;
  }
}

/** The quad behind those of `Before`. */
// @ts-ignore: decorator
@inline
function between<Before>(first: usize, second: usize, own: usize, to: usize): void {
  const sum = f32x4.add(v128.load(first, offsetof<Before>()), v128.load(second, offsetof<Before>()));
  v128.store(to, multiplyAdd(f32x4.splat(0.5), sum, v128.load(own, offsetof<Before>())), offsetof<Before>());
}
