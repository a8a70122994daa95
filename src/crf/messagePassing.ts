import type { Storage } from "../device/device.ts";
import { performInTurns, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { filtered } from "../lattice/filter.ts";
import { allocateMaps, splatAndBlur } from "../lattice/filterChannels.ts";
import type { Lattice } from "../lattice/lattice.ts";
import { filterTables, type Normalization } from "../lattice/normalization.ts";
import { allChannels } from "../shared/channels.ts";
import { quadBytes, quadsOf } from "../shape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import type { Activation } from "./activation.ts";
import type { UpdateMatrices } from "./compose.ts";
import { transform } from "./compatibility.ts";
import type { CrfParameters } from "./parameters.ts";
import { activate, softmax } from "./softmax.ts";
import type { OnStep } from "./steps.ts";
import { update } from "./update.ts";

export interface Inference {
  readonly unary: Tensor;
  readonly spatial: Lattice;
  readonly bilateral: Lattice;
  readonly parameters: Omit<CrfParameters, "bandwidths">;
  readonly matrices: UpdateMatrices;
  readonly sets: number;
  readonly iterations: number;
  readonly normalization: Normalization;
  readonly activation: Activation;
  /**
   * The activation that is applied to X after the last iteration: none for logits, the activation itself for marginals.
   */
  readonly output: Activation | "none";
  readonly onIteration?: (done: number) => void | Promise<void>;
  /** Is shown the marginals, which it may change, and awaited, at the beginning and after each iteration. Needs `output` to be the activation. */
  readonly onStep?: OnStep;
  /** Lets the event loop take a turn, or ends the call: see turn.ts. */
  readonly turn: () => Promise<void>;
}

/** The widest row, in quads, for which the fused update is used. At this width four points share a workgroup. Its spatial lattice is one of pictures. */
const mostFusedQuads = 16;

/**
 * Runs T mean-field iterations from X₀ = U (Zheng et al. 2015, algorithm 1) and returns a new map of the unary's shape.
 */
export async function iterate(inference: Inference): Promise<Tensor> {
  const { unary, spatial, bilateral, parameters } = inference;
  const rowBytes = quadsOf(unary.channels) * quadBytes;
  const largest = Math.max(unary.rows, spatial.vertices + 1, bilateral.vertices + 1) * rowBytes;
  const fits =
    rowBytes <= mostFusedQuads * quadBytes && largest <= unary.device.limits.bindingBytes && spatial.dimensions === 2;
  const { spatialWeight, bilateralWeight, compatibility } = parameters;
  const inputs = [unary, spatial.features, bilateral.features, spatialWeight, bilateralWeight, compatibility];
  const recorded = inputs.some(({ tape }) => tape?.recording);
  if (!fits || recorded) return await iterateByOps(inference);
  const result = emptyLike(unary);
  try {
    await iterateFused(inference, result);
  } catch (error) {
    result.dispose();
    throw error;
  }
  return result;
}

async function iterateFused(inference: Inference, result: Tensor): Promise<void> {
  const { unary, spatial, bilateral, matrices, iterations, normalization, activation, output } = inference;
  const { device, rows, channels } = unary;
  const quads = quadsOf(channels);
  using workspace = new Workspace(device);
  const perform = <Result>(work: Work<Result>): Promise<Result> => performInTurns(device, work, inference.turn);
  const prepare = (lattice: Lattice) => {
    const tables = filterTables(lattice, normalization, false);
    const spaces = allocateMaps(workspace, lattice, tables, quads);
    return async (marginals: Storage) => ({
      simplices: tables.simplices,
      values: await perform(
        splatAndBlur(lattice, tables, allChannels(marginals, quads), spaces, { quads, transpose: false }),
      ),
      dimensions: lattice.dimensions,
    });
  };
  const blurSpatial = prepare(spatial);
  const blurBilateral = prepare(bilateral);
  const maps = { unary: unary.storage, result: result.storage };
  // By the time an update writes, the marginals have been splatted into the lattices, so one map serves all iterations.
  await perform(activate(device, { values: maps.unary, result: maps.result, rows, channels }, activation));
  await inference.onStep?.(0, result);
  for (let t = 0; t < iterations; t++) {
    const fromSpatial = await blurSpatial(maps.result);
    const fromBilateral = await blurBilateral(maps.result);
    const work = update({
      spatial: fromSpatial,
      bilateral: fromBilateral,
      matrices: { storage: matrices.of(t), diagonal: matrices.diagonal },
      ...maps,
      points: rows,
      channels,
      activation: t === iterations - 1 ? output : activation,
    });
    await perform(work);
    if (inference.onIteration) await inference.onIteration(t + 1);
    await inference.onStep?.(t + 1, result);
  }
}

/**
 * Computes the same with single ops that a tape can record. It is used for training, and for maps or numbers of classes
 * that are too large for the fused update.
 */
async function iterateByOps(inference: Inference): Promise<Tensor> {
  const { unary, spatial, bilateral, parameters, sets, iterations, normalization, activation, output } = inference;
  let x = unary;
  try {
    for (let t = 0; t < iterations; t++) {
      const set = Math.min(t, sets - 1);
      using marginals = softmax(x, activation);
      if (x !== unary) x.dispose();
      await inference.onStep?.(t, marginals);
      await inference.turn();
      const weigh = (lattice: Lattice, weight: Tensor, addend?: Tensor): Tensor => {
        using smooth = filtered(marginals, lattice, normalization, false);
        return transform(smooth, weight, { set, addend });
      };
      using fromSpatial = weigh(spatial, parameters.spatialWeight);
      await inference.turn();
      using message = weigh(bilateral, parameters.bilateralWeight, fromSpatial);
      x = transform(message, parameters.compatibility, { set, factor: -1, addend: unary });
      await inference.turn();
      if (inference.onIteration) await inference.onIteration(t + 1);
    }
  } catch (error) {
    if (x !== unary) x.dispose();
    throw error;
  }
  if (output === "none") return x;
  using logits = x;
  const result = softmax(logits, output);
  try {
    await inference.onStep?.(iterations, result);
  } catch (error) {
    result.dispose();
    throw error;
  }
  return result;
}
