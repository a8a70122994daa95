import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { checkpointFile } from "../../train/surroundings.ts";
import { evaluateWords } from "../evaluate.ts";
import { evaluate, type EvaluateFlags } from "../evaluate/score.ts";
import { addCommonFlags, type CommonFlags } from "../options.ts";
import { train } from "../train.ts";
import { trainWords, type TrainFlags } from "../train/flags.ts";

/** How three models are trained and scored. */
export interface Comparison {
  /** A folder with splits train and val. */
  readonly data: string;
  /** The folder for the runs `fcn`, `fcn-alone` and `crf-rnn`, which are made again. */
  readonly out: string;
  /** Steps of the network before the CRF-RNN begins, and those after. */
  readonly steps: number;
  readonly more: number;
  /** Flags of `crf-rnn train` for the network, and for the CRF: the latter go to `evaluate --crf disconnected`, too. */
  readonly learning: readonly string[];
  readonly crf: readonly string[];
  /** Pixels that the band around boundaries reaches. */
  readonly band: number;
  readonly common: CommonFlags;
}

/** A model and how well it labels the validation images, 0…1. */
export interface Line {
  readonly model: string;
  readonly meanIU: number;
  readonly pixelAccuracy: number;
  readonly bandAccuracy: number;
}

export interface Compared {
  readonly lines: readonly Line[];
  /** The run of the CRF-RNN. */
  readonly run: string;
  /** The work that was done, as commands that could be given by hand. */
  readonly commands: readonly string[];
}

/**
 * Trains an FCN-8s, and a CRF-RNN on top of it end to end. Scores the network alone, the network with a disconnected
 * CRF, and the CRF-RNN. For a fair comparison the network of the first two is trained for as many further steps as the
 * CRF-RNN, at the same lower rate, because these alone would improve it. Returns undefined if the user stops it.
 */
export async function compareModels(comparison: Comparison): Promise<Compared | undefined> {
  const { data, out, steps, more, learning, crf, band, common } = comparison;
  const [fcn, alone, end] = [join(out, "fcn"), join(out, "fcn-alone"), join(out, "crf-rnn")];
  for (const run of [fcn, alone, end]) rmSync(run, { recursive: true, force: true });
  const commands: string[] = [];
  const trained = async (words: readonly string[]): Promise<boolean> => {
    const all = ["--data", data, ...learning, ...words];
    commands.push(["crf-rnn train", ...all].join(" "));
    const { outcome } = await train(parseFlags<TrainFlags>(trainWords(), all, common));
    return outcome.ending === "finished";
  };
  const score = async (model: string, run: string, words: readonly string[]): Promise<Line> => {
    const all = ["--data", data, "--checkpoint", join(run, checkpointFile), "--band", String(band), ...words];
    commands.push(["crf-rnn evaluate", ...all].join(" "));
    const { scores, band: near } = await evaluate({
      ...parseFlags<EvaluateFlags>(evaluateWords(), all, common),
      strict: true, // Models are compared over the same images.
    });
    return { model, meanIU: scores.meanIU, pixelAccuracy: scores.pixelAccuracy, bandAccuracy: near.pixelAccuracy };
  };
  const init = ["--init", join(fcn, checkpointFile), ...times(more, 3)];
  const finished =
    (await trained(["--out", fcn, ...times(steps, 4)])) &&
    (await trained(["--out", end, "--stage", "crf-rnn", ...init, ...crf])) &&
    (await trained(["--out", alone, ...init]));
  if (!finished) return undefined;
  const lines = [
    await score("FCN-8s", alone, ["--crf", "none"]),
    await score("FCN-8s, CRF disconnected", alone, ["--crf", "disconnected", ...crf]),
    await score("CRF-RNN, end to end", end, ["--crf", "trained"]),
  ];
  return { lines, run: end, commands };
}

/** The flags of a command as it would have them from the command line, with those that every command knows given. */
export const parseFlags = <Flags extends object>(
  command: Command,
  words: readonly string[],
  common: CommonFlags,
): Flags => ({
  ...addCommonFlags(command).parse(words, { from: "user" }).opts<Flags>(),
  ...common,
});

/** Returns the flags for a number of steps with a few validations. */
const times = (steps: number, validations: number): string[] => [
  "--steps",
  String(steps),
  "--validate-every",
  String(Math.max(1, Math.ceil(steps / validations))),
];
