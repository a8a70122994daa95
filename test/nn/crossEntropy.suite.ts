import type { Device } from "../../src/device/device.ts";
import { ShapeError, ValueError } from "../../src/errors.ts";
import { crossEntropy, type LossOptions, robustLogLikelihood } from "../../src/nn/crossEntropy.ts";
import { elementsOf } from "../../src/shape.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { lossOf } from "../reference/nn.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";
import { checkOp, uniform } from "./op.ts";

/** Labels below `classes`, every fifth of them ignored. */
function someLabels(count: number, classes: number, ignore = 255): Uint8Array {
  const numbers = random(count + classes);
  return Uint8Array.from({ length: count }, (_, i) => (i % 5 === 4 ? ignore : numbers.integer(classes)));
}

const shapes = [
  [1, 1, 1],
  [1, 2, 2],
  [7, 9, 4],
  [8, 8, 5],
  [5, 13, 21],
  [2, 6, 7, 68],
] as const;

async function checkLoss(
  device: Device,
  epsilon: number,
  options: LossOptions,
  run: (scores: Tensor, labels: Uint8Array) => Tensor,
): Promise<void> {
  const { ignore = 255, reduction, weights: given } = options;
  for (const shape of shapes) {
    const classes = shape[shape.length - 1]!;
    const labels = someLabels(elementsOf(shape) / classes, classes, ignore);
    const weights = given && Array.from({ length: classes }, (_, c) => given[c % given.length]!);
    const counted = labels.reduce((sum, label) => sum + (label === ignore ? 0 : (weights?.[label] ?? 1)), 0);
    const divisor = reduction === "mean" ? counted || 1 : 1;
    const op = {
      inputs: [uniform(shape, 5, -6, 6)],
      run: (scores: Tensor) => run(scores, labels),
      reference: (x: Float64Array) =>
        Float64Array.of(lossOf(x, classes, labels, { epsilon, ignore, weights }) / divisor),
      // WGSL allows exp(x) 3 + 2|x| units of the last place and log 3: some 30 of 2⁻²³.
      tolerance: { relative: 4e-6, absolute: 4e-6 },
      slopeTolerance: 1e-5,
      distance: 1e-3,
    };
    await checkOp(device, op, `[${shape}], ${JSON.stringify(options)}`);
  }
}

export const cases: Case[] = [
  ...(
    [
      {},
      { reduction: "mean" },
      { ignore: 0 },
      { weights: [2, 0.5, 0] },
      { weights: [0, 3], reduction: "mean" },
    ] as const
  ).map((options: LossOptions): Case => ({
    name: `cross-entropy and its gradient, ${JSON.stringify(options)}`,
    run: (device) =>
      checkLoss(device, 0, options, (scores, labels) =>
        crossEntropy(scores, scores.scope!.labels(scores.shape.slice(0, -1), labels), {
          ...options,
          weights: repeated(options.weights, scores.channels),
        }),
      ),
  })),
  ...[0.01, 0.5].map((epsilon): Case => ({
    name: `robust log-likelihood and its gradient, epsilon ${epsilon}`,
    run: (device) =>
      checkLoss(device, epsilon, { weights: [1, 2] }, (scores, labels) =>
        robustLogLikelihood(scores, scores.scope!.labels(scores.shape.slice(0, -1), labels), {
          epsilon,
          weights: repeated([1, 2], scores.channels),
        }),
      ),
  })),
  {
    name: "weights of one change no bit, an average is over the weights, and a class without weight is as if ignored",
    async run(device) {
      using scores = uniformTensor(device);
      using labels = device.labels([2, 3], [0, 1, 2, 3, 0, 255]);
      const lossWith = async (options: LossOptions): Promise<number> => {
        using loss = crossEntropy(scores, labels, options);
        return (await loss.read())[0]!;
      };
      same([await lossWith({ weights: [1, 1, 1, 1] })], [await lossWith({})], "ones");
      const doubled = await lossWith({ weights: [2, 2, 2, 2], reduction: "mean" });
      close([doubled], [await lossWith({ reduction: "mean" })], { relative: 1e-6 }, "an average of doubled weights");
      using others = device.labels([2, 3], [255, 1, 2, 3, 255, 255]);
      using without = crossEntropy(scores, others);
      close([await lossWith({ weights: [0, 1, 1, 1] })], await without.read(), { relative: 1e-6 }, "no weight");
      same([await lossWith({ weights: [0, 0, 0, 0], reduction: "mean" })], [0], "no weights at all");
    },
  },
  {
    name: "weights of classes that are too few, negative or not finite are refused",
    async run(device) {
      using scores = uniformTensor(device);
      using labels = device.labels([2, 3], [0, 1, 2, 3, 0, 255]);
      for (const [weights, got] of [
        [[1, 1, 1], "3"],
        [1 as never, 'the number "1"'],
      ] as const) {
        const { message } = await rejects(() => crossEntropy(scores, labels, { weights }), ShapeError);
        check(message.includes(`weights: 4 numbers, one a class, got ${got}`), message);
      }
      const { message } = await rejects(() => crossEntropy(scores, labels, { weights: [-2, 1, 1, 1] }), ValueError);
      check(message.includes("got -2 for class 0"), message);
      for (const weight of [-1, NaN, Infinity]) {
        const { message } = await rejects(
          () => crossEntropy(scores, labels, { weights: [1, 1, weight, 1] }),
          ValueError,
        );
        check(message.includes(`got ${weight} for class 2`), message);
      }
    },
  },
  {
    name: "the robust log-likelihood takes an epsilon of 0.01 where none is given",
    async run(device) {
      using scores = uniformTensor(device);
      using labels = device.labels([2, 3], [0, 1, 2, 3, 0, 255]);
      using usual = robustLogLikelihood(scores, labels);
      using given = robustLogLikelihood(scores, labels, { epsilon: 0.01 });
      same(await usual.read(), await given.read(), "loss");
    },
  },
  {
    name: "scores that lie far apart give neither infinity nor NaN",
    async run(device) {
      using scores = device.tensor([1, 2, 3], [1e4, -1e4, 0, -80, 80, 0]);
      const tape = new Tape([scores]);
      using labels = device.labels([1, 2], [1, 0]);
      using loss = crossEntropy(scores, labels);
      close(await loss.read(), [20_160], { relative: 1e-6 }, "loss");
      using gradient = (await tape.gradients(loss)).get(scores)!;
      close(await gradient.read(), [1, -1, 0, -1, 1, 0], { absolute: 1e-6 }, "gradient");
    },
  },
  {
    name: "NaN or infinity among the scores of any channel is seen in the loss; minus infinity is a probability of zero",
    async run(device) {
      const lossWith = async (channel: number, value: number): Promise<number> => {
        const data = Float32Array.from({ length: 21 }, (_, c) => (c === channel ? value : c));
        using scores = device.tensor([1, 1, 21], data);
        using labels = device.labels([1, 1], [4]);
        using loss = crossEntropy(scores, labels);
        return (await loss.read())[0]!;
      };
      for (const channel of [0, 3, 5, 20]) {
        for (const value of [NaN, Infinity]) {
          const loss = await lossWith(channel, value);
          check(Number.isNaN(loss), `${value} in channel ${channel}: ${loss}`);
        }
        const without = Float64Array.from({ length: 20 }, (_, c) => (c < channel ? c : c + 1));
        const expected = lossOf(without, 20, [channel <= 4 ? 3 : 4]);
        close([await lossWith(channel, -Infinity)], [expected], { relative: 4e-6 }, `channel ${channel}`);
      }
    },
  },
  {
    name: "where all pixels are ignored, loss and gradients are zero, and the labels say so",
    async run(device) {
      for (const reduction of ["sum", "mean"] as const) {
        using scores = uniformTensor(device);
        using labels = device.labels([2, 3], new Uint8Array(6).fill(255));
        check(labels.counted() === 0 && labels.counted(0) === 6, "count of pixels");
        const tape = new Tape([scores]);
        using loss = crossEntropy(scores, labels, { reduction });
        same(await loss.read(), [0], "loss");
        using gradient = (await tape.gradients(loss)).get(scores)!;
        same(await gradient.read(), new Float32Array(24), "gradient");
      }
    },
  },
  {
    name: "a label without a class is refused at once, by its first pixel",
    async run(device) {
      using scores = uniformTensor(device);
      using labels = device.labels([2, 3], [0, 255, 1, 9, 4, 200]);
      const error = await rejects(() => crossEntropy(scores, labels), ValueError);
      check(error.message.includes("label 9 at pixel [1, 0]"), error.message);
      const other = await rejects(() => crossEntropy(scores, labels, { ignore: 9 }), ValueError);
      check(other.message.includes("label 255 at pixel [0, 1]"), other.message);
    },
  },
  {
    name: "labels of another size, options out of range and labels that are no bytes are refused",
    async run(device) {
      using scores = uniformTensor(device);
      using labels = device.labels([3, 2], new Uint8Array(6));
      await rejects(() => crossEntropy(scores, labels), ShapeError);
      using fitting = device.labels([2, 3], new Uint8Array(6));
      for (const ignore of [256, -1, 0.5, NaN])
        await rejects(() => crossEntropy(scores, fitting, { ignore }), ValueError);
      for (const [call, text] of [
        [() => crossEntropy(scores, fitting, { weight: [1] } as object), "write weights"],
        [() => robustLogLikelihood(scores, fitting, { eps: 1 } as object), "write epsilon"],
        [() => crossEntropy([1] as never, fitting), "crossEntropy: expected a tensor as scores"],
        [() => crossEntropy(scores, [1] as never), "crossEntropy: expected labels as labels"],
      ] as const) {
        const { message } = await rejects(call, ValueError, text);
        check(message.includes(text), `expected "${text}", got "${message}"`);
      }
      await rejects(() => crossEntropy(scores, fitting, { reduction: "max" as "sum" }), ValueError);
      await rejects(() => robustLogLikelihood(scores, fitting, { epsilon: 0 }), ValueError);
      for (const wrong of [256, -1, 0.5, NaN]) {
        const error = await rejects(() => device.labels([2, 3], [0, 1, 2, 3, wrong, 5]), ValueError);
        check(error.message.includes("at pixel [1, 1]"), error.message);
      }
    },
  },
];

const repeated = (weights: ArrayLike<number> | undefined, classes: number): number[] | undefined =>
  weights && Array.from({ length: classes }, (_, c) => weights[c % weights.length]!);

const uniformTensor = (device: Device): Tensor => device.tensor([2, 3, 4], random(1).array(24, -1, 1));
