import { ignoreLabel } from "../data/labels.ts";
import { ValueError } from "../errors.ts";
import { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { explainDivergence, type Saved } from "./diverged.ts";
import { purpose, randomBits } from "../shared/random.ts";
import type { Run } from "./run.ts";
import type { Sample } from "./sample.ts";

/** Gradients, loss and pixels that count, of one draw or of a step's; the gradients are the caller's. */
export interface Differentiated {
  readonly gradients: Map<Tensor, Tensor>;
  readonly loss: number;
  readonly pixels: number;
}

/**
 * Computes the loss of a draw and its gradients. `onGradient`: see `GradientOptions`.
 * @throws ValueError where the loss is not finite, with the layer where that first appears
 */
export async function differentiate(
  { trainable, configuration }: Pick<Run, "trainable" | "configuration">,
  sample: Sample,
  draw: number,
  saved: Saved,
  onGradient?: (parameter: Tensor, gradient: Tensor) => void,
): Promise<Differentiated> {
  const seed = randomBits(configuration.seed, purpose.dropout, draw);
  using tape = new Tape(trainable.learned.map((name) => trainable.parameters[name]!));
  const explain = (loss: number, cause?: unknown): Promise<Error> => {
    tape.dispose();
    const where = `step ${Math.floor(draw / configuration.batch) + 1}`;
    return explainDivergence({ trainable, sample, seed, loss, where, cause }, configuration, saved);
  };
  using output = await trainable.loss(sample, seed).catch(async (error: unknown) => {
    // Ops that check their inputs refuse NaN before a loss comes of it.
    throw error instanceof ValueError ? await explain(NaN, error) : error;
  });
  const [loss] = await output.read();
  if (!Number.isFinite(loss)) throw await explain(loss!);
  const gradients = await tape.gradients(output, undefined, { onGradient });
  const pixels = sample.labels.reduce((count, label) => count + Number(label !== ignoreLabel), 0);
  return { gradients, loss: loss!, pixels };
}

export const disposeAll = (gradients: ReadonlyMap<Tensor, Tensor>): void =>
  gradients.forEach((gradient) => gradient.dispose());
