/** Networks whose weights are stored as halves. */
import { ShapeError, ValueError } from "../../src/errors.ts";
import { float16ToFloat32, float32ToFloat16 } from "../../src/float16.ts";
import { fcn8s } from "../../src/models/fcn8s.ts";
import { fcn8sCrfRnn } from "../../src/models/fcn8sCrfRnn.ts";
import { imageName, storedAsHalves, tableOf } from "../../src/models/layers.ts";
import { architectureOf } from "../../src/models/makeNetwork.ts";
import { conv2d } from "../../src/nn/conv2d.ts";
import { maxPool2d } from "../../src/nn/maxPool2d.ts";
import { elementsOf, padded } from "../../src/shape.ts";
import { Tape } from "../../src/tape.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";

const options = { classes: 3, widths: [8, 9, 8, 8, 5], fc: 12 };
const { layers } = architectureOf("test", "fcn8s", options);
/** The parameters that a network of precision "half" stores as halves. */
const narrowed = Object.entries(tableOf(layers)).flatMap(([name, { halves }]) => (halves ? [name] : []));

export const cases: Case[] = [
  {
    name: "every layer is that of the rounded weights and of what was read, rounded, to the bit; the weights take half the memory",
    async run(device) {
      using scope = device.scope();
      const image = scope.tensor([9, 34, 3], random(1).array(918, -100, 100));
      const single = scope.add(fcn8s(device, options));
      const half = scope.add(fcn8s(device, { ...options, precision: "half" }));
      // The weights of convolutions, 18 of them; interpolation and biases stay as they are.
      check(narrowed.length === 18 && narrowed.every((name) => name.endsWith(".weight")), narrowed.join());
      const parameters: Record<string, { shape: readonly number[]; values: Float32Array }> = {};
      for (const [name, tensor] of Object.entries(single.parameters)) {
        const values = random(name.length + tensor.shape[0]!).array(elementsOf(tensor.shape), -0.2, 0.2);
        parameters[name] = { shape: tensor.shape, values };
        const [own, other] = [half.parameters[name]!.storage.bytes, tensor.storage.bytes];
        check(own === (narrowed.includes(name) ? other / 2 : other), `${name}: ${own} of ${other} bytes`);
      }
      await half.load(parameters);
      const rounded = Object.entries(parameters).map(([name, { shape, values }]) => {
        const kept = narrowed.includes(name) ? float16ToFloat32(float32ToFloat16(values)) : values;
        return [name, { shape, values: kept }] as const;
      });
      await single.load(Object.fromEntries(rounded));
      // What the layers gave, as the layers after them read it.
      const results = new Map([[imageName, image]]);
      const stored = storedAsHalves(layers);
      await half(image, {
        onLayer: async (name, result) => {
          const bytes = elementsOf(result.shape.slice(0, -1)) * padded(result.channels) * 4;
          check(
            result.storage.bytes === (stored.has(name) ? bytes / 2 : bytes),
            `${name}: ${result.storage.bytes} bytes`,
          );
          results.set(name, scope.tensor(result.shape, await result.read()));
        },
      });
      for (const layer of layers) {
        const [values] = layer.from.map((from) => results.get(from) ?? results.get(from.replace("drop", "fc")));
        if (layer.kind !== "convolution" && layer.kind !== "pooling") continue;
        const [weight, bias] = ["weight", "bias"].map((name) => single.parameters[`${layer.name}.${name}`]);
        const expected =
          layer.kind === "pooling"
            ? maxPool2d(values!)
            : conv2d(values!, weight!, { bias, padding: layer.padding, relu: layer.relu });
        const numbers = await expected.read();
        const wanted = stored.has(layer.name) ? float16ToFloat32(float32ToFloat16(numbers)) : numbers;
        same(await results.get(layer.name)!.read(), wanted, layer.name);
      }
      // 13 convolutions of VGG and five poolings; what is scored, dropped or interpolated stays in single precision.
      check(stored.size === 18 && !stored.has("fc6") && !stored.has("score_fr"), [...stored].join());
      const state = await half.state();
      for (const [name, { values }] of rounded) same(state[name]!.values, values, name);
    },
  },
  {
    name: "training is refused, by the network's name; a CRF on top of it may learn",
    async run(device) {
      using scope = device.scope();
      const image = scope.tensor([5, 6, 3], random(1).array(90, -100, 100));
      const crf = { iterations: 1, bilateral: { position: 3, color: 20 }, spatial: { position: 2 } };
      const network = scope.add(fcn8sCrfRnn(device, { ...options, crf, precision: "half" }));
      for (const watched of [image, network.parameters["conv1_1.bias"]!, network.parameters["upscore8.weight"]!]) {
        using _tape = new Tape([watched]);
        const { message } = await rejects(network(image), ValueError);
        check(/^fcn8sCrfRnn: expected no tape .* halves, .* — train with precision "single"/.test(message), message);
      }
      check(network.seed === 0, "a refused call counts");
      const { message } = await rejects(async () => new Tape(Object.values(network.parameters)), ShapeError);
      check(/keep it in layout panels to train/.test(message), message);
      const compatibility = network.parameters.compatibility!;
      using tape = new Tape([compatibility]);
      const gradients = await tape.gradients(
        await network(image),
        scope.tensor([5, 6, 3], new Float32Array(90).fill(1)),
      );
      check(gradients.has(compatibility), "a gradient of the compatibility");
      for (const gradient of gradients.values()) gradient.dispose();
    },
  },
  {
    name: "a weight beyond half precision is refused by its name, and NaN is kept",
    async run(device) {
      using network = fcn8s(device, { ...options, precision: "half" });
      const { shape } = network.parameters["fc7.weight"]!;
      const values = new Float32Array(elementsOf(shape)).fill(1);
      values[5] = 70_000;
      const { message } = await rejects(network.adopt({ "fc7.weight": { shape, values } }), ValueError);
      check(/^fc7\.weight: expected numbers up to 65504.*got 70000 at 5/.test(message), message);
      values[5] = NaN;
      await network.adopt({ "fc7.weight": { shape, values } });
      same(await network.parameters["fc7.weight"]!.read(), values, "NaN");
      const wrong = await rejects(() => fcn8s(device, { ...options, precision: "float16" as "half" }), ValueError);
      check(/precision: single or half/.test(wrong.message), wrong.message);
    },
  },
];
