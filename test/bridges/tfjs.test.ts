/** The bridge to TensorFlow.js with its own tensors, variables and optimizers, on its backend in JavaScript. */
import type * as Types from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { crfLayer, crfLayerSync, fromTf, openWith, type TfCrf, toTf } from "../../src/bridges/tfjs.ts";
import { crfRnn } from "../../src/crf/crfRnn.ts";
import type { Device } from "../../src/device/device.ts";
import { DisposedError, ShapeError, ValueError } from "../../src/errors.ts";
import { random } from "../suite.ts";
import { loadTensorFlow, type TensorFlow } from "./tensorFlow.ts";

const [height, width, classes] = [5, 6, 3];
const crfOptions = {
  classes,
  iterations: 2,
  // No pixel lies on the border of a simplex, where slopes differ from side to side.
  bilateral: { position: 3.7, color: 60, weight: 2 },
  spatial: { position: 2.7, weight: 3 },
  learn: { bandwidths: true },
};

let tf: TensorFlow;
let device: Device;
beforeAll(async () => {
  tf = await loadTensorFlow();
  device = await openWith(tf, { prefer: "wasm", threads: 1 });
});
afterAll(() => device.dispose());

/** Nothing that a call makes may stay, in either library. */
let before: { tensors: number; bytes: number };
beforeEach(() => {
  before = { tensors: tf.memory().numTensors, bytes: device.bytes };
  return () => expect({ tensors: tf.memory().numTensors, bytes: device.bytes }).toEqual(before);
});

/** Assigns numbers to a variable of theirs. */
function assign(variable: Types.Variable, values: ArrayLike<number>): void {
  const tensor = tf.tensor(Float32Array.from(values), variable.shape);
  variable.assign(tensor);
  tensor.dispose();
}

const numbers = (seed: number, length: number, from: number, to: number): Float32Array =>
  random(seed).array(length, from, to);

describe("tensors", () => {
  test("come over and go back with their values and shapes, whatever the padding of their rows", async () => {
    for (const shape of [
      [2, 3, 1],
      [2, 3, 4],
      [2, 3, 5],
      [2, 2, 3, 5],
    ]) {
      const given = tf.tensor(
        numbers(
          1,
          shape.reduce((a, b) => a * b),
          -1,
          1,
        ),
        shape,
      );
      using ours = await fromTf(device, given);
      expect(ours.shape).toEqual(shape);
      const back: Types.Tensor = await toTf(tf, ours);
      expect(back.shape).toEqual(shape);
      expect(await back.data()).toEqual(await given.data());
      tf.dispose([given, back]);
    }
  });

  test("of whole numbers and truth values, and with channels first, come over as numbers", async () => {
    const pixels = tf.tensor([0, 255, 7, 1, 2, 3], [1, 2, 3], "int32");
    const mask = tf.tensor([true, false], [1, 2, 1], "bool");
    const planes = tf.tensor([1, 2, 3, 4], [2, 1, 2]);
    using guide = await fromTf(device, pixels);
    using truth = await fromTf(device, mask);
    using scores = await fromTf(device, planes, { layout: "chw" });
    expect([...(await guide.read())]).toEqual([0, 255, 7, 1, 2, 3]);
    expect([...(await truth.read())]).toEqual([1, 0]);
    expect([...(await scores.read())]).toEqual([1, 3, 2, 4]);
    tf.dispose([pixels, mask, planes]);
  });

  test("that are none, or disposed of, or of text, are told", async () => {
    const gone = tf.scalar(1);
    gone.dispose();
    const words = tf.tensor(["a"], [1, 1, 1], "string");
    await expect(fromTf(device, gone)).rejects.toThrow(DisposedError);
    await expect(fromTf(device, words as never)).rejects.toThrow(/fromTf: expected scores of numbers, got string/);
    await expect(fromTf(device, [1, 2] as never)).rejects.toThrow(
      /expected a tensor of TensorFlow.js as scores, got an array/,
    );
    await expect(toTf(tf, words as never)).rejects.toThrow(/expected a tensor as tensor/);
    await expect(openWith({} as never)).rejects.toThrow(
      /openWith: expected the module of TensorFlow.js, got a plain object/,
    );
    words.dispose();
  });
});

describe("a layer", () => {
  test("refines as crfRnn does, keeps an axis for one image, and takes what is assigned to its variables", async () => {
    using layer = await crfLayer(tf, device, { ...crfOptions, name: "crf" });
    expect(Object.values(layer.variables).map(({ name, trainable }) => [name, trainable])).toEqual([
      ["crf/spatialWeight", true],
      ["crf/bilateralWeight", true],
      ["crf/compatibility", true],
      ["crf/bandwidths", true],
    ]);
    assign(layer.variables.bandwidths, [4, 50, 3]);
    const logits = tf.tensor(numbers(1, 90, -2, 2), [1, height, width, classes]);
    const image = tf.tensor(numbers(2, 90, 0, 255), [1, height, width, 3]);
    const refined = await layer.apply(logits, image, { iterations: 3 });
    expect(refined.shape).toEqual([1, height, width, classes]);

    using crf = crfRnn(device, {
      ...crfOptions,
      bilateral: { ...crfOptions.bilateral, position: 4, color: 50 },
      spatial: { position: 3, weight: 3 },
    });
    using scope = device.scope();
    const unary = scope.tensor([height, width, classes], await logits.data());
    const guide = scope.tensor([height, width, 3], await image.data());
    expect(await refined.data()).toEqual(await scope.add(await crf(unary, guide, { iterations: 3 })).read());
    tf.dispose([logits, image, refined]);
  });

  test("has variables that learn as its options say", async () => {
    using layer = await crfLayer(tf, device, { classes, learn: { compatibility: false } });
    const { spatialWeight, bilateralWeight, compatibility, bandwidths } = layer.variables;
    expect([spatialWeight, bilateralWeight, compatibility, bandwidths].map(({ trainable }) => trainable)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

/** A network of one convolution over the picture's colors, a CRF, and a loss with a variable of its own. */
class Model implements Disposable {
  readonly weight: Types.Variable;
  readonly bias: Types.Variable;
  readonly factor: Types.Variable;
  readonly image: Types.Tensor3D;
  readonly target: Types.Tensor;
  readonly layer: TfCrf<TensorFlow>;

  private constructor(layer: TfCrf<TensorFlow>) {
    this.layer = layer;
    const own = (seed: number, shape: number[]): Types.Variable =>
      tf.tidy(() =>
        tf.variable(
          tf.tensor(
            numbers(
              seed,
              shape.reduce((a, b) => a * b),
              -0.5,
              0.5,
            ),
            shape,
          ),
        ),
      );
    this.weight = own(3, [3, classes]);
    this.bias = own(4, [classes]);
    this.factor = tf.tidy(() => tf.variable(tf.scalar(0.7)));
    this.image = tf.tensor3d(numbers(5, height * width * 3, 0, 255), [height, width, 3]);
    // The brightest color of each pixel, which one convolution can find.
    this.target = tf.tidy(() => {
      const labels = tf.argMax<Types.Tensor1D>(tf.reshape(this.image, [-1, 3]), 1);
      return tf.cast(tf.oneHot(labels, classes), "float32");
    });
  }

  static async make(): Promise<Model> {
    return new Model(await crfLayer(tf, device, crfOptions));
  }

  readonly network = (image: Types.Tensor3D): Types.Tensor3D =>
    tf.tidy(() => {
      const colors = tf.reshape(tf.div(image, 100), [-1, 3]);
      const scores = tf.add(tf.matMul(colors, this.weight), this.bias);
      return tf.reshape<Types.Rank.R3>(scores, [height, width, classes]);
    });

  readonly loss = (refined: Types.Tensor): Types.Scalar =>
    tf.tidy(() => {
      const scores = tf.mul(tf.reshape(refined, [-1, classes]), this.factor);
      return tf.neg<Types.Scalar>(tf.mean(tf.sum(tf.mul(tf.logSoftmax(scores), this.target), 1)));
    });

  /** The loss alone, by the forward passes of both libraries. */
  async value(): Promise<number> {
    const logits = this.network(this.image);
    const refined = await this.layer.apply(logits, this.image);
    const value = this.loss(refined);
    const [number] = await value.data();
    tf.dispose([logits, refined, value]);
    return number!;
  }

  grads(): Promise<{ value: Types.Scalar; grads: Types.NamedTensorMap }> {
    return this.layer.variableGrads(this.network, this.image, this.image, this.loss);
  }

  [Symbol.dispose](): void {
    this.layer.dispose();
    tf.dispose([this.weight, this.bias, this.factor, this.image, this.target]);
  }
}

describe("a network, its CRF and its loss", () => {
  test("have the gradients that finite differences through both libraries have", async () => {
    using model = await Model.make();
    const { value, grads } = await model.grads();
    expect((await value.data())[0]).toBeCloseTo(await model.value(), 5);
    const { spatialWeight, bilateralWeight, compatibility, bandwidths } = model.layer.variables;
    // In float32 a step must be wide enough for the loss to show it, and narrow enough for no point to change its simplex.
    const steps = new Map<Types.Variable, number>([
      [model.weight, 0.005],
      [model.bias, 0.005],
      [model.factor, 0.005],
      [spatialWeight, 0.02],
      [bilateralWeight, 0.02],
      [compatibility, 0.01],
      [bandwidths, 0.01],
    ]);
    for (const [variable, step] of steps) {
      const gradient = await grads[variable.name]!.data();
      const values = await variable.data();
      for (const i of new Set([0, 1, values.length - 1].filter((i) => i < values.length))) {
        const at = async (change: number): Promise<number> => {
          const moved = Float32Array.from(values);
          moved[i]! += change;
          assign(variable, moved);
          return await model.value();
        };
        const slope = ((await at(step)) - (await at(-step))) / (2 * step);
        await at(0);
        const told = `${variable.name} [${i}]: ${gradient[i]}, slope ${slope}`;
        // A thousandth of the largest, and what rounding of a loss below 1 to float32 makes of a slope.
        const tolerance = 1e-3 * Math.max(...gradient.map(Math.abs)) + 2 ** -22 / (2 * step);
        expect(Math.abs(gradient[i]! - slope), told).toBeLessThan(tolerance);
      }
    }
    tf.dispose(value);
    tf.dispose(grads);
  });

  test("learn together by one optimizer of TensorFlow.js", async () => {
    using model = await Model.make();
    const optimizer = tf.train.adam(0.05);
    const bandwidths = await model.layer.variables.bandwidths.data();
    const losses: number[] = [];
    for (let step = 0; step < 40; step++) {
      const value = await model.layer.minimize(optimizer, model.network, model.image, model.image, model.loss);
      losses.push((await value.data())[0]!);
      value.dispose();
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(await model.layer.variables.bandwidths.data()).not.toEqual(bandwidths);
    optimizer.dispose();
  });

  test("a network without variables is no error: the CRF learns alone, over logits that are given", async () => {
    using model = await Model.make();
    const logits = model.network(model.image);
    const { value, grads } = await model.layer.variableGrads(
      () => tf.clone(logits),
      undefined,
      model.image,
      model.loss,
    );
    const names = [...Object.values(model.layer.variables), model.factor].map(({ name }) => name);
    expect(Object.keys(grads).sort()).toEqual(names.sort());
    tf.dispose([logits, value]);
    tf.dispose(grads);
  });

  test("what would give wrong gradients is told, and leaves nothing behind", async () => {
    using model = await Model.make();
    const { layer, image, network, loss } = model;
    const dropping = (x: Types.Tensor3D): Types.Tensor => tf.tidy(() => tf.dropout(network(x), 0.5));
    await expect(layer.variableGrads(dropping, image, image, loss)).rejects.toThrow(
      /variableGrads: expected a network that gives the same values when it runs again, got .* — drop by a seed/,
    );
    const seeded = (x: Types.Tensor3D): Types.Tensor => tf.tidy(() => tf.dropout(network(x), 0.5, undefined, 7));
    const { value, grads } = await layer.variableGrads(seeded, image, image, loss);
    tf.dispose(value);
    tf.dispose(grads);
    const elsewhere = (): Types.Scalar => tf.tidy(() => tf.mul<Types.Scalar>(model.factor, 2));
    await expect(layer.variableGrads(network, image, image, elsewhere)).rejects.toThrow(/a loss of the refined logits/);
    await expect(layer.variableGrads(network, image, image, undefined as never)).rejects.toThrow(ValueError);
    await expect(layer.minimize({} as never, network, image, image, loss)).rejects.toThrow(
      /minimize: expected an optimizer/,
    );
    const flat = tf.reshape(image, [-1]);
    await expect(layer.variableGrads(network, image, flat, loss)).rejects.toThrow(ShapeError);
    flat.dispose();
  });
});

describe("a layer that is an op of TensorFlow.js", () => {
  /** The network and loss of a model, with its layer in between. */
  const lossOf =
    (model: Model, refine: (logits: Types.Tensor, image: Types.Tensor) => Types.Tensor) => (): Types.Scalar =>
      tf.tidy(() => model.loss(refine(model.network(model.image), model.image)));

  test.each([1, 2])(
    "has the values and gradients of the other layer, and serves tf.variableGrads; threads: %i",
    async (threads) => {
      using model = await Model.make();
      using refine = await crfLayerSync(tf, crfOptions, { threads });
      const logits = model.network(model.image);
      const [ours, theirs] = [refine(logits, model.image), await model.layer.apply(logits, model.image)];
      expect(await ours.data()).toEqual(await theirs.data());
      const { value, grads } = tf.variableGrads(lossOf(model, refine));
      const expected = await model.grads();
      expect(await value.data()).toEqual(await expected.value.data());
      const same = [model.weight, model.bias, model.factor].map((variable) => [variable, variable]);
      const own = Object.entries(refine.variables).map(([name, variable]) => [
        variable,
        model.layer.variables[name as "bandwidths"],
      ]);
      const pairs = [...same, ...own] as [Types.Variable, Types.Variable][];
      // The gradient of a bandwidth is what is left of sums as large as the others' gradients, and as exact as they are.
      const all = await Promise.all(pairs.map(([, { name }]) => expected.grads[name]!.data()));
      const largest = Math.max(...all.flatMap((wanted) => Array.from(wanted, Math.abs)));
      for (const [at, [mine]] of pairs.entries()) {
        const gradient = await grads[mine.name]!.data();
        gradient.forEach((one, i) => expect(Math.abs(one - all[at]![i]!)).toBeLessThan(1e-6 * largest));
      }
      for (const one of [grads, expected.grads]) tf.dispose(one);
      tf.dispose([logits, ours, theirs, value, expected.value]);
    },
  );

  test("lets an optimizer minimize by itself, and tf.grad reach the picture", async () => {
    using model = await Model.make();
    using refine = await crfLayerSync(tf, { ...crfOptions, learn: { guide: true, bandwidths: true } });
    const optimizer = tf.train.adam(0.05);
    const losses: number[] = [];
    for (let step = 0; step < 12; step++) {
      const value = optimizer.minimize(lossOf(model, refine), true)!;
      losses.push((await value.data())[0]!);
      value.dispose();
    }
    expect(Math.min(...losses)).toBeLessThan(losses[0]!);
    const logits = model.network(model.image);
    const gradient = tf.grad((image) => model.loss(refine(logits, image)))(model.image);
    expect(gradient.shape).toEqual(model.image.shape);
    expect((await gradient.data()).some((one) => one !== 0)).toBe(true);
    tf.dispose([logits, gradient]);
    optimizer.dispose();
  });

  test("throws what is wrong at once, as an error of the library, and goes on to serve", async () => {
    using refine = await crfLayerSync(tf, { classes, iterations: 1 });
    const image = tf.zeros([2, 3, 3]);
    const [wrong, right] = [tf.fill([2, 3, classes], NaN), tf.zeros([2, 3, classes])];
    const [flat, other] = [tf.zeros([6]), tf.zeros([3, 2, 3])];
    expect(() => refine(wrong, image)).toThrow(ValueError);
    expect(() => refine(flat, image)).toThrow(ShapeError);
    expect(() => refine(right, other)).toThrow(ShapeError);
    refine(right, image).dispose();
    await expect(crfLayerSync(tf, { classes: 0 })).rejects.toThrow(ValueError);
    await expect(crfLayerSync(tf, { classes }, { workers: 2 } as never)).rejects.toThrow(/options threads, wasm/);
    tf.dispose([image, wrong, right, flat, other]);
  });
});
