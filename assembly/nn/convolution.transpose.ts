/** Twin of kernels/nn/convolution.transpose.wgsl. */
export function convolutionTranspose(
  weights: usize,
  result: usize,
  channels: u32,
  outputs: u32,
  taps: u32,
  firstPanel: u32,
  panels: u32,
  firstResultPanel: u32,
  resultPanels: u32,
  begin: u32,
  end: u32,
): void {
  channels = (channels + 3) & ~3;
  outputs = (outputs + 3) & ~3;
  for (let index = begin; index < end; index++) {
    const resultPanel = index % resultPanels;
    const tap = (index / resultPanels) % taps;
    const panel = index / (resultPanels * taps);
    const input = 8 * (firstResultPanel + resultPanel);
    const output = 8 * (firstPanel + panel);
    const block = weights + ((<usize>(panel * taps + tap) * channels + input) << 5);
    const transposed = result + ((<usize>(resultPanel * taps + taps - 1 - tap) * outputs + output) << 5);
    // Half a panel may lie behind the last channel, on either side.
    const high = channels - input > 4;
    const columns = min(8, outputs - output);
    for (let half: usize = 0; half < columns >> 2; half++) {
      const from = block + (half << 4);
      const to = transposed + (half << 7);
      quarter(from, to);
      if (high) quarter(from + 128, to + 16);
      else {
        for (let lane: usize = 0; lane < 4; lane++) v128.store(to + (lane << 5) + 16, f32x4.splat(0));
      }
    }
  }
}

/** Transposes four rows of four. */
// @ts-ignore: decorator
@inline
function quarter(from: usize, to: usize): void {
  const a = v128.load(from);
  const b = v128.load(from, 32);
  const c = v128.load(from, 64);
  const d = v128.load(from, 96);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), 32);
  v128.store(to, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5), 64);
  v128.store(to, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7), 96);
}
