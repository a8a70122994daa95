import {
  convolution as kernel,
  convolutionPack as packKernel,
  convolutionSmall as smallKernel,
  convolutionTiled as tiledKernel,
  convolutionTranspose as transposeKernel,
} from "../../build/kernels.ts";
import { type Device, type Storage, view } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import type { ArgumentsOf } from "../kernel.ts";
import { panelRowBytes, panelWidth } from "../layout.ts";
import { quadBytes, quadsOf } from "../shape.ts";
import { type Forms, runFastest } from "./forms.ts";
import type { Algorithm, Operands } from "./algorithm.ts";
import { type Convolution, type Epilogue, panelBytes, panelsOf, type PixelMapping } from "./geometry.ts";
import type { MapSize } from "./mapSize.ts";
import { panelRanges, shortRanges } from "./panelRanges.ts";
import { bindImageRows, pieces } from "./parts.ts";
import { product } from "./product.ts";

function convolve(device: Device, sizes: Convolution, operands: Operands, epilogue: Epilogue = {}): void {
  const { stride, padding } = sizes;
  const mapping = { stride, inputDilation: 1, paddingY: padding, paddingX: padding };
  const panels = panelsOf(sizes.output.channels);
  for (const range of panelRanges(device, panels, panelBytes(sizes))) {
    const storages = { values: operands.input, weights: range.of(operands.weights), result: operands.output };
    run(device, sizes, storages, mapping, { firstPanel: range.first, panels: range.count }, epilogue);
  }
}

/** Bytes of scratch memory for transposed weights. */
const transposedBytes = 2 ** 25;

/** The adjoint equals a convolution of `output`, between whose pixels stride − 1 zeros are inserted, with the transposed weights. */
function convolveBack(device: Device, sizes: Convolution, operands: Operands, epilogue: Epilogue = {}): void {
  const { input, output, kernelHeight, kernelWidth, stride, padding } = sizes;
  const back: Convolution = { ...sizes, input: output, output: input };
  const mapping = {
    stride: 1,
    inputDilation: stride,
    paddingY: kernelHeight - 1 - padding,
    paddingX: kernelWidth - 1 - padding,
  };
  const resultPanels = panelsOf(input.channels);
  using workspace = new Workspace(device);
  const room = Math.max(transposedBytes, 2 * panelBytes(back));
  const memory = workspace.allocate(Math.min(room, resultPanels * panelBytes(back)));
  for (const to of panelRanges(device, resultPanels, panelBytes(back), room)) {
    const transposed = view(memory, 0, to.count * panelBytes(back));
    const range = { firstResultPanel: to.first, resultPanels: to.count };
    transpose(device, sizes, { weights: operands.weights, result: transposed, ...range });
    const storages = { values: operands.output, weights: transposed, result: operands.input };
    run(device, back, storages, mapping, { firstPanel: to.first, panels: to.count }, epilogue);
  }
}

/** What `transpose` reads and writes: the weights of a convolution, and a range of panels of their transpose. */
interface Transposition {
  readonly weights: Storage;
  readonly result: Storage;
  readonly firstResultPanel: number;
  readonly resultPanels: number;
}

export function transpose(device: Device, sizes: Convolution, { weights, ...to }: Transposition): void {
  const { input, output, kernelHeight, kernelWidth } = sizes;
  const taps = kernelHeight * kernelWidth;
  for (const from of panelRanges(device, panelsOf(output.channels), panelBytes(sizes))) {
    device.run(transposeKernel, {
      ...to,
      weights: from.of(weights),
      channels: input.channels,
      outputs: output.channels,
      taps,
      firstPanel: from.first,
      panels: from.count,
    });
  }
}

function run(
  device: Device,
  sizes: Convolution,
  { values, weights, result }: { readonly values: Storage; readonly weights: Storage; readonly result: Storage },
  mapping: PixelMapping,
  range: { readonly firstPanel: number; readonly panels: number },
  { bias, relu }: Epilogue,
): void {
  for (const piece of pieces(device, sizes, mapping, { input: values, output: result })) {
    const { input, output } = piece;
    const args = {
      values: input.storage,
      valueSkip: input.skip,
      weights,
      bias: bias ?? weights,
      result: output.storage,
      resultSkip: output.skip,
      images: input.images,
      height: input.height,
      width: input.width,
      channels: input.channels,
      resultHeight: output.height,
      resultWidth: output.width,
      outputs: output.channels,
      kernelHeight: sizes.kernelHeight,
      kernelWidth: sizes.kernelWidth,
      ...piece.mapping,
      ...range,
      biased: bias ? 1 : 0,
      relu: relu ? 1 : 0,
      halves: sizes.halves ? 1 : 0,
    };
    for (const { first, count, of } of shortRanges(device, kernel.operations!(args), range.panels, panelBytes(sizes))) {
      const part = { weights: of(weights), firstPanel: range.firstPanel + first, panels: count };
      runFastest(device, convolutionForms, { ...args, ...part });
    }
  }
}

type Arguments = ArgumentsOf<typeof kernel>;

/** Counts groups of `size` pixels of the result. No group spans two images or two phases. */
function groups({ images, inputDilation, resultHeight, resultWidth }: Arguments, size: number): number {
  const pixels = Math.ceil(resultHeight / inputDilation) * Math.ceil(resultWidth / inputDilation);
  return images * inputDilation ** 2 * Math.ceil(pixels / size);
}

/** Pixels and outputs of a tile: of an invocation of the usual form, and of a workgroup of the others. */
const registers = { pixels: 4, outputs: 8 };
const tiled = { pixels: 64, outputs: 64 };
const small = { pixels: 64, outputs: 32 };

/** Counts the sums that tiles of this size compute. */
const sumsOf = (args: Arguments, { pixels, outputs }: typeof registers): number =>
  groups(args, pixels) * Math.ceil((args.panels * panelWidth) / outputs) * pixels * outputs;

/** The headers of the kernels say how the forms differ. */
export const convolutionForms: Forms<Arguments> = {
  usual: {
    name: "registers",
    kernel,
    sums: (args) => sumsOf(args, registers),
  },
  others: [
    { name: "tiled", kernel: tiledKernel, sums: (args) => sumsOf(args, tiled) },
    { name: "small", kernel: smallKernel, sums: (args) => sumsOf(args, small) },
  ],
  // Like fc6 this has few pixels and many outputs, here 128 and 4096, with a kernel of 3 by 3 on 8 channels: 75
  // million operations.
  typical: (scale = 1) => ({
    images: 1,
    height: 8 * scale + 2,
    width: 18,
    channels: 8,
    resultHeight: 8 * scale,
    resultWidth: 16,
    outputs: 4096,
    panels: 512,
    firstPanel: 0,
    kernelHeight: 3,
    kernelWidth: 3,
    stride: 1,
    inputDilation: 1,
    paddingY: 0,
    paddingX: 0,
    biased: 1,
    relu: 1,
    halves: 0,
    valueSkip: 0,
    resultSkip: 0,
    values: (8 * scale + 2) * 18 * 8 * 4,
    weights: 512 * 9 * 8 * 32,
    bias: 4096 * 4,
    result: 8 * scale * 16 * 4096 * 4,
  }),
};

/**
 * The weight gradient is summed over this many pixels at a time. Packed, they take a few megabytes of scratch memory
 * for hundreds of channels.
 */
const rangePixels = 4096;

/** Computes the gradient of a convolution's weights from its input `values` and the gradient of its output. */
function weightGradient(device: Device, sizes: Convolution, operands: Operands): void {
  const { input, output, kernelHeight, kernelWidth, stride, padding } = sizes;
  const [quads, panels, taps] = [quadsOf(input.channels), panelsOf(output.channels), kernelHeight * kernelWidth];
  const valueColumns = (output.width - 1) * stride + kernelWidth;
  // The rows of both operands must fit a binding, both in their maps and packed.
  const room = device.limits.bindingBytes - device.limits.alignment;
  const fed = Math.floor(room / (quads * Math.max(valueColumns, input.width) * quadBytes));
  const fitting = Math.min(
    Math.floor((fed - kernelHeight) / stride) + 1,
    Math.floor(room / (panels * output.width * panelRowBytes)),
  );
  const most = Math.min(output.height, Math.max(1, Math.min(fitting, Math.floor(rangePixels / output.width))));
  const valueRows = (rows: number): number => (rows - 1) * stride + kernelHeight;
  using workspace = new Workspace(device);
  const packedValues = workspace.allocate(quads * valueRows(most) * valueColumns * quadBytes);
  const packedGradient = workspace.allocate(panels * most * output.width * panelRowBytes);
  for (let image = 0; image < output.images; image++) {
    for (let first = 0; first < output.height; first += most) {
      const rows = Math.min(most, output.height - first);
      pack(device, input, operands.input, packedValues, {
        image,
        top: first * stride - padding,
        left: -padding,
        rows: valueRows(rows),
        columns: valueColumns,
        panels: quads,
        panelQuads: 1,
      });
      const window = { image, top: first, left: 0, rows, columns: output.width, panels, panelQuads: 2 };
      pack(device, output, operands.output, packedGradient, window);
      for (const range of panelRanges(device, panels, panelBytes(sizes))) {
        product(device, {
          left: packedValues,
          right: packedGradient,
          result: range.of(operands.weights),
          columnPanels: range.count,
          firstColumnPanel: range.first,
          batch: taps,
          batchColumns: kernelWidth,
          batchColumnStride: 1,
          rowPanels: quads,
          termRows: rows,
          termColumns: output.width,
          termStride: stride,
          leftRowStride: valueColumns,
          leftPanelStride: valueRows(rows) * valueColumns,
          rightBatchStride: 0,
          rightPanelStride: rows * output.width,
          accumulate: image + first > 0 ? 1 : 0,
        });
      }
    }
  }
}

interface PackedWindow {
  readonly image: number;
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
  readonly panels: number;
  readonly panelQuads: number;
}

function pack(device: Device, map: MapSize, values: Storage, result: Storage, window: PackedWindow): void {
  const { image, top, left, rows, columns, panels, panelQuads } = window;
  // The packed rectangle may reach beyond the image or lie entirely outside it.
  const bound = bindImageRows(device, map, values, { image, first: top, rows });
  const { height, width, channels, storage, skip, first } = bound;
  device.run(packKernel, {
    values: storage,
    valueSkip: skip,
    result,
    height,
    width,
    channels,
    top: top - first,
    left,
    rows,
    columns,
    panels,
    panelQuads,
  });
}

/** Computes convolutions by their definition, for kernels of any size, stride and padding. */
export const direct: Algorithm = { convolve, convolveBack, weightGradient };
