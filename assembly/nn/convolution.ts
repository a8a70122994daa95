import { widenRows } from "../shared/halves";
import { scratch } from "../shared/scratch";
import { multiplyAdd } from "../shared/simd";

/** Invocations that share a panel of weights: a block of 256 pixels, whose sums (8 KiB) stay in the first-level cache. */
const tilesOfBlock: u32 = 64;
/** Inputs by taps of a panel that are gone through at once: 16 KiB of weights beside the sums. */
const chunkInputs: u32 = 512;

// Module variables for what all tiles of a block share. Each thread has its own instance, which works on one block at a
// time.
let map: usize = 0;
let mapHeight: i32 = 0;
let mapWidth: i32 = 0;
let pixelBytes: usize = 0;
let columns: u32 = 0;
let valueStride: i32 = 0;
let shiftX: i32 = 0;
let shiftY: i32 = 0;

/** Twin of kernels/nn/convolution.wgsl. Begin and end are whole blocks of 64 invocations, except for the last. */
export function convolution(
  values: usize,
  weights: usize,
  bias: usize,
  result: usize,
  valueSkip: u32,
  resultSkip: u32,
  images: u32,
  height: u32,
  width: u32,
  channels: u32,
  resultHeight: u32,
  resultWidth: u32,
  outputs: u32,
  firstPanel: u32,
  panels: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  stride: u32,
  inputDilation: u32,
  paddingY: i32,
  paddingX: i32,
  biased: u32,
  relu: u32,
  halves: u32,
  begin: u32,
  end: u32,
): void {
  const mostRows = (resultHeight + inputDilation - 1) / inputDilation;
  const mostColumns = (resultWidth + inputDilation - 1) / inputDilation;
  const blocks = (mostRows * mostColumns + 4 * tilesOfBlock - 1) / (4 * tilesOfBlock);
  const inputs = (channels + 3) & ~3;
  const quads = (outputs + 3) >> 2;
  const panelBytes = (<usize>(kernelHeight * kernelWidth * inputs)) << 5;
  mapHeight = height;
  mapWidth = width;
  pixelBytes = (<usize>inputs) << 2;
  valueStride = stride;
  // Scratch memory holds a row of zeros, which stands for pixels outside the map, behind it the sums of a block, and behind
  // them a chunk of weights that are stored as halves.
  const zeros = scratch;
  const sums = scratch + ((<usize>chunkInputs) << 2);
  const chunk = sums + ((<usize>tilesOfBlock * 4) << 5);
  memory.fill(zeros, 0, (<usize>chunkInputs) << 2);

  for (let unit = begin / tilesOfBlock; unit * tilesOfBlock < end; unit++) {
    const panel = unit % panels;
    const block = (unit / panels) % blocks;
    const part = unit / (panels * blocks);
    const image = part / (inputDilation * inputDilation);
    if (image >= images) return;
    const phaseX = part % inputDilation;
    const phaseY = (part / inputDilation) % inputDilation;
    columns = (resultWidth + inputDilation - 1 - phaseX) / inputDilation;
    const pixels = columns * ((resultHeight + inputDilation - 1 - phaseY) / inputDilation);
    const first = block * tilesOfBlock * 4;
    if (first >= pixels) continue;
    const count = min(pixels - first, tilesOfBlock * 4);
    const tapX = firstTap(paddingX - <i32>phaseX, inputDilation);
    const tapY = firstTap(paddingY - <i32>phaseY, inputDilation);
    shiftX = (<i32>(phaseX + tapX) - paddingX) / <i32>inputDilation;
    shiftY = (<i32>(phaseY + tapY) - paddingY) / <i32>inputDilation;
    map = values + ((<usize>valueSkip) << 4) + <usize>(image * height * width) * pixelBytes;
    memory.fill(sums, 0, (<usize>((count + 3) & ~3)) << 5);

    // Taps and inputs in chunks, each for all tiles of the block. Rows of taps are whole only where tiles may run through them.
    const whole = inputDilation == 1 && kernelWidth * inputs <= chunkInputs;
    const chunkY = whole ? max(1, chunkInputs / (kernelWidth * inputs)) * inputDilation : inputDilation;
    const chunkX = whole ? kernelWidth : inputDilation;
    const panelWeights = weights + ((<usize>panel * panelBytes) >> halves);
    for (let y = tapY; y < kernelHeight; y += chunkY) {
      for (let x = tapX; x < kernelWidth; x += chunkX) {
        for (let input: u32 = 0; input < inputs; input += chunkInputs) {
          const bytes = (<usize>min(chunkInputs, inputs - input)) << 2;
          const lastY = min(y + chunkY, kernelHeight);
          const lastX = min(x + chunkX, kernelWidth);
          // The weights of the chunk: those of a tap, or of rows of taps, follow each other.
          const at = <usize>((y * kernelWidth + x) * inputs + input);
          let chunkWeights = panelWeights + ((at << 5) >> halves);
          if (halves) {
            const rows = whole ? (lastY - y) * kernelWidth * inputs : <u32>(bytes >> 2);
            widenRows(chunkWeights, chunk, rows);
            chunkWeights = chunk;
          }
          for (let tile: u32 = 0; tile < count; tile += 4) {
            addTile(
              chunkWeights,
              zeros,
              sums + ((<usize>tile) << 5),
              first + tile,
              first + count - 1,
              (y - tapY) / inputDilation,
              (x - tapX) / inputDilation,
              y,
              lastY,
              x,
              lastX,
              kernelWidth,
              inputDilation,
              input,
              bytes,
            );
          }
        }
      }
    }

    const quad: u32 = 2 * (firstPanel + panel);
    const both = quad + 1 < quads;
    const zero = f32x4.splat(0);
    const biasLow = biased ? v128.load(bias + ((<usize>quad) << 4)) : zero;
    const biasHigh = biased && both ? v128.load(bias + ((<usize>quad) << 4), 16) : zero;
    for (let pixel: u32 = 0; pixel < count; pixel++) {
      const number = first + pixel;
      const x = (number % columns) * inputDilation + phaseX;
      const y = (number / columns) * inputDilation + phaseY;
      const to = result + ((resultSkip + <usize>((image * resultHeight + y) * resultWidth + x) * quads + quad) << 4);
      const from = sums + ((<usize>pixel) << 5);
      let low = f32x4.add(v128.load(from), biasLow);
      let high = f32x4.add(v128.load(from, 16), biasHigh);
      if (relu) {
        low = f32x4.max(low, zero);
        high = f32x4.max(high, zero);
      }
      v128.store(to, low);
      if (both) v128.store(to, high, 16);
    }
  }
}

// @ts-ignore: decorator
@inline
function firstTap(rest: i32, inputDilation: u32): u32 {
  const tap = rest % <i32>inputDilation;
  return tap < 0 ? tap + inputDilation : tap;
}

/**
 * Adds the taps y … lastY, x … lastX and the inputs of `bytes` from `input` on to the sums of four pixels. `weights` begin
 * at the first of these taps and inputs.
 */
function addTile(
  weights: usize,
  zeros: usize,
  sums: usize,
  number: u32,
  last: u32,
  row: i32,
  column: i32,
  y: u32,
  lastY: u32,
  x: u32,
  lastX: u32,
  kernelWidth: u32,
  inputDilation: u32,
  input: u32,
  bytes: usize,
): void {
  // Pixels behind the last one repeat the computation of the last one and are not stored.
  const n1 = min(number + 1, last);
  const n2 = min(number + 2, last);
  const n3 = min(number + 3, last);
  const x0 = <i32>(number % columns) * valueStride + shiftX + column;
  const x1 = <i32>(n1 % columns) * valueStride + shiftX + column;
  const x2 = <i32>(n2 % columns) * valueStride + shiftX + column;
  const x3 = <i32>(n3 % columns) * valueStride + shiftX + column;
  let y0 = <i32>(number / columns) * valueStride + shiftY + row;
  let y1 = <i32>(n1 / columns) * valueStride + shiftY + row;
  let y2 = <i32>(n2 / columns) * valueStride + shiftY + row;
  let y3 = <i32>(n3 / columns) * valueStride + shiftY + row;
  const inputBytes = (<usize>input) << 2;
  // Where a row of taps lies inside the map for all four pixels, taps and inputs are one run of memory.
  const most = mapWidth - <i32>(lastX - x);
  const through =
    inputDilation == 1 &&
    bytes == pixelBytes &&
    min(min(x0, x1), min(x2, x3)) >= 0 &&
    max(max(x0, x1), max(x2, x3)) <= most;
  const runs = through ? 1 : (lastX - x + inputDilation - 1) / inputDilation;
  const runBytes = through ? bytes * (lastX - x) : bytes;

  let a0 = v128.load(sums);
  let b0 = v128.load(sums, 16);
  let a1 = v128.load(sums, 32);
  let b1 = v128.load(sums, 48);
  let a2 = v128.load(sums, 64);
  let b2 = v128.load(sums, 80);
  let a3 = v128.load(sums, 96);
  let b3 = v128.load(sums, 112);
  for (let ty = y; ty < lastY; ty += inputDilation) {
    const in0 = <u32>y0 < <u32>mapHeight;
    const in1 = <u32>y1 < <u32>mapHeight;
    const in2 = <u32>y2 < <u32>mapHeight;
    const in3 = <u32>y3 < <u32>mapHeight;
    const inside = i32(in0 && in1 && in2 && in3);
    let w = weights + ((<usize>((ty - y) * kernelWidth) * pixelBytes) << 3);
    let count = runs;
    let size = runBytes;
    // There is no row of zeros that is long enough for a run over several taps.
    if (through && !inside && bytes != runBytes) {
      count = lastX - x;
      size = bytes;
    }
    if (in0 || in1 || in2 || in3) {
      for (let run: i32 = 0; run < <i32>count; run++) {
        const any0 = in0 && <u32>(x0 + run) < <u32>mapWidth;
        const any1 = in1 && <u32>(x1 + run) < <u32>mapWidth;
        const any2 = in2 && <u32>(x2 + run) < <u32>mapWidth;
        const any3 = in3 && <u32>(x3 + run) < <u32>mapWidth;
        if (any0 || any1 || any2 || any3) {
          let p0 = any0 ? map + <usize>(y0 * mapWidth + x0 + run) * pixelBytes + inputBytes : zeros;
          let p1 = any1 ? map + <usize>(y1 * mapWidth + x1 + run) * pixelBytes + inputBytes : zeros;
          let p2 = any2 ? map + <usize>(y2 * mapWidth + x2 + run) * pixelBytes + inputBytes : zeros;
          let p3 = any3 ? map + <usize>(y3 * mapWidth + x3 + run) * pixelBytes + inputBytes : zeros;
          let at = w;
          // The loop is not unrolled, because eight sums, two weights and a value already fill the sixteen registers
          // (measured).
          for (const end = p0 + size; p0 < end; p0 += 4) {
            const low = v128.load(at);
            const high = v128.load(at, 16);
            let four = v128.load32_splat(p0);
            a0 = multiplyAdd(four, low, a0);
            b0 = multiplyAdd(four, high, b0);
            four = v128.load32_splat(p1);
            a1 = multiplyAdd(four, low, a1);
            b1 = multiplyAdd(four, high, b1);
            four = v128.load32_splat(p2);
            a2 = multiplyAdd(four, low, a2);
            b2 = multiplyAdd(four, high, b2);
            four = v128.load32_splat(p3);
            a3 = multiplyAdd(four, low, a3);
            b3 = multiplyAdd(four, high, b3);
            p1 += 4;
            p2 += 4;
            p3 += 4;
            at += 32;
          }
        }
        w += (<usize>inputDilation * pixelBytes) << 3;
      }
    }
    y0++;
    y1++;
    y2++;
    y3++;
  }
  v128.store(sums, a0);
  v128.store(sums, b0, 16);
  v128.store(sums, a1, 32);
  v128.store(sums, b1, 48);
  v128.store(sums, a2, 64);
  v128.store(sums, b2, 80);
  v128.store(sums, a3, 96);
  v128.store(sums, b3, 112);
}
