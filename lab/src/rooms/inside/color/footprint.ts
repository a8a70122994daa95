import {
  bilateralFeatures,
  buildLattice,
  type Device,
  filter,
  type Lattice,
  type LatticeTables,
  readLattice,
  spatialFeatures,
} from "crf-rnn";
import { colorsOf, type Picture } from "../picture.ts";

/** The two filters of a dense CRF. */
export type FilterName = "bilateral" | "spatial";

export interface FootprintRequest {
  readonly picture: Picture;
  readonly filter: FilterName;
  /** θα and θβ, or θγ alone. */
  readonly bandwidths: { readonly position: number; readonly color: number };
  /** The number of the pixel that is followed. */
  readonly pixel: number;
}

/** One vertex of the pixel's simplex. */
export interface Corner {
  readonly remainder: number;
  readonly weight: number;
  readonly coordinates: readonly number[];
  /** The pixels in whose simplex it is, and their barycentric weights. */
  readonly pixels: Uint32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
  /** On each axis, how many of the two vertices beside it exist. */
  readonly neighbors: readonly number[];
}

/** What a pixel receives, and by which way. */
export interface Footprint {
  readonly pixel: number;
  readonly filter: FilterName;
  readonly dimensions: number;
  readonly vertices: number;
  /** [N]: the row of K of this pixel, normalized: which share of its result comes from where. They add up to 1. */
  readonly shares: Float32Array<ArrayBuffer>;
  /** [N]: the same for the exact Gaussian. */
  readonly exact: Float32Array<ArrayBuffer>;
  readonly corners: readonly Corner[];
  /** How many vertices the blur leads to from the simplex. */
  readonly reached: number;
  /** [M′, d]: the places of the vertices around the pixels of the same row of the picture. */
  readonly places: Float32Array<ArrayBuffer>;
  /** [d + 1, d]: the places of the pixel's own vertices. */
  readonly cornerPlaces: Float32Array<ArrayBuffer>;
}

interface Built {
  readonly key: string;
  readonly lattice: Lattice;
  readonly tables: LatticeTables;
  readonly features: Float32Array;
  readonly dispose: () => void;
}

/** Makes footprints, and keeps the lattice of the last one: another pixel of the same picture needs no other. */
export class FootprintMaker implements Disposable {
  readonly #device: Device;
  #built: Built | undefined;

  constructor(device: Device) {
    this.#device = device;
  }

  async make(request: FootprintRequest, signal?: AbortSignal): Promise<Footprint> {
    const { picture, pixel } = request;
    const { lattice, tables, features } = await this.#lattice(request, signal);
    const { dimensions, points, vertices } = lattice;
    const alone = new Float32Array(points);
    alone[pixel] = 1;
    // Row i of n∘K is what its transpose makes of pixel i alone.
    using values = this.#device.tensor([points, 1], alone);
    using row = filter(values, lattice, { normalization: "after", transpose: true });
    const size = dimensions + 1;
    const own = Array.from(tables.own.vertices.subarray(pixel * size, (pixel + 1) * size));
    return {
      pixel,
      filter: request.filter,
      dimensions,
      vertices,
      shares: (await row.read()) as Float32Array<ArrayBuffer>,
      exact: exactShares(features, dimensions, pixel),
      corners: cornersOf(tables, dimensions, pixel),
      reached: reachedFrom(own, tables.neighbors, dimensions),
      places: placesOf(rowVertices(tables, dimensions, picture.width, pixel), tables, dimensions),
      cornerPlaces: placesOf(own, tables, dimensions),
    };
  }

  async #lattice({ picture, filter: name, bandwidths }: FootprintRequest, signal?: AbortSignal): Promise<Built> {
    const { width, height, pixels } = picture;
    const { position, color } = bandwidths;
    const bands = name === "spatial" ? [position] : [position, color];
    const key = [name, ...bands, width, height, name === "spatial" ? "" : digest(pixels)].join();
    if (this.#built?.key === key) return this.#built;
    const device = this.#device;
    const make = () => {
      if (name === "spatial") return spatialFeatures(device, [height, width], { position });
      using guide = device.tensor([height, width, 3], colorsOf(picture));
      return bilateralFeatures(guide, { position, color });
    };
    using features = make();
    const lattice = await buildLattice(features, { signal });
    const found = { tables: await readLattice(lattice), features: await features.read() };
    this[Symbol.dispose]();
    this.#built = { key, lattice, ...found, dispose: () => lattice.dispose() };
    return this.#built;
  }

  [Symbol.dispose](): void {
    this.#built?.dispose();
    this.#built = undefined;
  }
}

/** A number that two different pictures do not share, as good as surely (FNV-1a). */
function digest(bytes: Uint8ClampedArray): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** exp(−½‖f_i − f_j‖²) for all j, divided by their sum. */
function exactShares(features: Float32Array, dimensions: number, pixel: number): Float32Array<ArrayBuffer> {
  const points = features.length / dimensions;
  const weights = new Float64Array(points);
  let total = 0;
  for (let j = 0; j < points; j++) {
    let square = 0;
    for (let k = 0; k < dimensions; k++) {
      square += (features[pixel * dimensions + k]! - features[j * dimensions + k]!) ** 2;
    }
    total += weights[j] = Math.exp(-square / 2);
  }
  return Float32Array.from(weights, (weight) => weight / total);
}

function cornersOf({ own, coordinates, neighbors }: LatticeTables, dimensions: number, pixel: number): Corner[] {
  const size = dimensions + 1;
  const vertices = coordinates.length / size;
  return Array.from({ length: size }, (_, remainder) => {
    const vertex = own.vertices[pixel * size + remainder]!;
    const entries: number[] = [];
    own.vertices.forEach((other, entry) => other === vertex && entries.push(entry));
    return {
      remainder,
      weight: own.weights[pixel * size + remainder]!,
      coordinates: Array.from(coordinates.subarray(vertex * size, (vertex + 1) * size)),
      pixels: Uint32Array.from(entries, (entry) => Math.floor(entry / size)),
      weights: Float32Array.from(entries, (entry) => own.weights[entry]!),
      neighbors: Array.from({ length: size }, (_, axis) => {
        const beside = 2 * (axis * vertices + vertex);
        return [0, 1].filter((side) => neighbors[beside + side]! < vertices).length;
      }),
    };
  });
}

/** Counts the vertices to which blurring leads, one axis after the other; a slice blurs towards the pixel, so backwards. */
function reachedFrom(own: readonly number[], neighbors: Uint32Array, dimensions: number): number {
  const vertices = neighbors.length / (2 * (dimensions + 1));
  const reached = new Set(own);
  for (let axis = dimensions; axis >= 0; axis--) {
    for (const vertex of [...reached]) {
      const beside = 2 * (axis * vertices + vertex);
      for (const other of neighbors.subarray(beside, beside + 2)) if (other < vertices) reached.add(other);
    }
  }
  return reached.size;
}

function rowVertices({ own }: LatticeTables, dimensions: number, width: number, pixel: number): number[] {
  const first = (pixel - (pixel % width)) * (dimensions + 1);
  return [...new Set(own.vertices.subarray(first, first + width * (dimensions + 1)))];
}

function placesOf(vertices: readonly number[], { places }: LatticeTables, dimensions: number) {
  return Float32Array.from({ length: vertices.length * dimensions }, (_, i) => {
    return places[vertices[Math.floor(i / dimensions)]! * dimensions + (i % dimensions)]!;
  });
}
