import { winogradFold, winogradGradient, winogradInput, winogradOutput, winogradWeights } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { padded, quadsOf } from "../shape.ts";
import { multiplyPanels, sumProducts, transpose } from "./convolution.ts";
import { type Convolution, type Ending, type Method, panelBytes, panelsOf } from "./geometry.ts";
import type { MapSize } from "./mapSize.ts";

/** Elements of a tile, transformed. */
const elements = 16;

/** Whether F(2×2, 3×3) applies to a convolution and pays. */
export function suits(device: Device, sizes: Convolution): boolean {
  const { input, output, kernelHeight, kernelWidth, stride } = sizes;
  if (kernelHeight !== 3 || kernelWidth !== 3 || stride !== 1) return false;
  if (Math.min(input.channels, output.channels) < fewestChannels) return false;
  const weightBytes = elements * padded(input.channels) * padded(output.channels) * 4;
  return 2 * weightBytes <= device.limits.bindingBytes;
}

const fewestChannels = 8;

function convolve(
  device: Device,
  sizes: Convolution,
  values: Storage,
  weights: Storage,
  result: Storage,
  ending: Ending,
): void {
  const { input, output, padding } = sizes;
  const panels = panelsOf(output.channels);
  const inputs = padded(input.channels);
  using workspace = new Workspace(device);
  const transformed = workspace.allocate(elements * panels * inputs * 32);
  device.run(winogradWeights, panels * inputs * 2, { weights, result: transformed, panels, inputs });

  const quads = quadsOf(input.channels);
  const most = tilesOfBand(device, output, input.channels, output.channels);
  const patches = workspace.allocate(elements * most * quads * 16);
  const products = workspace.allocate(elements * most * quadsOf(output.channels) * 16);
  for (const band of bands(output, most)) {
    const { tiles } = band;
    device.run(winogradInput, tiles * quads, {
      values,
      result: patches,
      height: input.height,
      width: input.width,
      quads,
      padding,
      ...band,
      tileStep: quads,
      quadStep: 1,
    });
    const product = { count: elements, rows: tiles, channels: input.channels, outputs: output.channels };
    multiplyPanels(device, product, { values: patches, weights: transformed, result: products });
    device.run(winogradOutput, tiles * quadsOf(output.channels), {
      products,
      bias: ending.bias ?? weights,
      result,
      height: output.height,
      width: output.width,
      quads: quadsOf(output.channels),
      ...band,
      biased: ending.bias ? 1 : 0,
      relu: ending.relu ? 1 : 0,
    });
  }
}

/** The convolution with the weights turned over. */
function convolveBack(
  device: Device,
  sizes: Convolution,
  values: Storage,
  weights: Storage,
  result: Storage,
  ending: Ending,
): void {
  const { input, output, padding } = sizes;
  const back = { ...sizes, input: output, output: input, padding: 2 - padding };
  const resultPanels = panelsOf(input.channels);
  using workspace = new Workspace(device);
  const turned = workspace.allocate(resultPanels * panelBytes(back));
  transpose(device, sizes, weights, turned, { firstResultPanel: 0, resultPanels });
  convolve(device, back, values, turned, result, ending);
}

function weightGradient(device: Device, sizes: Convolution, values: Storage, gradient: Storage, result: Storage): void {
  const { input, output, padding } = sizes;
  const panels = panelsOf(output.channels);
  const inputs = padded(input.channels);
  const quads = quadsOf(input.channels);
  using workspace = new Workspace(device);
  const sums = workspace.allocate(elements * panels * inputs * 32);
  const most = tilesOfBand(device, output, input.channels, panels * 8);
  const patches = workspace.allocate(elements * most * quads * 16);
  const gradients = workspace.allocate(elements * most * panels * 32);
  for (const band of bands(output, most)) {
    const { tiles, firstTile } = band;
    const { height, width } = input;
    const layout = { tileStep: 1, quadStep: tiles };
    device.run(winogradInput, tiles * quads, {
      ...{ values, result: patches, height, width, quads, padding },
      ...band,
      ...layout,
    });
    device.run(winogradGradient, tiles * panels * 2, {
      ...{ gradient, result: gradients, height: output.height, width: output.width },
      ...{ quads: quadsOf(output.channels), panels },
      ...band,
    });
    sumProducts(
      device,
      { values: patches, gradient: gradients, result: sums },
      { panels, firstPanel: 0, taps: elements, quads, accumulate: firstTile > 0 },
      {
        ...{ kernelWidth: 1, rows: 1, columns: tiles, stride: 1 },
        ...{ valueColumns: quads * tiles, quadStep: tiles, gradientTap: panels * tiles },
      },
    );
  }
  device.run(winogradFold, panels * inputs * 2, { sums, result, panels, inputs });
}

interface Band {
  readonly tileRows: number;
  readonly tileColumns: number;
  readonly firstTile: number;
  readonly tiles: number;
}

const tilesOf = ({ images, height, width }: MapSize): number => images * Math.ceil(height / 2) * Math.ceil(width / 2);

/** The tiles of a map, two by two pixels each, in bands of at most `most`. */
function* bands(map: MapSize, most: number): Generator<Band> {
  const [tileRows, tileColumns] = [Math.ceil(map.height / 2), Math.ceil(map.width / 2)];
  const total = tilesOf(map);
  for (let firstTile = 0; firstTile < total; firstTile += most) {
    yield { tileRows, tileColumns, firstTile, tiles: Math.min(most, total - firstTile) };
  }
}

/** Scratch memory for a band's tiles and products. */
const bandBytes = 2 ** 22;

/** The most tiles of a band, four a tile of the product's. */
function tilesOfBand(device: Device, map: MapSize, channels: number, outputs: number): number {
  const [input, output] = [elements * padded(channels) * 4, elements * padded(outputs) * 4];
  const bound = Math.min(bandBytes / (input + output), device.limits.bindingBytes / Math.max(input, output));
  return Math.min(tilesOf(map), Math.max(4, Math.floor(bound / 4) * 4));
}

/** Convolutions of 3×3 and stride 1 by minimal filtering (kernels/nn/winograd.wgsl): 4/9 of the multiplications. */
export const winograd: Method = { convolve, convolveBack, weightGradient };
