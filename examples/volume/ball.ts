/** A ball in a noisy volume, and what a poor network makes of it: the right class more often than not. */
export function ballIn(size: readonly [number, number, number]) {
  const [depth, height, width] = size;
  const voxels = depth * height * width;
  const truth = new Uint8Array(voxels);
  const intensities = new Float32Array(voxels);
  const scores = new Float32Array(voxels * 2);
  let state = 1;
  // Park and Miller's minimal standard generator: the same numbers everywhere.
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  for (let voxel = 0; voxel < voxels; voxel++) {
    const [z, y, x] = [Math.floor(voxel / (height * width)), Math.floor(voxel / width) % height, voxel % width];
    truth[voxel] = Math.hypot(z - depth / 2, y - height / 2, x - width / 2) < depth / 3 ? 1 : 0;
    intensities[voxel] = (truth[voxel] ? 150 : 90) + 20 * (random() - 0.5);
    const seen = random() < 0.8 ? truth[voxel]! : 1 - truth[voxel]!;
    scores[voxel * 2 + seen] = 1;
  }
  return { truth, intensities, scores };
}

/** The share of voxels whose larger logit is that of their class. */
export function accuracy(logits: ArrayLike<number>, truth: Uint8Array): number {
  const right = truth.filter((label, voxel) => (logits[voxel * 2 + 1]! > logits[voxel * 2]! ? 1 : 0) === label);
  return right.length / truth.length;
}
