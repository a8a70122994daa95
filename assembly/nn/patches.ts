import { transpose } from "../shared/transpose";

/** Twin of kernels/nn/patches.wgsl. */
export function patches(
  values: usize,
  result: usize,
  valueSkip: u32,
  height: u32,
  width: u32,
  channels: u32,
  resultHeight: u32,
  resultWidth: u32,
  firstPixel: u32,
  pixels: u32,
  taps: u32,
  kernelWidth: u32,
  stride: u32,
  paddingY: i32,
  paddingX: i32,
  rowsArePixels: u32,
  blockPixels: u32,
  blockTerms: u32,
  panelQuads: u32,
  begin: u32,
  end: u32,
): void {
  const quads = (channels + 3) >> 2;
  const tapQuads = ((quads + panelQuads - 1) / panelQuads) * panelQuads;
  const columns = taps * tapQuads;
  const blockPanels = (blockPixels + 3) >> 2;
  const pixelPanels = ((pixels + blockPixels - 1) / blockPixels) * blockPanels;
  const blockQuads = blockTerms >> 2;
  for (let index = begin; index < end; index++) {
    const column = index % columns;
    const pixelPanel = index / columns;
    const block = pixelPanel / blockPanels;
    const first = (pixelPanel % blockPanels) << 2;
    const last = min(pixels, (block + 1) * blockPixels);
    const tap = column / tapQuads;
    const quad = column % tapQuads;
    let to: usize;
    if (rowsArePixels) {
      to = <usize>(column / blockQuads) * pixelPanels + pixelPanel;
      to = result + ((to * blockTerms + ((<usize>column % blockQuads) << 2)) << 4);
    } else {
      const panel = block * (columns / panelQuads) + column / panelQuads;
      to = result + ((<usize>((panel * blockPanels * 4 + first) * panelQuads + (column % panelQuads))) << 4);
    }
    const resultStride = (<usize>panelQuads) << 4;
    for (let lane: u32 = 0; lane < 4; lane++) {
      const number = block * blockPixels + first + lane;
      const pixel = firstPixel + number;
      const row = pixel / resultWidth;
      const y = <i32>((row % resultHeight) * stride + tap / kernelWidth) - paddingY;
      const x = <i32>((pixel % resultWidth) * stride + (tap % kernelWidth)) - paddingX;
      const inside = number < last && quad < quads && <u32>y < height && <u32>x < width;
      const at = ((row / resultHeight) * height + <u32>y) * width + <u32>x;
      const four = inside ? v128.load(values + ((<usize>(valueSkip + at * quads + quad)) << 4)) : f32x4.splat(0);
      v128.store(to + lane * resultStride, four);
    }
    if (rowsArePixels) transpose(to, to);
  }
}
