/**
 * The permutohedral lattice in plain float64, keyed by strings in a Map: slow, short, and written from the definition
 * (Adams, Baek and Davis 2010; Krähenbühl and Koltun 2011), not from the kernels.
 */
import type { Normalization } from "../../src/lattice/normalization.ts";

/** A point's simplex: vertex r (its d coordinates), weight r, and the rank of each of the d + 1 coordinates. */
export interface Simplex {
  readonly keys: readonly (readonly number[])[];
  readonly weights: readonly number[];
  readonly ranks: readonly number[];
}

export interface ReferenceLattice {
  readonly points: number;
  readonly dimensions: number;
  /** Coordinates of each vertex, in the order in which points touch them. */
  readonly keys: readonly (readonly number[])[];
  /** [points][d + 1]: the vertex of each remainder, and its weight. */
  readonly simplices: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
  /** [d + 1][vertices]: both neighbors, `keys.length` for an absent one. */
  readonly neighbors: readonly (readonly (readonly [number, number])[])[];
}

function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

export function embedPoint(features: ArrayLike<number>): Simplex {
  const d = features.length;
  const size = d + 1;
  const elevated: number[] = [];
  let sum = 0;
  for (let j = d; j >= 1; j--) {
    const c = (features[j - 1]! * (Math.sqrt(2 / 3) * size)) / Math.sqrt(j * (j + 1));
    elevated[j] = sum - j * c;
    sum += c;
  }
  elevated[0] = sum;

  const remainder = elevated.map((e) => roundHalfEven(e / size) * size);
  const ranks = elevated.map(() => 0);
  for (let i = 0; i < d; i++) {
    for (let j = i + 1; j <= d; j++) {
      if (elevated[i]! - remainder[i]! < elevated[j]! - remainder[j]!) ranks[i]!++;
      else ranks[j]!++;
    }
  }
  const excess = remainder.reduce((total, value) => total + value / size, 0);
  for (let i = 0; i <= d; i++) {
    ranks[i]! += excess;
    const turns = ranks[i]! < 0 ? 1 : ranks[i]! > d ? -1 : 0;
    ranks[i]! += turns * size;
    remainder[i]! += turns * size;
  }

  const slots = new Array<number>(d + 2).fill(0);
  for (let i = 0; i <= d; i++) {
    const delta = (elevated[i]! - remainder[i]!) / size;
    slots[d - ranks[i]!]! += delta;
    slots[size - ranks[i]!]! -= delta;
  }
  slots[0]! += 1 + slots[size]!;
  const keys = Array.from({ length: size }, (_, r) =>
    remainder.slice(0, d).map((value, i) => value + (ranks[i]! <= d - r ? r : r - size)),
  );
  return { keys, weights: slots.slice(0, size), ranks };
}

/** The lattice of `features` [points, d]; images of `group` points each share no vertex. */
export function referenceLattice(features: ArrayLike<number>, dimensions: number, group = Infinity): ReferenceLattice {
  const points = features.length / dimensions;
  const numbers = new Map<string, number>();
  const keys: (readonly number[])[] = [];
  const images: number[] = [];
  const name = (key: readonly number[], image: number): string => `${image}:${key.join()}`;
  const simplices: number[][] = [];
  const weights: (readonly number[])[] = [];
  for (let point = 0; point < points; point++) {
    const image = Math.floor(point / group);
    const simplex = embedPoint(Array.from({ length: dimensions }, (_, i) => features[point * dimensions + i]!));
    weights.push(simplex.weights);
    simplices.push(
      simplex.keys.map((key) => {
        let vertex = numbers.get(name(key, image));
        if (vertex === undefined) {
          numbers.set(name(key, image), (vertex = keys.length));
          keys.push(key);
          images.push(image);
        }
        return vertex;
      }),
    );
  }
  const find = (key: readonly number[], image: number): number => numbers.get(name(key, image)) ?? keys.length;
  const neighbors = Array.from({ length: dimensions + 1 }, (_, axis) =>
    keys.map((key, vertex): [number, number] => {
      const step = (sign: number): number[] => key.map((x, i) => x + sign * (i === axis ? dimensions : -1));
      return [find(step(1), images[vertex]!), find(step(-1), images[vertex]!)];
    }),
  );
  return { points, dimensions, keys, simplices, weights, neighbors };
}

/** Splat of `values` [points, channels]: [vertices, channels]. */
export function splat({ keys, simplices, weights }: ReferenceLattice, values: ArrayLike<number>, channels: number) {
  const result = new Float64Array(keys.length * channels);
  simplices.forEach((simplex, point) =>
    simplex.forEach((vertex, r) => {
      for (let c = 0; c < channels; c++)
        result[vertex * channels + c]! += weights[point]![r]! * values[point * channels + c]!;
    }),
  );
  return result;
}

/** What a blur along an axis takes of the first neighbor, of the vertex and of the second neighbor, by channel. */
export type ReferenceTaps = (axis: number, channel: number) => readonly [first: number, own: number, second: number];

const gaussian: ReferenceTaps = () => [0.5, 1, 0.5];

/** Blur along one axis, or its adjoint. */
export function blurAxis(
  lattice: ReferenceLattice,
  axis: number,
  values: ArrayLike<number>,
  channels: number,
  taps: ReferenceTaps = gaussian,
  transpose = false,
) {
  const result = new Float64Array(values.length);
  for (let vertex = 0; vertex * channels < values.length; vertex++) {
    const [first, second] = lattice.neighbors[axis]![vertex]!;
    for (let c = 0; c < channels; c++) {
      const at = (other: number): number => (other < lattice.keys.length ? values[other * channels + c]! : 0);
      const [before, own, after] = taps(axis, c);
      const [ofFirst, ofSecond] = transpose ? [after, before] : [before, after];
      result[vertex * channels + c] = own * at(vertex) + ofFirst * at(first) + ofSecond * at(second);
    }
  }
  return result;
}

/** Slice of vertex values: [points, channels]. */
export function slice(lattice: ReferenceLattice, values: ArrayLike<number>, channels: number): Float64Array {
  const { points, dimensions, simplices, weights } = lattice;
  const alpha = 1 / (1 + 2 ** -dimensions);
  const result = new Float64Array(points * channels);
  for (let point = 0; point < points; point++) {
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let r = 0; r <= dimensions; r++) sum += weights[point]![r]! * values[simplices[point]![r]! * channels + c]!;
      result[point * channels + c] = alpha * sum;
    }
  }
  return result;
}

/** A lattice of the vertices that either set of points touches, once with its own points and once with the others. */
export function referenceLatticeAt(own: ArrayLike<number>, at: ArrayLike<number>, dimensions: number) {
  const lattice = referenceLattice([...Array.from(own), ...Array.from(at)], dimensions);
  const points = own.length / dimensions;
  const part = (begin: number, end?: number): ReferenceLattice => {
    const simplices = lattice.simplices.slice(begin, end);
    return { ...lattice, points: simplices.length, simplices, weights: lattice.weights.slice(begin, end) };
  };
  return { own: part(0, points), at: part(points) };
}

/** K from the points of one lattice to those of another with the same vertices, or Kᵀ, without normalization. */
function plainFilter(
  from: ReferenceLattice,
  to: ReferenceLattice,
  values: ArrayLike<number>,
  channels: number,
  transpose: boolean,
  taps?: ReferenceTaps,
) {
  let vertices = splat(from, values, channels);
  const axes = from.neighbors.map((_, axis) => axis);
  for (const axis of transpose ? axes.reverse() : axes)
    vertices = blurAxis(from, axis, vertices, channels, taps, transpose);
  return slice(to, vertices, channels);
}

/** The filter of `values` [points, channels], or its exact adjoint; `at` has the points where it slices. */
export function referenceFilter(
  lattice: ReferenceLattice,
  values: ArrayLike<number>,
  channels: number,
  {
    normalization = "none",
    transpose = false,
    at = lattice,
    taps,
  }: { normalization?: Normalization; transpose?: boolean; at?: ReferenceLattice; taps?: ReferenceTaps } = {},
): Float64Array {
  const [from, to] = transpose ? [at, lattice] : [lattice, at];
  const power = normalization === "none" ? 0 : normalization === "symmetric" ? -0.5 : -1;
  const scale = (map: ArrayLike<number>, points: ReferenceLattice, apply: boolean): ArrayLike<number> => {
    if (!apply) return map;
    const ones = plainFilter(lattice, points, new Float64Array(lattice.points).fill(1), 1, false);
    return Float64Array.from(map, (value, i) => value * (ones[Math.floor(i / channels)]! + 1e-20) ** power);
  };
  const first = normalization === "symmetric" || normalization === (transpose ? "after" : "before");
  const last = normalization === "symmetric" || normalization === (transpose ? "before" : "after");
  return Float64Array.from(
    scale(plainFilter(from, to, scale(values, from, first), channels, transpose, taps), to, last),
  );
}
