import { basename } from "node:path";
import { Command, Option } from "commander";
import { boundaryBand } from "../data/boundary.ts";
import { Confusion, type Scores } from "../data/confusion.ts";
import { spread } from "../data/contactSheet.ts";
import { itemsOf } from "../data/dataset.ts";
import { formats, openPart, type Format } from "../data/openDataset.ts";
import { FormatError, UsageError } from "../errors.ts";
import { openModelFile } from "./modelFile.ts";
import { addModelFlags, type ModelFlags } from "./modelFlags.ts";
import { openDevice, positiveNumber, report, wholeNumber, type CommonFlags } from "./options.ts";
import { startProgress } from "./progress.ts";
import { readSample } from "./train/images.ts";
import { openLogits } from "./train/logits.ts";

interface EvaluateFlags extends CommonFlags, ModelFlags {
  readonly data: string;
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

One confusion matrix over all images at their own size; pixels of 255 do not count. The mean IU is over the classes that
occur in truth or prediction. The band is what lies within some pixels of a boundary of the ground truth.`;

export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description("score a checkpoint: the network alone, with a disconnected CRF, or with its trained CRF")
    .requiredOption("--data <dir>", "DIR (its split val), or DIR@SPLIT,…")
    .addOption(new Option("--format <kind>", "what the folder holds (default: found out)").choices(formats));
  return addModelFlags(command)
    .option("--logits <file>", "logits of another network, .safetensors, for a checkpoint of a CRF alone")
    .option("--images <n>", "score so many images, evenly spread over the set", wholeNumber(1))
    .option("--band <pixels>", "reach of the boundary band", positiveNumber, 7)
    .addHelpText("after", examples)
    .action(run);
}

async function run(flags: EvaluateFlags): Promise<void> {
  const part = await openPart(flags.data, { format: flags.format });
  const { classes } = part.dataset;
  const all = part.splits || !part.dataset.splits.has("val") ? itemsOf(part) : [...part.dataset.splits.get("val")!];
  const items = spread(all, flags.images ?? all.length);
  if (items.length === 0) throw new UsageError({ where: "--data", expected: "images to score", got: "none" });
  using device = await openDevice(flags);
  const { model, crf } = await openModelFile(device, flags);
  using _model = model;
  check(flags, model.classes, classes.length, model.network !== undefined);
  const logits = flags.logits ? await openLogits(flags.logits, classes.length, items) : undefined;
  const [whole, band] = [new Confusion(classes.length), new Confusion(classes.length)];
  using progress = startProgress(flags, items.length);
  const began = performance.now();
  for (const item of items) {
    progress.stage("scoring");
    const sample = await readSample(item, logits?.read);
    const predicted = await model.predict(sample, { iterations: flags.iterations });
    whole.add(sample.labels, predicted);
    band.add(sample.labels, predicted, boundaryBand({ ...sample.image, labels: sample.labels }, flags.band));
    progress.step();
  }
  await logits?.close();
  progress[Symbol.dispose]();
  const seconds = (performance.now() - began) / 1000;
  const facts = { crf, iterations: crf === "none" ? undefined : flags.iterations, images: items.length, seconds };
  print(flags, { ...facts, adapter: device.info.name }, classes, whole.scores(), band.scores());
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

function print(
  flags: EvaluateFlags,
  facts: Readonly<{ crf: string; iterations?: number; images: number; seconds: number; adapter: string }>,
  names: readonly string[],
  scores: Scores,
  band: Scores,
): void {
  const classes = scores.classes.map(({ iu, accuracy, truth }, label) => ({ name: names[label], iu, accuracy, truth }));
  const { meanIU, pixelAccuracy, meanAccuracy, frequencyWeightedIU } = scores;
  const figures = { meanIU, pixelAccuracy, meanAccuracy, frequencyWeightedIU, bandAccuracy: band.pixelAccuracy };
  const width = Math.max(22, ...names.map((name) => name.length + 2));
  const cell = (value: number): string => (Number.isNaN(value) ? "–" : value.toFixed(4)).padStart(10);
  const how = { none: "network alone", disconnected: "disconnected CRF", trained: "trained CRF" }[facts.crf];
  const text = [
    `${basename(flags.checkpoint)}, ${how}${facts.iterations ? `, T = ${facts.iterations}` : ""}: ${facts.images} images`,
    `${"class".padEnd(width)}${"IU".padStart(10)}${"accuracy".padStart(10)}`,
    ...classes.map(({ name, iu, accuracy }) => `${name.padEnd(width)}${cell(iu)}${cell(accuracy)}`),
    "",
    `${"mean IU".padEnd(width)}${cell(meanIU)}`,
    `${"pixel accuracy".padEnd(width)}${cell(pixelAccuracy)}`,
    `${"mean accuracy".padEnd(width)}${cell(meanAccuracy)}`,
    `${`within ${flags.band} px of a boundary`.padEnd(width)}${cell(band.pixelAccuracy)}`,
    "",
    `${(facts.seconds / facts.images).toFixed(2)} s an image on ${facts.adapter}`,
  ];
  report(
    flags,
    { command: "evaluate", data: flags.data, checkpoint: flags.checkpoint, ...facts, ...figures, classes },
    text.join("\n"),
  );
}
