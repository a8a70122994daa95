import { Option, type Command } from "commander";
import { bandwidthOptions, inferenceOptions, temperatureOption, weightOptions } from "../crf/options.ts";
import type { Complete } from "../description.ts";
import type { Normalization } from "../lattice/normalization.ts";
import { precisionOption } from "../models/specification.ts";
import { addFlags } from "./describedFlags.ts";
import { wholeNumber } from "./options.ts";
import { addParamsFlag } from "./paramsFlag.ts";

/** The CRF that follows the network. */
export type CrfChoice = "none" | "disconnected" | "trained";

export interface ModelFlags
  extends
    Complete<typeof bandwidthOptions>,
    Readonly<Record<keyof typeof weightOptions, number | readonly number[]>>,
    Complete<typeof temperatureOption>,
    Complete<typeof precisionOption> {
  readonly checkpoint: string;
  readonly crf?: CrfChoice;
  /** `defaultIterations` where it is left out, and of an untied CRF as many as it has. */
  readonly iterations?: number;
  readonly normalize: Normalization;
  /** Of `--params`, where it is not Potts'. */
  readonly compatibility?: readonly number[];
}

export const defaultIterations = 10;

/** Flags that say which model to run, for `evaluate` and `segment`. */
export function addModelFlags(command: Command): Command {
  command
    .requiredOption("--checkpoint <file>", "a checkpoint of crf-rnn train, or any that crf-rnn convert reads")
    .addOption(
      new Option(
        "--crf <which>",
        "none: the network alone; disconnected: a CRF of the parameters below; trained: the checkpoint's own " +
          "(default: trained where it has one, else none)",
      ).choices(["none", "disconnected", "trained"]),
    )
    .option(
      "--iterations <T>",
      `mean-field iterations; the number may differ from that of training (default: ${defaultIterations}; ` +
        "of an untied CRF as many as it has)",
      wholeNumber(1, 1000),
    );
  addFlags(command, precisionOption);
  const { normalization } = inferenceOptions;
  addFlags(command, { ...bandwidthOptions, ...weightOptions, ...temperatureOption, normalization }, "disconnected: ");
  return addParamsFlag(command, { matrices: true });
}
