import { chains as kernel, chainsNeighbors, fill } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { axisLength, axisOf, neighborBytes } from "./neighbors.ts";
import type { LatticePoints, VertexTables } from "./points.ts";

const wordBytes = 4;

/** How far the axes of both tables lie from each other. */
const lengthsOf = (device: Device, vertices: number) => ({
  axisLength: axisLength(device, vertices),
  chainLength: axisLength(device, vertices, wordBytes),
});

/**
 * Makes what blurs go by of the neighbors, and gives those back where that are chains: on WASM in more than two dimensions. In a plane nearly
 * every vertex has both neighbors, so that chains are as long as the picture, with rows far from each other: blurs took 0.77 ms for 0.65. GPUs
 * blur all vertices at a time.
 */
export function* vertexTables(
  device: Device,
  workspace: Workspace,
  neighbors: Storage,
  vertices: number,
  dimensions: number,
): Work<VertexTables> {
  if (device.kind !== "wasm" || dimensions < 3) return { neighbors };
  const lengths = lengthsOf(device, vertices);
  const chains = workspace.allocate((dimensions + 1) * lengths.chainLength * wordBytes);
  yield planned(kernel, { neighbors, chains, vertices, ...lengths, dimensions });
  workspace.release(neighbors);
  return { chains };
}

/** Returns one axis of the chains. */
export const chainsOf = (device: Device, chains: Storage, axis: number, vertices: number): Storage =>
  axisOf(device, chains, axis, vertices, wordBytes);

/** What a lattice knows of its vertices, and where it keeps what is made later. */
interface Vertices {
  readonly device: Device;
  readonly vertices: number;
  readonly dimensions: number;
  readonly parts: VertexTables;
  readonly own: Pick<LatticePoints, "derived">;
}

/**
 * Returns both neighbors of each vertex on an axis, [vertices + 1, 2]. Where a lattice has chains in their place, they are made of those when they
 * are first asked for, and kept with it: by blurs other than the Gaussian, and to look at them.
 */
export function neighborsOf(lattice: Vertices, axis: number): Storage {
  const { device, vertices, parts, own } = lattice;
  const known = parts.neighbors ?? own.derived.get("neighbors") ?? unchained(lattice, parts.chains!);
  return axisOf(device, known, axis, vertices);
}

function unchained({ device, vertices, dimensions, own }: Vertices, chains: Storage): Storage {
  return device.attempt(() => {
    using workspace = new Workspace(device);
    const neighbors = workspace.allocate(neighborBytes(device, vertices, dimensions));
    device.run(fill, { values: neighbors, count: neighbors.bytes / 4, value: vertices });
    device.run(chainsNeighbors, { chains, neighbors, vertices, ...lengthsOf(device, vertices), dimensions });
    own.derived.set("neighbors", workspace.handOver(neighbors));
    return neighbors;
  });
}
