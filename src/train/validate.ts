import { ValueError } from "../errors.ts";
import { boundaryBand, usualBand } from "../data/boundary.ts";
import { Confusion, type Scores } from "../data/confusion.ts";
import { ignoreLabel } from "../data/labels.ts";
import { bytesSource, memorySink, writeSafetensors, type StoredTensor } from "../checkpoint/checkpoint.ts";
import { openSafetensors } from "../checkpoint/safetensors.ts";
import { requireSameParameters } from "./alike.ts";
import { explainDivergence, type Saved } from "./diverged.ts";
import type { Ranks } from "./ranks.ts";
import type { Run } from "./run.ts";
import { meanIUOf, type ValidationScores } from "./metrics.ts";
import type { Prediction } from "./trainable.ts";
import { accuraciesName, confusionName, pictured, worstOf } from "./predictions.ts";
import { samplesFile } from "./surroundings.ts";

/**
 * Scores the validation images, if there are any, and keeps the first few predictions and the worst. Returns the mean IU of what the model gives at
 * last, over the classes in the truth of all these images. `apart`: see `ValidationMetric`.
 * @throws ValueError where scores are NaN or infinite, as a loss would be in the step to come
 */
export async function validate(
  { trainable, configuration, surroundings }: Omit<Run, "optimizer">,
  step: number,
  saved: Saved,
  apart = false,
): Promise<number | undefined> {
  const { ranks } = surroundings;
  if (ranks) await requireSameParameters(ranks, trainable.parameters, step);
  const images = surroundings.images.val;
  if (images === 0) return undefined;
  const classes = configuration.classes.length;
  const found = nothingFound(classes);
  for (let index = ranks?.rank ?? 0; index < images; index += ranks?.size ?? 1) {
    const sample = await surroundings.sample("val", index);
    const prediction = await trainable.predict(sample).catch(async (cause: unknown) => {
      const where = `validation after step ${step}`;
      throw cause instanceof ValueError
        ? await explainDivergence({ trainable, sample, where, cause }, configuration, saved)
        : cause;
    });
    const { network, crf, loss } = prediction;
    const band = boundaryBand({ ...sample.image, labels: sample.labels }, usualBand);
    count(found, "network", sample.labels, network, band);
    if (crf) count(found, "crf", sample.labels, crf, band);
    found.losses.push(loss);
    found.accuracies.set(index, accuracyOf(sample.labels, crf ?? network));
    keep(found.kept, index, sample.image, { network, crf });
    forget(found);
  }
  const all = ranks ? await merged(ranks, found) : found;
  const { counts, losses } = all;
  await surroundings.save(samplesFile, async (sink) => {
    await writeSafetensors({ tensors: samplesOf(all), metadata: { step: String(step) } }, sink);
  });
  const scoresOf = (which: keyof Prediction): ValidationScores =>
    brief(counts.get(which)!.scores(), counts.get(`${which}.band`)!.scores());
  const scores = { network: scoresOf("network"), ...(counts.has("crf") && { crf: scoresOf("crf") }) };
  const { pixels } = counts.get("network")!.scores();
  const lossPerPixel = losses.reduce((sum, loss) => sum + loss, 0) / pixels;
  await surroundings.record({
    event: "validation",
    step,
    images,
    lossPerPixel,
    ...scores,
    ...(apart && { apart }),
  });
  return meanIUOf(scores);
}

/** What validation has found: at one rank, or at all of them. */
interface Found {
  readonly classes: number;
  /** Of the network and of the CRF, each over all pixels and, with `.band`, over those near a boundary. */
  readonly counts: Map<CountName, Confusion>;
  /** Of each image, in their order. */
  readonly losses: number[];
  /** The share of right pixels in what the model gives at last, by the numbers of images. */
  readonly accuracies: Map<number, number>;
  readonly kept: Map<string, StoredTensor>;
}

type CountName = keyof Prediction | `${keyof Prediction}.band`;

const nothingFound = (classes: number): Found => ({
  classes,
  counts: new Map(),
  losses: [],
  accuracies: new Map(),
  kept: new Map(),
});

/** Lets go of predictions that belong neither to the first images nor to the worst. */
function forget({ accuracies, kept }: Found): void {
  const stay = new Set(worstOf(accuracies));
  for (const name of kept.keys()) {
    const index = Number.parseInt(name);
    if (index >= pictured && !stay.has(index)) kept.delete(name);
  }
}

/** The tensors of the file of samples: kept labels, the confusion matrices, and the share of right pixels of each image. */
function samplesOf({ classes, counts, accuracies, kept }: Found): Map<string, StoredTensor> {
  const tensors = new Map([...kept].sort(([a], [b]) => Number.parseInt(a) - Number.parseInt(b)));
  for (const which of ["network", "crf"] as const) {
    const confusion = counts.get(which);
    if (confusion) tensors.set(confusionName(which), float64([classes, classes], confusion.counts));
  }
  const shares = [...accuracies].sort(([a], [b]) => a - b).map(([, share]) => share);
  return tensors.set(accuraciesName, float64([shares.length], Float64Array.from(shares)));
}

const float64 = (shape: readonly number[], values: Float64Array<ArrayBuffer>): StoredTensor => ({
  shape,
  type: "float64",
  read: async () => values,
});

function confusionOf({ classes, counts }: Found, name: CountName): Confusion {
  const known = counts.get(name) ?? new Confusion(classes);
  counts.set(name, known);
  return known;
}

function count(
  found: Found,
  which: keyof Prediction,
  truth: Uint8Array,
  predicted: Uint8Array,
  band: Uint8Array,
): void {
  confusionOf(found, which).add(truth, predicted);
  confusionOf(found, `${which}.band`).add(truth, predicted, band);
}

/** Merges what all ranks have found: counts are whole numbers; losses come into the order of images, so that their sum has the same bits. */
async function merged(ranks: Ranks, found: Found): Promise<Found> {
  const all = nothingFound(found.classes);
  const received = await ranks.exchange(await bytesOf(found));
  for (const [rank, bytes] of received.entries()) {
    const { tensors } = await openSafetensors(bytesSource(bytes.slice()));
    for (const [name, tensor] of tensors) {
      if (/^\d/.test(name)) all.kept.set(name, tensor);
      else if (name === lossesName || name === accuraciesName) {
        const values = (await tensor.read()) as Float64Array;
        for (const [k, value] of values.entries()) {
          const index = rank + k * received.length;
          if (name === lossesName) all.losses[index] = value;
          else all.accuracies.set(index, value);
        }
      } else {
        const confusion = new Confusion(found.classes);
        confusion.counts.set((await tensor.read()) as Float64Array);
        confusionOf(all, name.slice(countsPrefix.length) as CountName).merge(confusion);
      }
    }
  }
  forget(all);
  return all;
}

const countsPrefix = "counts.";
const lossesName = "losses";

/** As a file of tensors: counts, what there is of each image, and labels of images. */
async function bytesOf({ classes, counts, losses, accuracies, kept }: Found): Promise<Uint8Array> {
  const tensors = new Map(kept);
  for (const [name, { counts: values }] of counts) {
    tensors.set(countsPrefix + name, float64([classes, classes], values));
  }
  tensors.set(lossesName, float64([losses.length], Float64Array.from(losses)));
  tensors.set(accuraciesName, float64([accuracies.size], Float64Array.from(accuracies.values())));
  const sink = memorySink();
  await writeSafetensors({ tensors, metadata: {} }, sink);
  return sink.bytes();
}

function keep(
  kept: Map<string, StoredTensor>,
  index: number,
  { height, width }: { readonly height: number; readonly width: number },
  prediction: Prediction,
): void {
  for (const [name, labels] of Object.entries(prediction) as [string, Uint8Array<ArrayBuffer> | undefined][]) {
    if (!labels) continue;
    kept.set(`${index}.${name}`, { shape: [height, width], type: "uint8", read: async () => labels });
  }
}

/** The share of right pixels among those that count; 0 where none does. */
function accuracyOf(truth: Uint8Array, predicted: Uint8Array): number {
  let [right, counted] = [0, 0];
  for (const [pixel, label] of truth.entries()) {
    if (label === ignoreLabel) continue;
    counted++;
    if (predicted[pixel] === label) right++;
  }
  return right / Math.max(1, counted);
}

const brief = ({ meanIU, pixelAccuracy, meanAccuracy, classes }: Scores, band: Scores): ValidationScores => ({
  meanIU,
  pixelAccuracy,
  meanAccuracy,
  bandAccuracy: band.pixels > 0 ? band.pixelAccuracy : null,
  iu: classes.map(({ iu }) => (Number.isNaN(iu) ? null : iu)),
});
