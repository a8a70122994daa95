import { transpose } from "../shared/transpose";

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
      transpose(from, to, 32);
      if (high) transpose(from + 128, to + 16, 32);
      else {
        for (let lane: usize = 0; lane < 4; lane++) v128.store(to + (lane << 5) + 16, f32x4.splat(0));
      }
    }
  }
}
