import { embed as embedKernel, packedEmbed, planeEmbed } from "../../build/kernels.ts";
import { perform } from "../../src/device/work.ts";
import { type Device, type Storage, view } from "../../src/device/device.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { neighborsOf } from "../../src/lattice/chains.ts";
import { coordinateRankWords, embed, keyWords } from "../../src/lattice/embed.ts";
import { buildLattice, type Lattice } from "../../src/lattice/lattice.ts";
import type { Tensor } from "../../src/tensor.ts";
import type { Tables } from "../goldens/implementation.ts";

/** The kernels of which every lattice runs one, for each of its sets of points. */
export const embeddings: readonly unknown[] = [embedKernel, packedEmbed, planeEmbed];

/** What a key's words say: the first d coordinates, the remainder, and the image of a batch. */
export interface Key {
  readonly coordinates: readonly number[];
  readonly remainder: number;
  readonly image: number;
}

/** Reads a key by the layout that kernels/lattice/embed.wgsl describes. */
export function decodeKey(words: Uint32Array, dimensions: number): Key {
  const halves = Array.from(words).flatMap((word) => [word & 0xffff, word >>> 16]);
  const tag = dimensions % 2 === 1 ? halves[dimensions]! : words[dimensions / 2]!;
  const remainder = tag & 15;
  const coordinates = halves.slice(0, dimensions).map((half) => (half - 32768) * (dimensions + 1) + remainder);
  return { coordinates, remainder, image: tag >>> 4 };
}

export async function readWords(device: Device, storage: Storage): Promise<Uint32Array> {
  return new Uint32Array(await device.read(storage));
}

/** What `embed` gives for every entry (a point and one of its vertices). */
export async function readEmbedded(
  features: Tensor,
): Promise<{ keys: Key[]; weights: Float32Array; words: Uint32Array; ranks: number[] }> {
  const { device, shape, rows } = features;
  const dimensions = features.channels;
  const entries = rows * (dimensions + 1);
  const size = keyWords(dimensions);
  using workspace = new Workspace(device);
  const keys = workspace.allocate(entries * size * 4);
  const barycentric = workspace.allocate(entries * 4);
  const coordinateRanks = workspace.allocate(rows * coordinateRankWords(dimensions) * 4);
  const status = workspace.zeros(16);
  const into = { keys, barycentric, coordinateRanks, status };
  perform(device, embed(device, features, shape.length === 3 ? shape[1]! : rows, into));
  const words = await readWords(device, keys);
  const decode = (_: unknown, entry: number): Key =>
    decodeKey(words.subarray(entry * size, (entry + 1) * size), dimensions);
  return {
    keys: Array.from({ length: entries }, decode),
    weights: new Float32Array(await device.read(barycentric)),
    words,
    ranks: unpackRanks(await readWords(device, coordinateRanks), rows, dimensions),
  };
}

/** [points, d + 1] ranks, four bits each. */
function unpackRanks(words: Uint32Array, points: number, dimensions: number): number[] {
  const own = coordinateRankWords(dimensions);
  return Array.from({ length: points * (dimensions + 1) }, (_, entry) => {
    const coordinate = entry % (dimensions + 1);
    const word = words[Math.floor(entry / (dimensions + 1)) * own + Math.floor(coordinate / 8)]!;
    return (word >>> (4 * (coordinate % 8))) & 15;
  });
}

/** Pairs [first, second] of words. */
export const pairsOf = (words: ArrayLike<number>): [number, number][] =>
  Array.from({ length: words.length / 2 }, (_, i) => [words[2 * i]!, words[2 * i + 1]!]);

/** Both neighbors of each vertex, axis by axis. */
export async function readNeighbors(lattice: Lattice): Promise<[number, number][][]> {
  const { device, vertices, dimensions } = lattice;
  const axes: [number, number][][] = [];
  for (let axis = 0; axis <= dimensions; axis++) {
    const row = neighborsOf(lattice, axis);
    axes.push(pairsOf(await readWords(device, view(row, 0, vertices * 8))));
  }
  return axes;
}

/** The tables of the lattice that the library builds of `features`. */
export async function readTables(features: Tensor): Promise<Tables> {
  const { device } = features;
  using lattice = await buildLattice(features);
  const { keys: entryKeys } = await readEmbedded(features);
  const pairs = await device.read(lattice.parts.simplices);
  const words = new Uint32Array(pairs);
  const floats = new Float32Array(pairs);
  const coordinates = lattice.dimensions + 1;
  const keys: (readonly number[])[] = [];
  entryKeys.forEach((key, entry) => (keys[words[2 * entry]!] = key.coordinates));
  const perPoint = (of: (entry: number) => number): number[][] =>
    Array.from({ length: lattice.points }, (_, point) =>
      Array.from({ length: coordinates }, (_, r) => of(point * coordinates + r)),
    );
  return {
    keys,
    simplices: perPoint((entry) => words[2 * entry]!),
    weights: perPoint((entry) => floats[2 * entry + 1]!),
    neighbors: await readNeighbors(lattice),
  };
}
