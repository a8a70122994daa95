import { ValueError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import type { Configuration } from "./configuration.ts";
import type { Sample } from "./sample.ts";
import type { Trainable } from "./trainable.ts";

/**
 * The error for a loss that is NaN or infinite: runs the forward pass once more and looks at every parameter and every
 * layer's result until it finds where the first such value stands.
 */
export async function explainDivergence(
  trainable: Trainable,
  sample: Sample,
  seed: number,
  loss: number,
  draw: number,
  { batch, optimizer }: Configuration,
): Promise<ValueError> {
  const place = (await strayParameter(trainable)) ?? (await strayLayer(trainable, sample, seed)) ?? "the loss itself";
  const step = Math.floor(draw / batch) + 1;
  return new ValueError({
    where: `step ${step}, image ${sample.id}`,
    expected: "a finite loss",
    got: `${loss}, which first appears in ${place}`,
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
  try {
    (await trainable.loss(sample, seed, listen)).dispose();
  } catch (error) {
    if (first === undefined) throw error;
  }
  return first;
}
