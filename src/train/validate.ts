import { ValueError } from "../errors.ts";
import { Confusion, type Scores } from "../data/confusion.ts";
import { bytesSource, memorySink, writeSafetensors, type StoredTensor } from "../checkpoint/checkpoint.ts";
import { openSafetensors } from "../checkpoint/safetensors.ts";
import { requireSameParameters } from "./alike.ts";
import { explainDivergence, type Saved } from "./diverged.ts";
import type { Ranks } from "./ranks.ts";
import type { Run } from "./run.ts";
import type { ValidationScores } from "./metrics.ts";
import type { Prediction } from "./trainable.ts";
import { samplesFile } from "./surroundings.ts";

/** How many validation images have their predictions kept for the report. */
export const pictured = 6;

/**
 * Scores the validation images, if there are any, and keeps the first few predictions.
 * @throws ValueError where scores are NaN or infinite, as a loss would be in the step to come
 */
export async function validate(
  { trainable, configuration, surroundings }: Omit<Run, "optimizer">,
  step: number,
  saved: Saved,
): Promise<void> {
  const { ranks } = surroundings;
  if (ranks) await requireSameParameters(ranks, trainable.parameters, step);
  const images = surroundings.images.val;
  if (images === 0) return;
  const classes = configuration.classes.length;
  const found: Found = { network: new Confusion(classes), crf: undefined, kept: new Map() };
  for (let index = ranks?.rank ?? 0; index < images; index += ranks?.size ?? 1) {
    const sample = await surroundings.sample("val", index);
    const prediction = await trainable.predict(sample).catch(async (cause: unknown) => {
      const where = `validation after step ${step}`;
      throw cause instanceof ValueError
        ? await explainDivergence({ trainable, sample, where, cause }, configuration, saved)
        : cause;
    });
    found.network.add(sample.labels, prediction.network);
    if (prediction.crf) (found.crf ??= new Confusion(classes)).add(sample.labels, prediction.crf);
    if (index < pictured) keep(found.kept, index, sample.image, prediction);
  }
  const { network, crf, kept } = ranks ? await merged(ranks, found) : found;
  await surroundings.save(samplesFile, async (sink) => {
    await writeSafetensors({ tensors: kept, metadata: { step: String(step) } }, sink);
  });
  const scores = { network: brief(network.scores()), ...(crf && { crf: brief(crf.scores()) }) };
  await surroundings.record({ event: "validation", step, images, ...scores });
}

/** What validation has found: at one rank, or at all of them. */
interface Found {
  readonly network: Confusion;
  crf: Confusion | undefined;
  readonly kept: Map<string, StoredTensor>;
}

/** Merges what all ranks have found. Counts are whole numbers, so their order is no matter. */
async function merged(ranks: Ranks, found: Found): Promise<Found> {
  const { classes } = found.network;
  const all: Found = { network: new Confusion(classes), crf: undefined, kept: new Map() };
  for (const bytes of await ranks.exchange(await bytesOf(found))) {
    const { tensors } = await openSafetensors(bytesSource(bytes.slice()));
    const counts = async (name: string): Promise<Confusion> => {
      const confusion = new Confusion(classes);
      confusion.counts.set((await tensors.get(name)!.read()) as Float64Array);
      return confusion;
    };
    all.network.merge(await counts(countsOf.network));
    if (tensors.has(countsOf.crf)) (all.crf ??= new Confusion(classes)).merge(await counts(countsOf.crf));
    for (const [name, tensor] of tensors) if (/^\d/.test(name)) all.kept.set(name, tensor);
  }
  return { ...all, kept: new Map([...all.kept].sort(([a], [b]) => Number.parseInt(a) - Number.parseInt(b))) };
}

const countsOf = { network: "counts.network", crf: "counts.crf" } as const;

/** As a file of tensors: counts, and labels of images. */
async function bytesOf({ network, crf, kept }: Found): Promise<Uint8Array> {
  const tensors = new Map(kept);
  for (const [name, confusion] of [
    [countsOf.network, network],
    [countsOf.crf, crf],
  ] as const) {
    if (!confusion) continue;
    const { classes, counts } = confusion;
    tensors.set(name, { shape: [classes, classes], type: "float64", read: async () => counts });
  }
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

const brief = ({ meanIU, pixelAccuracy, meanAccuracy, classes }: Scores): ValidationScores => ({
  meanIU,
  pixelAccuracy,
  meanAccuracy,
  iu: classes.map(({ iu }) => (Number.isNaN(iu) ? null : iu)),
});
