/** Twin of kernels/nn/maxPool2d.pullback.wgsl. */
export function maxPool2dPullback(
  values: usize,
  gradient: usize,
  valueGradient: usize,
  rows: u32,
  width: u32,
  quads: u32,
  valueSkip: u32,
  gradientSkip: u32,
  begin: u32,
  end: u32,
): void {
  const pixelStride = (<usize>quads) << 4;
  const from = gradient + ((<usize>gradientSkip) << 4);
  const halfWidth = (width + 1) >> 1;
  let quad = begin % quads;
  let x = ((begin / quads) % halfWidth) << 1;
  let y = (begin / quads / halfWidth) << 1;
  for (let index = begin; index < end; index++) {
    const right = x + 1 < width ? pixelStride : 0;
    const down = y + 1 < rows ? <usize>width * pixelStride : 0;
    const first = ((<usize>valueSkip) << 4) + (<usize>y * width + x) * pixelStride + ((<usize>quad) << 4);
    const a = v128.load(values + first);
    const b = v128.load(values + first + right);
    const c = v128.load(values + first + down);
    const d = v128.load(values + first + down + right);
    // Each mask holds where its pixel exceeds all before it; the last such pixel wins.
    const upper = f32x4.max(a, b);
    const three = f32x4.max(upper, c);
    const best = f32x4.max(three, d);
    const bWins = exceeds(b, a);
    const cWins = exceeds(c, upper);
    const dWins = exceeds(d, three);
    // Where the maximum is NaN all bits are set, which is NaN again.
    const g = v128.or(v128.load(from + ((<usize>index) << 4)), f32x4.ne(best, best));
    const beforeD = v128.andnot(g, dWins);
    const beforeC = v128.andnot(beforeD, cWins);
    // Backwards, so that of the places of a pixel that stands for several the first is written last.
    v128.store(valueGradient + first + down + right, v128.and(g, dWins));
    v128.store(valueGradient + first + down, v128.and(beforeD, cWins));
    v128.store(valueGradient + first + right, v128.and(beforeC, bWins));
    v128.store(valueGradient + first, v128.andnot(beforeC, bWins));
    if (++quad < quads) continue;
    quad = 0;
    x += 2;
    if (x < width) continue;
    x = 0;
    y += 2;
  }
}

/** Where a pixel takes the place of the maximum so far: NaN does, unless the maximum is NaN. */
// @ts-ignore: decorator
@inline
function exceeds(pixel: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(pixel, best));
}
