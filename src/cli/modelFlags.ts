import { Option, type Command } from "commander";
import { positiveNumber, wholeNumber } from "./options.ts";

/** Which CRF follows the network. */
export type CrfChoice = "none" | "disconnected" | "trained";

export interface ModelFlags {
  readonly checkpoint: string;
  readonly crf?: CrfChoice;
  readonly iterations: number;
  readonly thetaAlpha: number;
  readonly thetaBeta: number;
  readonly thetaGamma: number;
  readonly spatialWeight: number;
  readonly bilateralWeight: number;
}

/** Flags that say which model to run, for `evaluate` and `segment`. */
export function addModelFlags(command: Command): Command {
  return command
    .requiredOption("--checkpoint <file>", "of crf-rnn train, or any that crf-rnn convert reads")
    .addOption(
      new Option(
        "--crf <which>",
        "none: the network alone; disconnected: a CRF of the parameters below; trained: the checkpoint's own " +
          "(default: trained where it has one, else none)",
      ).choices(["none", "disconnected", "trained"]),
    )
    .option("--iterations <T>", "mean-field iterations, which may differ from training's", wholeNumber(1, 1000), 10)
    .option("--theta-alpha <θα>", "disconnected: bilateral bandwidth in pixels", positiveNumber, 160)
    .option("--theta-beta <θβ>", "disconnected: bilateral bandwidth in color levels", positiveNumber, 3)
    .option("--theta-gamma <θγ>", "disconnected: spatial bandwidth in pixels", positiveNumber, 3)
    .option("--spatial-weight <w>", "disconnected: diagonal of W_s", positiveNumber, 3)
    .option("--bilateral-weight <w>", "disconnected: diagonal of W_b", positiveNumber, 5);
}
