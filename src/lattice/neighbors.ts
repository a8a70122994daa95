import { fill, neighbors as kernel } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { view } from "../device/device.ts";
import type { HashTable } from "./hash.ts";

/** Vertices and the row of zeros, rounded up so that each axis of the table starts where a binding may start. */
const axisLength = (vertices: number): number => Math.ceil((vertices + 1) / 32) * 32;

/** Bytes of the neighbor table. */
export const neighborBytes = (vertices: number, dimensions: number): number =>
  (dimensions + 1) * axisLength(vertices) * 8;

/** Looks up both neighbors of every vertex on each of the d + 1 axes; absent ones become `vertices`. */
export function* findNeighbors(
  { slots, capacity }: HashTable,
  vertexKeys: Storage,
  neighbors: Storage,
  vertices: number,
  dimensions: number,
): Work {
  yield planned(fill, { values: neighbors, count: neighbors.bytes / 4, value: vertices });
  yield planned(kernel, {
    slots,
    vertexKeys,
    neighbors,
    vertices,
    axisLength: axisLength(vertices),
    slotMask: capacity - 1,
    dimensions,
  });
}

/** One axis of the neighbor table. */
export const axisOf = (neighbors: Storage, axis: number, vertices: number): Storage =>
  view(neighbors, axis * axisLength(vertices) * 8, (vertices + 1) * 8);
