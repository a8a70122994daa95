import { crfRnn } from "../crf/crfRnn.ts";
import type { Device } from "../device/device.ts";
import { bilateralFeatures, spatialFeatures } from "../lattice/features.ts";
import { buildLattice, type Lattice } from "../lattice/lattice.ts";
import { add } from "../nn/add.ts";
import { crossEntropy } from "../nn/crossEntropy.ts";
import { scale } from "../nn/scale.ts";
import type { Scope } from "../scope.ts";
import { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { randomNumbers, purpose } from "../shared/random.ts";
import type { Abortable } from "../turn.ts";
import { type Continuous, layerOptionsOf, type SearchParameters } from "./parameters.ts";
import type { SearchPicture } from "./pictures.ts";

/** A loss, and how it changes with the logarithm of each parameter. */
export interface Sloped {
  /** Cross-entropy, summed over the pixels that count. */
  readonly loss: number;
  readonly gradient: Readonly<Record<Continuous, number>>;
}

/**
 * Lattices are moved by up to this many bandwidths along each axis. Their vertices recur within fewer, so that all places of a picture in
 * a lattice are about equally probable.
 */
const reach = 8;

/**
 * The loss of one picture, the mean over lattices that lie at `shifts` random places below it. What a lattice makes of a Gaussian depends
 * on where its vertices are, and so does the gradient of a bandwidth: over places it is the mean that tells.
 */
export async function lossOf(
  device: Device,
  picture: SearchPicture,
  parameters: SearchParameters,
  { classes, shifts, seed, signal }: Shifted,
): Promise<number> {
  let sum = 0;
  for (let shift = 0; shift < shifts; shift++) {
    using scope = device.scope();
    const { loss } = await forward(scope, picture, parameters, { classes, seed, shift, signal });
    sum += (await loss.read())[0]!;
  }
  return sum / shifts;
}

/** The same loss with its gradient. */
export async function slopedLossOf(
  device: Device,
  picture: SearchPicture,
  parameters: SearchParameters,
  { classes, shifts, seed, signal }: Shifted,
): Promise<Sloped> {
  const total = { loss: 0, ...zero };
  for (let shift = 0; shift < shifts; shift++) {
    using scope = device.scope();
    const { loss, tape, watched, unary } = await forward(scope, picture, parameters, {
      classes,
      seed,
      shift,
      signal,
      learn: true,
    });
    total.loss += (await loss.read())[0]!;
    const gradients = await tape!.gradients(loss, undefined, { signal });
    const read = async (of: Tensor): Promise<Float32Array> => (await gradients.get(of)?.read()) ?? new Float32Array();
    const [alpha, beta, gamma] = await read(watched!.bandwidths);
    total.thetaAlpha += alpha! * parameters.thetaAlpha;
    total.thetaBeta += beta! * parameters.thetaBeta;
    total.thetaGamma += gamma! * parameters.thetaGamma;
    total.spatialWeight += trace(await read(watched!.spatialWeight), classes) * parameters.spatialWeight;
    total.bilateralWeight += trace(await read(watched!.bilateralWeight), classes) * parameters.bilateralWeight;
    // Logits over a temperature: the logarithm of it scales them by −1 for each unit.
    const [values, slopes] = [await unary.read(), await read(watched!.unary)];
    total.temperature -= slopes.reduce((sum, slope, i) => sum + slope * values[i]!, 0);
  }
  const { loss, ...gradient } = total;
  const mean = Object.fromEntries(Object.entries(gradient).map(([name, value]) => [name, value / shifts]));
  return { loss: loss / shifts, gradient: mean as Record<Continuous, number> };
}

interface Shifted extends Abortable {
  readonly classes: number;
  readonly shifts: number;
  readonly seed: number;
}

const zero: Readonly<Record<Continuous, number>> = {
  thetaAlpha: 0,
  thetaBeta: 0,
  thetaGamma: 0,
  spatialWeight: 0,
  bilateralWeight: 0,
  temperature: 0,
};

const trace = (matrix: Float32Array, classes: number): number => {
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += matrix[c * classes + c]!;
  return sum;
};

interface ForwardOptions extends Abortable {
  readonly classes: number;
  readonly seed: number;
  readonly shift: number;
  readonly learn?: boolean;
}

async function forward(
  scope: Scope,
  { height, width, guide: colors, logits, labels }: SearchPicture,
  parameters: SearchParameters,
  { classes, seed, shift, signal, learn = false }: ForwardOptions,
) {
  const { device } = scope;
  const { thetaAlpha, thetaBeta, thetaGamma } = parameters;
  const crf = scope.add(crfRnn(device, { classes, ...layerOptionsOf(parameters), warnings: false }));
  const { spatialWeight, bilateralWeight } = crf.parameters;
  const bandwidths = scope.tensor([3], [thetaAlpha, thetaBeta, thetaGamma]);
  const unary = scale(scope.tensor([height, width, classes], logits), 1 / parameters.temperature);
  const watched = { bandwidths, spatialWeight, bilateralWeight, unary };
  const tape = learn ? scope.add(new Tape(Object.values(watched))) : undefined;
  const learned = learn ? { bandwidths } : {};
  const guide = scope.tensor([height, width, 3], colors);
  const draw = randomNumbers(seed, purpose.search, 1, shift);
  const lattices = {
    spatial: await shifted(
      scope,
      spatialFeatures(device, [height, width], { position: thetaGamma, ...learned }),
      draw,
      signal,
    ),
    bilateral: await shifted(
      scope,
      bilateralFeatures(guide, { position: thetaAlpha, color: thetaBeta, ...learned }),
      draw,
      signal,
    ),
  };
  const refined = scope.add(await crf(unary, lattices, { signal }));
  const loss = scope.add(crossEntropy(refined, scope.labels([height, width], labels)));
  return { loss, tape, watched: learn ? watched : undefined, unary };
}

/** A lattice over features that are all moved by one random vector. */
async function shifted(
  scope: Scope,
  features: Tensor,
  draw: () => number,
  signal: AbortSignal | undefined,
): Promise<Lattice> {
  scope.add(features);
  const offset = Array.from({ length: features.channels }, () => reach * draw());
  const values = Float32Array.from({ length: features.rows * features.channels }, (_, i) => offset[i % offset.length]!);
  const moved = scope.add(add(features, scope.tensor(features.shape, values)));
  return scope.add(await buildLattice(moved, { signal }));
}
