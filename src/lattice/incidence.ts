import { incidenceFill, incidenceScale } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { sort } from "../shared/sort.ts";

/** For each vertex the points in whose simplex it is, in point order, and their weights. */
export interface Incidence {
  /** [vertices + 2]: where each vertex's list begins. */
  readonly offsets: Storage;
  /** [points·(d + 1)] pairs of a point and a weight. */
  readonly pairs: Storage;
}

/** Builds the incidence lists by a stable sort of the entries by vertex, so that each keeps the order of the points. */
export function buildIncidence(
  device: Device,
  { vertices: vertexOfEntry, weights }: { vertices: Storage; weights: Storage },
  { offsets, pairs }: Incidence,
  entries: number,
  vertices: number,
  dimensions: number,
): void {
  using workspace = new Workspace(device);
  const sorted = sort(device, workspace, { keys: vertexOfEntry }, entries, vertices);
  device.run(incidenceFill, entries, {
    sortedVertices: sorted.keys,
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
