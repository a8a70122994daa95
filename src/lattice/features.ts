import { featuresBilateral as kernel, featuresPullback, featuresRanges } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { requireDevice, requireInputs } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { checkShape, formatShape } from "../shape.ts";
import { record } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { found, kindOf, requireFlag } from "../values.ts";
import { outerProducts } from "../shared/outerProducts.ts";

/** @throws ValueError unless the bandwidth is positive and finite. */
export function checkBandwidth(where: string, name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new ValueError({
    where,
    expected: `a ${name} bandwidth above 0`,
    got: found(value),
    remedy: "pass a positive number of pixels or color levels",
  });
}

/** The bandwidths as a tensor [θα, θβ, θγ] that a tape may watch. Its values must equal those of the other options. */
export interface Learned {
  readonly bandwidths?: Tensor;
}

/** Where the pixels of a guide lie that is smaller than the picture it stands for. */
export interface Placement {
  /** The size [h, w] of the picture, in whose pixels positions are counted. Default: the guide's own. */
  readonly size?: readonly [number, number];
  /**
   * Whether the centers of the guide's corner pixels lie on those of the picture, as in networks that are resized so.
   * Otherwise (the default) the guide's pixels share the picture's area evenly, as in `resize`.
   */
  readonly alignCorners?: boolean;
}

const spatialNames: Names<{ position: number } & Learned & Placement> = {
  position: true,
  bandwidths: true,
  size: true,
  alignCorners: true,
};
const bilateralNames: Names<{ position: number; color: number } & Learned & Placement> = {
  position: true,
  color: true,
  bandwidths: true,
  size: true,
  alignCorners: true,
};

/**
 * Makes the features [h·w, 2] of the spatial filter, (x/θγ, y/θγ), for the pixels of an image of size [h, w]. A batch
 * [b, h, w] gives [b, h·w, 2]. With `size` among the options, x and y are places in a picture of that size.
 * @throws ShapeError, ValueError for a bandwidth of 0 or below
 */
export function spatialFeatures(
  device: Device,
  size: readonly number[],
  options: { readonly position: number } & Learned & Placement,
): Tensor {
  requireDevice("spatialFeatures", device);
  requireOptions("spatialFeatures", options, spatialNames);
  const { position, bandwidths, alignCorners } = options ?? {};
  requireInputs("spatialFeatures", { "bandwidths?": bandwidths }, device);
  checkShape("spatialFeatures", size);
  if (size.length !== 2 && size.length !== 3) {
    throw new ShapeError({ where: "spatialFeatures", expected: "a size [h, w] or [b, h, w]", got: formatShape(size) });
  }
  checkBandwidth("spatialFeatures", "position", position);
  const [height, width] = size.slice(-2) as [number, number];
  const places = placesOf("spatialFeatures", [height, width], options.size, alignCorners);
  const pixels = height * width;
  const features = placedFeatures(device, size.length === 3 ? [size[0]!, pixels, 2] : [pixels, 2], places, position);
  if (!bandwidths) return features;
  return record(features, [bandwidths], [features], async (gradient) => {
    const [x, y] = await featureProducts(features, gradient);
    return [device.tensor([3], [0, 0, -(x! + y!) / position])];
  });
}

/** Where the centers of a map's columns and rows lie. */
export interface Places {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

/** Makes features of `shape`, of pixels at `places`, one image after the other: their places, and the colors of a guide, if there is one. */
export function placedFeatures(
  device: Device,
  shape: readonly number[],
  { xs, ys }: Places,
  position: number,
  guide?: { readonly storage: Storage; readonly color: number },
): Tensor {
  return device.attempt(() => {
    const made = device.empty(shape);
    using workspace = new Workspace(device);
    const positions = workspace.store(Float32Array.from([...xs, ...ys], (place) => place / position));
    // Of no guide nothing is read. Any storage except the one that is written may stand there.
    const { storage, color } = guide ?? { storage: positions, color: 1 };
    const tables = { guide: storage, positions, features: made.storage };
    const sizes = {
      points: made.rows,
      width: xs.length,
      imagePoints: xs.length * ys.length,
      dimensions: made.channels,
    };
    device.run(kernel, { ...tables, ...sizes, color });
    return made;
  });
}

/**
 * Sums feature·gradient over all points, for each feature. This is −θ times the gradient of the bandwidth θ that the
 * feature was divided by.
 */
async function featureProducts(features: Tensor, gradient: Tensor): Promise<number[]> {
  using sums = features.device.attempt(() => outerProducts(features, gradient));
  const matrix = await sums.read();
  const { channels } = features;
  return Array.from({ length: channels }, (_, i) => matrix[i * channels + i]!);
}

/** @throws ShapeError unless `size` is [h, w] */
export function requireSize(where: string, name: string, size: unknown): void {
  const extents: unknown[] = Array.isArray(size) ? size : [];
  if (extents.length === 2 && extents.every((extent) => Number.isInteger(extent) && Number(extent) > 0)) return;
  const got = Array.isArray(size) ? formatShape(size) : kindOf(size);
  throw new ShapeError({ where, expected: `a size [h, w] as ${name}`, got });
}

/**
 * Returns where the centers of the columns and of the rows of a map lie in a picture of `size`, in its pixels.
 * @throws ShapeError, ValueError
 */
export function placesOf(
  where: string,
  map: readonly [number, number],
  size: readonly number[] = map,
  alignCorners = false,
): Places {
  requireFlag(where, "alignCorners", alignCorners);
  requireSize(where, "size", size);
  const along = (count: number, extent: number): number[] =>
    Array.from({ length: count }, (_, i) =>
      alignCorners ? (i * (extent - 1)) / Math.max(count - 1, 1) : ((i + 0.5) * extent) / count - 0.5,
    );
  return { xs: along(map[1], size[1]!), ys: along(map[0], size[0]!) };
}

/**
 * Makes the features [h·w, 2 + C] of the bilateral filter, (x/θα, y/θα, guide/θβ). `guide` is [h, w, C], for CRF-RNN
 * the network's mean-subtracted input; a batch [b, h, w, C] gives [b, h·w, 2 + C]. With `size` the guide stands for a
 * picture of that size, and x and y are the places of its pixels there.
 * @throws ShapeError, ValueError for a bandwidth of 0 or below
 */
export function bilateralFeatures(
  guide: Tensor,
  options: { readonly position: number; readonly color: number } & Learned & Placement,
): Tensor {
  requireOptions("bilateralFeatures", options, bilateralNames);
  const { position, color, bandwidths, alignCorners } = options ?? {};
  const device = requireInputs("bilateralFeatures", { guide, "bandwidths?": bandwidths });
  const { shape } = guide;
  if (shape.length !== 3 && shape.length !== 4) {
    throw new ShapeError({
      where: "bilateralFeatures",
      expected: "a guide [h, w, C] or [b, h, w, C]",
      got: formatShape(shape),
      remedy: "reshape the image",
    });
  }
  checkBandwidth("bilateralFeatures", "position", position);
  checkBandwidth("bilateralFeatures", "color", color);
  const [height, width, channels] = shape.slice(-3) as [number, number, number];
  const places = placesOf("bilateralFeatures", [height, width], options.size, alignCorners);
  const [points, imagePoints] = [guide.rows, height * width];
  const dimensions = channels + 2;
  const placed = shape.length === 4 ? [shape[0]!, imagePoints, dimensions] : [imagePoints, dimensions];
  const features = placedFeatures(device, placed, places, position, { storage: guide.storage, color });

  const inputs = bandwidths ? [guide, bandwidths] : [guide];
  return record(features, inputs, bandwidths ? [features] : [], async (gradient, [ofGuide, ofBandwidths]) => {
    // This is awaited first, so that there is nothing to dispose of if it fails.
    const [x = 0, y = 0, ...colors] = ofBandwidths ? await featureProducts(features, gradient) : [];
    const ofColor = colors.reduce((sum, product) => sum + product, 0);
    return device.attempt(() => {
      const guideGradient = ofGuide ? device.empty(shape) : undefined;
      if (guideGradient) {
        const into = { gradient: gradient.storage, result: guideGradient.storage };
        device.run(featuresPullback, { ...into, points, color, dimensions });
      }
      if (!ofBandwidths) return [guideGradient];
      return [guideGradient, device.tensor([3], [-(x + y) / position, -ofColor / color, 0])];
    });
  });
}

/** Finds how far features reach, for `reachesOf`. */
export function* findRanges({ storage: features, rows: points, channels: dimensions }: Tensor, ranges: Storage): Work {
  yield planned(featuresRanges, { features, ranges, points, dimensions });
}

/** How far each feature reaches below and above zero, by the words of `findRanges`. */
export function reachesOf(ranges: Uint32Array, dimensions: number): Float32Array {
  const floats = new Float32Array(ranges.map((ordered) => (ordered >>> 31 ? ordered ^ 0x80000000 : ~ordered)).buffer);
  return Float32Array.from({ length: 2 * dimensions }, (_, i) => floats[(i & ~7) + ((i >> 1) & 3) + 4 * (i & 1)]!);
}
