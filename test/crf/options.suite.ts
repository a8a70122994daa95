import { bandwidthOptions, inferenceOptions, temperatureOption, weightOptions } from "../../src/crf/options.ts";
import { type Case, check } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "the defaults are the paper's",
    async run() {
      const all = { ...inferenceOptions, ...bandwidthOptions, ...weightOptions, ...temperatureOption };
      const defaults = Object.entries(all).map(([name, option]) => `${name} ${option.default}`);
      const expected = [
        "iterations 5",
        "tied true",
        "normalization after",
        "activation softmax",
        "thetaAlpha 160",
        "thetaBeta 3",
        "thetaGamma 3",
        "spatialWeight 3",
        "bilateralWeight 5",
        "temperature 1",
      ];
      check(defaults.join() === expected.join(), defaults.join());
    },
  },
  {
    name: "iterations are whole and at least 1, bandwidths above 0, and weights 0 or more",
    async run() {
      const { iterations, normalization, activation } = inferenceOptions;
      check(iterations.accepts(1) && ![0, -1, 1.5, "1"].some(iterations.accepts), "iterations");
      for (const [name, bandwidth] of Object.entries({ ...bandwidthOptions, ...temperatureOption })) {
        check(bandwidth.accepts(1e-3) && ![0, -1, Infinity, "1"].some(bandwidth.accepts), name);
      }
      for (const [name, weight] of Object.entries(weightOptions)) {
        check(weight.accepts(0) && ![-0.1, NaN, "1"].some(weight.accepts), name);
      }
      check(normalization.accepts("none") && !normalization.accepts("both"), "normalization");
      check(activation.accepts("relu") && !activation.accepts("sigmoid"), "activation");
    },
  },
  {
    name: "what a command may be told has a flag with its help",
    async run() {
      const { iterations: _iterations, tied: _tied, ...inference } = inferenceOptions;
      const numbers = { ...bandwidthOptions, ...weightOptions, ...temperatureOption };
      for (const [name, { flag }] of Object.entries({ ...inference, ...numbers })) {
        check(flag?.length === 2 && /^--[a-z-]+ <.+>$/.test(flag[0]), `${name}: ${flag?.join()}`);
      }
    },
  },
];
