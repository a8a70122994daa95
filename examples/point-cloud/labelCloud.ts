/** Carries the scores of some points of a cloud to all of them. */
import { buildLattice, type Device, filter } from "crf-rnn";

/** Points and their unit normals, [n, 3] each. */
export interface Cloud {
  readonly positions: ArrayLike<number>;
  readonly normals: ArrayLike<number>;
}

export interface CloudOptions {
  /** How far a score reaches, in the unit of the positions. */
  readonly position: number;
  /** How much normals may differ, 0…2. */
  readonly normal: number;
}

/** Rows (x, y, z, normal), each divided by its bandwidth. */
function featuresOf({ positions, normals }: Cloud, { position, normal }: CloudOptions): Float32Array {
  const points = positions.length / 3;
  return Float32Array.from({ length: points * 6 }, (_, i) => {
    const [point, feature] = [Math.floor(i / 6), i % 6];
    return feature < 3 ? positions[point * 3 + feature]! / position : normals[point * 3 + feature - 3]! / normal;
  });
}

/**
 * Splats the scores [n, classes] of the points of `sample` and slices at all points of `cloud`: each gets the mean of the
 * scores near it on surfaces that are turned alike, [m, classes]. A point that no score reaches gets zeros.
 */
export async function labelCloud(
  device: Device,
  sample: Cloud,
  scores: ArrayLike<number>,
  cloud: Cloud,
  options: CloudOptions,
): Promise<Float32Array> {
  const [n, m] = [sample.positions.length / 3, cloud.positions.length / 3];
  using features = device.tensor([n, 6], featuresOf(sample, options));
  using others = device.tensor([m, 6], featuresOf(cloud, options));
  using values = device.tensor([n, scores.length / n], scores);
  using lattice = await buildLattice(features, { at: others });
  using result = filter(values, lattice, { at: lattice.at, normalization: "after" });
  return await result.read();
}
