/** Twin of kernels/nn/patches.collect.wgsl. */
export function patchesCollect(
  products: usize,
  bias: usize,
  result: usize,
  resultSkip: u32,
  height: u32,
  width: u32,
  resultHeight: u32,
  resultWidth: u32,
  outputs: u32,
  firstPanel: u32,
  panels: u32,
  firstPixel: u32,
  pixels: u32,
  rowPanels: u32,
  blocks: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  inputDilation: u32,
  paddingY: i32,
  paddingX: i32,
  biased: u32,
  relu: u32,
  begin: u32,
  end: u32,
): void {
  const quads = (outputs + 3) >> 2;
  const blockBytes = (<usize>rowPanels) << 7;
  const dilation = <i32>inputDilation;
  const zero = f32x4.splat(0);
  for (let index = begin; index < end; index++) {
    const panel = index / (2 * pixels);
    const quad: u32 = 2 * (firstPanel + panel) + (index & 1);
    if (quad >= quads) continue;
    const pixel = firstPixel + ((index >> 1) % pixels);
    const x = <i32>(pixel % resultWidth) - paddingX;
    const row = pixel / resultWidth;
    const y = <i32>(row % resultHeight) - paddingY;
    const image = row / resultHeight;
    let at = products + <usize>(panel * kernelHeight * kernelWidth * blocks) * blockBytes + ((<usize>(index & 1)) << 4);
    let sum = zero;
    for (let ty: i32 = 0; ty < <i32>kernelHeight; ty++) {
      for (let tx: i32 = 0; tx < <i32>kernelWidth; tx++) {
        const placeX = x + tx;
        const placeY = y + ty;
        const vx = placeX / dilation;
        const vy = placeY / dilation;
        if (
          min(placeX, placeY) >= 0 &&
          vx * dilation == placeX &&
          vy * dilation == placeY &&
          vx < <i32>width &&
          vy < <i32>height
        ) {
          const source = (image * height + <u32>vy) * width + <u32>vx - firstPixel;
          let from = at + ((<usize>source) << 5);
          for (let block: u32 = 0; block < blocks; block++) {
            sum = f32x4.add(sum, v128.load(from));
            from += blockBytes;
          }
        }
        at += <usize>blocks * blockBytes;
      }
    }
    if (biased) sum = f32x4.add(sum, v128.load(bias + ((<usize>quad) << 4)));
    if (relu) sum = f32x4.max(sum, zero);
    v128.store(result + ((<usize>(resultSkip + pixel * quads + quad)) << 4), sum);
  }
}
