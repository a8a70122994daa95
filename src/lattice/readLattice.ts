import { type Device, type Storage, view } from "../device/device.ts";
import { perform } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { holding } from "../held.ts";
import { requireHeld } from "../inputs.ts";
import { pairBytes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { neighborsOf } from "./chains.ts";
import { coordinateRankWords, elevationFactorsOf, embed, keyWords } from "./embed.ts";
import { keyBytes } from "./hash.ts";
import { Lattice } from "./lattice.ts";

/** The simplices of a set of points. */
export interface Simplices {
  /** `[points, d + 1]`: the vertex of each remainder, by its number. */
  readonly vertices: Uint32Array<ArrayBuffer>;
  /** `[points, d + 1]`: the barycentric weights, which add up to 1 for each point. */
  readonly weights: Float32Array<ArrayBuffer>;
}

/** A lattice of M vertices as `readLattice` finds it in device memory. */
export interface LatticeTables {
  /** `[M, d + 1]`: the coordinates of each vertex, whole numbers that sum to zero. Divided by d + 1 they all leave its remainder. */
  readonly coordinates: Int32Array<ArrayBuffer>;
  /** `[M, d]`: where each vertex lies among the features. */
  readonly places: Float32Array<ArrayBuffer>;
  /** `[d + 1, M, 2]`: on each axis the numbers of the two vertices beside a vertex, M where there is none. */
  readonly neighbors: Uint32Array<ArrayBuffer>;
  /** The simplices of the points that the lattice was built from. */
  readonly own: Simplices;
  /** Those of the other points, if it was built with any. */
  readonly at?: Simplices;
}

/**
 * Reads what a lattice is made of, to look at it or to draw it: its vertices, their neighbors, and every point's simplex. Filtering needs
 * none of it. It is as large as the lattice: 8·(d + 1) bytes a point, and more for the vertices.
 * @throws ValueError for what is no lattice, DisposedError of the lattice or of the features that it was built from
 * @example
 * const { own, places } = await readLattice(lattice);
 * const first = own.vertices.subarray(0, lattice.dimensions + 1); // the vertices around point 0 …
 * const place = places.subarray(first[0]! * lattice.dimensions, (first[0]! + 1) * lattice.dimensions); // … and where one lies
 */
export async function readLattice(lattice: Lattice): Promise<LatticeTables> {
  requireHeld(where, "lattice", lattice, Lattice, "a lattice", "build it with await buildLattice(features)");
  const { own, at, dimensions, vertices } = lattice;
  const sets = at ? [own, at] : [own];
  using _held = holding(lattice, ...sets.map(({ features }) => features));
  const neighbors = await readNeighbors(lattice);
  const simplices: Simplices[] = [];
  const coordinates = new Int32Array(vertices * (dimensions + 1));
  for (const { features, tables } of sets) {
    const found = await readSimplices(lattice.device, tables.simplices);
    await readCoordinates(features, found, coordinates);
    simplices.push(found);
  }
  const places = placesOf(coordinates, dimensions);
  return { coordinates, places, neighbors, own: simplices[0]!, ...(at && { at: simplices[1]! }) };
}

const where = "readLattice";

async function readNeighbors(lattice: Lattice): Promise<Uint32Array<ArrayBuffer>> {
  const { device, vertices, dimensions } = lattice;
  const result = new Uint32Array((dimensions + 1) * vertices * 2);
  for (let axis = 0; axis <= dimensions; axis++) {
    const row = view(neighborsOf(lattice, axis), 0, vertices * pairBytes);
    result.set(new Uint32Array(await device.read(row)), axis * vertices * 2);
  }
  return result;
}

async function readSimplices(device: Device, storage: Storage): Promise<Simplices> {
  const read = await device.read(storage);
  const [words, floats] = [new Uint32Array(read), new Float32Array(read)];
  const entries = words.length / 2;
  const vertices = Uint32Array.from({ length: entries }, (_, entry) => words[2 * entry]!);
  const weights = Float32Array.from({ length: entries }, (_, entry) => floats[2 * entry + 1]!);
  return { vertices, weights };
}

/**
 * Writes the coordinates of the vertices of `simplices`. A lattice does not keep them, so the points are embedded once more, by the
 * same kernel and so with the same bits.
 */
async function readCoordinates(features: Tensor, { vertices }: Simplices, into: Int32Array): Promise<void> {
  const { device, rows, shape, channels: dimensions } = features;
  const size = dimensions + 1;
  using workspace = new Workspace(device);
  const keys = workspace.allocate(keyBytes(rows * size, dimensions));
  const barycentric = workspace.allocate(rows * size * 4);
  const coordinateRanks = workspace.allocate(rows * coordinateRankWords(dimensions) * 4);
  const status = workspace.zeros(16);
  perform(device, embed(device, features, shape.at(-2)!, { keys, barycentric, coordinateRanks, status }));
  const words = new Uint32Array(await device.read(keys));
  vertices.forEach((vertex, entry) => {
    const remainder = entry % size;
    let sum = 0;
    for (let i = 0; i < dimensions; i++) {
      const word = words[entry * keyWords(dimensions) + (i >> 1)]!;
      // kernels/lattice/embed.wgsl describes keys: 16 bits a coordinate, in units of d + 1 and biased by 32768.
      const coordinate = (((word >>> (16 * (i % 2))) & 0xffff) - 32768) * size + remainder;
      into[vertex * size + i] = coordinate;
      sum += coordinate;
    }
    into[vertex * size + dimensions] = -sum;
  });
}

/** Undoes the elevation of embed.wgsl: from e_j = s − j·c_j, where s without c_j is what e_{j−1} began with. */
function placesOf(coordinates: Int32Array, dimensions: number): Float32Array<ArrayBuffer> {
  const size = dimensions + 1;
  const factors = elevationFactorsOf(dimensions);
  const places = new Float32Array((coordinates.length / size) * dimensions);
  for (let vertex = 0; vertex * size < coordinates.length; vertex++) {
    let sum = coordinates[vertex * size]!;
    for (let j = 1; j <= dimensions; j++) {
      const scaled = (sum - coordinates[vertex * size + j]!) / (j + 1);
      places[vertex * dimensions + j - 1] = scaled / factors[j - 1]!;
      sum -= scaled;
    }
  }
  return places;
}
