import { winogradFold, winogradGradient, winogradInput, winogradOutput, winogradWeights } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { panelRowBytes, panelWidth } from "../layout.ts";
import { padded, quadsOf } from "../shape.ts";
import { transpose } from "./convolution.ts";
import type { Algorithm, Operands } from "./algorithm.ts";
import { atATime, blockOf, scarceBytes, scratchBytes } from "./blocks.ts";
import { type Convolution, type Epilogue, panelBytes, panelsOf } from "./geometry.ts";
import type { MapSize } from "./mapSize.ts";
import { type Piece, pieces } from "./parts.ts";
import { type ProductArguments, productOfBlocks } from "./product.ts";

/** Number of elements of a transformed tile. */
const elements = 16;

/** Tells whether F(2×2, 3×3) is applicable to a convolution and faster than computing it directly. */
export function suits(device: Device, sizes: Convolution): boolean {
  const { input, output, kernelHeight, kernelWidth, stride } = sizes;
  if (kernelHeight !== 3 || kernelWidth !== 3 || stride !== 1) return false;
  if (Math.min(input.channels, output.channels) < fewestChannels) return false;
  const weightBytes = elements * padded(input.channels) * padded(output.channels) * 4;
  return 2 * weightBytes <= device.limits.bindingBytes;
}

/**
 * With fewer channels than this, the transforms cost as much time as the cheaper products save. Measured on WASM at 454
 * by 454 pixels: with 16 channels, forward takes 28 ms instead of 30 and the weights' gradient 20 ms instead of 33;
 * from 3 channels to 16, forward takes 10 ms instead of 8.
 */
const fewestChannels = 8;

function convolve(device: Device, sizes: Convolution, operands: Operands, epilogue: Epilogue = {}): void {
  const { input, output } = sizes;
  const { weights } = operands;
  const panels = panelsOf(output.channels);
  const inputs = padded(input.channels);
  using workspace = new Workspace(device);
  const transformed = workspace.allocate(elements * panels * inputs * panelRowBytes);
  device.run(winogradWeights, { weights, result: transformed, panels, inputs, halves: sizes.halves ? 1 : 0 });

  const most = tilesOfRange(device, sizes);
  const patches = workspace.allocate(elements * inputs * padded(most) * 4);
  const products = workspace.allocate(elements * panels * padded(most) * panelRowBytes);
  for (const { piece, range } of tileRanges(device, sizes, operands, most)) {
    transformInput(device, piece, patches, { ...range, blockTiles: range.tiles }, true);
    const quads = quadsOf(range.tiles);
    const factors = { left: patches, right: transformed, result: products };
    multiplyElements(device, { ...factors, columnPanels: panels, rowPanels: quads, accumulate: 0 }, inputs);
    device.run(winogradOutput, {
      products,
      bias: epilogue.bias ?? weights,
      result: piece.output.storage,
      resultSkip: piece.output.skip,
      height: piece.output.height,
      width: piece.output.width,
      quads: quadsOf(output.channels),
      ...range,
      biased: epilogue.bias ? 1 : 0,
      relu: epilogue.relu ? 1 : 0,
    });
  }
}

/** Computes the adjoint as a convolution with transposed weights. */
function convolveBack(device: Device, sizes: Convolution, operands: Operands, epilogue?: Epilogue): void {
  const { input, output, padding } = sizes;
  const back = { ...sizes, input: output, output: input, padding: 2 - padding };
  const resultPanels = panelsOf(input.channels);
  using workspace = new Workspace(device);
  const transposed = workspace.allocate(resultPanels * panelBytes(back));
  transpose(device, sizes, { weights: operands.weights, result: transposed, firstResultPanel: 0, resultPanels });
  convolve(device, back, { input: operands.output, weights: transposed, output: operands.input }, epilogue);
}

function weightGradient(device: Device, sizes: Convolution, operands: Operands): void {
  const { input, output } = sizes;
  const panels = panelsOf(output.channels);
  const inputs = padded(input.channels);
  using workspace = new Workspace(device);
  const sums = workspace.allocate(elements * panels * inputs * panelRowBytes);
  const { blockTiles, count, cut } = blocksOfTiles(device, sizes);
  const patches = workspace.allocate(count * elements * inputs * padded(blockTiles) * 4);
  const gradients = workspace.allocate(count * elements * panels * padded(blockTiles) * panelRowBytes);
  let accumulate = 0;
  for (const { piece, range } of tileRanges(device, sizes, operands, count * blockTiles, cut)) {
    // The last block of a piece may have fewer tiles; where it is alone, it is packed without what it lacks.
    const blocked = { ...range, blockTiles: Math.min(blockTiles, range.tiles) };
    transformInput(device, piece, patches, blocked, false);
    device.run(winogradGradient, {
      gradient: piece.output.storage,
      gradientSkip: piece.output.skip,
      result: gradients,
      height: piece.output.height,
      width: piece.output.width,
      quads: quadsOf(output.channels),
      panels,
      ...blocked,
    });
    const factors = { left: patches, right: gradients, result: sums };
    const shape = { ...factors, columnPanels: panels, rowPanels: inputs / 4, accumulate };
    multiplyElements(device, shape, padded(blocked.blockTiles), Math.ceil(range.tiles / blockTiles));
    accumulate = 1;
  }
  device.run(winogradFold, { sums, result: operands.weights, panels, inputs });
}

/** How the tiles of a weight gradient are cut: the tiles of a block, how many blocks are summed at a time, and the pieces. */
function blocksOfTiles(device: Device, { input, output }: Convolution) {
  const [inputs, outputs] = [padded(input.channels), panelsOf(output.channels) * panelWidth];
  const most = tilesOfRange(device, { input, output });
  // A processor's caches hold few tiles, and its threads need no more products than one block has.
  if (device.kind === "wasm") return { blockTiles: most, count: 1 };
  const [rows, columns] = [Math.ceil(output.height / 2), Math.ceil(output.width / 2)];
  const block = blockOf(output.images, rows, columns);
  const fitting = Math.floor(device.limits.bindingBytes / (elements * Math.max(inputs, outputs) * 16)) * 4;
  const blockTiles = Math.max(4, Math.min(block.terms, fitting));
  const numbers = padded(blockTiles);
  const tables = [inputs * numbers, outputs * numbers, inputs * outputs].map((size) => elements * size * 4);
  const count = atATime(device, Math.ceil(tilesOf(output) / blockTiles), tables);
  return { blockTiles, count, cut: { block: 2 * block.rows, apart: block.apart } };
}

function transformInput(
  device: Device,
  { input: { storage, skip, height, width, channels, halves }, mapping: { paddingY, paddingX } }: Piece,
  result: Storage,
  range: TileRange & { readonly blockTiles: number },
  rowsAreTiles: boolean,
): void {
  const quads = quadsOf(channels);
  const sizes = { height, width, quads, paddingY, paddingX, ...range, rowsAreTiles: rowsAreTiles ? 1 : 0 };
  device.run(winogradInput, { values: storage, valueSkip: skip, result, ...sizes, halves: halves ? 1 : 0 });
}

/** Computes, for each of the 16 elements, a product of matrices: [rowPanels, terms, 4] by [columnPanels, terms, 8], or of blocks of them. */
function multiplyElements(
  device: Device,
  factors: Pick<ProductArguments, "left" | "right" | "result" | "columnPanels" | "rowPanels" | "accumulate">,
  terms: number,
  blocks = 1,
): void {
  const { rowPanels, columnPanels } = factors;
  const args = {
    ...factors,
    batch: elements,
    batchColumns: 1,
    batchColumnStride: 1,
    termRows: 1,
    termColumns: terms,
    termStride: 1,
    leftPanelStride: terms,
    leftRowStride: rowPanels * terms,
    rightBatchStride: columnPanels * terms,
    rightPanelStride: terms,
    firstColumnPanel: 0,
  };
  productOfBlocks(device, args, blocks);
}

interface TileRange {
  readonly tileRows: number;
  readonly tileColumns: number;
  readonly firstTile: number;
  readonly tiles: number;
}

const tilesOf = ({ images, height, width }: MapSize): number => images * Math.ceil(height / 2) * Math.ceil(width / 2);

/**
 * Yields the tiles of a convolution's output, which have two by two pixels, in ranges of at most `most` tiles. Each
 * range lies within maps that fit a binding.
 */
function* tileRanges(
  device: Device,
  sizes: Convolution,
  operands: Omit<Operands, "weights">,
  most: number,
  cut?: { readonly block: number; readonly apart: boolean },
): Generator<{ readonly piece: Piece; readonly range: TileRange }> {
  const mapping = { stride: 1, inputDilation: 1, paddingY: sizes.padding, paddingX: sizes.padding };
  for (const piece of pieces(device, sizes, mapping, operands, { together: 2, asStored: true, ...cut })) {
    const { output } = piece;
    const [tileRows, tileColumns] = [Math.ceil(output.height / 2), Math.ceil(output.width / 2)];
    const total = tilesOf(output);
    for (let firstTile = 0; firstTile < total; firstTile += most) {
      yield { piece, range: { tileRows, tileColumns, firstTile, tiles: Math.min(most, total - firstTile) } };
    }
  }
}

/** The largest number of tiles in a range, a multiple of four because the product's row panels have four. */
function tilesOfRange(device: Device, { input, output }: Pick<Convolution, "input" | "output">): number {
  const [read, written] = [elements * padded(input.channels) * 4, elements * panelsOf(output.channels) * panelRowBytes];
  const room = output.halves ? scarceBytes(device) : scratchBytes(device);
  const bound = Math.min(room / (read + written), device.limits.bindingBytes / Math.max(read, written));
  return Math.min(tilesOf(output), Math.max(4, Math.floor(bound / 4) * 4));
}

/**
 * Computes convolutions of 3×3 and stride 1 by minimal filtering (kernels/nn/winograd.wgsl), with 4/9 of the
 * multiplications.
 */
export const winograd: Algorithm = { convolve, convolveBack, weightGradient };
