/** Mean-field inference in plain float64, one step a line, from the definition (Zheng et al. 2015, algorithm 1). */
import type { Normalization } from "../../src/lattice/normalization.ts";
import { type ReferenceLattice, referenceFilter, referenceLattice } from "./lattice.ts";

/** Softmax over the channels of each row, or ReLU divided by its sum. */
export function activation(values: ArrayLike<number>, channels: number, kind: "softmax" | "relu" = "softmax") {
  const result = new Float64Array(values.length);
  for (let row = 0; row < values.length; row += channels) {
    const own = Array.from({ length: channels }, (_, c) => values[row + c]!);
    const largest = Math.max(...own);
    const powers = own.map((x) => (kind === "softmax" ? Math.exp(x - largest) : Math.max(x, 0)));
    const sum = powers.reduce((total, power) => total + power, kind === "softmax" ? 0 : 1e-20);
    powers.forEach((power, c) => (result[row + c] = power / sum));
  }
  return result;
}

/** Its adjoint at `values`, from the definition ∂y_c/∂x_k, pair by pair. */
export function pullBackActivation(
  values: ArrayLike<number>,
  gradient: ArrayLike<number>,
  channels: number,
  kind: "softmax" | "relu" = "softmax",
): Float64Array {
  const result = activation(values, channels, kind);
  return Float64Array.from({ length: values.length }, (_, i) => {
    const row = i - (i % channels);
    let sum = 0;
    let total = 1e-20;
    for (let c = row; c < row + channels; c++) total += Math.max(values[c]!, 0);
    for (let c = row; c < row + channels; c++) {
      const same = c === i ? 1 : 0;
      if (kind === "softmax") sum += gradient[c]! * result[c]! * (same - result[i]!);
      else if (values[i]! > 0) sum += (gradient[c]! * (same - result[c]!)) / total;
    }
    return sum;
  });
}

/** matrix·x for the vector of every row. */
export function transform(values: ArrayLike<number>, matrix: ArrayLike<number>, channels: number): Float64Array {
  return Float64Array.from({ length: values.length }, (_, i) => {
    const row = i - (i % channels);
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += matrix[(i % channels) * channels + c]! * values[row + c]!;
    return sum;
  });
}

/**
 * Rows (x/θγ, y/θγ) for an image, or (x/θα, y/θα, guide/θβ) where there is a guide; float32, as a lattice gets them, or
 * `exact`, for finite differences.
 */
export function features(
  [height, width]: readonly [number, number],
  position: number,
  guide?: { readonly values: ArrayLike<number>; readonly channels: number; readonly color: number },
  exact = false,
): { values: ArrayLike<number>; dimensions: number } {
  const channels = guide?.channels ?? 0;
  const rows = Array.from({ length: height * width }, (_, i) => [
    (i % width) / position,
    Math.floor(i / width) / position,
    ...Array.from({ length: channels }, (_, c) => guide!.values[i * channels + c]! / guide!.color),
  ]);
  return { values: exact ? rows.flat() : Float32Array.from(rows.flat()), dimensions: 2 + channels };
}

export interface ReferenceCrf {
  readonly unary: ArrayLike<number>;
  readonly classes: number;
  readonly spatial: ReferenceLattice;
  readonly bilateral: ReferenceLattice;
  /** [L·L] each, or one such matrix an iteration. */
  readonly spatialWeight: (iteration: number) => ArrayLike<number>;
  readonly bilateralWeight: (iteration: number) => ArrayLike<number>;
  readonly compatibility: (iteration: number) => ArrayLike<number>;
  readonly iterations: number;
  readonly normalization: Normalization;
  readonly activation?: "softmax" | "relu";
  /** Marginals to begin from. */
  readonly from?: ArrayLike<number>;
}

/** The logits X_T. */
export function referenceCrf(crf: ReferenceCrf): Float64Array {
  const { unary, classes, normalization } = crf;
  let x = Float64Array.from(unary);
  for (let t = 0; t < crf.iterations; t++) {
    const given = t === 0 && crf.from;
    const marginals = given ? Float64Array.from(given) : activation(x, classes, crf.activation);
    const spatial = referenceFilter(crf.spatial, marginals, classes, { normalization });
    const bilateral = referenceFilter(crf.bilateral, marginals, classes, { normalization });
    const weighted = transform(spatial, crf.spatialWeight(t), classes);
    const other = transform(bilateral, crf.bilateralWeight(t), classes);
    const message = weighted.map((value, i) => value + other[i]!);
    const pairwise = transform(message, crf.compatibility(t), classes);
    x = Float64Array.from(unary, (value, i) => value - pairwise[i]!);
  }
  return x;
}

/** Both lattices of an image. */
export function lattices(
  size: readonly [number, number],
  guide: ArrayLike<number>,
  channels: number,
  bandwidths: { readonly position: number; readonly color: number; readonly spatial: number },
  exact = false,
): { spatial: ReferenceLattice; bilateral: ReferenceLattice } {
  const near = features(size, bandwidths.spatial, undefined, exact);
  const like = features(size, bandwidths.position, { values: guide, channels, color: bandwidths.color }, exact);
  return {
    spatial: referenceLattice(near.values, near.dimensions),
    bilateral: referenceLattice(like.values, like.dimensions),
  };
}
