/** Mean field in three dimensions, of the library's ops alone: a lattice takes rows of features, whatever they mean. */
import { add, buildLattice, filter, scale, softmax, type Tensor } from "crf-rnn";

export interface VolumeOptions {
  /** How far voxels speak to each other, in voxels. */
  readonly position: number;
  /** How much their intensities may differ. */
  readonly intensity: number;
  /** What it costs a voxel to be of another class than those around it that look like it. */
  readonly weight: number;
  readonly iterations: number;
}

/** Rows (z, y, x, intensity), each divided by its bandwidth. */
function featuresOf(
  intensities: ArrayLike<number>,
  [depth, height, width]: readonly [number, number, number],
  { position, intensity }: VolumeOptions,
): Float32Array {
  const rows = new Float32Array(depth * height * width * 4);
  for (let z = 0, voxel = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, voxel++) {
        rows.set([z / position, y / position, x / position, intensities[voxel]! / intensity], voxel * 4);
      }
    }
  }
  return rows;
}

/**
 * Refines scores [voxels, classes] of a volume, in the order of its voxels (x fastest), and returns logits of the same
 * shape. Gradients flow to the scores, as every step is an op that a tape records.
 */
export async function refineVolume(
  scores: Tensor,
  intensities: ArrayLike<number>,
  size: readonly [depth: number, height: number, width: number],
  options: VolumeOptions,
): Promise<Tensor> {
  const { device, rows: voxels } = scores;
  using features = device.tensor([voxels, 4], featuresOf(intensities, size, options));
  using lattice = await buildLattice(features);
  let logits = scores;
  for (let i = 0; i < options.iterations; i++) {
    using marginals = softmax(logits);
    using message = filter(marginals, lattice, { normalization: "symmetric" });
    using weighted = scale(message, options.weight);
    if (logits !== scores) logits.dispose();
    logits = add(scores, weighted);
  }
  return logits;
}
