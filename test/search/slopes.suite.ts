import type { Device } from "../../src/device/device.ts";
import { continuousNames, type Continuous, type SearchParameters } from "../../src/search/parameters.ts";
import type { SearchPicture } from "../../src/search/pictures.ts";
import { lossOf, slopedLossOf } from "../../src/search/slopes.ts";
import { type Case, check, random } from "../suite.ts";

const [height, width, classes] = [4, 5, 3] as const;

const parameters: SearchParameters = {
  thetaAlpha: 6,
  thetaBeta: 30,
  thetaGamma: 2,
  spatialWeight: 1.5,
  bilateralWeight: 2,
  temperature: 1.3,
  iterations: 2,
  normalization: "symmetric",
};

function picture(): SearchPicture {
  const numbers = random(11);
  return {
    height,
    width,
    guide: Float32Array.from({ length: height * width * 3 }, (_, i) => 90 + 60 * Math.sin(i / 3) + 3 * Math.cos(i)),
    logits: Float32Array.from(numbers.array(height * width * classes, -2, 2)),
    labels: Uint8Array.from({ length: height * width }, (_, i) => (i === 5 ? 255 : Math.floor(i / 7))),
  };
}

/** In this lattice no vertex comes or goes while a bandwidth changes by a thousandth; in others the loss jumps at some. */
const some = { classes, shifts: 1, seed: 5 };

/** The slope of the loss over the logarithm of a parameter, between two values close by. */
async function slope(device: Device, name: Continuous, step: number): Promise<number> {
  const at = (by: number): Promise<number> =>
    lossOf(device, picture(), { ...parameters, [name]: parameters[name] * Math.exp(by) }, some);
  return ((await at(step)) - (await at(-step))) / (2 * step);
}

export const cases: readonly Case[] = [
  {
    name: "the gradient of each parameter's logarithm is the slope of the loss over a lattice that was moved",
    async run(device) {
      const { loss, gradient } = await slopedLossOf(device, picture(), parameters, some);
      check(Math.abs(loss - (await lossOf(device, picture(), parameters, some))) < 1e-4 * loss, "one loss");
      for (const name of continuousNames) {
        const own = await slope(device, name, name.startsWith("theta") ? 1e-3 : 1e-2);
        const off = Math.abs(gradient[name] - own);
        // 0.01 is what a loss of 26 in float32 leaves uncertain over two thousandths.
        check(off < 0.005 * Math.abs(own) + 0.01, `${name}: gradient ${gradient[name]}, slope ${own}`);
      }
    },
  },
  {
    name: "lattices lie elsewhere in each shift, and for each seed",
    async run(device) {
      const of = (seed: number, shifts: number): Promise<number> =>
        lossOf(device, picture(), parameters, { ...some, seed, shifts });
      const [one, two, other] = [await of(5, 1), await of(5, 2), await of(4, 1)];
      check(one !== two && one !== other, `expected other losses, got ${one}, ${two}, ${other}`);
      check(one === (await of(5, 1)), "expected the same loss again");
      check(Math.abs(one - two) < 0.2 * one && Math.abs(one - other) < 0.2 * one, `${one}, ${two}, ${other} are near`);
    },
  },
];
