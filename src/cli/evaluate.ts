import { Command, Option } from "commander";
import { usualBand } from "../data/boundary.ts";
import type { Scores } from "../data/confusion.ts";
import { spread } from "../data/spread.ts";
import { itemsOf } from "../data/dataset.ts";
import { countLabels } from "../data/labels.ts";
import { formats, openPart, type Format } from "../data/openDataset.ts";
import { checkCensus } from "../diagnosis/census.ts";
import { FormatError, UsageError } from "../errors.ts";
import { printable } from "../quote.ts";
import { openModelFile } from "./modelFile.ts";
import { addModelFlags, type CrfChoice, type ModelFlags } from "./modelFlags.ts";
import { describeNotes, type FileNote, notesOf } from "./notes.ts";
import { openDevice } from "./openDevice.ts";
import { positiveNumber, report, wholeNumber, type CommonFlags } from "./options.ts";
import { startProgress } from "./progress.ts";
import { countsOf, mergeParts } from "./evaluate/parts.ts";
import { Tally, trimapOf } from "./evaluate/tally.ts";
import { addShardFlag, partOf, type Shard, shardHelp, wholeShard } from "./shard.ts";
import { readSample } from "./train/images.ts";
import { openLogits } from "./train/logits.ts";

export interface EvaluateFlags extends CommonFlags, ModelFlags {
  /** This and the checkpoint are there unless parts are merged. */
  readonly data: string;
  readonly merge?: readonly string[];
  readonly shard: Shard;
  readonly format?: Format;
  readonly images?: number;
  readonly logits?: string;
  readonly band: number;
}

const examples = `
Examples:
  crf-rnn evaluate --data nuclei --checkpoint runs/fcn/checkpoint.safetensors
  crf-rnn evaluate --data nuclei --checkpoint runs/fcn/checkpoint.safetensors --crf disconnected --theta-alpha 40
  crf-rnn evaluate --data VOC2012@reduced.txt --checkpoint TVG_CRFRNN_COCO_VOC.caffemodel --iterations 10
  In parts, as in a job array, and put together:
    crf-rnn evaluate --data VOC2012 --checkpoint crf.safetensors --shard 1/2 --json > 1.json
    crf-rnn evaluate --data VOC2012 --checkpoint crf.safetensors --shard 2/2 --json > 2.json
    crf-rnn evaluate --merge 1.json 2.json
${shardHelp}

One confusion matrix over all images at their own size; pixels of 255 do not count. The mean IU is over the classes that
occur in the truth of the whole set, whatever is predicted, so that models are compared over the same classes. The band is what lies within some pixels of a boundary of the ground truth. --json has the confusion
matrices (truth by row), and the trimap curve: errors in bands of several widths.`;

export const evaluateCommand = (): Command => evaluateWords().action(run);

/** The command with all its flags. */
export function evaluateWords(): Command {
  const command = new Command("evaluate")
    .description("score a checkpoint: the network alone, with a disconnected CRF, or with its trained CRF")
    .option("--data <dir>", "DIR (its split val), or DIR@SPLIT,…")
    .addOption(
      new Option("--format <kind>", "format of the folder (default: recognized by its files)").choices(formats),
    );
  addModelFlags(command)
    .options.find(({ long }) => long === "--checkpoint")!
    .makeOptionMandatory(false);
  return addShardFlag(command, "images")
    .option("--merge <files...>", "put together what the parts printed with --json, instead of scoring")
    .option("--logits <file>", "logits of another network (.safetensors), for a checkpoint that holds only a CRF")
    .option("--images <n>", "score only this many images, evenly spread over the set", wholeNumber(1))
    .option("--band <pixels>", "half the width of the boundary band", positiveNumber, usualBand)
    .addHelpText("after", examples);
}

/** The result of `crf-rnn evaluate`. */
export interface Evaluation {
  readonly crf: CrfChoice;
  readonly names: readonly string[];
  readonly images: number;
  /** Notes on images that were read all the same. */
  readonly notes: readonly FileNote[];
  readonly seconds: number;
  readonly adapter: string;
  readonly scores: Scores;
  /** Scores of the pixels near a boundary of the ground truth. */
  readonly band: Scores;
  /** Half the width of that band. */
  readonly radius: number;
  readonly tally: Tally;
}

async function run(flags: EvaluateFlags): Promise<void> {
  requireOne(flags);
  if (!flags.merge) return void print(flags, await evaluate(flags));
  const { part, tally } = await mergeParts(flags.merge);
  const { data, checkpoint, crf, names, images, seconds, adapter, band: radius } = part;
  const scores = { scores: tally.whole.scores(), band: tally.bands.get(radius)!.scores() };
  const found = { crf, names, images, notes: [], seconds, adapter, radius, tally, ...scores };
  print({ ...flags, data, checkpoint, iterations: part.iterations ?? flags.iterations, band: radius }, found);
}

/** @throws UsageError unless there is either a checkpoint with data, or parts to merge */
function requireOne({ data, checkpoint, merge }: Partial<EvaluateFlags>): void {
  const given = Object.entries({ "--data": data, "--checkpoint": checkpoint });
  const stray = given.find(([, value]) => (value === undefined) === (merge === undefined));
  if (!stray) return;
  const [where] = stray;
  if (merge) throw new UsageError({ where, expected: "no --merge beside it", got: `${merge.length} files to merge` });
  throw new UsageError({
    where,
    expected: "what to score",
    got: "nothing",
    remedy: `add ${where}, or --merge the parts`,
  });
}

/** Scores as `crf-rnn evaluate` does, printing progress alone. @throws as the command does */
export async function evaluate(flags: EvaluateFlags): Promise<Evaluation> {
  const part = await openPart(flags.data, { format: flags.format });
  const { classes } = part.dataset;
  const all = part.splits || !part.dataset.splits.has("val") ? itemsOf(part) : [...part.dataset.splits.get("val")!];
  const wanted = spread(all, flags.images ?? all.length);
  const items = partOf(wanted, flags.shard);
  if (wanted.length === 0) throw new UsageError({ where: "--data", expected: "images to score", got: "none" });
  await using opened = await openDevice(flags);
  const { device } = opened;
  const { model, crf } = await openModelFile(device, flags);
  using _model = model;
  check(flags, model.classes, classes.length, model.network !== undefined);
  const logits = flags.logits ? await openLogits(flags.logits, classes.length, items) : undefined;
  const notes: FileNote[] = [...(logits?.notes ?? [])];
  const pixels = new Float64Array(256);
  const tally = new Tally(classes.length, flags.band);
  using progress = startProgress(flags, items.length);
  const began = performance.now();
  try {
    for (const item of items) {
      progress.stage("scoring");
      const sample = await readSample(item, logits?.read);
      for (const note of sample.image.notes) notes.push({ file: item.image, note });
      const predicted = await model.predict(sample, { iterations: flags.iterations });
      countLabels(sample.labels).forEach((count, label) => (pixels[label]! += count));
      tally.add({ ...sample.image, labels: sample.labels }, predicted);
      progress.step();
    }
  } finally {
    await logits?.close();
  }
  const suspect = items.length === 0 ? [] : checkCensus({ file: part.dataset.name, names: classes, pixels });
  // Of some images of a set, classes may well be missing.
  const told = suspect.filter(({ code }) => code !== "classes-never" || items.length === all.length);
  notes.push(...notesOf(told, ["warning", "refusal"]));
  const seconds = (performance.now() - began) / 1000;
  const found = { crf, names: classes, images: items.length, notes, seconds, adapter: device.info.name };
  const scores = { scores: tally.whole.scores(), band: tally.bands.get(flags.band)!.scores() };
  return { ...found, ...scores, radius: flags.band, tally };
}

function check({ checkpoint, data, logits }: EvaluateFlags, classes: number, wanted: number, network: boolean): void {
  if (classes !== wanted) {
    throw new FormatError({
      file: checkpoint,
      expected: `the ${wanted} classes of ${data}`,
      got: `${classes}`,
      remedy: "evaluate on data with the classes that it was trained on",
    });
  }
  if (network === (logits === undefined)) return;
  const expected = network ? "a checkpoint of a CRF alone" : "--logits, since the checkpoint has no network";
  throw new UsageError({ where: "--logits", expected, got: network ? "one with a network" : "none" });
}

function print(flags: EvaluateFlags, evaluation: Evaluation): void {
  const { crf, names, images, notes, seconds, adapter, scores, band, radius, tally } = evaluation;
  const classes = scores.classes.map(({ iu, accuracy, truth }, label) => ({ name: names[label], iu, accuracy, truth }));
  const { meanIU, pixelAccuracy, meanAccuracy, frequencyWeightedIU } = scores;
  const figures = { meanIU, pixelAccuracy, meanAccuracy, frequencyWeightedIU, bandAccuracy: band.pixelAccuracy };
  const iterations = crf === "none" ? undefined : flags.iterations;
  const { index, of } = flags.merge ? wholeShard : flags.shard;
  const share = of > 1 ? `, part ${index} of ${of}` : "";
  const shown = names.map((name) => printable(name));
  const width = Math.max(30, ...shown.map((name) => name.length + 2));
  const cell = (value: number): string => (Number.isNaN(value) ? "–" : value.toFixed(4)).padStart(10);
  const line = (name: string, ...values: number[]): string => name.padEnd(width) + values.map(cell).join("");
  const text = [
    ...describeNotes(notes),
    `${flags.checkpoint}, ${modes[crf]}${iterations ? `, T = ${iterations}` : ""}: ${images} images${share}`,
    `${"class".padEnd(width)}${"IU".padStart(10)}${"accuracy".padStart(10)}`,
    ...classes.map(({ iu, accuracy }, label) => line(shown[label]!, iu, accuracy)),
    "",
    line("mean IU", meanIU),
    line("pixel accuracy", pixelAccuracy),
    line("mean accuracy", meanAccuracy),
    line(`within ${flags.band} px of a boundary`, band.pixelAccuracy),
    "",
    `${(seconds / Math.max(1, images)).toFixed(2)} s an image on ${adapter}`,
  ];
  const facts = { command: "evaluate", data: flags.data, checkpoint: flags.checkpoint, crf, iterations, images, notes };
  const parts = { shard: { index, of }, names, band: radius, ...countsOf(tally) };
  report(
    flags,
    { ...facts, seconds, adapter, ...figures, classes, trimap: trimapOf(tally), ...parts },
    text.join("\n"),
  );
}

const modes = { none: "network alone", disconnected: "disconnected CRF", trained: "trained CRF" } as const;
