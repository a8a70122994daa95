import type { Source } from "../checkpoint/checkpoint.ts";
import { openSafetensors } from "../checkpoint/safetensors.ts";
import type { Prediction } from "./trainable.ts";

/** How many validation images have their predictions kept for the report, the first ones, and how many of those that came out worst. */
export const pictured = 6;
export const worst = 3;

/** The numbers of the images that came out worst, the worst first. */
export const worstOf = (accuracies: ReadonlyMap<number, number>): number[] =>
  [...accuracies]
    .sort(([a, left], [b, right]) => left - right || a - b)
    .slice(0, worst)
    .map(([index]) => index);

/** Names in a file of samples, beside the labels of images: `3.network` and `3.crf` are those of the fourth. */
export const accuraciesName = "accuracies";
export const confusionName = (which: keyof Prediction): string => `confusion.${which}`;

/** What the last validation of a run kept. */
export interface Samples {
  /** The labels that it gave to the first images and to the worst, by their numbers. */
  readonly predictions: ReadonlyMap<number, Prediction>;
  /** The share of right pixels of each image; none in files of former versions. */
  readonly accuracies: readonly number[];
  /** Counts of pixels `[classes, classes]`, truth by row. */
  readonly confusions: { readonly [Which in keyof Prediction]?: Float64Array };
}

/** Reads the file that a run saved under the name of `samplesFile`. @throws FormatError */
export async function readSamples(source: Source): Promise<Samples> {
  const { tensors } = await openSafetensors(source);
  const read = async <Values>(name: string): Promise<Values | undefined> =>
    (await tensors.get(name)?.read()) as Values | undefined;
  const predictions = new Map<number, Prediction>();
  for (const name of tensors.keys()) {
    const index = /^(\d+)\.network$/.exec(name)?.[1];
    if (index === undefined) continue;
    const network = (await read<Prediction["network"]>(name))!;
    predictions.set(Number(index), { network, crf: await read(`${index}.crf`) });
  }
  const confusions = {
    network: await read<Float64Array>("confusion.network"),
    crf: await read<Float64Array>("confusion.crf"),
  };
  return { predictions, accuracies: [...((await read<Float64Array>(accuraciesName)) ?? [])], confusions };
}

/**
 * Reads the labels that the last validation of a run gave to its first images, in their order: what the run saved under the name
 * of `samplesFile`.
 * @throws FormatError
 * @example
 * const [first] = await readPredictions(bytesSource(surroundings.files.get(samplesFile)!));
 */
export async function readPredictions(source: Source): Promise<Prediction[]> {
  const { predictions } = await readSamples(source);
  const first: Prediction[] = [];
  for (let index = 0; index < pictured && predictions.has(index); index++) first.push(predictions.get(index)!);
  return first;
}
