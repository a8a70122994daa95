import {
  conv2d as kernel,
  conv2dMask as maskKernel,
  conv2dPack as packKernel,
  conv2dTranspose as transposeKernel,
  conv2dWeights as weightsKernel,
} from "../../build/kernels.ts";
import { type Device, slice, type Storage } from "../device/device.ts";
import { rowWindows } from "../device/windows.ts";
import { Workspace } from "../device/workspace.ts";
import { quadsOf } from "../shape.ts";
import { record } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { biasGradient } from "./biasGradient.ts";
import {
  checkBias,
  checkPixels,
  checkStep,
  checkWeight,
  type Convolution,
  type ConvolutionOptions,
  panelBytes,
  panelsOf,
} from "./convolution.ts";
import { mapShape, type MapSize, mapSize } from "./mapSize.ts";
import { panelWindows } from "./panelWindows.ts";

export interface Conv2dOptions extends ConvolutionOptions {
  /** Ends in max(0, ·). Default false. */
  readonly relu?: boolean;
}

/**
 * Cross-correlation of a map [height, width, channels] or [images, height, width, channels] with a weight
 * [outputs, channels, height, width] in layout `panels`, zeros around the map; the result has
 * ⌊(size + 2·padding − kernel) / stride⌋ + 1 pixels on each axis. Gradients of values, weight and bias.
 * @throws ShapeError for sizes that do not fit together
 * @example const features = conv2d(image, weight, { bias, padding: 1, relu: true });
 */
export function conv2d(values: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  const { bias, relu = false } = options;
  const { device } = values;
  const sizes = sizesOf(values, weight, options);
  const result = device.empty(mapShape(sizes.output, values));
  convolve(device, sizes, values.storage, weight.storage, result.storage, { bias: bias?.storage, relu });
  const inputs = bias ? [values, weight, bias] : [values, weight];
  return record(result, inputs, relu ? [values, weight, result] : [values, weight], (gradient, wanted) => {
    using masked = relu ? mask(gradient, result) : undefined;
    const { storage } = masked ?? gradient;
    const [ofValues, ofWeight] = [wanted[0] && values.like(), wanted[1] && weight.like()];
    if (ofWeight) weightGradient(device, sizes, values.storage, storage, ofWeight.storage);
    if (ofValues) convolveBack(device, sizes, storage, weight.storage, ofValues.storage);
    return [ofValues || undefined, ofWeight || undefined, wanted[2] ? biasGradient(masked ?? gradient) : undefined];
  });
}

function sizesOf(values: Tensor, weight: Tensor, { bias, stride = 1, padding = 0 }: Conv2dOptions): Convolution {
  const where = "conv2d";
  const input = mapSize(where, values);
  checkStep(where, stride, padding);
  checkWeight(where, weight, 1, input.channels);
  const [channels, , kernelHeight, kernelWidth] = weight.shape as [number, number, number, number];
  checkBias(where, bias, channels);
  const pixels = (size: number, kernelSize: number): number =>
    Math.max(0, Math.floor((size + 2 * padding - kernelSize) / stride) + 1);
  const output = {
    images: input.images,
    height: pixels(input.height, kernelHeight),
    width: pixels(input.width, kernelWidth),
    channels,
  };
  checkPixels(where, output, input);
  return { input, output, kernelHeight, kernelWidth, stride, padding };
}

/** What a convolution ends in. */
export interface Ending {
  readonly bias?: Storage;
  readonly relu?: boolean;
}

/** result = the convolution of `values`. */
export function convolve(
  device: Device,
  sizes: Convolution,
  values: Storage,
  weights: Storage,
  result: Storage,
  ending: Ending,
): void {
  const { output, stride, padding } = sizes;
  const panels = panelsOf(output.channels);
  for (const window of panelWindows(device, panels, panelBytes(sizes))) {
    const storages = { values, weights: window.of(weights), result };
    const step = { stride, spread: 1, paddingY: padding, paddingX: padding };
    run(device, sizes, storages, step, { firstPanel: window.first, panels: window.count }, ending);
  }
}

/** Scratch memory for weights turned over. */
const transposedBytes = 2 ** 25;

/**
 * The gradient of a convolution's input from that of its output, `values`; a transposed convolution is this run forward.
 * The same as the convolution of `values`, `stride` apart with zeros in between, with the weights turned over.
 */
export function convolveBack(
  device: Device,
  sizes: Convolution,
  values: Storage,
  weights: Storage,
  result: Storage,
  ending: Ending = {},
): void {
  const { input, output, kernelHeight, kernelWidth, stride, padding } = sizes;
  const back: Convolution = { ...sizes, input: output, output: input };
  const step = {
    stride: 1,
    spread: stride,
    paddingY: kernelHeight - 1 - padding,
    paddingX: kernelWidth - 1 - padding,
  };
  const [panels, resultPanels] = [panelsOf(output.channels), panelsOf(input.channels)];
  using workspace = new Workspace(device);
  const room = Math.max(transposedBytes, 2 * panelBytes(back));
  const turned = workspace.allocate(Math.min(room, resultPanels * panelBytes(back)));
  for (const to of panelWindows(device, resultPanels, panelBytes(back), room)) {
    const transposed = slice(turned, 0, to.count * panelBytes(back));
    const taps = kernelHeight * kernelWidth;
    for (const from of panelWindows(device, panels, panelBytes(sizes))) {
      device.run(transposeKernel, from.count * taps * to.count, {
        weights: from.of(weights),
        result: transposed,
        channels: input.channels,
        outputs: output.channels,
        taps,
        firstPanel: from.first,
        panels: from.count,
        firstResultPanel: to.first,
        resultPanels: to.count,
      });
    }
    const storages = { values, weights: transposed, result };
    run(device, back, storages, step, { firstPanel: to.first, panels: to.count }, ending);
  }
}

interface Step {
  readonly stride: number;
  readonly spread: number;
  readonly paddingY: number;
  readonly paddingX: number;
}

/** Invocations of a block, four pixels each. */
const tilesOfBlock = 64;

function run(
  device: Device,
  { input, output, kernelHeight, kernelWidth }: Convolution,
  { values, weights, result }: { readonly values: Storage; readonly weights: Storage; readonly result: Storage },
  step: Step,
  window: { readonly firstPanel: number; readonly panels: number },
  { bias, relu }: Ending,
): void {
  const { spread } = step;
  const pixels = Math.ceil(output.height / spread) * Math.ceil(output.width / spread);
  const blocks = output.images * spread ** 2 * Math.ceil(pixels / (4 * tilesOfBlock));
  device.run(kernel, blocks * window.panels * tilesOfBlock, {
    values,
    weights,
    bias: bias ?? weights,
    result,
    ...input,
    resultHeight: output.height,
    resultWidth: output.width,
    outputs: output.channels,
    kernelHeight,
    kernelWidth,
    ...step,
    ...window,
    weightStep: 0,
    biased: bias ? 1 : 0,
    relu: relu ? 1 : 0,
  });
}

/** Pixels of a window that the weight gradient is summed by: packed, some MB of scratch memory for hundreds of channels. */
const windowPixels = 4096;

/** The gradient of a convolution's weights from its input `values` and the gradient of its output. */
export function weightGradient(
  device: Device,
  sizes: Convolution,
  values: Storage,
  gradient: Storage,
  result: Storage,
): void {
  const { input, output, kernelHeight, kernelWidth, stride, padding } = sizes;
  const [quads, panels, taps] = [quadsOf(input.channels), panelsOf(output.channels), kernelHeight * kernelWidth];
  const most = Math.min(output.height, Math.max(1, Math.floor(windowPixels / output.width)));
  const valueColumns = (output.width - 1) * stride + kernelWidth;
  const valueRows = (rows: number): number => (rows - 1) * stride + kernelHeight;
  using workspace = new Workspace(device);
  const packedValues = workspace.allocate(quads * valueRows(most) * valueColumns * 16);
  const packedGradient = workspace.allocate(panels * most * output.width * 32);
  for (let image = 0; image < output.images; image++) {
    for (let first = 0; first < output.height; first += most) {
      const rows = Math.min(most, output.height - first);
      const quadStep = valueRows(rows) * valueColumns;
      pack(device, values, packedValues, {
        ...input,
        image,
        top: first * stride - padding,
        left: -padding,
        rows: valueRows(rows),
        columns: valueColumns,
        groups: quads,
        wide: 1,
      });
      const window = { image, top: first, left: 0, rows, columns: output.width, groups: panels, wide: 2 };
      pack(device, gradient, packedGradient, { ...output, ...window });
      for (const part of panelWindows(device, panels, panelBytes(sizes))) {
        device.run(weightsKernel, part.count * taps * quads, {
          values: packedValues,
          gradient: packedGradient,
          result: part.of(result),
          panels: part.count,
          taps,
          quads,
          kernelWidth,
          rows,
          columns: output.width,
          stride,
          valueColumns,
          quadStep,
          gradientTap: 0,
          firstPanel: part.first,
          accumulate: image + first > 0 ? 1 : 0,
        });
      }
    }
  }
}

interface PackedWindow extends MapSize {
  readonly image: number;
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
  readonly groups: number;
  readonly wide: number;
}

function pack(device: Device, values: Storage, result: Storage, { images: _, ...window }: PackedWindow): void {
  const { rows, columns, groups, wide } = window;
  device.run(packKernel, rows * columns * groups * wide, { values, result, ...window });
}

/** The gradient of what a ReLU was applied to, from that of its result. */
function mask(gradient: Tensor, output: Tensor): Tensor {
  const result = gradient.like();
  const { device } = gradient;
  for (const window of rowWindows(device, result.storage.bytes / 16, 16)) {
    device.run(maskKernel, window.rows, {
      gradient: window.of(gradient.storage, 16),
      output: window.of(output.storage, 16),
      result: window.of(result.storage, 16),
      count: window.rows,
    });
  }
  return result;
}
