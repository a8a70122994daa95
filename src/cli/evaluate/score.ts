import { argmax } from "../../data/argmax.ts";
import type { Scores } from "../../data/confusion.ts";
import { itemsOf } from "../../data/dataset.ts";
import { countLabels } from "../../data/labels.ts";
import { type Format, openPart } from "../../data/openDataset.ts";
import type { Color } from "../../data/palette.ts";
import { spread } from "../../data/spread.ts";
import { checkCensus } from "../../diagnosis/census.ts";
import { CrfRnnError, FormatError, UsageError } from "../../errors.ts";
import type { Tensor } from "../../tensor.ts";
import type { Model } from "../../train/model.ts";
import type { Picture } from "../../train/report/pictures.ts";
import type { Sample } from "../../train/sample.ts";
import type { Prediction } from "../../train/trainable.ts";
import { openModelFile } from "../modelFile.ts";
import type { CrfChoice, ModelFlags } from "../modelFlags.ts";
import { type FileNote, notesOf } from "../notes.ts";
import { openDevice } from "../openDevice.ts";
import type { CommonFlags } from "../options.ts";
import { ofOnePicture, type PassedOver, tellPassedOver } from "../passedOver.ts";
import { startProgress } from "../progress.ts";
import { partOf, type Shard } from "../shard.ts";
import { readSample } from "../train/images.ts";
import { openLogits } from "../train/logits.ts";
import { Tally } from "./tally.ts";

export interface EvaluateFlags extends CommonFlags, ModelFlags {
  /** This and the checkpoint are there unless parts are merged. */
  readonly data: string;
  readonly merge?: readonly string[];
  readonly shard: Shard;
  readonly format?: Format;
  readonly images?: number;
  readonly logits?: string;
  readonly band: number;
  readonly tolerance?: number;
  readonly pictures?: string;
  readonly report?: string;
  readonly strict?: boolean;
}

/** An image that is in no tally, and its place among the images of its part, from 0 on. */
export interface Unscored extends PassedOver {
  readonly place: number;
}

/** The result of `crf-rnn evaluate`. */
export interface Evaluation {
  readonly crf: CrfChoice;
  /** Of the CRF, where there is one. */
  readonly iterations?: number;
  readonly names: readonly string[];
  /** The number of images that were scored. */
  readonly images: number;
  /** Images that could not be scored, and are in no tally. */
  readonly failures: readonly Unscored[];
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
  readonly palette: readonly Color[];
  /** The images that came out worst, the worst first; none unless a report is asked for. */
  readonly worst: readonly Picture[];
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
  const { model, crf, iterations } = await openModelFile(device, flags);
  using _model = model;
  check(flags, model.classes, classes.length, model.network !== undefined);
  const logits = flags.logits
    ? await openLogits(flags.logits, classes.length, items, { single: !flags.strict })
    : undefined;
  const notes: FileNote[] = [...(logits?.notes ?? [])];
  const pixels = new Float64Array(256);
  const tally = new Tally(classes.length, flags.band, flags.tolerance);
  const worst = new Worst();
  const failures: Unscored[] = [];
  using progress = startProgress(flags, items.length);
  const began = performance.now();
  try {
    for (const [place, item] of items.entries()) {
      progress.stage("scoring");
      const attempt = async () => {
        const sample = await readSample(item, logits?.read);
        return { sample, judged: await judge(model, sample, { ...flags, iterations }) };
      };
      const result = await attempt().catch((error: unknown) => ofOnePicture(error, flags));
      progress.step();
      if (result instanceof CrfRnnError) {
        failures.push({ id: item.id, place, problem: result.message });
        tellPassedOver(progress, result.message);
        continue;
      }
      const { sample, judged } = result;
      for (const note of sample.image.notes) notes.push({ file: item.image, note });
      const { scores, ...prediction } = judged;
      countLabels(sample.labels).forEach((count, label) => (pixels[label]! += count));
      const predicted = prediction.crf ?? prediction.network;
      const own = tally.add(item.id, { ...sample.image, labels: sample.labels }, predicted, scores);
      const { id, image, labels } = sample;
      if (flags.report !== undefined) worst.add({ id, image, labels, prediction, accuracy: own.pixelAccuracy ?? 0 });
    }
  } finally {
    await logits?.close();
  }
  const images = tally.pictures.length;
  const suspect = images === 0 ? [] : checkCensus({ file: part.dataset.name, names: classes, pixels });
  // Of some images of a set, classes may well be missing.
  const told = suspect.filter(({ code }) => code !== "classes-never" || images === all.length);
  notes.push(...notesOf(told, ["warning", "refusal"]));
  const seconds = (performance.now() - began) / 1000;
  const found = { crf, iterations, names: classes, images, failures, notes, seconds, adapter: device.info.name };
  const scores = { scores: tally.whole.scores(), band: tally.bands.get(flags.band)!.scores() };
  const { palette } = part.dataset;
  return { ...found, ...scores, radius: flags.band, tally, palette, worst: worst.pictures };
}

/** Labels and scores of an image; those of the network below a CRF, too, where a report compares them. @throws ValueError */
async function judge(
  model: Model,
  sample: Sample,
  { iterations, report: page }: EvaluateFlags,
): Promise<Prediction & { readonly scores: Float32Array }> {
  let network: Prediction["network"] | undefined;
  const onLayer = async (name: string, scores: Tensor): Promise<void> => {
    if (name === "score") network = argmax(await scores.read(), model.classes);
  };
  using logits = await model.logits(sample, { iterations, ...(page !== undefined && model.refines && { onLayer }) });
  const scores = await logits.read();
  const labels = argmax(scores, model.classes);
  return model.refines ? { network: network ?? labels, crf: labels, scores } : { network: labels, scores };
}

/** How many images a report shows. */
const shownPictures = 6;

/** The images that came out worst so far, the worst first. */
class Worst {
  pictures: readonly (Picture & { readonly accuracy: number })[] = [];

  add(picture: Picture & { readonly accuracy: number }): void {
    this.pictures = [...this.pictures, picture].sort((a, b) => a.accuracy - b.accuracy).slice(0, shownPictures);
  }
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
