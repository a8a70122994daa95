import type { LabeledImage } from "../data/labeledImage.ts";
import { ignoreLabel } from "../data/labels.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { meanColor } from "../models/meanColor.ts";
import { kindOf } from "../values.ts";

/** Logits of another network, `[height, width, classes]`, of any size, instead of those of the run's own network. */
export interface GivenLogits {
  readonly shape: readonly [height: number, width: number, classes: number];
  readonly values: Float32Array<ArrayBuffer>;
}

/** One image to learn from or to be scored by. */
export interface Sample extends LabeledImage {
  readonly id: string;
  readonly logits?: GivenLogits;
}

/** An image as a program gives it to a run in memory. */
export interface TrainingImage extends LabeledImage {
  /** A name of its own, which messages use, and by which a run that goes on recognizes its images. Default: `image-0`, `image-1`, … */
  readonly id?: string;
  /** Logits of another network for it, for `trainingConfiguration` with the stage `crf-rnn`: then all images have some. */
  readonly logits?: GivenLogits;
}

/**
 * The images of a split, with their names. `least`: how many there have to be.
 * @throws ValueError, ShapeError for what is no image, labels of another size, labels that are all ignored
 */
export function samplesOf(
  where: string,
  split: string,
  images: readonly TrainingImage[],
  least = 0,
): readonly Sample[] {
  const given: unknown = images;
  if (!Array.isArray(given) || given.length < least) {
    const got = Array.isArray(given) ? "none" : kindOf(given);
    throw new ValueError({ where, expected: `${split}: images with labels, in an array`, got });
  }
  return images.map((one, index) => {
    const sample = { ...one, id: one.id ?? `image-${index}` };
    requireLabeled(`${where}, ${split}, ${sample.id}`, sample);
    return sample;
  });
}

function requireLabeled(where: string, { image, labels }: Sample): void {
  const { height, width, values } = image;
  if (!(values instanceof Float32Array && labels instanceof Uint8Array)) {
    const got = `${kindOf(values)} and ${kindOf(labels)}`;
    throw new ValueError({ where, expected: "an image's values in a Float32Array, and labels in a Uint8Array", got });
  }
  if (values.length !== height * width * 3 || labels.length !== height * width) {
    const expected = `${height * width * 3} values and ${height * width} labels of an image ${height} × ${width}`;
    throw new ShapeError({ where, expected, got: `${values.length} and ${labels.length}` });
  }
  if (labels.some((label) => label !== ignoreLabel)) return;
  const got = `${ignoreLabel} (ignored) on every pixel`;
  throw new ValueError({ where, expected: "labels to learn from or to score by", got, remedy: "leave the image out" });
}

/** Red, green, blue 0…255 as blue, green, red less the mean: the network's input and the CRF's guide. */
export function networkInput(values: Float32Array): Float32Array<ArrayBuffer> {
  const input = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += 3) {
    for (let k = 0; k < 3; k++) input[at + k] = values[at + 2 - k]! - meanColor[k]!;
  }
  return input;
}
