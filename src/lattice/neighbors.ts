import { fill, neighbors as kernel, neighborsMerge } from "../../build/kernels.ts";
import { alignedBytes, type Device, type Storage, view } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { pairBytes } from "../shape.ts";
import type { HashTable } from "./hash.ts";
import { type Packing, sortByRemainder } from "./order.ts";

/**
 * The number of items of an axis, pairs or others: one for each vertex and one for the row of zeros, rounded up so that each axis can be
 * bound by itself.
 */
export const axisLength = (device: Device, vertices: number, itemBytes = pairBytes): number =>
  alignedBytes(device, (vertices + 1) * itemBytes) / itemBytes;

/** Bytes of the neighbor table. */
export const neighborBytes = (device: Device, vertices: number, dimensions: number): number =>
  (dimensions + 1) * axisLength(device, vertices) * pairBytes;

/** Finds both neighbors of every vertex on each of the d + 1 axes by looking them up; absent ones become `vertices`. */
export function* findNeighbors(
  device: Device,
  { slots, capacity }: HashTable,
  vertexKeys: Storage,
  neighbors: Storage,
  vertices: number,
  dimensions: number,
): Work {
  yield planned(fill, { values: neighbors, count: neighbors.bytes / 4, value: vertices });
  const sizes = { vertices, axisLength: axisLength(device, vertices), slotMask: capacity - 1, dimensions };
  yield planned(kernel, { slots, vertexKeys, neighbors, ...sizes });
}

/** Does the same where keys are packed, and so in order: they are walked along, remainder by remainder. */
export function* mergeNeighbors(
  device: Device,
  packedKeys: Storage,
  { steps: layout }: Packing,
  neighbors: Storage,
  vertices: number,
  dimensions: number,
): Work {
  yield planned(fill, { values: neighbors, count: neighbors.bytes / 4, value: vertices });
  using workspace = new Workspace(device);
  const sorted = yield* sortByRemainder(device, workspace, packedKeys, vertices);
  const steps = workspace.store(layout);
  const sizes = { vertices, axisLength: axisLength(device, vertices), dimensions };
  yield planned(neighborsMerge, { ...sorted, steps, neighbors, ...sizes });
}

/** Returns one axis of a table, of neighbors or of what has other items. */
export const axisOf = (
  device: Device,
  table: Storage,
  axis: number,
  vertices: number,
  itemBytes = pairBytes,
): Storage => view(table, axis * axisLength(device, vertices, itemBytes) * itemBytes, (vertices + 1) * itemBytes);
