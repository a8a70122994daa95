// The scene of splat, blur and slice: pixels of a picture under the spatial filter, of which a few carry a value.
import { alpha, blurAxis, dimensions, embedPoint, referenceLattice, slice, splat } from "./plane.mjs";

/** θγ, in pixels. */
export const bandwidth = 3.5;

/** The size of the picture. It is larger than what figures show, so that all vertices there have neighbors. */
const [width, height] = [30, 24];

/** Pixels that carry a value, for example the probability of a class; all others carry 0. */
const given = new Map([
  ["10,10", 0.9],
  ["13,8", 0.8],
  ["13,12", 0.7],
  ["16,11", 0.4],
  ["19,12", 0.6],
]);

export const pixels = Array.from({ length: width * height }, (_, i) => {
  const [x, y] = [i % width, Math.floor(i / width)];
  return { x, y, place: [x / bandwidth, y / bandwidth], value: given.get(`${x},${y}`) ?? 0 };
});

const features = Float64Array.from(pixels.flatMap(({ place }) => place));
export const lattice = referenceLattice(features, dimensions);
export const values = Float64Array.from(pixels, ({ value }) => value);

/** The values of all vertices: after the splat, and after the blur along each axis. */
export const stages = [0, 1, 2].reduce(
  (all, axis) => [...all, blurAxis(lattice, axis, all.at(-1), 1)],
  [splat(lattice, values, 1)],
);

/** What every pixel gets. */
export const filtered = slice(lattice, stages.at(-1), 1);

/** The pixel at a place, with its simplex: the numbers of its vertices, their keys and weights. */
export function pixelAt(x, y) {
  const number = y * width + x;
  const { keys, weights } = embedPoint(pixels[number].place);
  return { number, ...pixels[number], keys, weights, vertices: lattice.simplices[number] };
}

/** Σ exp(−½‖f_i − f_j‖²)·v_j at a pixel: what the filter approximates. */
export const exact = (number) =>
  pixels.reduce((sum, { place: [x, y], value }) => {
    const [fx, fy] = pixels[number].place;
    return sum + Math.exp(-((x - fx) ** 2 + (y - fy) ** 2) / 2) * value;
  }, 0);

export { alpha };
