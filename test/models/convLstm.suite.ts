import { AbortError, CrfRnnError, DisposedError, ShapeError, ValueError } from "../../src/errors.ts";
import { convLstm } from "../../src/models/convLstm.ts";
import { elementsOf } from "../../src/shape.ts";
import { Tape } from "../../src/tape.ts";
import { checkMemory, memoryOf } from "../memory.ts";
import { convolved } from "../reference/convolution.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

const [height, width, classes, hidden, kernelSize, iterations] = [4, 5, 3, 4, 3, 3] as const;
const pixels = height * width;

type Arrays = Readonly<Record<string, Float64Array>>;

/** The layer in float64, by its definition; all arrays are dense. */
function reference(unary: Float64Array, guide: Float64Array, parameters: Arrays): Float64Array {
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const convolution = (
    values: Float64Array,
    channels: number,
    name: string,
    outputs: number,
    size: number,
  ): Float64Array => {
    const sizes = {
      input: { images: 1, height, width, channels },
      output: { images: 1, height, width, channels: outputs },
      kernelHeight: size,
      kernelWidth: size,
      stride: 1,
      padding: (size - 1) / 2,
    };
    const bias = parameters[`${name}.bias`]!;
    return convolved(sizes, values, parameters[`${name}.weight`]!).map((value, i) => value + bias[i % outputs]!);
  };
  let [logits, shown, memory] = [unary, new Float64Array(pixels * hidden), new Float64Array(pixels * hidden)];
  for (let t = 0; t < iterations; t++) {
    const inputs = classes + 3 + hidden;
    const seen = new Float64Array(pixels * inputs);
    for (let pixel = 0; pixel < pixels; pixel++) {
      const own = logits.slice(pixel * classes, (pixel + 1) * classes).map(Math.exp);
      const sum = own.reduce((total, value) => total + value, 0);
      const all = [...own.map((value) => value / sum), ...guide.slice(3 * pixel, 3 * pixel + 3).map((c) => c / 128)];
      seen.set([...all, ...shown.slice(pixel * hidden, (pixel + 1) * hidden)], pixel * inputs);
    }
    const [input, forget, output, candidate] = ["input", "forget", "output", "candidate"].map((name) =>
      convolution(seen, inputs, name, hidden, kernelSize),
    ) as [Float64Array, Float64Array, Float64Array, Float64Array];
    memory = memory.map((value, i) => sigmoid(forget[i]!) * value + sigmoid(input[i]!) * Math.tanh(candidate[i]!));
    shown = memory.map((value, i) => sigmoid(output[i]!) * Math.tanh(value));
    const change = convolution(shown, hidden, "improve", classes, 1);
    logits = logits.map((value, i) => value + change[i]!);
  }
  return logits;
}

const numbers = random(21);
const unaryValues = Float32Array.from(numbers.array(pixels * classes, -2, 2));
const guideValues = Float32Array.from(numbers.array(pixels * 3, -100, 100));
const options = { classes, hidden, kernelSize, iterations };

export const cases: readonly Case[] = [
  {
    name: "improves logits by its definition, and every input and parameter has the reference's slope",
    async run(device) {
      using scope = device.scope();
      const layer = scope.add(convLstm(device, options));
      const { parameters } = layer;
      // A new layer changes nothing; its last convolution is given something to say.
      parameters["improve.weight"]!.write(random(5).array(classes * hidden, -1, 1));
      parameters["improve.bias"]!.write(random(6).array(classes, -1, 1));
      const unary = scope.tensor([height, width, classes], unaryValues);
      const guide = scope.tensor([height, width, 3], guideValues);
      const arrays: Record<string, Float64Array> = {};
      for (const [name, tensor] of Object.entries(parameters)) arrays[name] = Float64Array.from(await tensor.read());
      const [u, g] = [Float64Array.from(unaryValues), Float64Array.from(guideValues)];
      const watched = { unary, guide, ...parameters };
      const tape = new Tape(Object.values(watched));
      const result = scope.add(await layer(unary, guide));
      close(await result.read(), reference(u, g, arrays), { absolute: 1e-5 }, "logits");

      const seed = random(8).array(pixels * classes, -1, 1);
      const gradients = await tape.gradients(result, scope.tensor([height, width, classes], seed));
      const all: Arrays = { unary: u, guide: g, ...arrays };
      for (const [name, tensor] of Object.entries(watched)) {
        const gradient = await gradients.get(tensor)!.read();
        const direction = random(name.length).array(elementsOf(tensor.shape), -1, 1);
        const at = (step: number): number => {
          const moved = { ...all, [name]: all[name]!.map((value, i) => value + step * direction[i]!) };
          const { unary: a, guide: b, ...others } = moved;
          return reference(a!, b!, others).reduce((sum, value, i) => sum + value * seed[i]!, 0);
        };
        const slope = (at(1e-4) - at(-1e-4)) / 2e-4;
        const products = [...gradient].map((value, i) => value * direction[i]!);
        const own = products.reduce((sum, product) => sum + product, 0);
        const size = products.reduce((sum, product) => sum + Math.abs(product), 0);
        check(Math.abs(own - slope) < 1e-5 * size + 1e-6, `${name}: expected ${slope}, got ${own}`);
      }
    },
  },
  {
    name: "leaves logits as they are, to the bit, until it has learned, and for no iterations",
    async run(device) {
      using scope = device.scope();
      const layer = scope.add(convLstm(device, options));
      const unary = scope.tensor([1, height, width, classes], unaryValues);
      const guide = scope.tensor([1, height, width, 3], guideValues);
      same(await (await layer(unary, guide)).read(), unaryValues, "new");
      layer.parameters["improve.bias"]!.write([1, 2, 3]);
      same(await (await layer(unary, guide, { iterations: 0 })).read(), unaryValues, "no iterations");
      const state = await layer.state();
      const other = scope.add(convLstm(device, { ...options, seed: 2 }));
      await other.load(state);
      same(await (await other(unary, guide)).read(), await (await layer(unary, guide)).read(), "loaded");
    },
  },
  {
    name: "gives back all memory, and refuses what does not fit",
    async run(device) {
      using layer = convLstm(device, options);
      using unary = device.tensor([height, width, classes], unaryValues);
      using guide = device.tensor([height, width, 3], guideValues);
      const before = device.bytes;
      (await layer(unary, guide)).dispose();
      check(device.bytes === before, `kept ${device.bytes - before} bytes`);
      using small = device.tensor([2, 2, 3]);
      const shape = await rejects(layer(unary, small), ShapeError);
      check(shape.message.startsWith("convLstm: expected logits [h, w, 3]"), shape.message);
      await rejects(() => convLstm(device, { classes: 3, kernelSize: 2 }), ValueError);
      await rejects(() => convLstm(device, { classes: 0 }), ValueError);
      await rejects(layer(unary, guide, { iterations: -1 }), ValueError);
      await rejects(layer.load({}), ShapeError);
    },
  },
  {
    name: "begins with gates of random weights, remembers at first, and has the defaults that its options say",
    async run(device) {
      using scope = device.scope();
      const layer = scope.add(convLstm(device, { classes: 2 }));
      const shapes = Object.entries(layer.parameters).map(([name, { shape }]) => `${name} ${shape.join("×")}`);
      // Two classes, three colors and sixteen channels of memory.
      const ofGates = ["input", "forget", "output", "candidate"].flatMap((gate) => [
        `${gate}.weight 16×21×3×3`,
        `${gate}.bias 16`,
      ]);
      const expected = [...ofGates, "improve.weight 2×16×1×1", "improve.bias 2"];
      check(shapes.join() === expected.join(), shapes.join());
      const first = scope.add(convLstm(device, { classes: 2, hidden: 16, kernelSize: 3, iterations: 5, seed: 1 }));
      const second = scope.add(convLstm(device, { classes: 2, seed: 2 }));
      for (const [name, tensor] of Object.entries(layer.parameters)) {
        const values = await tensor.read();
        same(values, await first.parameters[name]!.read(), name);
        const isRandom = name.endsWith("weight") && name !== "improve.weight";
        const others = await second.parameters[name]!.read();
        check(isRandom === others.some((value, i) => value !== values[i]), `${name}: by seed`);
        if (!isRandom) same(values, values.map(() => (name === "forget.bias" ? 1 : 0)), name); // prettier-ignore
      }
      const softmaxes = async (...args: Parameters<typeof layer>): Promise<number> =>
        (await memoryOf(device, "crf/softmax", async () => (await layer(...args)).dispose())).length;
      const maps = [scope.tensor([2, 2, 2]), scope.tensor([2, 2, 3])] as const;
      check((await softmaxes(...maps)) === 5, "five iterations");
      check((await softmaxes(...maps, { iterations: 2 })) === 2, "two iterations");
    },
  },
  {
    name: "has four maps between iterations, and gives all back where a signal ends it",
    async run(device) {
      using scope = device.scope();
      const layer = scope.add(convLstm(device, options));
      const unary = scope.tensor([height, width, classes], unaryValues);
      const guide = scope.tensor([height, width, 3], guideValues);
      // Colors, what it shows and logits, then its memory, too; and marginals. Each has a quad a pixel.
      const quad = 16 * pixels;
      const used = await memoryOf(device, "crf/softmax", async () => (await layer(unary, guide)).dispose());
      const [first, later] = [Array<number>(4).fill(quad), Array<number>(5).fill(quad)];
      checkMemory(device, used, [first, later, later].map((tables) => ["crf/softmax", tables]), "softmax"); // prettier-ignore
      for (const after of [0, 1, 2]) {
        const stop = new AbortController();
        let softmaxes = 0;
        if (after === 0) stop.abort();
        using _observation = device.observe({
          before({ kernel }) {
            if (kernel.file.endsWith("crf/softmax.wgsl") && ++softmaxes === after) stop.abort();
          },
        });
        const before = device.bytes;
        const { message } = await rejects(layer(unary, guide, { signal: stop.signal }), AbortError);
        check(message.startsWith("convLstm: "), message);
        check(softmaxes === after, `${softmaxes} iterations, not ${after}`);
        check(device.bytes === before, `kept ${device.bytes - before} bytes`);
      }
    },
  },
  {
    name: "its result belongs to its inputs' scope; what is disposed of meanwhile ends it, and nothing is left",
    async run(device) {
      using scope = device.scope();
      const layer = convLstm(device, options);
      const given = () =>
        [
          scope.tensor([1, height, width, classes], unaryValues),
          scope.tensor([1, height, width, 3], guideValues),
        ] as const;
      check((await layer(...given())).scope === scope, "the result's scope");
      const before = device.bytes;
      const [unary, guide] = given();
      const running = layer(unary, guide);
      unary.dispose();
      guide.dispose();
      await rejects(running, DisposedError);
      check(device.bytes === before, `kept ${device.bytes - before} bytes`);
      layer.dispose();
      for (const call of [() => layer(...given()), () => layer.state(), () => layer.load({})]) {
        const { message } = await rejects(call, DisposedError);
        check(message.startsWith("convLstm: expected the layer"), message);
      }
      check(
        Object.values(layer.parameters).every((tensor) => tensor.disposed),
        "a parameter is left",
      );
    },
  },
  {
    name: "says what it does not take, by its name",
    async run(device) {
      using scope = device.scope();
      const layer = scope.add(convLstm(device, options));
      const map = (...shape: number[]) => scope.tensor(shape);
      const logits = map(2, 2, 3);
      const refusals: readonly (readonly [() => unknown, string])[] = [
        [() => convLstm(undefined as never, options), "convLstm: expected a device"],
        [() => convLstm(device, { ...options, gates: 4 } as never), "convLstm: expected options classes, hidden"],
        [() => convLstm(device, undefined as never), "convLstm: expected a whole number of classes"],
        [() => convLstm(device, { classes: 1.5 }), "convLstm: expected a whole number of classes, 1 or more, got 1.5"],
        [() => convLstm(device, { classes: 1, hidden: 0 }), "convLstm: expected hidden: a whole number of 1 or more"],
        [() => convLstm(device, { classes: 1, iterations: -1 }), "convLstm: expected iterations: a whole number"],
        ...[-1, 2 ** 53].map((seed): [() => unknown, string] => [
          () => convLstm(device, { classes: 1, seed }),
          "convLstm: expected seed: a whole number",
        ]),
        ...[0, -1, 1.5, "3", Infinity].map((kernelSize): [() => unknown, string] => [
          () => convLstm(device, { classes: 1, kernelSize: kernelSize as number }),
          "convLstm: expected kernelSize: an odd whole number of 1 or more",
        ]),
        [() => layer(logits, [1] as never), "convLstm: expected a tensor as guide"],
        [() => layer(logits, logits, { iteration: 1 } as never), "convLstm: expected options iterations, signal"],
        ...(
          [
            [map(2, 3), map(2, 3)],
            [map(1, 1, 2, 2, 3), map(1, 1, 2, 2, 3)],
            [map(2, 2, 4), logits],
            [logits, map(2, 2, 4)],
            [logits, map(2, 1, 3)],
          ] as const
        ).map((maps): [() => unknown, string] => [() => layer(...maps), "convLstm: expected logits [h, w, 3]"]),
        [() => layer.load(null as never), "convLstm: load: expected an object of tensors by name"],
        [() => layer.load({}), "convLstm: load: expected the tensors of its parameters"],
      ];
      for (const [call, words] of refusals) {
        const { message } = await rejects(async () => call(), CrfRnnError);
        check(message.startsWith(words), `expected "${words}", got "${message}"`);
      }
      for (const accepted of [{ classes: 1, hidden: 1, kernelSize: 1, iterations: 0, seed: 0 }])
        scope.add(convLstm(device, accepted));
    },
  },
];
