import type { Storage } from "../device/device.ts";
import { performInTurns, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { filtered } from "../lattice/filter.ts";
import { allocateMaps, splatAndBlur, vertexMapBytes } from "../lattice/filterChannels.ts";
import type { FilterTables } from "../lattice/incidence.ts";
import type { Lattice } from "../lattice/lattice.ts";
import { filterTables, forgetFactors, type Normalization } from "../lattice/normalization.ts";
import { sliceFactor } from "../lattice/slice.ts";
import { allChannels } from "../shared/channels.ts";
import { quadBytes, quadsOf } from "../shape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import type { Activation } from "./activation.ts";
import type { UpdateMatrices } from "./compose.ts";
import { readChange } from "./change.ts";
import { transform, type TransformOptions } from "./compatibility.ts";
import type { Diagonals } from "./knownMatrices.ts";
import type { CrfParameters } from "./parameters.ts";
import { filteredQuads } from "./filteredQuads.ts";
import { type FreeEnergy, readFreeEnergy } from "./freeEnergy.ts";
import { addSlices, blurred } from "./onVertices.ts";
import { copied, iterateBy, type Iterations, readingsOf } from "./iterations.ts";
import { product } from "./product.ts";
import { activate } from "./softmax.ts";
import { reached } from "./until.ts";
import { update } from "./update.ts";

export interface Inference extends Iterations {
  readonly spatial: Lattice;
  readonly bilateral: Lattice;
  readonly parameters: Omit<CrfParameters, "bandwidths">;
  /** What the fused update multiplies by, which no tape sees. Without it, single ops compute the iterations. */
  readonly update?: UpdateMatrices;
  /** Of the parameters, where they are known. No tape must ask for their gradients then. */
  readonly diagonals?: Diagonals;
  readonly sets: number;
  readonly normalization: Normalization;
  /** Filters in place of `filtered`, where single ops compute the iterations. */
  readonly filter?: typeof filtered;
}

/** The widest row, in quads, for which the fused update is used. At this width four points share a workgroup. */
const mostFusedQuads = 16;

/** Whether the fused update takes so many classes and a spatial lattice of so many dimensions, which is one of pictures. */
export const isFused = (classes: number, spatialDimensions: number): boolean =>
  quadsOf(classes) <= mostFusedQuads && spatialDimensions === 2;

/**
 * Runs T mean-field iterations from X₀ = U (Zheng et al. 2015, algorithm 1) and returns a new map of the unary's shape. Where
 * somebody looks at the marginals, those of the iteration before are kept beside them.
 */
export async function iterate(inference: Inference): Promise<Tensor> {
  const { unary, spatial, bilateral } = inference;
  const rowBytes = quadsOf(unary.channels) * quadBytes;
  const largest = Math.max(unary.rows, spatial.vertices + 1, bilateral.vertices + 1) * rowBytes;
  const fits = isFused(unary.channels, spatial.dimensions) && largest <= unary.device.limits.bindingBytes;
  if (inference.iterations === 0 && inference.output === "none") return copied(unary);
  const { update } = inference;
  if (!fits || !update) return await iterateByOps(inference, fits);
  const result = emptyLike(unary);
  try {
    await iterateFused(inference, update, result);
  } catch (error) {
    result.dispose();
    throw error;
  }
  return result;
}

/** Reads the free energy of marginals by the filters, weights and matrices of an inference; no tape sees it. */
async function freeEnergyOf(inference: Inference, marginals: Tensor, done: number): Promise<FreeEnergy> {
  const { unary, spatial, bilateral, parameters, diagonals = {}, normalization, sets } = inference;
  const set = Math.max(0, Math.min(done, sets) - 1);
  const messageBy = (lattice: Lattice, name: "spatialWeight" | "bilateralWeight"): Tensor =>
    messageOf(marginals, {
      lattice,
      normalization,
      weight: parameters[name],
      compatibility: parameters.compatibility,
      diagonals: { weight: diagonals[name], compatibility: diagonals.compatibility },
      set,
    });
  using near = messageBy(spatial, "spatialWeight");
  using like = messageBy(bilateral, "bilateralWeight");
  return await readFreeEnergy(marginals, unary, [near, like]);
}

/** A filter with its matrices, of the set that counts. */
export interface WeighedFilter {
  readonly lattice: Lattice;
  readonly normalization: Normalization;
  readonly weight: Tensor;
  readonly compatibility: Tensor;
  /** Of both, where they are known. */
  readonly diagonals?: { readonly weight?: Storage; readonly compatibility?: Storage };
  readonly set?: number;
}

/** Computes C·W·(K Q) without a tape. */
export function messageOf(
  marginals: Tensor,
  { lattice, normalization, set, diagonals, ...given }: WeighedFilter,
): Tensor {
  using q = marginals.alias();
  using weight = given.weight.alias();
  using compatibility = given.compatibility.alias();
  using smooth = filtered(q, lattice, normalization, false);
  using weighed = transform(smooth, weight, { set, diagonals: diagonals?.weight });
  return transform(weighed, compatibility, { set, diagonals: diagonals?.compatibility });
}

async function iterateFused(inference: Inference, matrices: UpdateMatrices, result: Tensor): Promise<void> {
  const { unary, spatial, bilateral, iterations, normalization, activation, output, until } = inference;
  const { device, rows, channels } = unary;
  const [all, few] = [quadsOf(channels), filteredQuads(channels, inference)];
  const most = inference.from || inference.onStep ? all : few;
  using workspace = new Workspace(device);
  const perform = <Result>(work: Work<Result>): Promise<Result> => performInTurns(device, work, inference.turn);
  // Making tables takes memory that is free again before anything else is allocated.
  const tablesOf = (lattice: Lattice): FilterTables => {
    const tables = filterTables(lattice, normalization, false);
    forgetFactors(lattice);
    return tables;
  };
  const [spatialTables, bilateralTables] = [tablesOf(spatial), tablesOf(bilateral)];
  // Three blurs lead from what the spatial lattice splats into to another map. Then the bilateral one splats into the same, where its blurs may be
  // made in place.
  const splatted = workspace.allocate(Math.max(vertexMapBytes(spatial, most), vertexMapBytes(bilateral, most)));
  const prepare = (lattice: Lattice, tables: FilterTables) => {
    // Once both lattices have the marginals, nothing is kept in the result before the update writes it.
    const lent = lattice === spatial ? undefined : result.storage;
    const spaces = allocateMaps(workspace, lattice, tables, most, { given: splatted, lent });
    return async (marginals: Storage, quads: number) => ({
      simplices: tables.simplices,
      values: await perform(
        splatAndBlur(lattice, tables, allChannels(marginals, all), spaces, { quads, transpose: false }),
      ),
      dimensions: lattice.dimensions,
    });
  };
  const blurSpatial = prepare(spatial, spatialTables);
  const blurBilateral = prepare(bilateral, bilateralTables);
  const maps = { unary: unary.storage, result: result.storage };
  // By the time an update writes, the marginals have been splatted into the lattices, so one map serves all iterations.
  const iterateOnce = async (
    t: number,
    marginals: Storage,
    valueQuads: number,
    activated: Activation | "none",
  ): Promise<void> => {
    const fromSpatial = await blurSpatial(marginals, valueQuads);
    const fromBilateral = await blurBilateral(marginals, valueQuads);
    const work = update({
      spatial: fromSpatial,
      bilateral: fromBilateral,
      matrices: { storage: matrices.of(t), diagonal: matrices.diagonal },
      ...maps,
      points: rows,
      channels,
      valueQuads,
      activation: activated,
    });
    await perform(work);
  };
  using before = until || inference.onStep ? emptyLike(unary) : undefined;
  const energy = (q: Tensor, done: number): Promise<FreeEnergy> => freeEnergyOf(inference, q, done);
  if (inference.from) device.copy(inference.from.storage, result.storage);
  else await perform(activate(device, { values: maps.unary, result: maps.result, rows, channels }, activation));
  // Marginals that the caller gives need not add up to 1.
  const replaced = await inference.onStep?.(0, result, readingsOf(energy, 0, result, undefined));
  let foreign = replaced || inference.from !== undefined;
  let quads = few;
  let done = 0;
  while (done < iterations) {
    inference.look?.(result);
    if (before) device.copy(result.storage, before.storage);
    const last = done === iterations - 1 && !until;
    quads = foreign ? all : few;
    await iterateOnce(done, result.storage, quads, last ? output : activation);
    done++;
    const change = until && (await readChange(before!, result));
    await inference.onIteration?.(done, change);
    foreign = (await inference.onStep?.(done, result, readingsOf(energy, done, result, before))) ?? false;
    if (change && reached(until, change)) break;
  }
  // To know the change, marginals were made of the last logits, which are made once more.
  if (until && output === "none") await iterateOnce(done - 1, before!.storage, quads, output);
}

/**
 * Computes the same with single ops that a tape can record. It is used for training, and for maps or numbers of classes
 * that are too large for the fused update.
 */
async function iterateByOps(inference: Inference, fits: boolean): Promise<Tensor> {
  const { parameters, diagonals = {} } = inference;
  const { spatialWeight, bilateralWeight, compatibility } = parameters;
  const multiplies = Object.values(diagonals).every((known) => known === undefined);
  using spatial = multiplies ? product(compatibility, spatialWeight) : undefined;
  using bilateral = multiplies ? product(compatibility, bilateralWeight) : undefined;
  const products = spatial && bilateral && { spatial, bilateral };
  const byVertices = fits && hasFewVertices(inference);
  return await iterateBy({
    ...inference,
    next: (marginals, t) =>
      products && byVertices
        ? nextByVertices(inference, products, marginals, t)
        : nextLogits(inference, products, marginals, t),
    freeEnergy: (marginals, done) => freeEnergyOf(inference, marginals, done),
  });
}

/** The matrices of both filters, C·W, one set below the other. */
interface Products {
  readonly spatial: Tensor;
  readonly bilateral: Tensor;
}

/**
 * Whether matrices are better multiplied with rows of vertices: where these are fewer than those of points, and where no gradient of the features is
 * asked for, which takes the gradient of each filter's result.
 */
function hasFewVertices({ unary, spatial, bilateral, filter }: Inference): boolean {
  const learnsFeatures = [spatial, bilateral].some(({ features }) => features.tape?.recording);
  return !filter && !learnsFeatures && spatial.vertices + bilateral.vertices <= 2 * unary.rows;
}

/** One iteration, with the products between the two parts of each filter: 1.15 times quicker than `nextLogits`, forward and back. */
async function nextByVertices(
  { unary, spatial, bilateral, sets, normalization, turn }: Inference,
  products: Products,
  marginals: Tensor,
  t: number,
): Promise<Tensor> {
  const set = Math.min(t, sets - 1);
  const message = (lattice: Lattice, matrix: Tensor): Tensor => {
    using smooth = blurred(marginals, lattice, normalization);
    return transform(smooth, matrix, { set, factor: -sliceFactor(lattice.dimensions) });
  };
  using near = message(spatial, products.spatial);
  await turn();
  using like = message(bilateral, products.bilateral);
  await turn();
  return addSlices(unary, { lattice: spatial, values: near }, { lattice: bilateral, values: like }, normalization);
}

/**
 * One iteration: X = U − (C·W_s)·K_s Q − (C·W_b)·K_b Q by these products. Where there are none, since some of the matrices are diagonal, so that
 * rows cost less by themselves, X = U − C·(W_s·K_s Q + W_b·K_b Q).
 */
async function nextLogits(
  inference: Inference,
  products: Products | undefined,
  marginals: Tensor,
  t: number,
): Promise<Tensor> {
  const { unary, spatial, bilateral, parameters, diagonals = {}, sets, normalization, filter = filtered } = inference;
  const set = Math.min(t, sets - 1);
  const multiply = (lattice: Lattice, matrix: Tensor, options: TransformOptions): Tensor => {
    using smooth = filter(marginals, lattice, normalization, false);
    return transform(smooth, matrix, { set, ...options });
  };
  const last = { factor: -1, addend: unary };
  const { spatialWeight, bilateralWeight, compatibility } = parameters;
  using fromSpatial = products
    ? multiply(spatial, products.spatial, last)
    : multiply(spatial, spatialWeight, { diagonals: diagonals.spatialWeight });
  await inference.turn();
  if (products)
    return await afterTurn(inference, multiply(bilateral, products.bilateral, { ...last, addend: fromSpatial }));
  const both = { addend: fromSpatial, diagonals: diagonals.bilateralWeight };
  using message = multiply(bilateral, bilateralWeight, both);
  return await afterTurn(
    inference,
    transform(message, compatibility, { ...last, set, diagonals: diagonals.compatibility }),
  );
}

/** Takes a turn, and gives the logits back if the call ends in it. */
async function afterTurn({ turn }: Inference, logits: Tensor): Promise<Tensor> {
  try {
    await turn();
    return logits;
  } catch (error) {
    logits.dispose();
    throw error;
  }
}
