import type { Device, Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { blur, isInPlace } from "../lattice/blur.ts";
import { blockLength, type Incidence } from "../lattice/incidence.ts";
import { bandSums, splatBand } from "../lattice/splat.ts";
import { pairBytes, quadBytes } from "../shape.ts";
import { allChannels, type MapChannels } from "../shared/channels.ts";
import { fillFloats } from "../shared/fillFloats.ts";
import type { BandLattice, Perform } from "./bandLattice.ts";

/** How long the incidence lists of a lattice's vertices are over all bands. */
export interface ListLengths {
  /** [vertices] pairs: 0, and the vertex's row of running sums, which those with more than a block of points have. */
  readonly fresh: Uint32Array<ArrayBuffer>;
  readonly longest: number;
  readonly rows: number;
}

/**
 * Splats ones by bands, for the normalization, and learns on the way how long every list is: vertices get rows of running sums when
 * their lists outgrow a block, so that nobody has to count beforehand.
 */
export class OnesSplat {
  readonly #device: Device;
  readonly #workspace: Workspace;
  readonly #lattice: BandLattice;
  readonly #perform: Perform;
  readonly #levels: number;
  /** [vertices] pairs: how many points so far, and the row of sums. */
  readonly #lists: Uint32Array<ArrayBuffer>;
  readonly #stored: Storage;
  readonly #next: Storage;
  readonly #result: Storage;
  #sums: Storage;
  #rows = 0;

  /** `points` is the number of all bands' points. */
  constructor(device: Device, workspace: Workspace, lattice: BandLattice, points: number, perform: Perform) {
    const { vertices } = lattice;
    this.#device = device;
    this.#workspace = workspace;
    this.#lattice = lattice;
    this.#perform = perform;
    this.#levels = bandSums(points);
    this.#lists = new Uint32Array(2 * vertices);
    this.#stored = workspace.allocate(vertices * pairBytes);
    this.#next = workspace.allocate(vertices * pairBytes);
    this.#result = workspace.zeros((vertices + 1) * quadBytes);
    this.#sums = workspace.allocate(quadBytes);
  }

  async add({ offsets, pairs, blockVertices }: Incidence, points: number, last: boolean): Promise<void> {
    const device = this.#device;
    const { vertices } = this.#lattice;
    const begins = new Uint32Array(await device.read(offsets));
    const lists = this.#lists;
    let rows = this.#rows;
    for (let vertex = 0; vertex < vertices; vertex++) {
      const before = lists[2 * vertex]!;
      if (before <= blockLength && before + begins[vertex + 1]! - begins[vertex]! > blockLength) {
        lists[2 * vertex + 1] = rows++;
      }
    }
    this.#grow(rows);
    device.write(this.#stored, lists);
    for (let vertex = 0; vertex < vertices; vertex++) lists[2 * vertex]! += begins[vertex + 1]! - begins[vertex]!;
    using workspace = new Workspace(device);
    const ones = workspace.allocate(points * quadBytes);
    fillFloats(device, ones, 1);
    const state = { result: this.#result, sums: this.#sums, levels: this.#levels, lists: this.#stored };
    const sizes = { vertices, quads: 1, last };
    const band = { offsets, pairs, blockVertices };
    await this.#perform(splatBand(band, allChannels(ones, 1), state, this.#next, sizes));
  }

  /** Makes room for so many rows of sums. */
  #grow(rows: number): void {
    this.#rows = rows;
    const rowBytes = this.#levels * quadBytes;
    if (rows * rowBytes <= this.#sums.bytes) return;
    const grown = this.#workspace.allocate(Math.ceil(rows * 1.25) * rowBytes);
    const known = Math.min(this.#sums.bytes, grown.bytes);
    this.#device.copy(this.#sums, { ...grown, bytes: known });
    this.#workspace.release(this.#sums);
    this.#sums = grown;
  }

  /** The blurred ones, [vertices + 1, 1 quad], and the lengths of all lists. */
  async finish(): Promise<{ readonly ones: Storage; readonly lengths: ListLengths }> {
    const { vertices, dimensions } = this.#lattice;
    const values = this.#result;
    const spare = isInPlace(this.#lattice) ? undefined : this.#workspace.allocate(values.bytes);
    const sizes = { vertices, dimensions, quads: 1, transpose: false };
    const ones = await this.#perform(blur(this.#device, this.#lattice, { values, spare }, sizes));
    for (const done of [this.#stored, this.#next, this.#sums, ones === values ? spare : values]) {
      if (done) this.#workspace.release(done);
    }
    const fresh = this.#lists;
    let longest = 0;
    for (let vertex = 0; vertex < vertices; vertex++) {
      longest = Math.max(longest, fresh[2 * vertex]!);
      fresh[2 * vertex] = 0;
    }
    return { ones, lengths: { fresh, longest, rows: this.#rows } };
  }
}

/** Splats channels of marginals by bands, pass after pass, and blurs what came of each. */
export class MapSplat {
  readonly #device: Device;
  readonly #lattice: BandLattice;
  readonly #perform: Perform;
  readonly #quads: number;
  readonly #levels: number;
  readonly #fresh: Storage;
  readonly #lists: [Storage, Storage];
  readonly #maps: [Storage, Storage];
  readonly #sums: Storage;
  /** The map of the last pass, blurred: [vertices + 1, quads]. */
  blurred: Storage;

  /** Channels come `quads` quads at a time. */
  constructor(
    device: Device,
    workspace: Workspace,
    lattice: BandLattice,
    { fresh, longest, rows }: ListLengths,
    quads: number,
    perform: Perform,
  ) {
    const { vertices } = lattice;
    this.#device = device;
    this.#lattice = lattice;
    this.#perform = perform;
    this.#quads = quads;
    this.#levels = bandSums(longest);
    const ofLists = (): Storage => workspace.allocate(vertices * pairBytes);
    const ofVertices = (): Storage => workspace.allocate((vertices + 1) * quads * quadBytes);
    this.#fresh = ofLists();
    device.write(this.#fresh, fresh);
    this.#lists = [ofLists(), ofLists()];
    this.#maps = [ofVertices(), ofVertices()];
    this.blurred = this.#maps[0];
    this.#sums = workspace.allocate(Math.max(1, rows * this.#levels) * quads * quadBytes);
  }

  /** Begins a pass. What the last one made stays in `blurred`. */
  begin(): void {
    this.#device.copy(this.#fresh, this.#lists[0]);
    // What no band has touched yet is no number otherwise.
    this.#device.clear(this.#other);
  }

  /** Splats a band's channels, from `firstQuad` of `values` on. */
  async add(incidence: Incidence, values: MapChannels, last: boolean, quads = this.#quads): Promise<void> {
    const { vertices } = this.#lattice;
    const [lists, next] = this.#lists;
    const state = { result: this.#other, sums: this.#sums, levels: this.#levels, lists };
    await this.#perform(splatBand(incidence, values, state, next, { vertices, quads, last }));
    this.#lists.reverse();
  }

  get #other(): Storage {
    return this.#maps[this.blurred === this.#maps[0] ? 1 : 0];
  }

  /** Blurs what all bands of a pass made. */
  async finish(quads = this.#quads): Promise<void> {
    const { vertices, dimensions } = this.#lattice;
    const sizes = { vertices, dimensions, quads, transpose: false };
    const maps = { values: this.#other, spare: this.blurred };
    this.blurred = await this.#perform(blur(this.#device, this.#lattice, maps, sizes));
  }
}
