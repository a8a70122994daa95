import { type Bandwidth, factorsFor, parseBandwidths } from "../../src/crf/bandwidths.ts";
import { type CrfOptions, crfRnn } from "../../src/crf/crfRnn.ts";
import type { Device } from "../../src/device/device.ts";
import { ValueError } from "../../src/errors.ts";
import { Tape } from "../../src/tape.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

const classes = 3;
const weights = { iterations: 2, learn: { bandwidths: true } };
const optionsOf = (position: Bandwidth, spatial: Bandwidth): CrfOptions => ({
  classes,
  ...weights,
  bilateral: { position, color: 20, weight: 1 },
  spatial: { position: spatial, weight: 1 },
});

/** The logits of a layer for a picture of `size`, and the gradient of its bandwidths. */
async function learn(device: Device, [height, width]: readonly [number, number], options: CrfOptions) {
  using scope = device.scope();
  const numbers = random(height * width);
  const unary = scope.tensor([height, width, classes], numbers.array(height * width * classes, -2, 2));
  const guide = scope.tensor([height, width, 3], numbers.array(height * width * 3, 0, 255));
  const crf = scope.add(crfRnn(device, options));
  const { bandwidths } = crf.parameters;
  const tape = new Tape([bandwidths]);
  const logits = await crf(unary, guide);
  const seed = scope.tensor([height, width, classes], numbers.array(height * width * classes, -1, 1));
  const gradient = (await tape.gradients(logits, seed)).get(bandwidths)!;
  const plain = await crf(unary, guide);
  // A call that is recorded runs its ops one by one, whose roundings differ.
  close(await plain.read(), await logits.read(), { absolute: 1e-5 }, "recorded or not");
  return { logits: await logits.read(), gradient: await gradient.read(), parameter: await bandwidths.read() };
}

export const cases: Case[] = [
  {
    name: "percent of the longer side are pixels, upright or not, and their gradient is that of pixels times the factor",
    async run(device) {
      for (const size of [
        [6, 16],
        [16, 6],
      ] as const) {
        const relative = await learn(device, size, optionsOf("50%", "12.5%"));
        const absolute = await learn(device, size, optionsOf(8, 2));
        same(relative.logits, absolute.logits, "logits");
        same(relative.parameter, [50, 20, 12.5], "the parameter holds what was given");
        const factors = [0.16, 1, 0.16];
        same(
          relative.gradient,
          absolute.gradient.map((slope, i) => Math.fround(slope * factors[i]!)),
          "gradient",
        );
        check(
          absolute.gradient.every((slope) => slope !== 0),
          "a gradient of zero tells nothing",
        );
      }
    },
  },
  {
    name: "one layer takes pictures of many sizes, each with its own spatial lattice",
    async run(device) {
      using crf = crfRnn(device, { ...optionsOf("50%", "12.5%"), learn: {} });
      for (const [size, pixels] of [
        [16, [8, 2]],
        [8, [4, 1]],
        [16, [8, 2]],
      ] as const) {
        using unary = device.tensor([4, size, classes], random(size).array(4 * size * classes, -2, 2));
        using guide = device.tensor([4, size, 3], random(7).array(4 * size * 3, 0, 255));
        using absolute = crfRnn(device, { ...optionsOf(pixels[0], pixels[1]), learn: {} });
        using logits = await crf(unary, guide);
        using expected = await absolute(unary, guide);
        same(await logits.read(), await expected.read(), `${size} pixels wide`);
      }
    },
  },
  {
    name: "what is neither pixels nor percent is refused, and so is a share of colors",
    async run(device) {
      same(parseBandwidths("x", ["32%", 3, "0.6%"]).values, [32, 3, 0.6], "values");
      same(factorsFor([true, false], [900, 50, 200]), [2, 1], "the number of pictures does not count");
      const layer = (options: unknown) => () => crfRnn(device, { classes, ...(options as object) });
      for (const [options, says] of [
        [
          { bilateral: { position: "32" } },
          /bilateral position in pixels, or in percent.*got the string "32" — write it as 160/,
        ],
        [{ bilateral: { position: "-3%" } }, /in percent of the longer side, got the string "-3%"/],
        [{ bilateral: { position: "0%" } }, /a bilateral position bandwidth above 0, got 0/],
        [{ bilateral: { color: "3%" } }, /a bilateral color in color levels, got the string "3%" — pass a number/],
        [{ spatial: { position: "3px" } }, /spatial position.*"3px"/],
        [{ spatial: { position: {} } }, /a spatial position bandwidth above 0, got a plain object/],
      ] as const) {
        const { message } = await rejects(layer(options), ValueError, String(says));
        check(says.test(message), `expected ${says}, got ${message}`);
      }
    },
  },
];
