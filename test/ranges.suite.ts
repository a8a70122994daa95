/** Maps beyond the largest binding: the same results in ranges of channels, ranges of rows, and single ops. */
import { crfRnn, meanField } from "../src/crf/crfRnn.ts";
import type { Device } from "../src/device/device.ts";
import { LimitError } from "../src/errors.ts";
import { filter } from "../src/lattice/filter.ts";
import { buildLattice } from "../src/lattice/lattice.ts";
import { Tape } from "../src/tape.ts";
import { clearPoints } from "./reference/points.ts";
import { openBeside } from "./beside.ts";
import { type Case, check, close, random, rejects, same } from "./suite.ts";

/** The same kind of device, whose bindings hold `bindingBytes`. */
const small = (device: Device, bindingBytes: number): Promise<Device> => openBeside(device, { bindingBytes });

async function filterMany(device: Device, channels: number): Promise<Float32Array> {
  using features = device.tensor([300, 2], clearPoints(random(1), 300, 2, 8));
  using lattice = await buildLattice(features);
  using values = device.tensor([300, channels], random(2).array(300 * channels));
  using result = filter(values, lattice, { normalization: "after" });
  return await result.read();
}

/** Filters from 300 points to 500 others, and back. */
async function filterElsewhere(device: Device, channels: number): Promise<Float32Array[]> {
  using features = device.tensor([300, 2], clearPoints(random(1), 300, 2, 8));
  using others = device.tensor([500, 2], clearPoints(random(7), 500, 2, 8));
  using lattice = await buildLattice(features, { at: others });
  using values = device.tensor([300, channels], random(2).array(300 * channels));
  using result = filter(values, lattice, { normalization: "after", at: lattice.at });
  using back = filter(result, lattice, { transpose: true, at: lattice.at });
  return [await result.read(), await back.read()];
}

/** The gradient of the features, and that of the values, from a filter of many channels. */
async function gradientsOfMany(device: Device, channels: number): Promise<Float32Array[]> {
  using features = device.tensor([300, 2], clearPoints(random(1), 300, 2, 8));
  using values = device.tensor([300, channels], random(2).array(300 * channels, -1, 1));
  using seed = device.tensor([300, channels], random(6).array(300 * channels, -1, 1));
  using tape = new Tape([features, values]);
  using lattice = await buildLattice(features);
  using result = filter(values, lattice, { normalization: "symmetric" });
  const gradients = await tape.gradients(result, seed);
  using ofFeatures = gradients.get(features)!;
  using ofValues = gradients.get(values)!;
  return [await ofFeatures.read(), await ofValues.read()];
}

const [height, width] = [16, 18];

async function inferMany(device: Device, classes: number): Promise<Float32Array[]> {
  const pixels = height * width;
  using unary = device.tensor([height, width, classes], random(3).array(pixels * classes, -2, 2));
  using guide = device.tensor([height, width, 3], random(4).array(pixels * 3, -100, 100));
  const options = { bilateral: { position: 50, color: 200 }, iterations: 2 };
  using crf = crfRnn(device, { ...options, classes });
  using logits = await crf(unary, guide);
  using marginals = await meanField(unary, guide, options);
  return [await logits.read(), await marginals.read()];
}

export const cases: Case[] = [
  {
    name: "a filter in ranges of channels gives the bits of one in a piece",
    async run(device) {
      for (const channels of [33, 200]) {
        const whole = await filterMany(device, channels);
        // The maps have 43,200 and 240,000 bytes: 48 kB hold the smaller one, but not its lattice's, which has more rows.
        for (const bindingBytes of channels === 33 ? [40_960, 49_152] : [65_536]) {
          using device2 = await small(device, bindingBytes);
          same(await filterMany(device2, channels), whole, `${channels} channels in ${bindingBytes} bytes`);
        }
      }
    },
  },
  {
    name: "a filter to other points in ranges of channels gives the bits of one in a piece",
    async run(device) {
      const whole = await filterElsewhere(device, 33);
      // The maps have 43,200 and 72,000 bytes.
      using device2 = await small(device, 49_152);
      const parts = await filterElsewhere(device2, 33);
      whole.forEach((expected, i) => same(parts[i]!, expected, i === 0 ? "there" : "and back"));
    },
  },
  {
    name: "the gradients of a filter in ranges of channels are those of one in a piece",
    async run(device) {
      const whole = await gradientsOfMany(device, 33);
      // The map has 43,200 bytes, that of its lattice, of 313 vertices and one more, 45,216.
      using device2 = await small(device, 44_032);
      const parts = await gradientsOfMany(device2, 33);
      // The gradient of the features sums 33 products for each vertex, in parts instead of all at once.
      close(parts[0]!, whole[0]!, { ofMaximum: 33 * 2 ** -24 }, "features");
      same(parts[1]!, whole[1]!, "values");
    },
  },
  {
    name: "inference by single ops in ranges gives what the fused update gives",
    async run(device) {
      // The map has 27,648 bytes, the matrices 4032.
      using device2 = await small(device, 24_576);
      const [whole, parts] = [await inferMany(device, 21), await inferMany(device2, 21)];
      // Products in another order: C·(W_s F_s + W_b F_b) in place of (C W_s) F_s + (C W_b) F_b.
      close(parts[0]!, whole[0]!, { ofMaximum: 2e-5 }, "logits");
      close(parts[1]!, whole[1]!, { absolute: 2e-5 }, "marginals");
    },
  },
  {
    name: "inference of more classes than the fused update holds, whole and in parts",
    async run(device) {
      // The map has 82,944 bytes, the matrices 40,320.
      using device2 = await small(device, 49_152);
      const [whole, parts] = [await inferMany(device, 70), await inferMany(device2, 70)];
      same(parts[0]!, whole[0]!, "logits");
      same(parts[1]!, whole[1]!, "marginals");
    },
  },
  {
    name: "a lattice whose own tables are beyond a binding is a LimitError, and the device stays usable",
    async run(device) {
      using device2 = await small(device, 4096);
      const error = await rejects(() => filterMany(device2, 4), LimitError);
      check(error.message.includes("4096 bytes"), error.message);
      using tensor = device2.tensor([4, 3], random(5).array(12));
      same(await tensor.read(), random(5).array(12), "after the error");
    },
  },
];
