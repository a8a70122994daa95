import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { checkpointFile, reportFile } from "../../train/surroundings.ts";
import { evaluate, evaluateWords, type EvaluateFlags } from "../evaluate.ts";
import { addCommonFlags, type CommonFlags } from "../options.ts";
import { segment, segmentWords, type SegmentFlags } from "../segment.ts";
import { train } from "../train.ts";
import { trainWords, type TrainFlags } from "../train/flags.ts";
import { shapesId, writeShapes } from "./shapesFolder.ts";

/** A line of the table: a model and how well it labels the validation images, 0…1. */
export interface Line {
  readonly model: string;
  readonly meanIU: number;
  readonly pixelAccuracy: number;
  /** Of the pixels within four of a boundary of the ground truth. */
  readonly bandAccuracy: number;
}

export interface Story {
  /** The commands, as they could be given by hand. */
  readonly commands: readonly string[];
  readonly lines: readonly Line[];
  readonly report: string;
  readonly masks: string;
}

/** Pictures to learn from and to validate by, and their pixels on a side. */
const pictures = { seed: 1, size: 96, train: 60, val: 20 };

/** Of bandwidths that suit pictures of 96 pixels with grain. */
const crf = "--theta-alpha 20 --theta-beta 20 --theta-gamma 2 --spatial-weight 1 --bilateral-weight 3".split(" ");
const learning = "--width 0.125 --dropout 0.2 --optimizer adam --seed 1".split(" ");

/**
 * Trains a small FCN-8s on made-up pictures, then a CRF-RNN on top of it end to end, and scores the network alone, with a
 * disconnected CRF and with the trained one. The network of the first two lines learns as many steps as that of the last.
 * Undefined where the user stops it.
 */
export async function tellStory(out: string, steps: number, common: CommonFlags): Promise<Story | undefined> {
  const [data, fcn, end, masks] = ["shapes", "fcn", "crf-rnn", "masks"].map((name) => join(out, name));
  for (const folder of [data, fcn, end, masks]) rmSync(folder, { recursive: true, force: true });
  writeShapes(data, pictures);
  const commands: string[] = [];
  const flagsOf = <Flags extends object>(command: Command, words: readonly string[]): Flags => {
    commands.push(["crf-rnn", command.name(), ...words].join(" "));
    return { ...addCommonFlags(command).parse(words, { from: "user" }).opts<Flags>(), ...common };
  };
  const trained = async (words: readonly string[]): Promise<boolean> => {
    const { outcome } = await train(flagsOf<TrainFlags>(trainWords(), ["--data", data, ...learning, ...words]));
    return outcome.ending === "finished";
  };
  const score = async (model: string, run: string, words: readonly string[]): Promise<Line> => {
    const given = ["--data", data, "--checkpoint", join(run, checkpointFile), "--band", "4", ...words];
    const { scores, band } = await evaluate(flagsOf<EvaluateFlags>(evaluateWords(), given));
    return { model, meanIU: scores.meanIU, pixelAccuracy: scores.pixelAccuracy, bandAccuracy: band.pixelAccuracy };
  };

  const more = Math.max(1, Math.round(steps / 3));
  const validate = ["--validate-every", String(Math.max(1, Math.round(steps / 4)))];
  if (!(await trained(["--out", fcn, "--steps", String(steps), ...validate]))) return undefined;
  const onTop = ["--out", end, "--stage", "crf-rnn", "--init", join(fcn, checkpointFile), "--steps", String(more)];
  if (!(await trained([...onTop, ...crf, "--validate-every", String(Math.max(1, Math.round(more / 3)))])))
    return undefined;
  if (!(await trained(["--out", fcn, "--steps", String(steps + more), ...validate, "--resume"]))) return undefined;

  const lines = [
    await score("FCN-8s", fcn, ["--crf", "none"]),
    await score("FCN-8s, CRF disconnected", fcn, ["--crf", "disconnected", ...crf]),
    await score("CRF-RNN, end to end", end, ["--crf", "trained"]),
  ];
  const shown = Array.from({ length: 6 }, (_, i) => join(data, "images", `${shapesId(pictures.train + i)}.png`));
  const how = ["--checkpoint", join(end, checkpointFile), "--out", masks];
  await segment(shown, flagsOf<SegmentFlags>(segmentWords(), [...shown, ...how]));
  copyFileSync(join(end, reportFile), join(out, reportFile));
  return { commands, lines, report: join(out, reportFile), masks };
}

export function describeStory({ lines }: Story): string {
  const row = (name: string, ...cells: string[]): string =>
    name.padEnd(26) + cells.map((cell) => cell.padStart(16)).join("");
  return [
    row("20 made-up pictures", "mean IU", "pixel accuracy", "near boundaries"),
    ...lines.map(({ model, ...figures }) => row(model, ...Object.values(figures).map((figure) => figure.toFixed(3)))),
  ].join("\n");
}
