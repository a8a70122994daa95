import type { Storage } from "../device/device.ts";
import { readTogether } from "../device/readTogether.ts";
import { holding } from "../held.ts";
import { bilateralFeatures, spatialFeatures } from "../lattice/features.ts";
import { beginLattice, type Lattice, type LatticeBegun } from "../lattice/lattice.ts";
import type { Tensor } from "../tensor.ts";
import type { Abortable } from "../turn.ts";
import { factorsFor, inPixels, scaledBandwidths } from "./bandwidths.ts";
import { type CrfLattices, kept, type KeptLattices } from "./lattices.ts";

/** What a layer learns that its lattices depend on. */
interface Learned {
  readonly bandwidths?: boolean;
  readonly guide?: boolean;
}

/** The lattices of a guide up to where something has to be read. They give back what they have, but for what they were finished to. */
export interface GuideBegun extends Disposable {
  /** What `finish` has to know, to be read together with what else a call reads. */
  readonly unread: readonly Storage[];
  /** The bandwidths θα, θβ and θγ in pixels and levels. @throws ValueError if one is not above 0, which learning can bring about */
  bandwidths(read: readonly ArrayBuffer[]): readonly number[];
  /** @throws what `buildLattice` throws, ValueError as above */
  finish(read: readonly ArrayBuffer[]): Promise<KeptLattices>;
}

/** Both lattices of a guide by the bandwidths of a call, up to where their sizes have to be known. */
interface BothBegun extends Disposable {
  readonly statuses: readonly Storage[];
  finish(statuses: readonly ArrayBuffer[]): Promise<KeptLattices>;
}

/**
 * Makes the lattices of guides by the bandwidths of a layer. These are a parameter in device memory, which anybody may write to,
 * yet waiting for three numbers before anything can begin would be a round trip. So lattices are begun with those that were
 * read last, what the parameter holds is read with the lattices' sizes, and where it has changed they are begun once more.
 */
export class GuideLattices {
  readonly #parameter: Tensor;
  /** Which of the bandwidths are percent of the longer side. */
  readonly #relative: readonly boolean[];
  readonly #learned: Learned;
  /** What the parameter held when it was read last. */
  #assumed: Float32Array;
  /**
   * The spatial lattice of the last call. It depends only on the image's size and θγ, so the next call of the same size
   * uses it again.
   */
  #spatial: { readonly key: string; readonly lattice: Lattice } | undefined;
  #disposed = false;

  constructor(
    parameter: Tensor,
    { values, relative }: { readonly values: readonly number[]; readonly relative: readonly boolean[] },
    learned: Learned,
  ) {
    this.#parameter = parameter;
    this.#assumed = Float32Array.from(values);
    this.#relative = relative;
    this.#learned = learned;
  }

  /** Begins the lattices of `guide`; the spatial one is `shared` with other calls of its size, or the caller's own. */
  async begin(guide: Tensor, call: Abortable, shared: boolean): Promise<GuideBegun> {
    const { device, storage } = this.#parameter;
    const size = guide.shape.slice(0, -1);
    // While they are learned they change with every step.
    const assumed = this.#learning ? floatsOf(await device.read(storage)) : this.#assumed;
    let begun = await this.#beginBy(assumed, guide, call, shared);
    const bandwidths = ([held]: readonly ArrayBuffer[]): readonly number[] => this.#inPixels(floatsOf(held!), size);
    return {
      unread: [storage, ...begun.statuses],
      bandwidths,
      finish: async (read) => {
        bandwidths(read);
        const actual = floatsOf(read[0]!);
        if (actual.every((value, i) => value === assumed[i])) return await begun.finish(read.slice(1));
        this.#assumed = actual;
        begun[Symbol.dispose]();
        begun = await this.#beginBy(actual, guide, call, shared);
        return await begun.finish(await readTogether(device, begun.statuses));
      },
      [Symbol.dispose]: () => begun[Symbol.dispose](),
    };
  }

  get #learning(): boolean {
    return this.#learned.bandwidths === true && this.#parameter.tape?.recording === true;
  }

  #inPixels(held: Float32Array, size: readonly number[]): number[] {
    return inPixels("crfRnn", held, factorsFor(this.#relative, size));
  }

  async #beginBy(held: Float32Array, guide: Tensor, call: Abortable, shared: boolean): Promise<BothBegun> {
    const { device } = this.#parameter;
    const size = guide.shape.slice(0, -1);
    const values = this.#inPixels(held, size);
    const owned: Disposable[] = [];
    const dispose = (): void => {
      for (const one of owned.splice(0).reverse()) one[Symbol.dispose]();
    };
    const own = <Owned extends Disposable>(one: Owned): Owned => {
      owned.push(one);
      return one;
    };
    try {
      const factors = factorsFor(this.#relative, size);
      const learning = this.#learning ? own(scaledBandwidths(device, this.#parameter, values, factors)) : undefined;
      const [position, color, near] = values as [number, number, number];
      const key = [...size, near].join(" ");
      const known = shared && !learning && this.#spatial?.key === key ? this.#spatial.lattice : undefined;
      own(holding(known));
      const begin = async (features: Tensor): Promise<LatticeBegun> =>
        own(await beginLattice(own(features), { signal: call.signal }));
      const spatial = known ?? (await begin(spatialFeatures(device, size, { position: near, bandwidths: learning })));
      // The caller may dispose of the guide, so the call works on an alias. While a tape records, it works on the guide
      // itself, so that gradients reach it.
      const source = this.#learned.guide && guide.tape?.recording ? guide : own(guide.alias());
      const bilateral = await begin(bilateralFeatures(source, { position, color, bandwidths: learning }));
      const begun = "status" in spatial ? [spatial, bilateral] : [bilateral];
      return {
        statuses: begun.map(({ status }) => status),
        finish: async (statuses) => {
          try {
            const { spatial: first, bilateral: second } = await finishBoth(spatial, bilateral, statuses);
            if (!shared) return kept(first, second);
            first.hold();
            if (learning || this.#disposed) first.dispose();
            else if (first !== known) this.#keep(key, first);
            return kept(first, second, () => first.letGo());
          } finally {
            dispose();
          }
        },
        [Symbol.dispose]: dispose,
      };
    } catch (error) {
      dispose();
      throw error;
    }
  }

  /** Keeps the spatial lattice for the next call, in place of the last one; calls that are under way keep theirs by their holds. */
  #keep(key: string, lattice: Lattice): void {
    this.#spatial?.lattice.dispose();
    this.#spatial = { key, lattice };
  }

  dispose(): void {
    this.#disposed = true;
    this.#spatial?.lattice.dispose();
  }
}

async function finishBoth(
  spatial: Lattice | LatticeBegun,
  bilateral: LatticeBegun,
  statuses: readonly ArrayBuffer[],
): Promise<CrfLattices> {
  const [own, other] = [statuses[0]!, statuses.at(-1)!].map((status) => new Uint32Array(status));
  if (!("status" in spatial)) return { spatial, bilateral: await bilateral.finish(other!) };
  const first = await spatial.finish(own!);
  // What is left of making it is not needed while the other one is made.
  spatial[Symbol.dispose]();
  try {
    return { spatial: first, bilateral: await bilateral.finish(other!) };
  } catch (error) {
    first.dispose();
    throw error;
  }
}

/** The three bandwidths of what was read. */
const floatsOf = (read: ArrayBuffer): Float32Array => new Float32Array(read, 0, 3);
