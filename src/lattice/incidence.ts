import { incidenceCount, incidenceFill, incidenceScale, incidenceScatter } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { scan } from "../shared/scan.ts";

/** For each vertex the points in whose simplex it is, in point order, and their weights. */
export interface Incidence {
  /** [vertices + 2]: where each vertex's list begins. */
  readonly offsets: Storage;
  /** [points·(d + 1)] pairs of a point and a weight. */
  readonly pairs: Storage;
}

/** How each device sorts the entries by vertex: bits of a digit, and entries in a block that one worker counts. */
const sorting = {
  // Sixteen counters a run fit workgroup memory; a vertex number takes several rounds.
  webgpu: () => ({ bits: 4, blockSize: 4096 }),
  // One round with a counter for each vertex; blocks are the threads' shares.
  wasm: (device: Device, entries: number) => ({
    bits: 32,
    blockSize: Math.max(4096, Math.ceil(entries / device.info.threads)),
  }),
};

/** Builds the incidence lists by stable counting sort (count, scan, scatter), so they are the same in every run. */
export function buildIncidence(
  device: Device,
  { vertices: vertexOfEntry, weights }: { vertices: Storage; weights: Storage },
  { offsets, pairs }: Incidence,
  entries: number,
  vertices: number,
  dimensions: number,
): void {
  using workspace = new Workspace(device);
  const { bits, blockSize } = sorting[device.kind](device, entries);
  const blocks = Math.ceil(entries / blockSize);
  const digits = Math.min(2 ** bits, vertices);
  const counts = workspace.allocate(digits * blocks * 4);
  let sorted = { vertices: vertexOfEntry, order: vertexOfEntry };
  for (let shift = 0; shift === 0 || vertices > 2 ** shift; shift += bits) {
    const next = { vertices: workspace.allocate(entries * 4), order: workspace.allocate(entries * 4) };
    // Shifting a u32 by 32 or more is not defined; with one digit of 32 bits the loop ends after the first round.
    const digitMask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
    const round = { entries, blockSize, blocks, shift, digitMask };
    device.clear(counts);
    device.run(incidenceCount, blocks, { vertices: sorted.vertices, counts, ...round });
    scan(device, counts, digits * blocks);
    device.run(incidenceScatter, blocks, {
      vertices: sorted.vertices,
      order: sorted.order,
      starts: counts,
      sortedVertices: next.vertices,
      sortedOrder: next.order,
      ...round,
      identity: shift === 0 ? 1 : 0,
    });
    workspace.release(sorted.vertices);
    workspace.release(sorted.order);
    sorted = next;
  }
  device.run(incidenceFill, entries, {
    sortedVertices: sorted.vertices,
    sortedOrder: sorted.order,
    weights,
    incidence: pairs,
    offsets,
    entries,
    vertices,
    dimensions,
  });
}

/** The lists with every weight multiplied by its point's factor: normalization before the splat, folded into it. */
export function scaleIncidence(device: Device, { offsets, pairs }: Incidence, factors: Storage): Incidence {
  const result = device.allocate(pairs.bytes);
  device.run(incidenceScale, pairs.bytes / 8, { incidence: pairs, factors, result, entries: pairs.bytes / 8 });
  return { offsets, pairs: result };
}
