/** Calls that overlap on one device: each gets to the bit what it gets alone, whatever the others do meanwhile. */
import { crfRnn } from "../src/crf/crfRnn.ts";
import type { Device } from "../src/device/device.ts";
import { DisposedError } from "../src/errors.ts";
import { bilateralFeatures } from "../src/lattice/features.ts";
import { filter } from "../src/lattice/filter.ts";
import { buildLattice } from "../src/lattice/lattice.ts";
import { fcn8s } from "../src/models/fcn8s.ts";
import { fcn8sCrfRnn } from "../src/models/fcn8sCrfRnn.ts";
import { panels } from "../src/layout.ts";
import { add } from "../src/nn/add.ts";
import { conv2d } from "../src/nn/conv2d.ts";
import { convTranspose2d } from "../src/nn/convTranspose2d.ts";
import { crossEntropy } from "../src/nn/crossEntropy.ts";
import { dropout } from "../src/nn/dropout.ts";
import { maxPool2d } from "../src/nn/maxPool2d.ts";
import { sgd } from "../src/optim/sgd.ts";
import type { Scope } from "../src/scope.ts";
import { recompute, Tape } from "../src/tape.ts";
import type { Tensor } from "../src/tensor.ts";
import { type Case, check, random, same } from "./suite.ts";

const classes = 3;
const bandwidths = { bilateral: { position: 5, color: 30 }, spatial: { position: 2 } };

/** 77 sizes of images, of 12 to 120 pixels. */
const sizes = Array.from({ length: 77 }, (_, i) => [3 + (i % 7), 4 + Math.floor(i / 7)] as const);

/** A turn of the event loop or several, or none: what else a server waits for. */
const pause = async (turns: number): Promise<void> => {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve));
};

/** One request, of which there are as many kinds as sizes: an image arrives, scores come, and the marginals are read. */
async function request(
  device: Device,
  crf: ReturnType<typeof crfRnn>,
  index: number,
  pauses: readonly number[],
): Promise<Float32Array> {
  const [height, width] = sizes[index % sizes.length]!;
  const numbers = random(index % sizes.length);
  using scope = device.scope();
  const guide = scope.tensor([height, width, 3], numbers.array(height * width * 3, 0, 255));
  await pause(pauses[0]!);
  const unary = scope.tensor([height, width, classes], numbers.array(height * width * classes, -2, 2));
  const logits = await crf(unary, guide);
  await pause(pauses[1]!);
  return await logits.read();
}

/** Disposes of a call's inputs after so many turns. @throws AssertionError unless it gives `expected` or a DisposedError */
async function disposedInFlight(
  expected: Float32Array,
  inputs: readonly Disposable[],
  call: () => Promise<Tensor>,
  turns: number,
): Promise<void> {
  const pending = call();
  await pause(turns);
  for (const input of inputs) input[Symbol.dispose]();
  try {
    using result = await pending;
    same(await result.read(), expected, `inputs disposed of after ${turns} turns`);
  } catch (error) {
    if (!(error instanceof DisposedError)) throw error;
  }
}

/**
 * FCN-8s on WASM. It pads images with 100 pixels, which take software adapters seconds, so that on WebGPU there are layers of the same kinds in
 * its place.
 */
function networkOf(scope: Scope, device: Device, seed: number, { rate = 0.5, recomputes = false } = {}) {
  if (device.kind === "wasm") {
    const network = scope.add(
      fcn8s(device, { classes, widths: [4, 4, 4, 4, 4], fc: 4, dropout: rate, recompute: recomputes, seed }),
    );
    network.parameters["score_fr.weight"]!.write(random(seed).array(4 * classes, -1, 1));
    return { parameters: network.parameters, forward: (image: Tensor) => network(image) };
  }
  const numbers = random(seed);
  const weight = (outputs: number, inputs: number, size: number) =>
    scope.tensor([outputs, inputs, size, size], numbers.array(outputs * inputs * size ** 2, -1, 1), panels);
  const parameters = {
    first: weight(4, 3, 3),
    second: weight(classes, 4, 3),
    upsample: weight(classes, classes, 2),
    bias: scope.tensor([4], numbers.array(4, -1, 1)),
  };
  const forward = (image: Tensor): Tensor => {
    const { first, second, upsample, bias } = parameters;
    const features = scope.add(conv2d(image, first, { bias, padding: 1, relu: true }));
    const halved = scope.add(dropout(scope.add(maxPool2d(features)), { rate, seed }));
    return convTranspose2d(scope.add(conv2d(halved, second, { padding: 1 })), upsample, { stride: 2 });
  };
  return { parameters, forward: recomputes ? recompute(forward, Object.values(parameters)) : forward };
}

/** All numbers of these tensors. */
const valuesOf = async (tensors: Readonly<Record<string, Tensor>>): Promise<Float32Array> =>
  Float32Array.from((await Promise.all(Object.values(tensors).map((one) => one.read()))).flatMap((data) => [...data]));

/** Two steps of training, each from its own tape. */
async function train(device: Device, seed: number): Promise<Float32Array> {
  using scope = device.scope();
  const { parameters, forward } = networkOf(scope, device, seed);
  using step = sgd(parameters, { rate: 1e-3, momentum: 0.9 });
  const image = scope.tensor([4, 4, 3], random(seed).array(48, -50, 50));
  const labels = scope.labels(
    [4, 4],
    Uint8Array.from({ length: 16 }, (_, i) => i % classes),
  );
  const before = await valuesOf(parameters);
  for (let round = 0; round < 2; round++) {
    using tape = new Tape(Object.values(parameters));
    step(await tape.gradients(scope.add(crossEntropy(scope.add(await forward(image)), labels))));
    await pause(seed % 3);
  }
  const after = await valuesOf(parameters);
  check(
    after.some((value, i) => value !== before[i]),
    "nothing was learned",
  );
  return after;
}

export const cases: Case[] = [
  {
    name: "200 requests to one layer, over 77 sizes, with pauses at random",
    async run(device) {
      using crf = crfRnn(device, { classes, iterations: 2, ...bandwidths });
      const alone: Float32Array[] = [];
      for (const index of sizes.keys()) alone.push(await request(device, crf, index, [0, 0]));
      const numbers = random(1);
      const together = Array.from({ length: 200 }, (_, index) =>
        request(device, crf, index, [numbers.integer(4), numbers.integer(4)]),
      );
      (await Promise.all(together)).forEach((values, index) =>
        same(values, alone[index % sizes.length]!, `request ${index}`),
      );
    },
  },
  {
    name: "a request that fails, and whose scope ends, does no harm to another",
    async run(device) {
      using crf = crfRnn(device, { classes, iterations: 2, ...bandwidths });
      const alone = await request(device, crf, 5, [0, 0]);
      const failing = async (turns: number): Promise<void> => {
        const scope = device.scope();
        scope.tensor([40, 50, 3]);
        await pause(turns);
        scope.dispose();
      };
      for (let turns = 0; turns < 6; turns++) {
        const [, values] = await Promise.all([failing(turns), request(device, crf, 5, [2, 2])]);
        same(values, alone, `after ${turns} turns`);
      }
    },
  },
  {
    name: "training steps of two networks at a time",
    async run(device) {
      const alone = [await train(device, 1), await train(device, 2)];
      const together = await Promise.all([train(device, 1), train(device, 2)]);
      together.forEach((values, i) => same(values, alone[i]!, `network ${i}`));
    },
  },
  {
    name: "two images through one network on one tape, recomputed or not: the gradients' sum",
    async run(device) {
      for (const recomputes of [false, true]) {
        using scope = device.scope();
        const network = networkOf(scope, device, 9, { rate: 0, recomputes });
        const images = [1, 2].map((seed) => scope.tensor([2, 2, 3], random(seed).array(12, -50, 50)));
        const parameters = Object.values<Tensor>(network.parameters);
        const seedOf = ({ shape }: Tensor) => scope.tensor(shape, random(3).array(4 * classes, -3, 3));
        const gradientsOf = async (image: Tensor): Promise<Map<Tensor, Tensor>> => {
          using tape = new Tape(parameters);
          const scores = await network.forward(image);
          return await tape.gradients(scores, seedOf(scores));
        };
        const both = [await gradientsOf(images[0]!), await gradientsOf(images[1]!)];
        using tape = new Tape(parameters);
        const [first, second] = (await Promise.all(images.map((image) => network.forward(image)))) as [Tensor, Tensor];
        const total = scope.add(add(first, second));
        const gradients = await tape.gradients(total, seedOf(total));
        check(gradients.size === both[0]!.size, `${gradients.size} gradients`);
        for (const parameter of parameters) {
          const [a, b] = await Promise.all(both.map((one) => one.get(parameter)?.read()));
          // Summed from the last recorded to the first, as one sum of two.
          const sum = await gradients.get(parameter)?.read();
          if (sum)
            same(
              sum,
              Float32Array.from(a!, (value, i) => value + b![i]!),
              `recompute ${recomputes}`,
            );
        }
      }
    },
  },
  {
    name: "inputs that are disposed of in flight: the right bits, or a DisposedError, and a device that is whole",
    async run(device) {
      using crf = crfRnn(device, { classes, iterations: 2, ...bandwidths });
      using network = fcn8sCrfRnn(device, {
        classes,
        widths: [4, 4, 4, 4, 4],
        fc: 4,
        crf: { iterations: 1, ...bandwidths },
      });
      network.parameters["score_fr.weight"]!.write(random(9).array(4 * classes, -1, 1));
      const image = (): Tensor => device.tensor([6, 7, 3], random(3).array(126, 0, 255));
      const read = async (made: Promise<Tensor>): Promise<Float32Array> => {
        using result = await made;
        return await result.read();
      };
      const filtered = async (guide: Tensor): Promise<Tensor> => {
        using features = bilateralFeatures(guide, { position: 5, color: 30 });
        using lattice = await buildLattice(features);
        return filter(guide, lattice);
      };
      for (const call of [
        (unary: Tensor, guide: Tensor) => crf(unary, guide),
        (_: Tensor, guide: Tensor) => network(guide),
        (_: Tensor, guide: Tensor) => filtered(guide),
      ]) {
        const inputs = [image(), image()] as const;
        const expected = await read(call(...inputs));
        for (const input of inputs) input.dispose();
        for (let turns = 0; turns < 5; turns++) {
          const given = [image(), image()] as const;
          const before = device.bytes;
          await disposedInFlight(expected, given, () => call(...given), turns);
          // What the inputs took is free once, and nothing else is.
          check(device.bytes < before, `${device.bytes} bytes, ${before} with the inputs`);
        }
        const again = [image(), image()] as const;
        same(await read(call(...again)), expected, "the same call afterwards");
        for (const input of again) input.dispose();
      }
    },
  },
  {
    name: "a layer that is disposed of in flight gives the right bits or a DisposedError, and everything back",
    async run(device) {
      const before = device.bytes;
      const numbers = random(4);
      using unary = device.tensor([6, 7, classes], numbers.array(126, -2, 2));
      using guide = device.tensor([6, 7, 3], numbers.array(126, 0, 255));
      const make = (): ReturnType<typeof crfRnn> => crfRnn(device, { classes, iterations: 2, ...bandwidths });
      using crf = make();
      using logits = await crf(unary, guide);
      const expected = await logits.read();
      for (let turns = 0; turns < 5; turns++) {
        const layer = make();
        await disposedInFlight(expected, [layer], () => layer(unary, guide), turns);
      }
      for (const one of [unary, guide, crf, logits]) one.dispose();
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
];
