import type { LabeledImage } from "../data/labeledImage.ts";
import { meanColor } from "../models/meanColor.ts";

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

/** Red, green, blue 0…255 as blue, green, red less the mean: the network's input and the CRF's guide. */
export function networkInput(values: Float32Array): Float32Array<ArrayBuffer> {
  const input = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += 3) {
    for (let k = 0; k < 3; k++) input[at + k] = values[at + 2 - k]! - meanColor[k]!;
  }
  return input;
}
