import type { Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { filterMap, splatAndBlur } from "../lattice/filterBlock.ts";
import type { Lattice } from "../lattice/lattice.ts";
import { type Normalization, normalized } from "../lattice/normalization.ts";
import { quadsOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Composed } from "./compose.ts";
import { transform } from "./compatibility.ts";
import type { CrfParameters } from "./parameters.ts";
import { type Activation, activate } from "./softmax.ts";
import { update } from "./update.ts";

export interface Inference {
  readonly unary: Tensor;
  readonly spatial: Lattice;
  readonly bilateral: Lattice;
  readonly parameters: CrfParameters;
  readonly matrices: Composed;
  readonly sets: number;
  readonly iterations: number;
  readonly normalization: Normalization;
  readonly activation: Activation;
  /** What becomes of the last iteration's X: nothing, for logits, or the activation, for marginals. */
  readonly output: Activation | "none";
  readonly onIteration?: (done: number) => void | Promise<void>;
}

/** Widest row, in quads, that the fused update takes: at least four points share a workgroup. */
const mostFusedQuads = 16;

/** T mean-field iterations from X₀ = U (Zheng et al. 2015, algorithm 1). `result` has the unary's shape. */
export async function iterate(inference: Inference, result: Tensor): Promise<void> {
  const { unary, spatial, bilateral } = inference;
  const rowBytes = quadsOf(unary.channels) * 16;
  const largest = Math.max(unary.rows, spatial.vertices + 1, bilateral.vertices + 1) * rowBytes;
  const fused = rowBytes <= mostFusedQuads * 16 && largest <= unary.device.limits.bindingBytes;
  await (fused ? iterateFused : iterateByOps)(inference, result);
}

async function iterateFused(inference: Inference, result: Tensor): Promise<void> {
  const { unary, spatial, bilateral, matrices, iterations, normalization, activation, output } = inference;
  const { device, rows, channels } = unary;
  const quads = quadsOf(channels);
  using workspace = new Workspace(device);
  const prepare = (lattice: Lattice) => {
    const weights = normalized(lattice, normalization, false);
    const bytes = (lattice.vertices + 1) * quads * 16;
    const spaces = [workspace.allocate(bytes), workspace.allocate(bytes)] as const;
    const block = { quads, rowQuads: quads, firstQuad: 0 };
    return (marginals: Storage) => ({
      simplices: weights.simplices,
      values: splatAndBlur(lattice, weights, marginals, block, spaces, false),
      dimensions: lattice.dimensions,
    });
  };
  const blurSpatial = prepare(spatial);
  const blurBilateral = prepare(bilateral);
  // The marginals are gone into the lattices by the time an update writes, so one map serves all iterations.
  activate(device, unary.storage, result.storage, rows, channels, activation);
  for (let t = 0; t < iterations; t++) {
    const fromSpatial = blurSpatial(result.storage);
    const fromBilateral = blurBilateral(result.storage);
    const matrix = { storage: matrices.of(t), diagonal: matrices.diagonal };
    const next = t === iterations - 1 ? output : activation;
    update(device, fromSpatial, fromBilateral, matrix, unary.storage, result.storage, rows, channels, next);
    if (inference.onIteration) await inference.onIteration(t + 1);
  }
}

/** The same by single ops, for maps beyond a binding or with more classes than the fused update takes. */
async function iterateByOps(inference: Inference, result: Tensor): Promise<void> {
  const { unary, spatial, bilateral, parameters, sets, iterations, normalization, activation, output } = inference;
  const { device, rows, channels } = unary;
  const { spatialWeight, bilateralWeight, compatibility } = parameters;
  const quads = quadsOf(channels);
  using workspace = new Workspace(device);
  const filtered = workspace.allocate(rows * quads * 16);
  const message = workspace.allocate(rows * quads * 16);
  const marginals = workspace.allocate(rows * quads * 16);
  // No kernel may write what it reads: the message is summed where the marginals were, and X_T is made beside the result
  // if it is to be activated.
  const last = output === "none" ? result.storage : message;
  for (let t = 0; t < iterations; t++) {
    const row = Math.min(t, sets - 1) * channels;
    activate(device, t === 0 ? unary.storage : result.storage, marginals, rows, channels, activation);
    filterMap(spatial, normalized(spatial, normalization, false), marginals, filtered, quads, false);
    const weigh = (weight: Tensor) => ({ matrix: weight.storage, row, factor: 1 });
    transform(device, filtered, weigh(spatialWeight), undefined, message, rows, channels);
    filterMap(bilateral, normalized(bilateral, normalization, false), marginals, filtered, quads, false);
    transform(device, filtered, weigh(bilateralWeight), message, marginals, rows, channels);
    const negative = { matrix: compatibility.storage, row, factor: -1 };
    const x = t === iterations - 1 ? last : result.storage;
    transform(device, marginals, negative, unary.storage, x, rows, channels);
    if (inference.onIteration) await inference.onIteration(t + 1);
  }
  if (output !== "none") activate(device, last, result.storage, rows, channels, output);
}
