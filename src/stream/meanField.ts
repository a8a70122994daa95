import { type Device, type Storage, view } from "../device/device.ts";
import { performInTurns } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import type { Activation } from "../crf/activation.ts";
import type { UpdateMatrices } from "../crf/compose.ts";
import { filteredQuads } from "../crf/filteredQuads.ts";
import { activate } from "../crf/softmax.ts";
import { update } from "../crf/update.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { placedFeatures, type Places, placesOf } from "../lattice/features.ts";
import type { Normalization } from "../lattice/normalization.ts";
import { slice } from "../lattice/slice.ts";
import { pairBytes, quadBytes, quadsOf } from "../shape.ts";
import { allChannels, copyChannels } from "../shared/channels.ts";
import type { Tensor } from "../tensor.ts";
import {
  type BandLattice,
  bandTables,
  type BandTables,
  KeyCollector,
  normalizeBand,
  type Perform,
} from "./bandLattice.ts";
import { MapSplat, OnesSplat } from "./bandSplat.ts";
import { quadsOfBlock } from "./estimate.ts";
import type { RowSink, RowSource } from "./rows.ts";

/** A picture that is refined by bands. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly guide: RowSource;
  readonly unary: RowSource;
  readonly result: RowSink;
}

/** What the passes go by. */
export interface Plan {
  /** Rows of a band. */
  readonly rows: number;
  /** Channels that the lattices hold at a time; default: as many as fit. */
  readonly channels: number | undefined;
  readonly iterations: number;
  readonly normalization: Normalization;
  readonly activation: Activation;
  /** θα, θβ and θγ in pixels and levels. */
  readonly bandwidths: readonly number[];
  readonly matrices: UpdateMatrices;
  readonly output: Activation | "none";
}

/** Consecutive rows of the picture that are on the device at one time. */
interface Band {
  readonly first: number;
  readonly rows: number;
  readonly last: boolean;
}

type Name = "spatial" | "bilateral";
const names: readonly Name[] = ["spatial", "bilateral"];

/** What a finished pass knows of one filter. */
interface Filter {
  readonly lattice: BandLattice;
  readonly ones: Storage;
  readonly splat: MapSplat;
}

/** What a stream came to. */
export interface Streamed {
  /** The vertices of both lattices. */
  readonly vertices: { readonly spatial: number; readonly bilateral: number };
  /** How often the picture went through the device. */
  readonly passes: number;
}

/** Runs mean field over a picture by bands: each pass goes through all of them once. */
export class BandMeanField {
  readonly #device: Device;
  readonly #workspace: Workspace;
  readonly #picture: Picture;
  readonly #plan: Plan;
  readonly #places: Places;
  readonly #turn: () => Promise<void>;
  readonly #perform: Perform;
  readonly #onBand: ((done: number, of: number) => void | Promise<void>) | undefined;
  /** Quads of channels that the lattices hold at a time; as many as there are, until the lattices are known. */
  /** The quads of a row that are filtered. */
  readonly #quads: number;
  #blockQuads: number;
  #bandsDone = 0;

  constructor(
    device: Device,
    workspace: Workspace,
    picture: Picture,
    plan: Plan,
    {
      turn,
      onBand,
    }: {
      readonly turn: () => Promise<void>;
      readonly onBand: ((done: number, of: number) => void | Promise<void>) | undefined;
    },
  ) {
    this.#device = device;
    this.#workspace = workspace;
    this.#picture = picture;
    this.#plan = plan;
    this.#places = placesOf("stream", [picture.height, picture.width]);
    this.#turn = turn;
    this.#perform = (work) => performInTurns(device, work, turn);
    this.#onBand = onBand;
    this.#quads = filteredQuads(picture.unary.channels, plan);
    this.#blockQuads = this.#quads;
  }

  async run(): Promise<Streamed> {
    const lattices = await this.#buildLattices();
    const vertices = { spatial: lattices.spatial.vertices, bilateral: lattices.bilateral.vertices };
    this.#blockQuads = this.#chooseBlock(vertices);
    const filters = await this.#countLists(lattices);
    await this.#iterate(filters);
    return { vertices, passes: this.#passes };
  }

  #chooseBlock({ spatial, bilateral }: Streamed["vertices"]): number {
    const { height, width, unary } = this.#picture;
    const { rows, channels } = this.#plan;
    const counts = { quads: this.#quads, vertices: spatial + bilateral, most: Math.max(spatial, bilateral), rows };
    return quadsOfBlock(this.#device, { height, width, classes: unary.channels }, { channels }, counts);
  }

  /** One finds the vertices, one the lengths of lists, and each iteration takes one a block of channels; the last slices. */
  get #passes(): number {
    return 3 + this.#plan.iterations * Math.ceil(this.#quads / this.#blockQuads);
  }

  *#bands(): Generator<Band> {
    const { height } = this.#picture;
    const { rows } = this.#plan;
    for (let first = 0; first < height; first += rows) {
      yield { first, rows: Math.min(rows, height - first), last: first + rows >= height };
    }
  }

  /** Does `work` for each band and waits for the device, so that no more than one band is on it. */
  async #each(work: (band: Band, workspace: Workspace) => Promise<void>): Promise<void> {
    for (const band of this.#bands()) {
      using workspace = new Workspace(this.#device);
      await this.#turn();
      await work(band, workspace);
      await this.#device.finish();
      this.#bandsDone++;
      await this.#onBand?.(this.#bandsDone, this.#passes * Math.ceil(this.#picture.height / this.#plan.rows));
    }
  }

  /** Reads a band's values. @throws ShapeError for another number of them, ValueError for what is not finite */
  async #read(name: "guide" | "unary", { first, rows }: Band): Promise<ArrayLike<number>> {
    const { width } = this.#picture;
    const source = this.#picture[name];
    const values = await source.read(first, rows);
    const count = rows * width * source.channels;
    if (values.length === count) return values;
    const expected = `${count} values of the ${name}'s rows ${first} to ${first + rows}`;
    throw new ShapeError({ where, expected, got: `${values.length}`, remedy: "read dense rows, channels last" });
  }

  async #tensorOf(name: "guide" | "unary", band: Band): Promise<Tensor> {
    const { channels } = this.#picture[name];
    return this.#device.tensor([band.rows * this.#picture.width, channels], await this.#read(name, band));
  }

  /** @throws ValueError, naming the pixel */
  #requireFinite(name: "guide" | "unary", values: ArrayLike<number>, { first }: Band): void {
    for (let at = 0; at < values.length; at++) {
      if (Number.isFinite(values[at])) continue;
      const { width } = this.#picture;
      const { channels } = this.#picture[name];
      const pixel = Math.floor(at / channels);
      throw new ValueError({
        where,
        expected: `a finite ${name}`,
        got: `${values[at]} in channel ${at % channels} of pixel [${first + Math.floor(pixel / width)}, ${pixel % width}]`,
        remedy: "check what made it",
      });
    }
  }

  /** The features of a band's pixels: those of the same pixels of the whole picture. */
  async #featuresOf(band: Band): Promise<Record<Name, Tensor> & Disposable> {
    const device = this.#device;
    const [position, color, near] = this.#plan.bandwidths as [number, number, number];
    const { xs, ys } = this.#places;
    const places = { xs, ys: ys.slice(band.first, band.first + band.rows) };
    const points = band.rows * xs.length;
    using guide = await this.#tensorOf("guide", band);
    const spatial = placedFeatures(device, [points, 2], places, near);
    const colors = { storage: guide.storage, color };
    const bilateral = placedFeatures(device, [points, guide.channels + 2], places, position, colors);
    const dispose = (): void => {
      for (const one of [spatial, bilateral]) one.dispose();
    };
    return { spatial, bilateral, [Symbol.dispose]: dispose };
  }

  /** The first pass finds the vertices of both lattices, and looks for what is not finite. */
  async #buildLattices(): Promise<Record<Name, BandLattice>> {
    const device = this.#device;
    const make = (dimensions: number): KeyCollector =>
      new KeyCollector(device, this.#workspace, dimensions, this.#perform);
    const collectors = { spatial: make(2), bilateral: make(this.#picture.guide.channels + 2) };
    await this.#each(async (band) => {
      for (const name of ["guide", "unary"] as const) {
        this.#requireFinite(name, await this.#read(name, band), band);
      }
      using features = await this.#featuresOf(band);
      for (const name of names) await collectors[name].add(features[name]);
    });
    return { spatial: await collectors.spatial.finish(), bilateral: await collectors.bilateral.finish() };
  }

  /** The second pass splats ones, for the normalization, and learns how long the lists are. */
  async #countLists(lattices: Record<Name, BandLattice>): Promise<Record<Name, Filter>> {
    const device = this.#device;
    const { height, width } = this.#picture;
    const make = (name: Name): OnesSplat =>
      new OnesSplat(device, this.#workspace, lattices[name], height * width, this.#perform);
    const splats = { spatial: make("spatial"), bilateral: make("bilateral") };
    await this.#each(async (band) => {
      using features = await this.#featuresOf(band);
      for (const name of names) {
        using workspace = new Workspace(device);
        const { incidence } = await bandTables(workspace, lattices[name], features[name], this.#perform);
        await splats[name].add(incidence, features[name].rows, band.last);
      }
    });
    const filterOf = async (name: Name): Promise<Filter> => {
      const { ones, lengths } = await splats[name].finish();
      const quads = this.#blockQuads;
      const splat = new MapSplat(device, this.#workspace, lattices[name], lengths, quads, this.#perform);
      return { lattice: lattices[name], ones, splat };
    };
    return { spatial: await filterOf("spatial"), bilateral: await filterOf("bilateral") };
  }

  /** The tables of a band for both filters. */
  async #tablesOf(workspace: Workspace, filters: Record<Name, Filter>, band: Band): Promise<Record<Name, BandTables>> {
    using features = await this.#featuresOf(band);
    const of = async (name: Name): Promise<BandTables> => {
      const { lattice, ones } = filters[name];
      const tables = await bandTables(workspace, lattice, features[name], this.#perform);
      return normalizeBand(this.#device, workspace, lattice, tables, this.#plan.normalization, ones);
    };
    return { spatial: await of("spatial"), bilateral: await of("bilateral") };
  }

  async #iterate(filters: Record<Name, Filter>): Promise<void> {
    const { iterations } = this.#plan;
    const blockQuads = this.#blockQuads;
    const blocks: Block[] = [];
    for (let firstQuad = 0; firstQuad < this.#quads; firstQuad += blockQuads) {
      blocks.push({ firstQuad, quads: Math.min(blockQuads, this.#quads - firstQuad) });
    }
    const passes = iterations * blocks.length;
    const band = blocks.length === 1 ? this.#wholeRows(filters) : this.#inBlocks(filters, blocks);
    for (let pass = 0; pass <= passes; pass++) {
      const { quads: width } = blocks[pass % blocks.length]!;
      const splats = names.map((name) => filters[name].splat);
      if (pass < passes) for (const splat of splats) splat.begin();
      await this.#each((one, workspace) => band(one, workspace, pass, pass === passes));
      if (pass < passes) for (const splat of splats) await splat.finish(width);
    }
  }

  /** Updates a band by both blurred maps. */
  async #update(
    band: Tensor,
    result: Storage,
    from: Record<Name, { readonly simplices: Storage; readonly values: Storage }>,
    { iteration, output }: { readonly iteration: number; readonly output: Activation | "none" },
  ): Promise<void> {
    const { matrices } = this.#plan;
    const dimensions = this.#picture.guide.channels + 2;
    const work = update({
      spatial: from.spatial,
      bilateral: { ...from.bilateral, dimensions },
      matrices: { storage: matrices.of(iteration), diagonal: matrices.diagonal },
      unary: band.storage,
      result,
      points: band.rows,
      channels: band.channels,
      valueQuads: this.#quads,
      activation: output,
    });
    await this.#perform(work);
  }

  /** Marginals of the logits alone. */
  async #activate({ storage, rows, channels }: Tensor, result: Storage): Promise<void> {
    const maps = { values: storage, result, rows, channels };
    await this.#perform(activate(this.#device, maps, this.#plan.activation));
  }

  async #write({ first, rows }: Band, result: Tensor): Promise<void> {
    await this.#picture.result.write(first, rows, await result.read());
  }

  /**
   * Passes over whole rows of channels: a band's marginals come of the maps of the pass before and go into those of the next one, and
   * are nowhere else.
   */
  #wholeRows(filters: Record<Name, Filter>): BandPass {
    return async (band, workspace, pass, last) => {
      using unary = await this.#tensorOf("unary", band);
      using marginals = unary.like();
      if (last && pass === 0) return void (await this.#withoutIterations(band, unary, marginals));
      const tables = await this.#tablesOf(workspace, filters, band);
      if (pass === 0) await this.#activate(unary, marginals.storage);
      else {
        const of = (name: Name) => ({ simplices: tables[name].simplices, values: filters[name].splat.blurred });
        const from = { spatial: of("spatial"), bilateral: of("bilateral") };
        const output = last ? this.#plan.output : this.#plan.activation;
        await this.#update(unary, marginals.storage, from, { iteration: pass - 1, output });
      }
      if (last) return void (await this.#write(band, marginals));
      const channels = allChannels(marginals.storage, quadsOf(unary.channels));
      for (const name of names) await filters[name].splat.add(tables[name].incidence, channels, band.last);
    };
  }

  async #withoutIterations(band: Band, unary: Tensor, marginals: Tensor): Promise<void> {
    const { output } = this.#plan;
    if (output !== "none") await this.#activate(unary, marginals.storage);
    await this.#write(band, output === "none" ? unary : marginals);
  }

  /**
   * Passes over blocks of channels, where not even the vertices have room for all: a pass takes what the maps of the block before filtered,
   * and splats the next block. Marginals and filtered values of all pixels are in memory of the host meanwhile; a block's filtered values
   * take the place of its marginals. After the last block the update finds them as if each pixel were a vertex of its own.
   */
  #inBlocks(filters: Record<Name, Filter>, blocks: readonly Block[]): BandPass {
    const { height, width, unary: source } = this.#picture;
    const device = this.#device;
    const quads = quadsOf(source.channels);
    const rowBytes = width * quads * quadBytes;
    const kept = { spatial: new Uint8Array(height * rowBytes), bilateral: new Uint8Array(height * rowBytes) };
    const partOf = (name: Name, { first, rows }: Band): Uint8Array =>
      kept[name].subarray(first * rowBytes, (first + rows) * rowBytes);
    const own = this.#ownVertices();
    return async (band, workspace, pass, last) => {
      using unary = await this.#tensorOf("unary", band);
      using marginals = unary.like();
      if (last && pass === 0) return void (await this.#withoutIterations(band, unary, marginals));
      const points = unary.rows;
      const tables = await this.#tablesOf(workspace, filters, band);
      const maps = { spatial: marginals, bilateral: unary.like() };
      using _bilateral = maps.bilateral;
      const before = blocks[(pass + blocks.length - 1) % blocks.length]!;
      const block = blocks[pass % blocks.length]!;
      const complete = pass > 0 && block === blocks[0];
      if (pass === 0) await this.#activate(unary, marginals.storage);
      else {
        for (const name of names) {
          const { splat, lattice } = filters[name];
          const { dimensions } = lattice;
          device.write(maps[name].storage, partOf(name, band));
          const into = { storage: maps[name].storage, rowQuads: quads, firstQuad: before.firstQuad };
          const sizes = { points, dimensions, quads: before.quads };
          slice(device, tables[name].simplices, splat.blurred, into, sizes, 1);
        }
        if (complete) {
          const valuesOf = (name: Name): Storage => {
            if (this.#quads === quads) return maps[name].storage;
            const filtered = allChannels(workspace.allocate(points * this.#quads * quadBytes), this.#quads);
            copyChannels(device, allChannels(maps[name].storage, quads), filtered, points, this.#quads);
            return filtered.storage;
          };
          const from = (name: Name) => ({ simplices: own(name, points), values: valuesOf(name) });
          const both = { spatial: from("spatial"), bilateral: from("bilateral") };
          using refined = unary.like();
          const output = last ? this.#plan.output : this.#plan.activation;
          await this.#update(unary, refined.storage, both, { iteration: pass / blocks.length - 1, output });
          if (last) return void (await this.#write(band, refined));
          device.copy(refined.storage, marginals.storage);
        }
      }
      const channels = { storage: marginals.storage, rowQuads: quads, firstQuad: block.firstQuad };
      for (const name of names) {
        await filters[name].splat.add(tables[name].incidence, channels, band.last, block.quads);
        partOf(name, band).set(new Uint8Array(await device.read(maps[name].storage)));
      }
    };
  }

  /** Simplices of points that are vertices of their own, with the weight 1, for both filters. */
  #ownVertices(): (name: Name, points: number) => Storage {
    const most = this.#plan.rows * this.#picture.width;
    const make = (corners: number): Storage => {
      const pairs = new Uint32Array(most * corners * 2);
      const weights = new Float32Array(pairs.buffer);
      for (let point = 0; point < most; point++) {
        for (let corner = 0; corner < corners; corner++) pairs[(point * corners + corner) * 2] = point;
        weights[point * corners * 2 + 1] = 1;
      }
      return this.#workspace.store(pairs);
    };
    const corners = { spatial: 3, bilateral: this.#picture.guide.channels + 3 };
    const made = { spatial: make(corners.spatial), bilateral: make(corners.bilateral) };
    return (name, points) => view(made[name], 0, points * corners[name] * pairBytes);
  }
}

/** Channels that the lattices hold at one time. */
interface Block {
  readonly firstQuad: number;
  readonly quads: number;
}

/** What a pass does with a band. */
type BandPass = (band: Band, workspace: Workspace, pass: number, last: boolean) => Promise<void>;

const where = "stream";
