import { ValueError } from "../errors.ts";
import { Confusion, type Scores } from "../data/confusion.ts";
import { writeSafetensors, type StoredTensor } from "../checkpoint/checkpoint.ts";
import { explainDivergence, type Saved } from "./diverged.ts";
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
  const images = surroundings.images.val;
  if (images === 0) return;
  const classes = configuration.classes.length;
  const network = new Confusion(classes);
  let crf: Confusion | undefined;
  const kept = new Map<string, StoredTensor>();
  for (let index = 0; index < images; index++) {
    const sample = await surroundings.sample("val", index);
    const prediction = await trainable.predict(sample).catch(async (cause: unknown) => {
      const where = `validation after step ${step}`;
      throw cause instanceof ValueError
        ? await explainDivergence({ trainable, sample, where, cause }, configuration, saved)
        : cause;
    });
    network.add(sample.labels, prediction.network);
    if (prediction.crf) (crf ??= new Confusion(classes)).add(sample.labels, prediction.crf);
    if (index < pictured) keep(kept, index, sample.image, prediction);
  }
  await surroundings.save(samplesFile, async (sink) => {
    await writeSafetensors({ tensors: kept, metadata: { step: String(step) } }, sink);
  });
  const scores = { network: brief(network.scores()), ...(crf && { crf: brief(crf.scores()) }) };
  await surroundings.record({ event: "validation", step, images, ...scores });
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
