import { fcn8sCrfRnn } from "../../src/models/fcn8sCrfRnn.ts";
import { crfMultipliers, crfRnnMultipliers, fcnMultipliers } from "../../src/models/multipliers.ts";
import { multiplierOf, type Multipliers } from "../../src/optim/multipliers.ts";
import { type Case, check } from "../suite.ts";

/** Checks the rate and the decay that each parameter learns with. */
function learns(multipliers: Multipliers, expected: Readonly<Record<string, readonly [number, number]>>): void {
  for (const [name, [rate, decay]] of Object.entries(expected)) {
    const found = multiplierOf(name, multipliers);
    check(found.rate === rate && found.decay === decay, `${name}: rate ${found.rate}, decay ${found.decay}`);
  }
}

/** What the published training files say of the networks alone. */
const alone = {
  "conv1_1.weight": [1, 1],
  "conv1_1.bias": [2, 0],
  "fc6.weight": [1, 1],
  "score_fr.bias": [2, 0],
  "upscore_pool4.weight": [0, 0],
  "upscore8.weight": [0, 0],
} as const;

export const cases: Case[] = [
  {
    name: "networks learn with the multipliers of the published training files",
    async run() {
      learns(fcnMultipliers, { ...alone, "upscore2.weight": [0, 0] });
    },
  },
  {
    name: "CRF-RNN, end to end, too: upscore2 learns, and the CRF's matrices much faster",
    async run(device) {
      const expected = {
        ...alone,
        "upscore2.weight": [1, 1],
        "upscore2.bias": [2, 0],
        spatialWeight: [10_000, 1],
        bilateralWeight: [10_000, 1],
        compatibility: [1000, 1],
        bandwidths: [1, 0],
      } as const;
      learns(crfRnnMultipliers, expected);
      using network = fcn8sCrfRnn(device, { classes: 2, widths: [1, 1, 1, 1, 1], fc: 1 });
      for (const name of Object.keys(expected)) check(name in network.parameters, `no parameter ${name}`);
    },
  },
  {
    name: "the rates of a CRF's parameters are those that are given",
    async run() {
      learns(crfMultipliers({ weights: 3, compatibility: 5, bandwidths: 7 }), {
        ...alone,
        spatialWeight: [3, 1],
        bilateralWeight: [3, 1],
        compatibility: [5, 1],
        bandwidths: [7, 0],
      });
    },
  },
];
