import { FormatError } from "../errors.ts";
import { mostLikely } from "../diagnosis/finding.ts";
import { adviceOn, valuesRemedy } from "../diagnosis/labels.ts";
import { ignoreLabel } from "../ignoreLabel.ts";

export { ignoreLabel };

/** One image's ground truth or prediction: `labels` is `[height, width]`, row by row; 255 = ignore. */
export interface LabelMap {
  readonly height: number;
  readonly width: number;
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** The largest image or label map that is read, in pixels; a file that declares more is refused before anything is allocated. */
export const maximumPixels = 2 ** 26;

/** The remedy for a larger one. */
export const tooLarge = "too large to be read whole: scale it down, or cut it into parts";

/**
 * Checks that every label is a class or 255.
 * @throws FormatError naming `file`, the first stray label and its pixel
 */
export function checkLabels(
  { height, width, labels }: Omit<LabelMap, "labels"> & { readonly labels: Uint8Array | Uint16Array },
  classes: number,
  file: string,
): void {
  const stray = labels.findIndex((label) => label >= classes && label !== ignoreLabel);
  if (stray < 0) return;
  const advice = adviceOn({ file, height, width, values: labels });
  throw new FormatError({
    file,
    expected: `labels 0…${classes - 1}, or ${ignoreLabel} to ignore`,
    got: `label ${labels[stray]} at row ${Math.floor(stray / width)}, column ${stray % width}${advice ? `${mostLikely}${advice.likely}` : ""}`,
    remedy: advice?.remedy ?? `${valuesRemedy}, or name a data set that has this class`,
  });
}

/** Counts the pixels of each of the 256 labels. */
export function countLabels(labels: Uint8Array): Float64Array<ArrayBuffer> {
  const counts = new Float64Array(256);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]!++;
  return counts;
}
