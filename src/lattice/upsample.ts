import { ShapeError } from "../errors.ts";
import { holding } from "../held.ts";
import { requireInputs } from "../inputs.ts";
import { add } from "../nn/add.ts";
import { scale } from "../nn/scale.ts";
import { type Names, requireOptions } from "../options.ts";
import { Scope } from "../scope.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type Abortable, breathe } from "../turn.ts";
import { bilateralFeatures, checkBandwidth, requireSize, spatialFeatures } from "./features.ts";
import { filtered } from "./filter.ts";
import { buildLattice } from "./lattice.ts";
import { normalizeTogether } from "./normalization.ts";

/** How the pixels of a small map and those of a large picture lie to each other. */
export interface ShrinkOptions extends Abortable {
  /**
   * Whether the centers of the map's corner pixels lie on those of the picture, as in the networks of DeepLab. Otherwise
   * (the default) the map's pixels share the picture's area evenly. As in `resize`.
   */
  readonly alignCorners?: boolean;
}

/** Options of `upsample`. */
export interface UpsampleOptions extends ShrinkOptions {
  /** How far a value reaches, in pixels of the picture. Default: the width of a pixel of the map. */
  readonly position?: number;
  /** How much colors may differ, in color levels. Default: 16. */
  readonly color?: number;
}

const shrinkNames: Names<ShrinkOptions> = { alignCorners: true, signal: true };
const upsampleNames: Names<UpsampleOptions> = { position: true, color: true, alignCorners: true, signal: true };

const defaultColor = 16;

/**
 * The share of a filter over position alone in the average, without which pixels of a color that no pixel of the map has
 * nearby would get nothing, and how far it reaches, in pixels of the map. Both were found on photographs, where a tenth or
 * five times the share does little harm: bench/results/upsampling.md.
 */
const spatialShare = 0.06;
const spatialReach = 0.5;

/** The standard deviation of a pixel's area along one side: how far `shrink` reaches, in pixels of the map. */
const pixelReach = 12 ** -0.5;

type Size = readonly [height: number, width: number];
const sizeOf = ({ shape }: Tensor): Size => shape.slice(-3, -1) as unknown as Size;

/** How many pixels of a picture a pixel of a map is wide or high, whichever is more. */
const pitchOf = (map: Size, picture: Size): number => Math.max(picture[0] / map[0], picture[1] / map[1]);

/**
 * Carries the values of a small map to the pixels of a large picture, along the picture's edges: a pixel gets the mean of
 * the values near it whose pixels in `smallGuide` have a similar color. Joint bilateral upsampling (Kopf, Cohen, Lischinski
 * and Uyttendaele 2007) through the permutohedral lattice, which splats at the map's pixels and slices at the picture's
 * (Adams, Baek and Davis 2010). A filter over position alone has a small share in it, so that no pixel is left without
 * a value.
 *
 * `values` is [h, w, C], `smallGuide` [h, w, K] is the picture as the map sees it (see `shrink`), and `guide` is
 * [H, W, K]; or each is a batch of as many. The result is [H, W, C]. Gradients flow to the values; guides are constants.
 * @throws ShapeError, ValueError (a bandwidth of 0 or below, a guide that is not finite), LimitError, DeviceError,
 * DisposedError, AbortError
 * @example
 * const small = await shrink(guide, [33, 33]);
 * const scores = await upsample(await crf(unary, small), small, guide);
 */
export async function upsample(
  values: Tensor,
  smallGuide: Tensor,
  guide: Tensor,
  options: UpsampleOptions = {},
): Promise<Tensor> {
  const where = "upsample";
  requireInputs(where, { values, smallGuide, guide });
  requireOptions(where, options, upsampleNames);
  checkMaps(where, values, smallGuide, guide);
  const size = sizeOf(guide);
  const pitch = pitchOf(sizeOf(values), size);
  const { position = pitch, color = defaultColor, alignCorners = false, signal } = options;
  checkBandwidth(where, "position", position);
  checkBandwidth(where, "color", color);

  using _held = holding(values, smallGuide, guide);
  // The caller may dispose of all of them during the call, and no tape shall see the guides.
  using fixed = values.tape?.recording ? undefined : values.alias();
  const source = fixed ?? values;
  using smallFixed = smallGuide.alias();
  using largeFixed = guide.alias();
  await breathe(where, options);
  const { device } = values;
  const near = { position: spatialReach * pitch };
  using smallPlaces = spatialFeatures(device, values.shape.slice(0, -1), { ...near, size, alignCorners });
  using largePlaces = spatialFeatures(device, guide.shape.slice(0, -1), near);
  using spatial = await buildLattice(smallPlaces, { at: largePlaces, signal });
  using small = bilateralFeatures(smallFixed, { position, color, size, alignCorners });
  using large = bilateralFeatures(largeFixed, { position, color });
  using bilateral = await buildLattice(small, { at: large, signal });
  normalizeTogether(bilateral, spatial, spatialShare);
  const shape = [...guide.shape.slice(0, -1), values.channels];
  using share = scale(source, spatialShare);
  using fromPosition = filtered(share, spatial, "after", false, { at: spatial.at, shape });
  await breathe(where, options);
  using fromColor = filtered(source, bilateral, "after", false, { at: bilateral.at, shape });
  await breathe(where, options);
  return Scope.inherit(add(fromColor, fromPosition), [values, guide]);
}

/**
 * Makes the guide of a small map of `size` [h, w] from the guide of a picture, [H, W, K] or a batch: each pixel gets the
 * mean of those around its place, weighted by a Gaussian that is as wide as the pixel. Gradients flow to the guide.
 * @throws ShapeError, ValueError, LimitError, DisposedError, AbortError
 * @example const small = await shrink(guide, [33, 33], { alignCorners: true });
 */
export async function shrink(guide: Tensor, size: Size, options: ShrinkOptions = {}): Promise<Tensor> {
  const where = "shrink";
  const device = requireInputs(where, { guide });
  requireOptions(where, options, shrinkNames);
  checkMaps(where, guide, guide, guide);
  requireSize(where, "size", size);
  const { alignCorners = false, signal } = options;
  using _held = holding(guide);
  await breathe(where, options);
  const picture = sizeOf(guide);
  const position = pixelReach * pitchOf(size, picture);
  const batch = guide.shape.slice(0, -3);
  using places = spatialFeatures(device, guide.shape.slice(0, -1), { position });
  using smallPlaces = spatialFeatures(device, [...batch, ...size], { position, size: picture, alignCorners });
  using lattice = await buildLattice(places, { at: smallPlaces, signal });
  const shape = [...batch, ...size, guide.channels];
  const result = filtered(guide, lattice, "after", false, { at: lattice.at, shape });
  return Scope.inherit(result, [guide]);
}

/** @throws ShapeError unless the maps fit together */
function checkMaps(where: string, values: Tensor, smallGuide: Tensor, guide: Tensor): void {
  const { shape } = values;
  const maps = shape.length === 3 || shape.length === 4;
  const alike = sameShape(smallGuide.shape.slice(0, -1), shape.slice(0, -1));
  const batch = guide.shape.length === shape.length && sameShape(guide.shape.slice(0, -3), shape.slice(0, -3));
  if (maps && alike && batch && guide.channels === smallGuide.channels) return;
  throw new ShapeError({
    where,
    expected: "values [h, w, C], a small guide [h, w, K] and a guide [H, W, K], or batches of as many",
    got: [values, smallGuide, guide].map((map) => formatShape(map.shape)).join(", "),
    remedy: "make the small guide with await shrink(guide, [h, w])",
  });
}
