import type { Device } from "../../src/device/device.ts";
import { DisposedError, LimitError, ShapeError, ValueError } from "../../src/errors.ts";
import { fcn32s } from "../../src/models/fcn32s.ts";
import { fcn8sCrfRnn } from "../../src/models/fcn8sCrfRnn.ts";
import type { Network } from "../../src/models/network.ts";
import { makeParameters } from "../../src/models/parameters.ts";
import { elementsOf } from "../../src/shape.ts";
import { type Case, check, rejects, same } from "../suite.ts";

const options = { classes: 2, widths: [1, 2, 2, 2, 2], fc: 3 };
type Given = Parameters<Network["load"]>[0];
type Stored = Awaited<ReturnType<Network["state"]>>;

/** Checks that every parameter has the values of `state`. */
async function holds(network: Network<never>, state: Stored): Promise<void> {
  for (const [name, tensor] of Object.entries(network.parameters)) {
    same(await tensor.read(), state[name]!.values, name);
  }
}

export const cases: Case[] = [
  {
    name: "tensors of a checkpoint are read when they are taken",
    async run(device) {
      using network = fcn32s(device, options);
      const state = await network.state();
      const expected: Stored = Object.fromEntries(
        Object.entries(state).map(([name, { shape }]) => [
          name,
          { shape, values: new Float32Array(elementsOf(shape)).fill(name.length) },
        ]),
      );
      const read = Object.entries(expected).map(([name, { shape, values }]) => [
        name,
        { shape, read: () => Promise.resolve(values) },
      ]);
      await network.load(Object.fromEntries(read) as Given);
      await holds(network, expected);
      // Numbers in a plain array, too.
      await network.adopt({ "fc7.bias": { shape: [3], values: [1, 2, 3] } });
      same(await network.parameters["fc7.bias"]!.read(), [1, 2, 3], "plain numbers");
    },
  },
  {
    name: "integers are refused, since they are the bits of half-precision floats, or no weights",
    async run(device) {
      using network = fcn32s(device, options);
      for (const integers of [new Uint16Array(3), new BigInt64Array(3)]) {
        const stored = { shape: [3], read: async () => integers };
        const { message } = await rejects(network.adopt({ "fc7.bias": stored }), ValueError);
        const expected = `fc7.bias: expected floating-point values, got a ${integers.constructor.name} — convert the checkpoint with asFloat32`;
        check(message.startsWith(expected), message);
      }
      await network.adopt({ "fc7.bias": { shape: [3], values: Float64Array.of(4, 5, 6) } });
      same(await network.parameters["fc7.bias"]!.read(), [4, 5, 6], "64 bits");
    },
  },
  {
    name: "nothing is changed where one of the tensors has another shape",
    async run(device) {
      using network = fcn32s(device, options);
      const before = await network.state();
      const wrong = { "conv1_1.bias": { shape: [1], values: [7] }, "fc7.bias": { shape: [2], values: [8, 9] } };
      for (const call of [network.adopt, network.load]) {
        const error = await rejects(call({ ...(call === network.load ? before : {}), ...wrong }), ShapeError);
        check(
          error.message.startsWith(
            "fcn32s: load: expected the tensors of its parameters, got fc7.bias is [2] instead of [3] — load a checkpoint",
          ),
          error.message,
        );
        await holds(network, before);
      }
    },
  },
  {
    name: "load wants all parameters, but for the bandwidths, which no published checkpoint has",
    async run(device) {
      using network = fcn8sCrfRnn(device, options);
      const { bandwidths, ...published } = await network.state();
      await network.load(published);
      same(await network.parameters.bandwidths!.read(), bandwidths!.values, "bandwidths without a value");
      const others = Float32Array.from(bandwidths!.values, (value) => value + 1);
      await network.load({ ...published, bandwidths: { ...bandwidths!, values: others } });
      same(await network.parameters.bandwidths!.read(), others, "bandwidths with one");
      const { compatibility: _, ...incomplete } = published;
      const error = await rejects(network.load(incomplete), ShapeError);
      check(error.message.includes("got compatibility is missing"), error.message);
      // A name that every object has is no tensor.
      const unknown = await rejects(network.load({ ...published, more: bandwidths! }), ShapeError);
      check(unknown.message.includes("got more is unknown"), unknown.message);
    },
  },
  {
    name: "adopt tells what was taken, what was left and what was not used",
    async run(device) {
      using network = fcn32s(device, options);
      const names = Object.keys(network.parameters);
      const bias = { shape: [3], values: [1, 2, 3] };
      const { taken, left, unused } = await network.adopt({ other: bias, "fc7.bias": bias });
      check(taken.join() === "fc7.bias" && unused.join() === "other", `${taken}; ${unused}`);
      check(left.join() === names.filter((name) => name !== "fc7.bias").join(), `${left}`);
    },
  },
  {
    name: "what holds no tensors by name is refused in words",
    async run(device) {
      using network = fcn32s(device, options);
      const wrong: readonly (readonly [unknown, RegExp])[] = [
        [undefined, /got nothing/],
        [null, /got null/],
        ["weights.npz", /got /],
        [new Map(), /got .*Map.* — turn a Map into one with Object.fromEntries\(map\)/],
        [Promise.resolve({}), /got .*[Pp]romise.* — .*await/],
      ];
      for (const [tensors, words] of wrong) {
        for (const call of [network.load, network.adopt]) {
          const error = await rejects(call(tensors as Given), ValueError);
          check(/^fcn32s: load: expected an object of tensors by name/.test(error.message), error.message);
          check(words.test(error.message), error.message);
        }
      }
    },
  },
  {
    name: "an image of other channels or dimensions is refused in words",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(fcn32s(device, options));
      for (const shape of [
        [4, 4, 1],
        [4, 3],
        [1, 1, 2, 2, 3],
        [2, 4, 4, 4],
      ]) {
        const error = await rejects(network(scope.tensor(shape)), ShapeError);
        const expected = `fcn32s: expected an image [h, w, 3] or a batch [n, h, w, 3], got [${shape.join(", ")}]`;
        check(error.message.startsWith(expected), error.message);
      }
    },
  },
  {
    name: "after its end a network computes, loads, adopts and tells nothing",
    async run(device) {
      using image = device.tensor([2, 2, 3]);
      const network = fcn32s(device, options);
      const state = await network.state();
      network.dispose();
      network.dispose();
      const calls = [
        () => network(image),
        () => network.load(state),
        () => network.adopt(state),
        () => network.state(),
      ];
      for (const call of calls) {
        const error = await rejects(call, DisposedError);
        check(error.message.startsWith("fcn32s: expected the network"), error.message);
      }
    },
  },
  {
    name: "a parameter that the device cannot hold is named, with what to do, and those made before it are given back",
    async run(device) {
      const table = {
        "a.weight": { shape: [4, 4, 1, 1], initial: "zero" },
        "b.bias": { shape: [64], initial: "zero" },
        "c.weight": { shape: [5, 4, 1, 1], initial: "zero" },
      } as const;
      const small = (kind: Device["kind"], bufferBytes: number): Device =>
        ({
          kind,
          limits: { ...device.limits, bufferBytes, raise: undefined },
          tensor: device.tensor.bind(device),
        }) as unknown as Device;
      for (const [kind, remedy] of [
        ["webgpu", "use the WASM device, or a narrower network"],
        ["wasm", "use a narrower network"],
      ] as const) {
        const error = await rejects(() => makeParameters(small(kind, 255), table, 0), LimitError);
        const words = `b.bias [64]: expected a device whose buffers hold its 256 bytes, got ${kind}, whose buffers hold 255`;
        check(error.message === `${words} — ${remedy}`, error.message);
      }
      const all = makeParameters(small("wasm", 256), table, 0);
      check(Object.keys(all).join() === Object.keys(table).join(), Object.keys(all).join());
      for (const tensor of Object.values(all)) tensor.dispose();
    },
  },
];
