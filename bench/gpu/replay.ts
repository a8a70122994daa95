import type { Device, Storage } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { bilateralFeatures, spatialFeatures } from "../../src/lattice/features.ts";
import { buildLattice, type Lattice } from "../../src/lattice/lattice.ts";
import type { Scene } from "../scene.ts";
import { prepare, type WorkOptions } from "./works.ts";

/** What a run on WebAssembly has told of the data, so that a plan is true. */
export interface Told {
  /** What was read back, call by call. */
  readonly reads: readonly ArrayBuffer[];
  /** The longest incidence list of a lattice, by its number of vertices. */
  readonly longestLists: ReadonlyMap<number, number>;
}

/** Nothing that is computed depends on the values. */
export const nothingTold: Told = { reads: [], longestLists: new Map() };

/** Views of a WebGPU device begin at multiples of this, and what is read back together is laid out by it. */
const alignment = 256;

/**
 * Runs a CRF on WebAssembly, `times` times with one layer, and keeps what it reads back. Of a network below it only the
 * size of its scores matters.
 */
export async function tell(options: WorkOptions, times: number): Promise<Told> {
  using device = await open({ prefer: "wasm", warnings: false });
  Object.assign(device, { limits: { ...device.limits, alignment } });
  const longestLists = await longestListsOf(device, options.scene);
  const reads: ArrayBuffer[] = [];
  // What kernels wrote that no GPU runs, which a GPU is not asked for: how far features reach. A lattice's status is asked for by both.
  const own = new WeakSet<Storage>();
  using _observation = device.observe({
    before({ kernel, args }) {
      if (kernel.only !== "wasm") return;
      for (const { name, access } of kernel.bindings)
        if (access === "write" && name !== "status") own.add(args[name] as Storage);
    },
  });
  const read = device.read.bind(device);
  device.read = async (storage) => {
    const bytes = await read(storage);
    if (!own.has(storage)) reads.push(bytes);
    return bytes;
  };
  using work = prepare(device, { ...options, work: "crf" });
  for (let time = 0; time < times; time++) await work.run();
  return { reads, longestLists };
}

async function longestListsOf(device: Device, { guide, height, width }: Scene): Promise<Map<number, number>> {
  using image = device.tensor([height, width, 3], guide);
  using bilateral = await buildLattice(bilateralFeatures(image, { position: 160, color: 3 }));
  using spatial = await buildLattice(spatialFeatures(device, [height, width], { position: 3 }));
  const found = new Map<number, number>();
  for (const lattice of [bilateral, spatial]) found.set(lattice.vertices, await longestListOf(lattice));
  return found;
}

async function longestListOf({ device, parts, vertices }: Lattice): Promise<number> {
  const offsets = new Uint32Array(await device.read(parts.incidence.offsets));
  let longest = 0;
  for (let vertex = 0; vertex < vertices; vertex++)
    longest = Math.max(longest, offsets[vertex + 1]! - offsets[vertex]!);
  return longest;
}

/**
 * Lets `device`, which computes nothing, answer reads with what was told, in order; reads of another size, which are those
 * of a network below the CRF, with zeros. Returns how many are left.
 */
export function answer(device: Device, { reads }: Told): () => number {
  let next = 0;
  const read = device.read.bind(device);
  device.read = async (storage) => {
    const zeros = await read(storage);
    const told = reads[next];
    if (told?.byteLength !== storage.bytes) return zeros;
    next++;
    return told.slice(0);
  };
  return () => reads.length - next;
}
