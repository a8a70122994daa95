import { type Device, type Storage, view } from "../device/device.ts";
import type { Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { vertexTables } from "../lattice/chains.ts";
import { checkEmbedded, coordinateRankWords, embed } from "../lattice/embed.ts";
import {
  firstCapacity,
  growAsNeeded,
  type HashTable,
  insertKeys,
  keyBytes,
  lookUpVertices,
  numberVertices,
} from "../lattice/hash.ts";
import { allocateIncidence, buildIncidence, type Incidence, normalizeIncidence } from "../lattice/incidence.ts";
import { findNeighbors, mergeNeighbors, neighborBytes } from "../lattice/neighbors.ts";
import { type FactorKind, type Normalization, runNormalization } from "../lattice/normalization.ts";
import { orderVertices } from "../lattice/order.ts";
import type { VertexTables } from "../lattice/points.ts";
import { normalizeSimplices, slice } from "../lattice/slice.ts";
import { pairBytes, quadBytes } from "../shape.ts";
import { allChannels } from "../shared/channels.ts";
import type { Tensor } from "../tensor.ts";

/** Performs work in turns with the event loop. */
export type Perform = <Result>(work: Work<Result>) => Promise<Result>;

/** A lattice of points that come in bands: what finds and blurs its vertices, and nothing that has a row for each point. */
export interface BandLattice extends VertexTables {
  readonly dimensions: number;
  readonly vertices: number;
  readonly table: HashTable;
  readonly vertexKeys: Storage;
}

/** The tables of a band's points alone, with the vertices of the whole lattice. */
export interface BandTables {
  readonly simplices: Storage;
  readonly incidence: Incidence;
}

/** What embedding a band gives. */
interface EmbeddedBand {
  readonly keys: Storage;
  readonly barycentric: Storage;
  readonly entries: number;
}

/** Embeds a band by itself; what cannot be embedded is reported in `status`. */
async function embedBand(
  workspace: Workspace,
  features: Tensor,
  status: Storage,
  perform: Perform,
): Promise<EmbeddedBand> {
  const { device, rows, channels: dimensions } = features;
  const entries = rows * (dimensions + 1);
  const keys = workspace.allocate(keyBytes(entries, dimensions));
  const barycentric = workspace.allocate(entries * 4);
  using own = new Workspace(device);
  const coordinateRanks = own.allocate(rows * coordinateRankWords(dimensions) * 4);
  await perform(embed(device, features, rows, { keys, barycentric, coordinateRanks, status }));
  return { keys, barycentric, entries };
}

/**
 * Collects the distinct keys of all bands, each inserted into a table behind those that were found before. So vertices get the numbers of the
 * first touch, as in a lattice that is built at once.
 */
export class KeyCollector {
  readonly #device: Device;
  readonly #workspace: Workspace;
  readonly #dimensions: number;
  readonly #perform: Perform;
  #vertices = 0;
  #keys: Storage | undefined;
  #table: HashTable | undefined;

  /** What it leaves is in memory of `workspace`. */
  constructor(device: Device, workspace: Workspace, dimensions: number, perform: Perform) {
    this.#device = device;
    this.#workspace = workspace;
    this.#dimensions = dimensions;
    this.#perform = perform;
  }

  /** @throws LimitError for a feature beyond the range of keys, ValueError for one that is not finite */
  async add(features: Tensor): Promise<void> {
    const device = this.#device;
    const dimensions = this.#dimensions;
    using workspace = new Workspace(device);
    const items = this.#vertices + features.rows * (dimensions + 1);
    const status = workspace.zeros(16);
    const keys = await this.#keysBehind(workspace, features, status);
    const entrySlots = workspace.allocate(items * 4);
    const numbers = workspace.allocate((items + 1) * 4);
    const capacity = firstCapacity(features.rows, dimensions);
    this.#table ??= { slots: this.#workspace.allocate(capacity * 4), capacity };
    const into = { keys, entrySlots, numbers, status, entries: items, dimensions };
    await this.#perform(insertKeys(device, this.#table, into));
    const words = new Uint32Array(await device.read(status));
    await checkEmbedded([features], words);
    const grown = await growAsNeeded(device, this.#workspace, this.#table, into, words, this.#perform);
    this.#table = grown.table;
    this.#vertices = grown.vertices;
    if (this.#keys) this.#workspace.release(this.#keys);
    this.#keys = this.#workspace.allocate(keyBytes(this.#vertices, dimensions));
    await this.#perform(numberVertices(this.#table, { keys, numbers, vertexKeys: this.#keys }, dimensions));
  }

  /** Returns the keys of the known vertices and, behind them, those of the band's entries. */
  async #keysBehind(workspace: Workspace, features: Tensor, status: Storage): Promise<Storage> {
    const device = this.#device;
    using own = new Workspace(device);
    const band = await embedBand(own, features, status, this.#perform);
    const known = keyBytes(this.#vertices, this.#dimensions);
    const keys = workspace.allocate(known + band.keys.bytes);
    if (this.#keys) device.copy(this.#keys, view(keys, 0, known));
    device.copy(band.keys, view(keys, known, band.keys.bytes));
    return keys;
  }

  /** Finds the neighbors, after the last band. */
  async finish(): Promise<BandLattice> {
    const device = this.#device;
    const [vertices, dimensions, table] = [this.#vertices, this.#dimensions, this.#table!];
    const extent = { vertices, dimensions, images: 1, keep: true };
    const unordered = { ...table, vertexKeys: this.#keys! };
    const ordered = await orderVertices(device, this.#workspace, unordered, extent, this.#perform);
    const neighbors = this.#workspace.allocate(neighborBytes(device, vertices, dimensions));
    const { vertexKeys: keys, packing } = ordered;
    const found = packing
      ? mergeNeighbors(device, keys, packing, neighbors, vertices, dimensions)
      : findNeighbors(device, table, keys, neighbors, vertices, dimensions);
    await this.#perform(found);
    const ofVertices = await this.#perform(vertexTables(device, this.#workspace, neighbors, vertices, dimensions));
    const vertexKeys = ordered.embedded!;
    if (ordered.vertexKeys !== vertexKeys) this.#workspace.release(ordered.vertexKeys);
    return { dimensions, vertices, table, vertexKeys, ...ofVertices };
  }
}

/** Makes the tables of a band's points anew: they are not kept from pass to pass. */
export async function bandTables(
  workspace: Workspace,
  { dimensions, vertices, table, vertexKeys }: BandLattice,
  features: Tensor,
  perform: Perform,
): Promise<BandTables> {
  const { device, rows } = features;
  using own = new Workspace(device);
  const { keys, barycentric, entries } = await embedBand(own, features, own.zeros(16), perform);
  const vertexOfEntry = own.allocate(entries * 4);
  const simplices = workspace.allocate(rows * (dimensions + 1) * pairBytes);
  const into = { vertexOfEntry, simplices };
  await perform(lookUpVertices(table, { vertexKeys, keys, barycentric }, into, entries, dimensions));
  own.release(keys);
  const incidence = allocateIncidence(workspace, entries, vertices);
  const from = { simplices, vertexOfEntry, barycentric };
  await perform(buildIncidence(device, from, incidence, entries, vertices, dimensions, true));
  return { simplices, incidence };
}

/** Folds a normalization into a band's tables, by the blurred ones of the whole lattice. */
export function normalizeBand(
  device: Device,
  workspace: Workspace,
  { dimensions }: BandLattice,
  { simplices, incidence }: BandTables,
  normalization: Normalization,
  ones: Storage,
): BandTables {
  if (normalization === "none") return { simplices, incidence };
  const points = simplices.bytes / pairBytes / (dimensions + 1);
  const kind: FactorKind = normalization === "symmetric" ? "inverseRoot" : "inverse";
  using own = new Workspace(device);
  const values = own.allocate(points * quadBytes);
  const factors = own.allocate(points * 4);
  slice(device, simplices, ones, allChannels(values, 1), { points, dimensions, quads: 1 });
  runNormalization(device, values, factors, points, kind);
  const before = normalization !== "after";
  const after = normalization !== "before";
  const pairs = before ? workspace.allocate(incidence.pairs.bytes) : incidence.pairs;
  if (before) normalizeIncidence(device, incidence.pairs, factors, pairs);
  const normalized = after ? workspace.allocate(simplices.bytes) : simplices;
  if (after) normalizeSimplices(device, simplices, factors, normalized, dimensions);
  return { simplices: normalized, incidence: { ...incidence, pairs } };
}
