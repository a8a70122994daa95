import { ValueError } from "../errors.ts";
import { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import type { Configuration } from "./configuration.ts";
import type { Sample } from "./sample.ts";
import type { Trainable } from "./trainable.ts";

/** What was at hand when a loss turned out not to be finite. */
export interface Divergence {
  readonly trainable: Trainable;
  readonly sample: Sample;
  /** Of the forward pass. */
  readonly seed: number;
  readonly loss: number;
  /** The step at hand, from 1 on. */
  readonly step: number;
  /** An op's refusal, where one came before a loss did. */
  readonly cause?: unknown;
}

/**
 * The error for a loss that is NaN or infinite: runs the forward pass once more and looks at every parameter and every
 * layer's result until it finds where the first such value stands. A refusal for another reason comes back as it is.
 */
export async function explainDivergence(
  { trainable, sample, seed, loss, step, cause }: Divergence,
  { optimizer }: Configuration,
): Promise<Error> {
  const place = (await strayParameter(trainable)) ?? (await strayLayer(trainable, sample, seed));
  if (place === undefined && cause instanceof Error) return cause;
  return new ValueError({
    where: `step ${step}, image ${sample.id}`,
    expected: "a finite loss",
    got: `${loss}, which first appears in ${place ?? "the loss itself"}`,
    remedy:
      `lower --rate (it is ${optimizer.rate}; a tenth is a good next try)` +
      `${optimizer.clip === undefined ? ", or add --clip" : ""}; the last checkpoint stands, --resume goes on from it`,
  });
}

async function strayParameter({ parameters }: Trainable): Promise<string | undefined> {
  for (const [name, tensor] of Object.entries(parameters)) {
    if ((await tensor.read()).some((value) => !Number.isFinite(value))) return `the parameter ${name}`;
  }
  return undefined;
}

async function strayLayer(trainable: Trainable, sample: Sample, seed: number): Promise<string | undefined> {
  let first: string | undefined;
  const listen = async (layer: string, result: Tensor): Promise<void> => {
    if (first !== undefined) return;
    if ((await result.read()).some((value) => !Number.isFinite(value))) first = `the layer ${layer}`;
  };
  // Dropout acts while a tape watches.
  using _tape = new Tape(trainable.learned.map((name) => trainable.parameters[name]));
  try {
    (await trainable.loss(sample, seed, listen)).dispose();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
  }
  return first;
}
