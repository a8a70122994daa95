import type { Scope } from "../../src/scope.ts";
import type { Device } from "../../src/device/device.ts";
import { ShapeError, ValueError } from "../../src/errors.ts";
import { fcn16s } from "../../src/models/fcn16s.ts";
import { fcn32s } from "../../src/models/fcn32s.ts";
import { fcn8s } from "../../src/models/fcn8s.ts";
import { fcn8sCrfRnn } from "../../src/models/fcn8sCrfRnn.ts";
import { sizesOf, tableOf } from "../../src/models/layers.ts";
import type { Network } from "../../src/models/network.ts";
import { layersOf, networkOptions } from "../../src/models/specification.ts";
import { crossEntropy } from "../../src/nn/crossEntropy.ts";
import { withDefaults } from "../../src/description.ts";
import { elementsOf } from "../../src/shape.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { lossOf } from "../reference/nn.ts";
import { referenceFcn, type ReferenceParameters, type Stage } from "../reference/fcn.ts";
import { type Case, check, close, maximum, random, rejects, same } from "../suite.ts";

const classes = 3;
const options = { classes, widths: [2, 3, 4, 4, 5], fc: 6, dropout: 0.5 };
const poolScales = [0.5, 2] as const;

const stages: Readonly<Record<Stage, (device: Device) => Network>> = {
  fcn32s: (device) => fcn32s(device, options),
  fcn16s: (device) => fcn16s(device, { ...options, poolScales }),
  fcn8s: (device) => fcn8s(device, { ...options, poolScales, upscore2Bias: true }),
};

/** Gives every parameter random values of about He's size, the score layers and interpolations too. */
function randomize({ parameters }: Network<never>): ReferenceParameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, tensor], i) => {
      const { shape } = tensor;
      const limit = shape.length === 4 ? Math.sqrt(6 / elementsOf(shape.slice(1))) : 0.2;
      const values = random(i + 1).array(elementsOf(shape), -limit, limit);
      tensor.write(values);
      return [name, { shape, data: Float64Array.from(values) }];
    }),
  );
}

const imageOn = (scope: Scope, height: number, width: number): Tensor =>
  scope.tensor([1, height, width, 3], random(50).array(height * width * 3, -1, 1));

async function checkStage(device: Device, stage: Stage): Promise<void> {
  using scope = device.scope();
  const [height, width] = [3, 34];
  const network = scope.add(stages[stage](device));
  const reference = randomize(network);
  const image = imageOn(scope, height, width);
  const data = { shape: image.shape, data: Float64Array.from(await image.read()) };
  const labels = Uint8Array.from({ length: height * width }, (_, i) => (i % 9 === 8 ? 255 : i % classes));
  const expected = referenceFcn(stage, reference, data, poolScales);

  // Without dropout; recorded by masks of ones, so that it stays away there as well.
  using scores = await network(image);
  // Sums of up to 7·7·5 products in 18 layers: goldens allow 2e-5.
  close(await scores.read(), expected, { ofMaximum: 2e-5 }, "scores");
  const ones = await masksOf(scope, network, image);
  using tape = new Tape(Object.values(network.parameters));
  const loss = crossEntropy(await network(image, { masks: ones }), scope.labels([1, height, width], labels));
  close(await loss.read(), [lossOf(expected, classes, labels)], { relative: 2e-5 }, "loss");

  const gradients = await tape.gradients(loss);
  check(gradients.size === Object.keys(network.parameters).length, "a gradient for every parameter");
  const directions = Object.fromEntries(
    Object.entries(reference).map(([name, { data }], i) => [name, random(i + 90).array(data.length, -1, 1)]),
  );
  const at = (step: number): number => {
    const moved = Object.entries(reference).map(([name, { shape, data }]) => [
      name,
      { shape, data: data.map((value, i) => value + step * directions[name]![i]!) },
    ]);
    return lossOf(referenceFcn(stage, Object.fromEntries(moved), data, poolScales), classes, labels);
  };
  let [found, size] = [0, 0];
  for (const [name, tensor] of Object.entries(network.parameters)) {
    const gradient = await gradients.get(tensor)!.read();
    gradient.forEach((value, i) => {
      found += value * directions[name]![i]!;
      size += Math.abs(value * directions[name]![i]!);
    });
  }
  const slope = (at(1e-6) - at(-1e-6)) / 2e-6;
  check(Math.abs(found - slope) <= 1e-5 * size, `slope: expected ${slope}, got ${found}, of ${size} in all`);
}

/** Masks of ones of the sizes of fc6 and fc7. */
async function masksOf(scope: Scope, network: Network, image: Tensor): Promise<{ fc6: Tensor; fc7: Tensor }> {
  const made: Record<string, Tensor> = {};
  const onLayer = (name: string, { shape }: Tensor): void => {
    if (/^fc/.test(name)) made[name] = scope.tensor(shape, new Float32Array(elementsOf(shape)).fill(1));
  };
  (await network(image, { onLayer })).dispose();
  return { fc6: made.fc6!, fc7: made.fc7! };
}

/** Loss and gradients of a recorded pass. */
async function recorded(network: Network, image: Tensor, seed: number): Promise<Float32Array[]> {
  const { device } = image;
  using scope = device.scope();
  network.seed = seed;
  using tape = new Tape(Object.values(network.parameters));
  const pixels = image.shape.slice(0, -1);
  const labels = scope.labels(
    pixels,
    Uint8Array.from({ length: elementsOf(pixels) }, (_, i) => i % classes),
  );
  const loss = crossEntropy(await network(image), labels);
  const gradients = await tape.gradients(loss);
  check(network.seed === seed + 1, `seed ${network.seed}`);
  return [await loss.read(), ...(await Promise.all([...gradients.values()].map((gradient) => gradient.read())))];
}

export const cases: Case[] = [
  ...(Object.keys(stages) as Stage[]).map((stage): Case => ({
    name: `${stage}: scores, loss and slope are those of its definition in float64`,
    run: (device) => checkStage(device, stage),
  })),
  {
    name: "the layers of the specification, in their order and of their sizes",
    async run(device) {
      using scope = device.scope();
      for (const [stage, make] of Object.entries(stages) as [Stage, (typeof stages)[Stage]][]) {
        const network = scope.add(make(device));
        const [height, width] = [7, 40];
        const heard: string[] = [];
        const onLayer = (name: string, { shape }: Tensor): void => void heard.push(`${name} ${shape.slice(1).join()}`);
        await network(imageOn(scope, height, width), { onLayer });
        const all = withDefaults(stage, networkOptions.fcn8s, { upscore2Bias: stage === "fcn8s", poolScales });
        const layers = layersOf(stage, { ...all, ...options });
        const sizes = sizesOf(layers, { height, width });
        const expected = layers
          .filter(({ kind }) => kind !== "dropout")
          .map(({ name, channels }) => `${name} ${sizes.get(name)!.height},${sizes.get(name)!.width},${channels}`);
        check(
          heard.join("; ") === expected.join("; "),
          `${stage}: expected ${expected.join("; ")}, got ${heard.join("; ")}`,
        );
        const shapes = Object.entries(network.parameters).map(([name, { shape }]) => `${name} ${shape}`);
        const table = Object.entries(tableOf(layers)).map(([name, { shape }]) => `${name} ${shape}`);
        check(shapes.join("; ") === table.join("; "), `${stage}: parameters ${shapes}`);
      }
    },
  },
  {
    name: "any size and batch: the scores of each image are those it has alone",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(stages.fcn8s(device));
      randomize(network);
      for (const [height, width] of [
        [1, 1],
        [2, 31],
      ] as const) {
        const data = random(height).array(2 * height * width * 3, -1, 1);
        const both = await network(scope.tensor([2, height, width, 3], data));
        check(both.shape.join() === [2, height, width, classes].join(), `shape ${both.shape}`);
        const second = await network(scope.tensor([height, width, 3], data.slice(data.length / 2)));
        check(second.shape.join() === [height, width, classes].join(), `shape ${second.shape}`);
        same((await both.read()).slice(second.rows * classes), await second.read(), `${height}×${width}`);
      }
    },
  },
  {
    name: "dropout acts while a tape records, from a seed that counts on; without a tape nothing is dropped",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(stages.fcn8s(device));
      randomize(network);
      const image = imageOn(scope, 2, 3);
      const [a, b] = [await network(image), await network(image)];
      same(await a.read(), await b.read(), "without a tape");
      check(network.seed === 0, `seed ${network.seed}`);
      const [first, again, other] = [
        await recorded(network, image, 4),
        await recorded(network, image, 4),
        await recorded(network, image, 5),
      ];
      first.forEach((values, i) => same(again[i]!, values, `result ${i} of the same seed`));
      check(first[0]![0] !== other[0]![0], "another seed drops other values");
    },
  },
  {
    name: "dropout rests while a tape watches a CRF on top alone",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(fcn8sCrfRnn(device, { ...options, crf: { iterations: 1 } }));
      const image = imageOn(scope, 2, 3);
      const heard: string[] = [];
      const onLayer = (name: string): void => void heard.push(name);
      const { compatibility, "fc6.bias": bias } = network.parameters;
      const above = new Tape([compatibility!]);
      await network(image, { onLayer });
      check(!heard.includes("drop6"), `${heard}`);
      above.dispose();
      using _below = new Tape([bias!]);
      await network(image, { onLayer });
      // Only the second pass counted.
      check(heard.includes("drop6") && network.seed === 1, `${heard}, seed ${network.seed}`);
    },
  },
  {
    name: "that recomputes its blocks: the same bits, under the option's former name too, and half of what is held between the passes at most",
    async run(device) {
      using scope = device.scope();
      const image = imageOn(scope, 2, 3);
      const [plain, frugal, former] = [{}, { recompute: true }, { checkpoints: true }].map((more) =>
        scope.add(fcn8s(device, { ...options, ...more })),
      ) as [Network, Network, Network];
      for (const network of [plain, frugal, former]) randomize(network);
      const expected = await recorded(plain, image, 7);
      for (const network of [frugal, former]) {
        const actual = await recorded(network, image, 7);
        expected.forEach((values, i) => same(actual[i]!, values, `result ${i}`));
      }
      const held = async (network: Network): Promise<number> => {
        using _tape = new Tape(Object.values(network.parameters));
        device.resetPeak();
        const before = device.peakBytes;
        using _scores = await network(image);
        device.resetPeak();
        return device.peakBytes - before;
      };
      const all = await held(plain);
      for (const network of [frugal, former]) {
        const some = await held(network);
        check(some < 0.5 * all, `${some} bytes for ${all}`);
      }
    },
  },
  {
    name: "a forward pass leaves its result, and at no time more than three activations",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(stages.fcn8s(device));
      const image = imageOn(scope, 5, 6);
      let largest = 0;
      const onLayer = (_: string, { storage }: Tensor): void => void (largest = Math.max(largest, storage.bytes));
      device.resetPeak();
      const before = device.peakBytes;
      const scores = await network(image, { onLayer });
      // Transposed weights take some room in between; WebGPU's pool rounds sizes up by at most an eighth.
      const peak = device.peakBytes - before;
      check(peak <= 3 * largest, `${peak} bytes, of which the largest activation takes ${largest}`);
      scores.dispose();
      device.resetPeak();
      check(device.peakBytes === before, `${device.peakBytes - before} bytes left`);
    },
  },
  {
    name: "a pass that fails leaves nothing behind",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(stages.fcn8s(device));
      const image = imageOn(scope, 5, 6);
      device.resetPeak();
      const before = device.peakBytes;
      const onLayer = (name: string): void => {
        if (name === "score_fr") throw new ValueError({ where: "test", expected: "no error", got: "one" });
      };
      await rejects(network(image, { onLayer }), ValueError);
      device.resetPeak();
      check(device.peakBytes === before, `${device.peakBytes - before} bytes left`);
    },
  },
  {
    name: "state and load: the same bits, and misfits named",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(stages.fcn8s(device));
      const other = scope.add(fcn8s(device, { ...options, poolScales, upscore2Bias: true, seed: 1 }));
      const state = await network.state();
      await other.load(state);
      const after = await other.state();
      for (const [name, { values }] of Object.entries(state)) same(after[name]!.values, values, name);
      const { "fc7.bias": _, ...missing } = state;
      const error = await rejects(other.load(missing), ShapeError);
      check(error.message.includes("fc7.bias is missing"), error.message);
      const five = scope.add(fcn8s(device, { ...options, classes: 5, upscore2Bias: true }));
      const wrong = await rejects(five.load(state), ShapeError);
      check(wrong.message.includes("score_fr.weight is [3, 6, 1, 1] instead of [5, 6, 1, 1]"), wrong.message);
      const unknown = await rejects(
        other.load({ ...state, "conv3_4.bias": { shape: [4], values: [0, 0, 0, 0] } }),
        ShapeError,
      );
      check(unknown.message.includes("conv3_4.bias is unknown"), unknown.message);
    },
  },
  {
    name: "each stage begins from the one before: 32s, 16s, 8s, CRF-RNN",
    async run(device) {
      using scope = device.scope();
      const coarse = scope.add(stages.fcn32s(device));
      randomize(coarse);
      const image = imageOn(scope, 2, 3);
      const middle = scope.add(stages.fcn16s(device));
      const { taken, left, unused } = await middle.adopt(await coarse.state());
      check(taken.length === 32 && unused.join() === "upscore.weight", `${taken.length} taken, unused ${unused}`);
      check(left.join() === "upscore2.weight,score_pool4.weight,score_pool4.bias,upscore16.weight", `left ${left}`);
      // The interpolations of 16s are those of 32s but for pool4's scores, which begin at zero.
      const fine = scope.add(stages.fcn8s(device));
      await fine.adopt(await middle.state());
      const last = scope.add(fcn8sCrfRnn(device, { ...options, poolScales }));
      const adopted = await last.adopt(await fine.state());
      check(adopted.left.join() === "spatialWeight,bilateralWeight,compatibility,bandwidths", `left ${adopted.left}`);
      const names = ["conv1_1.weight", "fc6.bias", "score_fr.weight"];
      for (const name of names) same(await last.parameters[name]!.read(), await coarse.parameters[name]!.read(), name);
      let scores = new Float32Array();
      const onLayer = async (name: string, result: Tensor): Promise<void> => {
        if (name === "score") scores = new Float32Array(await result.read());
      };
      const logits = await last(image, { onLayer, iterations: 2 });
      same(scores, await (await fine(image)).read(), "the CRF's unary");
      check(maximum(await logits.read()) > 0, "logits");
    },
  },
  {
    name: "options that make no network are refused",
    async run(device) {
      await rejects(() => fcn8s(device, { classes: 0 }), ValueError);
      await rejects(() => fcn8s(device, { classes: 2, widths: [1, 2, 3] }), ValueError);
      await rejects(() => fcn32s(device, { classes: 2, fc: 1.5 }), ValueError);
      await rejects(() => fcn8s(device, { ...options, poolScales: [1, NaN] }), ValueError);
      await rejects(() => fcn8sCrfRnn(device, { ...options, temperature: 0 }), ValueError);
      using network = fcn8s(device, options);
      using gray = device.tensor([4, 4, 1]);
      await rejects(network(gray), ShapeError);
      const { message } = await rejects(network({} as Tensor), ValueError);
      check(message.startsWith("fcn8s: expected a tensor as image"), message);
    },
  },
];
