import { buildLattice, type Device, filter, readLattice, spatialFeatures } from "crf-rnn";

/** What a lattice of two dimensions is asked for. */
export interface PlaneRequest {
  readonly width: number;
  readonly height: number;
  /** θγ, in pixels. */
  readonly bandwidth: number;
  /** A number for every pixel: what is filtered. */
  readonly signal: Float32Array<ArrayBuffer>;
}

/** The lattice of a picture's positions, and what becomes of a signal in it. M vertices, N pixels. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly bandwidth: number;
  readonly signal: Float32Array<ArrayBuffer>;
  /** [M, 3] */
  readonly coordinates: Int32Array<ArrayBuffer>;
  /** [M, 2]: where the vertices lie, in pixels. */
  readonly places: Float32Array<ArrayBuffer>;
  /** [3, M, 2] */
  readonly neighbors: Uint32Array<ArrayBuffer>;
  /** [N, 3]: the vertices of every pixel's simplex, and its barycentric weights. */
  readonly simplices: Uint32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
  /** What the vertices hold: after the splat, and after the blur along each of the three axes. */
  readonly held: readonly Float64Array<ArrayBuffer>[];
  /** [N]: the filter's result, as it is and normalized. */
  readonly plain: Float32Array<ArrayBuffer>;
  readonly normalized: Float32Array<ArrayBuffer>;
  /** [N]: the exact sum of Gaussians, as it is and normalized. */
  readonly exact: Float64Array<ArrayBuffer>;
  readonly exactNormalized: Float64Array<ArrayBuffer>;
}

/** Builds the lattice, reads it, and follows the signal through it. The results are the library's filter. */
export async function planeOf(
  device: Device,
  { width, height, bandwidth, signal }: PlaneRequest,
  abort?: AbortSignal,
): Promise<Plane> {
  using features = spatialFeatures(device, [height, width], { position: bandwidth });
  using lattice = await buildLattice(features, { signal: abort });
  using values = device.tensor([height * width, 1], signal);
  using plain = filter(values, lattice);
  using normalized = filter(values, lattice, { normalization: "after" });
  const [tables, plainValues, normalizedValues] = [
    await readLattice(lattice),
    (await plain.read()) as Float32Array<ArrayBuffer>,
    (await normalized.read()) as Float32Array<ArrayBuffer>,
  ];
  const { coordinates, neighbors, own } = tables;
  const exact = gaussian(signal, width, height, bandwidth);
  const ones = gaussian(new Float32Array(signal.length).fill(1), width, height, bandwidth);
  return {
    width,
    height,
    bandwidth,
    signal,
    coordinates,
    places: tables.places.map((place) => place * bandwidth),
    neighbors,
    simplices: own.vertices,
    weights: own.weights,
    held: heldBy(own.vertices, own.weights, neighbors, signal),
    plain: plainValues,
    normalized: normalizedValues,
    exact,
    exactNormalized: exact.map((sum, pixel) => sum / ones[pixel]!),
  };
}

/** What vertices hold after the splat and after the blur along each axis, by the definitions, step by step as the reader sees them. */
function heldBy(
  simplices: Uint32Array,
  weights: Float32Array,
  neighbors: Uint32Array,
  signal: Float32Array,
): Float64Array<ArrayBuffer>[] {
  const vertices = neighbors.length / 6;
  // A vertex that does not exist holds zero.
  const splat = new Float64Array(vertices + 1);
  simplices.forEach((vertex, entry) => (splat[vertex]! += weights[entry]! * signal[Math.floor(entry / 3)]!));
  const steps = [splat];
  for (let axis = 0; axis < 3; axis++) {
    const before = steps.at(-1)!;
    const after = new Float64Array(vertices + 1);
    for (let vertex = 0; vertex < vertices; vertex++) {
      const beside = 2 * (axis * vertices + vertex);
      after[vertex] = before[vertex]! + 0.5 * (before[neighbors[beside]!]! + before[neighbors[beside + 1]!]!);
    }
    steps.push(after);
  }
  return steps;
}

/** Σ exp(−½‖f_i − f_j‖²)·v_j at every pixel, along rows first and then along columns, which is the same. */
export function gaussian(
  values: ArrayLike<number>,
  width: number,
  height: number,
  bandwidth: number,
): Float64Array<ArrayBuffer> {
  const weight = Float64Array.from({ length: Math.max(width, height) }, (_, k) =>
    Math.exp(-0.5 * (k / bandwidth) ** 2),
  );
  const along = (from: ArrayLike<number>, count: number, step: number, others: number, otherStep: number) => {
    const to = new Float64Array(width * height);
    for (let other = 0; other < others; other++) {
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let j = 0; j < count; j++) sum += weight[Math.abs(i - j)]! * from[other * otherStep + j * step]!;
        to[other * otherStep + i * step] = sum;
      }
    }
    return to;
  };
  return along(along(values, width, 1, height, width), height, width, width, 1);
}
