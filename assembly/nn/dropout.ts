/** Twin of kernels/nn/dropout.wgsl. */
export function dropout(
  values: usize,
  result: usize,
  count: u32,
  first: u32,
  seedLow: u32,
  seedHigh: u32,
  threshold: u32,
  factor: f32,
  begin: u32,
  end: u32,
): void {
  const factors = f32x4.splat(factor);
  const least = i32x4.splat(threshold);
  for (let index = begin; index < end; index++) {
    // pcg4d of the quad's index and the seed.
    let x: u32 = (first + index) * 1664525 + 1013904223;
    let y: u32 = seedLow * 1664525 + 1013904223;
    let z: u32 = seedHigh * 1664525 + 1013904223;
    let w: u32 = 1013904223;
    for (let round = 0; round < 2; round++) {
      x += y * w;
      y += z * x;
      z += x * y;
      w += y * z;
      if (round == 1) break;
      x ^= x >> 16;
      y ^= y >> 16;
      z ^= z >> 16;
      w ^= w >> 16;
    }
    let random = i32x4.splat(x);
    random = i32x4.replace_lane(random, 1, y);
    random = i32x4.replace_lane(random, 2, z);
    random = i32x4.replace_lane(random, 3, w);
    const at = (<usize>index) << 4;
    const kept = i32x4.ge_u(random, least);
    v128.store(result + at, v128.and(f32x4.mul(factors, v128.load(values + at)), kept));
  }
}
