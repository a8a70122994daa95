import type { Storage } from "../device/device.ts";
import { ShapeError } from "../errors.ts";
import { formatShape, padded } from "../shape.ts";
import { type Layout, panels, panelWidth } from "../layout.ts";
import type { Tensor } from "../tensor.ts";
import type { MapSize } from "./mapSize.ts";

/** The sizes of a convolution that maps `input` to `output`. A transposed convolution goes from `output` to `input`. */
export interface Convolution {
  readonly input: MapSize;
  readonly output: MapSize;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
  /** Whether the weights are stored as halves. Then there is no gradient. */
  readonly halves?: boolean;
}

export interface ConvolutionOptions {
  /** [channels of the result] */
  readonly bias?: Tensor;
  /** By how many pixels the kernel moves. Default: 1. */
  readonly stride?: number;
  /** Zeros around the map, on each side. Default 0. */
  readonly padding?: number;
}

/** Maps pixels of the output to pixels of the input: v(y, ty) = (y·stride + ty − padding) / inputDilation. */
export interface PixelMapping {
  readonly stride: number;
  readonly inputDilation: number;
  readonly paddingY: number;
  readonly paddingX: number;
}

/** What is applied to the sums of a convolution: a bias, a ReLU, both or neither. */
export interface Epilogue {
  readonly bias?: Storage;
  readonly relu?: boolean;
}

/** Returns the bytes of a panel of a convolution's weights. */
export const panelBytes = ({ input, kernelHeight, kernelWidth, halves }: Convolution): number =>
  kernelHeight * kernelWidth * padded(input.channels) * panelWidth * (halves ? 2 : 4);

export const panelsOf = (channels: number): number => Math.ceil(channels / panelWidth);

/** @throws ShapeError for strides below 1, paddings below 0, and what is not whole */
export function checkStride(where: string, stride: number, padding: number): void {
  if (Number.isInteger(stride) && stride >= 1 && Number.isInteger(padding) && padding >= 0) return;
  throw new ShapeError({
    where,
    expected: "a whole stride of 1 or more and a whole padding of 0 or more",
    got: `stride ${stride} and padding ${padding}`,
    remedy: "pass whole numbers of pixels",
  });
}

/** @throws ShapeError for a weight that is in none of the layouts or does not take these channels, on its axis `axis` */
export function checkWeight(
  where: string,
  { shape, layout }: Tensor,
  axis: 0 | 1,
  channels: number,
  layouts: readonly Layout[] = [panels],
): void {
  const names = axis === 1 ? "[outputs, channels, height, width]" : "[channels, outputs, height, width]";
  if (!layouts.some(({ name }) => name === layout.name) || shape.length !== 4) {
    throw new ShapeError({
      where,
      expected: `a weight ${names} in layout panels`,
      got: `${formatShape(shape)} in layout ${layout.name}`,
      remedy: "make it with device.tensor(shape, values, panels)",
    });
  }
  if (shape[axis] === channels) return;
  throw new ShapeError({
    where,
    expected: `a weight ${names} for ${channels} channels`,
    got: formatShape(shape),
    remedy: `give axis ${axis} of the weight the channels of the map`,
  });
}

/** @throws ShapeError for a bias that has not one value a channel of the result */
export function checkBias(where: string, bias: Tensor | undefined, channels: number): void {
  if (!bias || (bias.shape.length === 1 && bias.channels === channels)) return;
  throw new ShapeError({
    where,
    expected: `a bias [${channels}]`,
    got: formatShape(bias.shape),
    remedy: "give it one value for each output of the weight",
  });
}

/** @throws ShapeError for a result without a pixel */
export function checkPixels(where: string, { height, width }: MapSize, map: MapSize): void {
  if (height > 0 && width > 0) return;
  throw new ShapeError({
    where,
    expected: "a result of one pixel or more",
    got: `${height} by ${width} from a map of ${map.height} by ${map.width}`,
    remedy: "use a larger map, more padding or a smaller kernel",
  });
}
