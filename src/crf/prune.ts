import { prune as gatherKernel, prunePeaks, pruneScatter } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import type * as ranges from "../device/ranges.ts";
import type * as together from "../device/readTogether.ts";
import type * as workspaces from "../device/workspace.ts";
import type * as errors from "../errors.ts";
import type * as filters from "../lattice/filter.ts";
import type { Lattice } from "../lattice/lattice.ts";
import type * as shapes from "../shape.ts";
import type * as tensors from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import type { UpdateFactors } from "./compose.ts";
import type * as matrices from "./knownMatrices.ts";
import type { Inference, iterate } from "./messagePassing.ts";
import { type Actions, boundOf, productRows } from "./pruneBound.ts";
import type { softmax } from "./softmax.ts";

/** How far off a result may be for the classes that a call with `prune` left out. */
export interface Bound {
  /**
   * No logit of the result differs by more than this from what the call without `prune` gives, apart from rounding; 0 where nothing was
   * left out. It grows with T, and where a class that was left out becomes likely after all.
   */
  readonly bound: number;
}

/** What a call with `prune` left out of its filters, and what that may have changed. */
export interface Pruned extends Bound {
  /** The classes that were left out, in their order. */
  readonly classes: readonly number[];
  /** How much the marginals of all these classes together get, in any row before any iteration. */
  readonly share: number;
}

/** Functions that every page has loaded, which are handed over since this file is loaded late: see test/size.test.ts. */
export interface Tools {
  readonly ValueError: typeof errors.ValueError;
  readonly Workspace: typeof workspaces.Workspace;
  readonly readTogether: typeof together.readTogether;
  readonly rowRanges: typeof ranges.rowRanges;
  readonly padded: typeof shapes.padded;
  readonly emptyLike: typeof tensors.emptyLike;
  readonly filtered: typeof filters.filtered;
  readonly KnownMatrices: typeof matrices.KnownMatrices;
  readonly iterate: typeof iterate;
  readonly softmax: typeof softmax;
}

/** What is to be pruned: the matrices C, W_s and W_b as they were read, and the factors of a fused update of so many classes. */
export interface Pruning {
  readonly below: number;
  readonly onPruned?: (pruned: Pruned) => void;
  readonly matrices: readonly ArrayBuffer[];
  readonly factorsOf: (classes: number) => UpdateFactors | undefined;
}

/** Rows that one invocation looks at. */
const blockRows = 64;

/** Row sums are known but for rounding. */
const rounding = 1 + 1e-5;

/** @throws ValueError for a call that cannot be pruned */
export function requirePrunable(
  { ValueError }: Pick<Tools, "ValueError">,
  { prune }: { readonly prune?: number },
  unlike: Readonly<Record<"tape" | "from" | "steps" | "relu", boolean>>,
): void {
  const where = "crfRnn: prune";
  if (!(typeof prune === "number" && prune >= 0 && prune <= 1)) {
    throw new ValueError({ where, expected: "a marginal from 0 to 1", got: String(prune) });
  }
  const remedies = {
    tape: ["no tape that watches what goes in", "leave prune out of training"],
    from: ["to begin from the logits", "leave out from or prune"],
    steps: ["one call, whose marginals nobody looks at", "leave prune out of steps"],
    relu: ["softmax as the activation", "leave prune out, or take softmax"],
  } as const;
  for (const [name, [expected, remedy]] of Object.entries(remedies)) {
    if (unlike[name as keyof typeof remedies]) throw new ValueError({ where, expected, got: name, remedy });
  }
}

/**
 * Iterates without the classes whose marginals stay below a number: those that no row makes as large as that of exp of its largest
 * logit, which is never less than the marginal. They are left out of both filters; `boundOf` tells what that may change.
 *
 * Where all matrices are diagonal, no class gets a message from another one. Then a map of the other classes is iterated over, with one more
 * that has the powers of all that were left out together, so that softmax has the same sum, and gets no messages; and those keep their
 * logits. Other matrices give every class its logits in each iteration, from the filtered marginals of the kept ones.
 *
 * Nothing is left out where that would make no map narrower. Then the bits are those without `prune`.
 */
export async function iteratePruned(inference: Inference, pruning: Pruning, tools: Tools): Promise<Tensor & Bound> {
  const pruner = new Pruner(inference, pruning, tools);
  return await pruner.iterate(await pruner.findLeftOut());
}

class Pruner {
  readonly #inference: Inference;
  readonly #pruning: Pruning;
  readonly #tools: Tools;
  readonly #values: readonly Float32Array[];

  constructor(inference: Inference, pruning: Pruning, tools: Tools) {
    this.#inference = inference;
    this.#pruning = pruning;
    this.#tools = tools;
    this.#values = pruning.matrices.map((read) => new Float32Array(read));
  }

  /** The classes that leave, each with what its marginal is at most before the first iteration. */
  async findLeftOut(): Promise<Map<number, number>> {
    const { unary, iterations } = this.#inference;
    const { below } = this.#pruning;
    if (below === 0 || iterations === 0) return new Map();
    using workspace = new this.#tools.Workspace(unary.device);
    const peaks = await this.#readPeaks(unary.channels, this.#queuePeaks(workspace, unary, true));
    const leftOut = new Map(
      [...peaks].map((peak, c) => [c, Math.exp(peak)] as const).filter(([, most]) => most < below),
    );
    const kept = unary.channels - leftOut.size;
    const { padded } = this.#tools;
    return padded(this.#isDiagonal ? kept + 1 : kept) < padded(unary.channels) ? leftOut : new Map();
  }

  get #isDiagonal(): boolean {
    const { diagonals } = this.#inference;
    return Boolean(diagonals?.spatialWeight && diagonals.bilateralWeight && diagonals.compatibility);
  }

  async iterate(leaving: ReadonlyMap<number, number>): Promise<Tensor & Bound> {
    const { unary } = this.#inference;
    const { Workspace } = this.#tools;
    const leftOut = [...leaving.keys()];
    if (leftOut.length === 0) {
      const result = await this.#tools.iterate(this.#inference);
      return this.#tell(result, { classes: [], bound: 0, share: 0 });
    }
    using workspace = new Workspace(unary.device);
    const kept = Array.from({ length: unary.channels }, (_, c) => c).filter((c) => !leaving.has(c));
    const places = workspace.store(Uint32Array.from(kept));
    const flags = Uint32Array.from({ length: this.#tools.padded(unary.channels) }, (_, c) => (leaving.has(c) ? ~0 : 0));
    const tables = { kept, places, leaving: workspace.store(flags) };
    const looks: Storage[][] = [];
    const look = (marginals: Tensor): void => void looks.push(this.#queuePeaks(workspace, marginals, false));
    const result = await (this.#isDiagonal ? this.#iterateNarrow(tables, look) : this.#iterateWide(tables, look));
    try {
      const actions = this.#actions(looks.length);
      const gains = await this.#gains(workspace);
      const [shares, singles]: [number[], number[]] = [[], []];
      // Where messages lower no kept class by more than this, and those that leave keep their logits, no marginal of theirs grows by a larger factor.
      const growth = Math.exp(Math.max(...actions.map((of) => Math.max(...kept.map((c) => loweredBy(of, c, gains))))));
      for (const [t, one] of looks.entries()) {
        const peaks = await this.#readPeaks(this.#isDiagonal ? kept.length + 1 : unary.channels, one);
        if (this.#isDiagonal) {
          shares.push(peaks.at(-1)!);
          singles.push(Math.min(peaks.at(-1)!, Math.max(...leaving.values()) * (t === 0 ? 1 : growth)));
        } else {
          // The peaks may be in different rows: together they have no more than their sum.
          const own = leftOut.map((c) => peaks[c]!);
          shares.push(own.reduce((sum, peak) => sum + peak, 0));
          singles.push(Math.max(...own));
        }
      }
      const bound = boundOf({ actions, gains, classes: unary.channels, leftOut: new Set(leftOut), shares, singles });
      return this.#tell(result, { classes: leftOut, bound, share: Math.max(...shares) });
    } catch (error) {
      result.dispose();
      throw error;
    }
  }

  #tell(result: Tensor, pruned: Pruned): Tensor & Bound {
    this.#pruning.onPruned?.(pruned);
    return Object.assign(result, { bound: pruned.bound });
  }

  /** Iterates over a map of the kept classes and one more. */
  async #iterateNarrow(tables: Tables, look: (marginals: Tensor) => void): Promise<Tensor> {
    const { unary, sets, output, activation } = this.#inference;
    const { KnownMatrices, Workspace, emptyLike, iterate, padded, softmax } = this.#tools;
    const { device } = unary;
    using workspace = new Workspace(device);
    using narrow = this.#gather(unary, tables, 1);
    const classes = narrow.channels;
    const [stride, from] = [padded(classes), padded(unary.channels)];
    const diagonal = (values: Float32Array): Float32Array<ArrayBuffer> => {
      const matrix = new Float32Array(sets * classes * stride);
      for (let set = 0; set < sets; set++) {
        for (const [k, c] of tables.kept.entries()) {
          matrix[(set * classes + k) * stride + k] = values[(set * unary.channels + c) * from + c]!;
        }
      }
      return matrix;
    };
    const values = this.#values.map(diagonal);
    const [spatialWeight, bilateralWeight, compatibility] = values.map(() => device.empty([sets * classes, classes]));
    const parameters = {
      spatialWeight: spatialWeight!,
      bilateralWeight: bilateralWeight!,
      compatibility: compatibility!,
    };
    try {
      for (const [i, tensor] of Object.values(parameters).entries()) device.write(tensor.storage, values[i]!);
      using known = new KnownMatrices(parameters, sets);
      const read = values.map(({ buffer }) => buffer);
      using taken = known.take(workspace, read, this.#pruning.factorsOf(classes));
      const { update, diagonals } = taken;
      const own = { unary: narrow, parameters, update, diagonals, output: "none", look } as const;
      using logits = await iterate({ ...this.#inference, ...own });
      const result = emptyLike(unary);
      device.copy(unary.storage, result.storage);
      this.#scatter(logits, tables, result);
      if (output === "none") return result;
      using whole = result;
      return softmax(whole, activation);
    } finally {
      for (const tensor of Object.values(parameters)) tensor.dispose();
    }
  }

  /** Iterates over all classes, of which the filters get the kept ones. */
  #iterateWide(tables: Tables, look: (marginals: Tensor) => void): Promise<Tensor> {
    const { emptyLike, filtered, iterate } = this.#tools;
    const filter: typeof filtered = (marginals, ...how) => {
      using narrow = this.#gather(marginals, tables, 0);
      using smooth = filtered(narrow, ...how);
      const result = emptyLike(marginals);
      marginals.device.clear(result.storage);
      this.#scatter(smooth, tables, result);
      return result;
    };
    return iterate({ ...this.#inference, update: undefined, filter, look });
  }

  #gather(values: Tensor, { kept, places, leaving }: Tables, rest: number): Tensor {
    const { device, rows, channels } = values;
    const { padded, rowRanges } = this.#tools;
    const result = device.empty([...values.shape.slice(0, -1), kept.length + rest]);
    for (const range of rowRanges(device, rows, padded(channels) * 4)) {
      device.run(gatherKernel, {
        values: range.of(values.storage, padded(channels) * 4),
        places,
        leaving,
        result: range.of(result.storage, padded(result.channels) * 4),
        rows: range.rows,
        channels,
        kept: kept.length,
        rest,
      });
    }
    return result;
  }

  #scatter(values: Tensor, { kept, places }: Tables, result: Tensor): void {
    const { device, rows, channels } = result;
    const { padded, rowRanges } = this.#tools;
    const [valueStride, resultStride] = [padded(values.channels), padded(channels)];
    for (const range of rowRanges(device, rows, resultStride * 4)) {
      device.run(pruneScatter, {
        values: range.of(values.storage, valueStride * 4),
        places,
        result: range.of(result.storage, resultStride * 4),
        rows: range.rows,
        kept: kept.length,
        valueStride,
        resultStride,
      });
    }
  }

  /** Queues the search for how large each class gets: a result for each range of rows. */
  #queuePeaks(workspace: workspaces.Workspace, values: Tensor, logits: boolean): Storage[] {
    const { device, rows, channels } = values;
    const { padded, rowRanges } = this.#tools;
    const rowBytes = padded(channels) * 4;
    return [...rowRanges(device, rows, rowBytes)].map((range) => {
      const result = workspace.allocate(Math.ceil(range.rows / blockRows) * rowBytes);
      device.run(prunePeaks, {
        values: range.of(values.storage, rowBytes),
        result,
        rows: range.rows,
        channels,
        blockRows,
        logits: Number(logits),
      });
      return result;
    });
  }

  async #readPeaks(channels: number, queued: readonly Storage[]): Promise<Float32Array> {
    const stride = this.#tools.padded(channels);
    const peaks = new Float32Array(channels).fill(-Infinity);
    for (const part of await this.#tools.readTogether(this.#inference.unary.device, queued)) {
      const blocks = new Float32Array(part);
      for (let block = 0; block < blocks.length; block += stride) {
        for (let c = 0; c < channels; c++) peaks[c] = Math.max(peaks[c]!, blocks[block + c]!);
      }
    }
    return peaks;
  }

  /** The largest row sums of both filters. */
  async #gains(workspace: workspaces.Workspace): Promise<number[]> {
    const { unary, spatial, bilateral, normalization } = this.#inference;
    if (normalization === "after") return [1, 1];
    using ones = unary.device.tensor([unary.rows, 1], new Float32Array(unary.rows).fill(1));
    const gains: number[] = [];
    for (const lattice of [spatial, bilateral] satisfies Lattice[]) {
      using sums = this.#tools.filtered(ones, lattice, normalization, false);
      const [most] = await this.#readPeaks(1, this.#queuePeaks(workspace, sums, false));
      gains.push(most! * rounding);
    }
    return gains;
  }

  /** The matrices of each of so many iterations. */
  #actions(iterations: number): Actions[] {
    const { unary, sets } = this.#inference;
    const classes = unary.channels;
    const [spatialWeight, bilateralWeight, compatibility] = this.#values;
    return Array.from({ length: Math.min(sets, iterations) }, (_, set) => {
      const place = { classes, first: set * classes, stride: this.#tools.padded(classes) };
      return {
        filters: [spatialWeight!, bilateralWeight!].map((weight) => productRows(compatibility!, weight, place)),
      };
    });
  }
}

/** By how much a class's own marginals may lower its logits. */
const loweredBy = ({ filters }: Actions, c: number, gains: readonly number[]): number =>
  filters.reduce((sum, rows, f) => sum + gains[f]! * Math.max(0, rows[c]!.get(c) ?? 0), 0);

/** Which classes stay, and tables of them on the device. */
interface Tables {
  readonly kept: readonly number[];
  readonly places: Storage;
  readonly leaving: Storage;
}
