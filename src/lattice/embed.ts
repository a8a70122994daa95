import { embed as kernel, embedPullback } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { LimitError, ValueError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";

/** Words of a vertex's key: d coordinates of 16 bits, the remainder and the image of a batch. */
export const keyWords = (dimensions: number): number => Math.floor(dimensions / 2) + 1;

/** Words that hold a point's ranks: four bits a coordinate. */
export const rankWords = (dimensions: number): number => Math.ceil((dimensions + 1) / 8);

/** Images of a batch that a key can tell apart: what 16 (odd d) or 32 (even d) bits leave beside the remainder. */
export const mostGroups = (dimensions: number): number => 2 ** (dimensions % 2 === 1 ? 12 : 28);

/** Coordinates of a vertex's key lie in ±this, in units of d + 1. */
const keyRange = 32766;

/** √(2/3)·(d+1) / √((i+1)(i+2)), i = 0…d−1: the factor of feature i into the lattice (Adams et al. 2010). */
export function latticeScales(dimensions: number): Float32Array {
  return Float32Array.from(
    { length: dimensions },
    (_, i) => (Math.sqrt(2 / 3) * (dimensions + 1)) / Math.sqrt((i + 1) * (i + 2)),
  );
}

/** What `embed` writes: see kernels/lattice/embed.wgsl for the key, the ranks and `status`. */
export interface Embedded {
  readonly keys: Storage;
  readonly weights: Storage;
  readonly ranks: Storage;
  readonly status: Storage;
}

/** The d + 1 vertices and weights of every point. */
export function embed(device: Device, features: Tensor, group: number, embedded: Embedded): void {
  const points = features.rows;
  const dimensions = features.channels;
  using workspace = new Workspace(device);
  const scales = workspace.allocate(dimensions * 4);
  device.write(scales, latticeScales(dimensions));
  device.run(kernel, { features: features.storage, scales, ...embedded, points, group, dimensions });
}

/** The gradient of the features from the dot products of both halves of a filter's gradient; `factor`: α. */
export function pullBackEmbed(
  features: Tensor,
  ranks: Storage,
  { ofValues, ofGradient }: { readonly ofValues: Storage; readonly ofGradient: Storage },
  factor: number,
): Tensor {
  const { device, rows: points, channels: dimensions } = features;
  using workspace = new Workspace(device);
  const scales = workspace.allocate(dimensions * 4);
  device.write(scales, latticeScales(dimensions));
  const result = device.empty(features.shape);
  device.run(embedPullback, {
    ranks,
    scales,
    ofValues,
    ofGradient,
    result: result.storage,
    points,
    factor: factor / (dimensions + 1),
    dimensions,
  });
  return result;
}

/** Turns what `embed` left in `status` into an error. @throws ValueError, LimitError */
export async function checkEmbedded(features: Tensor, [notFinite, outOfRange]: Uint32Array): Promise<void> {
  if (!notFinite && !outOfRange) return;
  const dimensions = features.channels;
  const values = await features.read();
  if (notFinite) {
    const point = ~notFinite >>> 0;
    const feature = values
      .subarray(point * dimensions, (point + 1) * dimensions)
      .findIndex((value) => !Number.isFinite(value));
    throw new ValueError({
      where: "buildLattice",
      expected: "finite features",
      got: `${values[point * dimensions + feature]} as feature ${feature} of point ${point}`,
      remedy: "check the guide and the bandwidths",
    });
  }
  const scales = latticeScales(dimensions);
  let worst = { feature: 0, point: 0, reach: 0 };
  values.forEach((value, index) => {
    // A feature moves coordinates by up to d + 1 times its scaled value, of which the key stores 1/(d+1)th.
    const reach = Math.abs(value) * scales[index % dimensions]!;
    if (reach > worst.reach) worst = { feature: index % dimensions, point: Math.floor(index / dimensions), reach };
  });
  const factor = ((worst.reach * dimensions) / keyRange).toPrecision(3);
  throw new LimitError({
    where: "buildLattice",
    expected: `lattice keys within ±${keyRange}`,
    got: `feature ${worst.feature} of point ${worst.point} is ${values[worst.point * dimensions + worst.feature]}`,
    remedy: `divide feature ${worst.feature} by a bandwidth at least ${Number(factor)} times as large`,
  });
}
