import { add, adam, argmax, type CrfRnn, crossEntropy, dice, type Device, Tape, type Tensor } from "crf-rnn";
import { Confusion } from "crf-rnn/data";
import type { UNet } from "./network.ts";

/** A photograph, red, green and blue 0…255, and its labels. */
export interface Sample {
  readonly height: number;
  readonly width: number;
  readonly colors: Float32Array;
  readonly labels: Uint8Array;
}

/** A network of one's own, and the CRF on top of it where there is one. */
export interface Model {
  readonly network: UNet;
  readonly crf?: CrfRnn;
}

/** The scores of a photograph; with a CRF its colors are the guide. The scope gives back what lies in between. */
async function scoresOf(device: Device, { network, crf }: Model, { height, width, colors }: Sample): Promise<Tensor> {
  using scope = device.scope();
  const image = scope.tensor([height, width, 3], standardized(colors));
  const scores = network.scores(image); // what is computed from the scope's tensors belongs to it
  return scope.keep(crf ? await crf(scores, scope.tensor([height, width, 3], colors)) : scores);
}

/** Colors less their mean, over their spread: pictures under the microscope are dark or bright as it happens. */
function standardized(colors: Float32Array): Float32Array {
  const mean = colors.reduce((sum, value) => sum + value, 0) / colors.length;
  const variance = colors.reduce((sum, value) => sum + (value - mean) ** 2, 0) / colors.length;
  return colors.map((value) => (value - mean) / Math.sqrt(variance + 1));
}

/** Learns from one sample after the other; returns the mean loss of each pass through all of them. */
export async function learn(
  device: Device,
  model: Model,
  samples: readonly Sample[],
  { passes, rate }: { readonly passes: number; readonly rate: number },
): Promise<number[]> {
  const parameters = { ...model.network.parameters, ...model.crf?.parameters };
  // The CRF's few numbers may move faster than the network's many.
  const multipliers = { spatialWeight: { rate: 10 }, bilateralWeight: { rate: 10 } };
  using step = adam(parameters, { rate, decay: 1e-3, decoupled: true, clip: 5, multipliers });
  const losses: number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    let sum = 0;
    for (const sample of samples) {
      using tape = new Tape(Object.values(parameters));
      using labels = device.labels([sample.height, sample.width], sample.labels);
      using scores = await scoresOf(device, model, sample);
      // The Dice loss weighs small regions as much as large ones.
      using pixels = crossEntropy(scores, labels, { reduction: "mean" });
      using regions = dice(scores, labels);
      using loss = add(pixels, regions);
      const gradients = await tape.gradients(loss);
      step(gradients);
      for (const gradient of gradients.values()) gradient.dispose();
      sum += (await loss.read())[0]!;
    }
    losses.push(sum / samples.length);
  }
  return losses;
}

/** The mean IU over some samples. */
export async function meanIU(
  device: Device,
  model: Model,
  samples: readonly Sample[],
  classes: number,
): Promise<number> {
  const confusion = new Confusion(classes);
  for (const sample of samples) {
    using scores = await scoresOf(device, model, sample);
    confusion.add(sample.labels, await argmax(scores));
  }
  return confusion.scores().meanIU;
}
