import { usualBand } from "../data/boundary.ts";
import { choice, number, whole } from "../description.ts";
import { metrics } from "./tally.ts";

/** The options of a search that have one value, with their flags. */
export const searchOptions = /* @__PURE__ */ (() => ({
  metric: choice(metrics, "meanIU", { flag: ["--metric <name>", "what is to become as large as it can"] }),
  trials: whole(64, { least: 1, flag: ["--trials <n>", "parameters that are drawn evenly from their ranges"] }),
  folds: whole(4, { least: 2, flag: ["--folds <k>", "parts of the pictures, each scored by what the others chose"] }),
  gradientSteps: whole(4, {
    least: 0,
    flag: ["--gradient-steps <n>", "tries along the gradient from the best of these; 0 for none"],
  }),
  shifts: whole(2, {
    least: 1,
    flag: ["--shifts <n>", "lattices, at places drawn at random, that a gradient is the mean of"],
  }),
  seed: whole(1, { least: 0, most: 2 ** 32 - 1, flag: ["--seed <s>", "seed of all that is drawn"] }),
  radius: number(usualBand, { above: 0, flag: ["--band <pixels>", "half the width of the boundary band"] }),
}))();
