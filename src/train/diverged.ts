import { ValueError } from "../errors.ts";
import { elementsOf } from "../shape.ts";
import { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import type { Configuration } from "./configuration.ts";
import type { Run } from "./run.ts";
import type { Sample } from "./sample.ts";
import type { Trainable } from "./trainable.ts";

/** What a run has saved; the advice depends on it. */
export interface Saved {
  /** The steps of the last checkpoint; undefined where there is none. */
  readonly step?: number;
  /**
   * True if the run was resumed from that checkpoint and has taken no step since, so that the checkpoint itself is
   * unusable.
   */
  readonly unproven?: boolean;
}

/** The state in which a number turned out not to be finite. */
export interface Divergence {
  readonly trainable: Trainable;
  readonly sample: Sample;
  /** The seed of dropout in a recorded pass (training), or undefined for a pass that was not recorded (validation). */
  readonly seed?: number;
  /** What was computed: in training the value of the loss. */
  readonly loss?: number;
  readonly where: string;
  /** The error of an op that refused a value before there was a loss. */
  readonly cause?: unknown;
}

/**
 * Makes the error for a loss or scores that are NaN or infinite. It examines every parameter and, if these are finite,
 * runs the forward pass again and examines every layer's result until it finds the first such value. An error for
 * another reason is returned as it is.
 */
export async function explainDivergence(
  { trainable, sample, seed, loss = NaN, where, cause }: Divergence,
  configuration: Configuration,
  saved: Saved,
): Promise<Error> {
  const bandwidth = await strayBandwidth(trainable);
  const place = bandwidth ?? (await strayParameter(trainable)) ?? (await strayLayer(trainable, sample, seed));
  if (place === undefined && cause instanceof Error) return cause;
  return new ValueError({
    where: `${where}, image ${sample.id}`,
    expected: bandwidth ? "bandwidths above 0" : seed === undefined ? "finite scores" : "a finite loss",
    got: bandwidth ?? `${loss}, which first appears in ${place ?? "the loss itself"}`,
    remedy: adviceFor(configuration, saved),
  });
}

/**
 * Looks for the gradient that made a step's norm NaN. Clipping multiplies all gradients by a number made of that norm, so
 * that every parameter is NaN afterwards and none of them tells where it came from.
 */
export async function explainClipping(
  gradients: ReadonlyMap<Tensor, Tensor>,
  { trainable, optimizer, configuration }: Run,
  step: number,
  saved: Saved,
): Promise<Error | undefined> {
  if (configuration.optimizer.clip === undefined) return undefined;
  const [smallest] = Object.values(optimizer.moments).sort((a, b) => elementsOf(a.shape) - elementsOf(b.shape));
  if (!smallest || (await isFinite(smallest))) return undefined;
  for (const [name, parameter] of Object.entries(trainable.parameters)) {
    const gradient = gradients.get(parameter);
    if (!gradient || (await isFinite(gradient))) continue;
    return new ValueError({
      where: `step ${step}`,
      expected: "finite gradients",
      got: `NaN or infinity in the gradient of ${name}`,
      remedy: adviceFor(configuration, saved),
    });
  }
  return undefined;
}

const isFinite = async (tensor: Tensor): Promise<boolean> => (await tensor.read()).every(Number.isFinite);

/** Returns advice for a run that has diverged. Following it literally makes the run go on. */
export function adviceFor({ optimizer: { rate, clip } }: Configuration, { step, unproven }: Saved): string {
  if (step === undefined) {
    return "no step was taken, so it is what the run began from: check --init and --logits, or choose another --seed";
  }
  const lower = `lower --rate (it is ${rate}; a tenth is a good next try)${clip === undefined ? ", or add --clip" : ""}`;
  if (unproven) {
    return `the checkpoint of step ${step} was saved when it had happened: delete it, ${lower}, and --resume goes on from the former`;
  }
  return `${lower}; the last checkpoint, of step ${step}, stands, --resume goes on from it`;
}

async function strayBandwidth({ parameters }: Trainable): Promise<string | undefined> {
  const values = await parameters.bandwidths?.read();
  const stray = values?.findIndex((value) => value <= 0) ?? -1;
  return stray < 0 ? undefined : `${["θα", "θβ", "θγ"][stray]} = ${values![stray]!.toPrecision(4)}`;
}

async function strayParameter({ parameters }: Trainable): Promise<string | undefined> {
  for (const [name, tensor] of Object.entries(parameters)) {
    if (!(await isFinite(tensor))) return `the parameter ${name}`;
  }
  return undefined;
}

async function strayLayer(trainable: Trainable, sample: Sample, seed: number | undefined): Promise<string | undefined> {
  let first: string | undefined;
  const listen = async (layer: string, result: Tensor): Promise<void> => {
    if (first !== undefined) return;
    if (!(await isFinite(result))) first = `the layer ${layer}`;
  };
  // Dropout acts while a tape watches.
  using _tape = seed === undefined ? undefined : new Tape(trainable.learned.map((name) => trainable.parameters[name]!));
  try {
    (await trainable.loss(sample, seed ?? 0, listen)).dispose();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
  }
  return first;
}
