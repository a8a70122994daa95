/** How sure scores are of each pixel. */
export interface Certainty {
  /** The largest of a pixel's probabilities, 1/L…1. */
  readonly confidence: Float32Array<ArrayBuffer>;
  /** −Σ p·log p over log L: 0 where one class is certain, 1 where all are alike. */
  readonly entropy: Float32Array<ArrayBuffer>;
}

/** Computes how sure scores before softmax, `[pixels, classes]`, are; 1 and 0 where there is one class. */
export function certaintyOf(scores: Float32Array, classes: number): Certainty {
  const pixels = scores.length / classes;
  const [confidence, entropy] = [new Float32Array(pixels), new Float32Array(pixels)];
  const most = Math.log(classes) || 1;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const first = pixel * classes;
    let largest = -Infinity;
    for (let k = 0; k < classes; k++) largest = Math.max(largest, scores[first + k]!);
    // With Z = Σ exp(x − max): the entropy is log Z − Σ (x − max)·exp(x − max)/Z.
    let [sum, weighed] = [0, 0];
    for (let k = 0; k < classes; k++) {
      const difference = scores[first + k]! - largest;
      const power = Math.exp(difference);
      sum += power;
      if (power > 0) weighed += power * difference;
    }
    confidence[pixel] = 1 / sum;
    entropy[pixel] = (Math.log(sum) - weighed / sum) / most;
  }
  return { confidence, entropy };
}
