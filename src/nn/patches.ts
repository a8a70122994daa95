import { patchesCollect as collectKernel, patches as kernel } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { panelRowBytes, panelWidth } from "../layout.ts";
import { padded, quadsOf } from "../shape.ts";
import type { Algorithm, Operands } from "./algorithm.ts";
import { atATime, blockOf, blocksOf, scratchBytes, tilesOf, worthBlocks } from "./blocks.ts";
import { direct, transpose } from "./convolution.ts";
import { type Convolution, type Epilogue, panelBytes, panelsOf, type PixelMapping } from "./geometry.ts";
import { panelRanges } from "./panelRanges.ts";
import { type BoundMap, pieces } from "./parts.ts";
import { product, productOfBlocks } from "./product.ts";

const pixelsOf = ({ images, height, width }: { images: number; height: number; width: number }): number =>
  images * height * width;

/** Row panels, four pixels each, and column panels that a workgroup computes together: see product.tiled.wgsl. */
const [pixelPanelsTogether, panelsTogether] = [16, 8];

/** Where the products of a convolution's pixels go: the pixels of the result, and the range of its outputs. */
interface Collection {
  readonly products: Storage;
  readonly rowPanels: number;
  readonly blocks: number;
  readonly source: BoundMap;
  readonly result: BoundMap;
  readonly firstPixel: number;
  readonly pixels: number;
  readonly firstPanel: number;
  readonly panels: number;
}

function collect(
  device: Device,
  { source, result, ...rest }: Collection,
  taps: Pick<Convolution, "kernelHeight" | "kernelWidth"> & Omit<PixelMapping, "stride">,
  { bias, relu }: Epilogue,
): void {
  const { kernelHeight, kernelWidth, inputDilation, paddingY, paddingX } = taps;
  device.run(collectKernel, {
    ...rest,
    bias: bias ?? rest.products,
    result: result.storage,
    resultSkip: result.skip,
    height: source.height,
    width: source.width,
    resultHeight: result.height,
    resultWidth: result.width,
    outputs: result.channels,
    ...{ kernelHeight, kernelWidth, inputDilation, paddingY, paddingX },
    biased: bias ? 1 : 0,
    relu: relu ? 1 : 0,
  });
}

/** The one tap, on the pixel itself, of sums that are cut into blocks only. */
const noTaps = { kernelHeight: 1, kernelWidth: 1, inputDilation: 1, paddingY: 0, paddingX: 0 };

/** How the pixels of a map are packed: see kernels/nn/patches.wgsl. */
interface Packing {
  readonly result: Storage;
  readonly firstPixel: number;
  readonly pixels: number;
  readonly rowsArePixels: 0 | 1;
  readonly blockPixels: number;
  readonly blockTerms: number;
  readonly panelQuads: number;
}

function pack(
  device: Device,
  map: BoundMap,
  of: { readonly height: number; readonly width: number },
  taps: Pick<Convolution, "kernelHeight" | "kernelWidth"> & Omit<PixelMapping, "inputDilation">,
  packing: Packing,
): void {
  const { height, width, channels } = map;
  const { kernelHeight, kernelWidth, stride, paddingY, paddingX } = taps;
  device.run(kernel, {
    ...packing,
    values: map.storage,
    valueSkip: map.skip,
    ...{ height, width, channels, kernelWidth, stride, paddingY, paddingX },
    resultHeight: of.height,
    resultWidth: of.width,
    taps: kernelHeight * kernelWidth,
  });
}

/** The one tap of a map whose pixels are packed as they are. */
const itself = { kernelHeight: 1, kernelWidth: 1, stride: 1, paddingY: 0, paddingX: 0 };

/** The terms of a product whose left operand was packed in blocks, [block][row panel][term], and whose right operand was not. */
function termsOfBlocks(terms: number, blocks: number, rowPanels: number) {
  const termColumns = terms / blocks;
  return {
    ...{ termRows: 1, termColumns, termStride: 1, batchColumns: blocks, batchColumnStride: rowPanels * termColumns },
    ...{ leftRowStride: 0, leftPanelStride: termColumns, rightBatchStride: termColumns },
  };
}

/** The terms of a pixel's sum, in how many blocks they are added up, and whether that is worth its while. */
function forwardBlocks(device: Device, { input, output, kernelHeight, kernelWidth }: Convolution) {
  const terms = kernelHeight * kernelWidth * padded(input.channels);
  const tiles = tilesOf(Math.ceil(pixelsOf(output) / 4), panelsOf(output.channels));
  const blocks = blocksOf(terms, tiles);
  const together = pixelPanelsTogether * 4 * terms * 4;
  return { terms, blocks, worth: worthBlocks(terms, tiles) && together <= device.limits.bindingBytes };
}

/** Sums a pixel's patch by blocks of taps and channels: all blocks at once, as products of matrices, and then one after the other. */
function convolve(device: Device, sizes: Convolution, operands: Operands, epilogue: Epilogue = {}): void {
  const { terms, blocks, worth } = forwardBlocks(device, sizes);
  if (!worth) return direct.convolve(device, sizes, operands, epilogue);
  const { stride, padding, output } = sizes;
  const mapping = { stride, inputDilation: 1, paddingY: padding, paddingX: padding };
  const panels = panelsOf(output.channels);
  for (const piece of pieces(device, sizes, mapping, operands)) {
    const all = pixelsOf(piece.output);
    const tableBytes = [terms * 16, panels * blocks * 4 * panelRowBytes];
    const perTile = tableBytes.map((bytes) => pixelPanelsTogether * bytes);
    const rowTiles = Math.ceil(all / (4 * pixelPanelsTogether));
    const most = atATime(device, rowTiles, perTile) * pixelPanelsTogether * 4;
    const taps = { ...sizes, ...piece.mapping };
    for (let firstPixel = 0; firstPixel < all; firstPixel += most) {
      const pixels = Math.min(most, all - firstPixel);
      const rowPanels = Math.ceil(pixels / 4);
      using workspace = new Workspace(device);
      const left = workspace.allocate(rowPanels * terms * 16);
      const packing = { firstPixel, pixels, blockPixels: pixels, blockTerms: terms / blocks, panelQuads: 1 };
      pack(device, piece.input, piece.output, taps, { ...packing, result: left, rowsArePixels: 1 });
      // Products need no bound of their own: those of several tiles fit for all panels, and those of one take less than the weights.
      for (const range of evenRanges(device, panels, panelBytes(sizes))) {
        const products = workspace.allocate(range.count * blocks * rowPanels * 4 * panelRowBytes);
        product(device, {
          ...{ left, right: range.of(operands.weights), result: products, columnPanels: range.count, rowPanels },
          ...{ batch: blocks, rightPanelStride: terms, firstColumnPanel: 0, accumulate: 0 },
          halves: sizes.halves ? 1 : 0,
          ...termsOfBlocks(terms, blocks, rowPanels),
        });
        const collection = { products, rowPanels, blocks, source: piece.output, result: piece.output };
        const place = { firstPixel, pixels, firstPanel: range.first, panels: range.count };
        collect(device, { ...collection, ...place }, noTaps, epilogue);
        workspace.release(products);
      }
    }
  }
}

/**
 * Cuts panels of weights into ranges of about the same length, so that the weights and the products of a range fit a binding,
 * and both together `room`.
 */
function evenRanges(device: Device, panels: number, weightBytes: number, productBytes = 0, room = Infinity) {
  const most = atATime(device, panels, [weightBytes, productBytes], room);
  // Whole tiles, where there is room for them.
  const tiles = Math.ceil(most / panelsTogether) * panelsTogether;
  const even = atATime(device, tiles, [weightBytes, productBytes], room) === tiles ? tiles : most;
  return panelRanges(device, panels, weightBytes, even * weightBytes);
}

/** Fewer terms, and products that fit scratch memory, are what makes the way by taps worth its while. */
function backBlocks(device: Device, sizes: Convolution) {
  const { input, output, kernelHeight, kernelWidth, stride } = sizes;
  const taps = kernelHeight * kernelWidth;
  const terms = padded(output.channels);
  const rowPanels = Math.ceil(pixelsOf(output) / 4);
  const columnPanels = panelsOf(input.channels);
  const blocks = blocksOf(terms, taps * tilesOf(rowPanels, columnPanels));
  // What `direct` does: a convolution for each phase, whose pixels sum the taps that reach them.
  const phases = Math.min(stride, kernelHeight) * Math.min(stride, kernelWidth);
  const phasePixels = input.images * Math.ceil(input.height / stride) * Math.ceil(input.width / stride);
  const directTerms = Math.ceil(kernelHeight / stride) * Math.ceil(kernelWidth / stride) * terms;
  const directTiles = phases * tilesOf(Math.ceil(phasePixels / 4), columnPanels);
  const products = taps * blocks * rowPanels * 4 * panelRowBytes;
  const fits = Math.max(products, rowPanels * terms * 16) <= Math.min(mostBytes, device.limits.bindingBytes);
  return { taps, terms, blocks, products, worth: worthBlocks(directTerms, directTiles) && fits };
}

/** Bytes of the products of a panel of inputs, and of a packed gradient, beyond which a convolution is not taken apart by taps. */
const mostBytes = 2 ** 25;

/**
 * Multiplies the gradient's pixels by each tap of the transposed weights and adds up, for every pixel of the input, what
 * the taps bring to it. No product falls outside the map, and the sums of the products have as many terms as there are
 * outputs.
 */
function convolveBack(device: Device, sizes: Convolution, operands: Operands, epilogue: Epilogue = {}): void {
  const { taps, terms, blocks, products: panelProducts, worth } = backBlocks(device, sizes);
  if (!worth) return direct.convolveBack(device, sizes, operands, epilogue);
  const { input, output, kernelHeight, kernelWidth, stride, padding } = sizes;
  const back: Convolution = { ...sizes, input: output, output: input };
  const paddings = { paddingY: kernelHeight - 1 - padding, paddingX: kernelWidth - 1 - padding };
  const mapping = { stride: 1, inputDilation: stride, ...paddings };
  const room = Math.max(scratchBytes(device), 2 ** 25);
  for (const { input: source, output: result, mapping: placed } of pieces(device, back, mapping, {
    input: operands.output,
    output: operands.input,
  })) {
    const pixels = pixelsOf(source);
    const rowPanels = Math.ceil(pixels / 4);
    using workspace = new Workspace(device);
    const left = workspace.allocate(rowPanels * terms * 16);
    const packing = { firstPixel: 0, pixels, blockPixels: pixels, blockTerms: terms / blocks, panelQuads: 1 };
    pack(device, source, source, itself, { ...packing, result: left, rowsArePixels: 1 });
    for (const range of evenRanges(device, panelsOf(input.channels), panelBytes(back), panelProducts, room)) {
      using own = new Workspace(device);
      const right = own.allocate(range.count * panelBytes(back));
      const to = { firstResultPanel: range.first, resultPanels: range.count };
      transpose(device, sizes, { weights: operands.weights, result: right, ...to });
      const products = own.allocate(range.count * taps * blocks * rowPanels * 4 * panelRowBytes);
      product(device, {
        ...{ left, right, result: products, columnPanels: range.count, rowPanels },
        ...{ batch: taps * blocks, rightPanelStride: taps * terms, firstColumnPanel: 0, accumulate: 0 },
        ...termsOfBlocks(terms, blocks, rowPanels),
      });
      const place = { firstPixel: 0, pixels: pixelsOf(result), firstPanel: range.first, panels: range.count };
      collect(device, { products, rowPanels, blocks, source, result, ...place }, { ...sizes, ...placed }, epilogue);
    }
  }
}

/** How the pixels of a weight gradient are cut: rows of a block, and how many blocks are summed at a time. */
function blocksOfPixels(device: Device, { input, output, kernelHeight, kernelWidth }: Convolution) {
  const block = blockOf(output.images, output.height, output.width);
  const pixels = padded(block.terms);
  const numbers = kernelHeight * kernelWidth * padded(input.channels);
  const outputs = panelsOf(output.channels) * panelWidth;
  const tables = [numbers * pixels * 4, outputs * pixels * 4];
  const weights = numbers * outputs * 4;
  const all = Math.ceil(output.height / block.rows);
  // One where the weights are larger than a binding: a block by itself is added to them where they are.
  const count = atATime(device, all, [...tables, weights]);
  return { block, pixels, count, fits: Math.max(...tables) <= device.limits.bindingBytes };
}

/** Sums the weights' gradient over blocks of whole rows of pixels, with a row for each tap and input. */
function weightGradient(device: Device, sizes: Convolution, operands: Operands): void {
  const { block, pixels: terms, count, fits } = blocksOfPixels(device, sizes);
  if (!fits) return direct.weightGradient(device, sizes, operands);
  const { input, output, kernelHeight, kernelWidth, stride, padding } = sizes;
  const panels = panelsOf(output.channels);
  const rowPanels = kernelHeight * kernelWidth * quadsOf(input.channels);
  const mapping = { stride, inputDilation: 1, paddingY: padding, paddingX: padding };
  using workspace = new Workspace(device);
  const left = workspace.allocate(count * rowPanels * terms * 16);
  const right = workspace.allocate(count * panels * terms * panelRowBytes);
  let accumulate = 0;
  for (const piece of pieces(device, sizes, mapping, operands, { block: block.rows, apart: block.apart })) {
    const all = pixelsOf(piece.output);
    for (let firstPixel = 0; firstPixel < all; firstPixel += count * block.terms) {
      const pixels = Math.min(count * block.terms, all - firstPixel);
      const blocks = Math.ceil(pixels / block.terms);
      const packing = { firstPixel, pixels, blockPixels: block.terms, blockTerms: 4 };
      const taps = { ...sizes, ...piece.mapping };
      pack(device, piece.input, piece.output, taps, { ...packing, result: left, rowsArePixels: 0, panelQuads: 1 });
      const gradient = { ...packing, result: right, rowsArePixels: 0, panelQuads: 2 } as const;
      pack(device, piece.output, piece.output, itself, gradient);
      for (const range of panelRanges(device, panels, panelBytes(sizes))) {
        const args = {
          ...{ left, right, result: range.of(operands.weights), accumulate },
          ...{ columnPanels: range.count, firstColumnPanel: range.first, rowPanels, batch: 1 },
          ...{ termRows: 1, termColumns: terms, termStride: 1, batchColumns: 1, batchColumnStride: 1 },
          ...{ leftPanelStride: terms, leftRowStride: rowPanels * terms },
          ...{ rightPanelStride: terms, rightBatchStride: panels * terms },
        };
        productOfBlocks(device, args, blocks);
      }
      accumulate = 1;
    }
  }
}

/** Computes convolutions with long sums or small results, and the gradients of all weights, for GPUs: see blocks.ts. */
export const patches: Algorithm = { convolve, convolveBack, weightGradient };
