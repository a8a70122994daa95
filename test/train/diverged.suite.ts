/** A run that diverges ends in a sentence that names the layer, whichever it is, on every device. */
import type { Device } from "../../src/device/device.ts";
import { fcn8s } from "../../src/models/fcn8s.ts";
import type { Network } from "../../src/models/network.ts";
import { crossEntropy } from "../../src/nn/crossEntropy.ts";
import { elementsOf } from "../../src/shape.ts";
import type { Configuration } from "../../src/train/configuration.ts";
import { explainDivergence } from "../../src/train/diverged.ts";
import type { Sample } from "../../src/train/sample.ts";
import type { Trainable } from "../../src/train/trainable.ts";
import { type Case, check, random } from "../suite.ts";

const [height, width, classes] = [3, 20, 3];

const sample: Sample = {
  id: "stray",
  image: { height, width, values: Float32Array.from(random(1).array(height * width * 3, -100, 100)) },
  labels: Uint8Array.from({ length: height * width }, (_, i) => i % classes),
};

/** The convolutions of the wide VGG blocks use minimal filtering, those of the others the direct algorithm. */
const makeNetwork = (device: Device): Network =>
  fcn8s(device, { classes, widths: [3, 8, 8, 4, 8], fc: 6, dropout: 0.5, poolScales: [1, 1] });

/** Gives every parameter that is not an interpolation random values of about He's size. */
function randomize({ parameters }: Network): void {
  for (const [i, [name, tensor]] of Object.entries(parameters).entries()) {
    if (name.startsWith("upscore")) continue;
    const limit = tensor.shape.length === 4 ? Math.sqrt(6 / elementsOf(tensor.shape.slice(1))) : 0.2;
    tensor.write(random(i + 1).array(elementsOf(tensor.shape), -limit, limit));
  }
}

function trainable(network: Network): Trainable {
  const { parameters } = network;
  return {
    parameters,
    learned: Object.keys(parameters),
    async loss({ image, labels }, seed, listener) {
      const { device } = Object.values(parameters)[0]!;
      network.seed = seed;
      using input = device.tensor([height, width, 3], image.values);
      using scores = await network(input, { onLayer: listener });
      using counted = device.labels([height, width], labels);
      return crossEntropy(scores, counted);
    },
    predict: () => Promise.reject(new Error("not asked for")),
    finish: () => Promise.resolve(),
    [Symbol.dispose]: () => {},
  };
}

/** What the error says of a loss that is not finite. */
async function explain(network: Network, what: string): Promise<string> {
  const own = trainable(network);
  using output = await own.loss(sample, 1);
  const [loss] = await output.read();
  check(!Number.isFinite(loss), `${what}: the loss is ${loss}`);
  const configuration = { optimizer: { rate: 0.1 } } as Configuration;
  const divergence = { trainable: own, sample, seed: 1, loss, where: "step 7" };
  const { message } = await explainDivergence(divergence, configuration, { step: 4 });
  return message;
}

/** Calls `body` with parameters filled with a number, which then hold what they held before. */
async function filled(network: Network, names: readonly string[], value: number, body: () => Promise<void>) {
  const before = await Promise.all(names.map((name) => network.parameters[name]!.read()));
  for (const [i, name] of names.entries()) network.parameters[name]!.write(before[i]!.map(() => value));
  await body();
  for (const [i, name] of names.entries()) network.parameters[name]!.write(before[i]!);
}

export const cases: Case[] = [
  {
    name: "weights of NaN in any one layer of FCN-8s make the loss NaN, and are named",
    async run(device) {
      using network = makeNetwork(device);
      randomize(network);
      for (const name of Object.keys(network.parameters).filter((name) => name.endsWith(".weight"))) {
        await filled(network, [name], NaN, async () => {
          const message = await explain(network, name);
          check(new RegExp(`the parameter ${name}\\b`).test(message), `${name}: ${message}`);
        });
      }
    },
  },
  {
    name: "a layer of FCN-8s whose sums overflow makes the loss NaN or infinite, and is named",
    async run(device) {
      using network = makeNetwork(device);
      randomize(network);
      for (const layer of ["conv2_2", "conv5_1", "score_fr"]) {
        await filled(network, [`${layer}.weight`, `${layer}.bias`], 3e38, async () => {
          const message = await explain(network, layer);
          check(new RegExp(`the layer ${layer}\\b`).test(message), `${layer}: ${message}`);
        });
      }
    },
  },
];
