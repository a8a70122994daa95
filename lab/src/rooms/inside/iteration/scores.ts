import { type Device, resize } from "crf-rnn";
import { luminance, type Picture } from "../picture.ts";
import { brightnessClasses } from "./scoreClasses.ts";

/** How many pixels wide and high the cells are in which scores are known: the stride of the network that they stand for. */
export const cell = 12;

/** How sure the scores are of what fills a cell. */
const certainty = 0.85;

/**
 * Scores as a coarse network would give them: the share of each class in cells of some pixels, as logits, and between the centers of
 * the cells what bilinear interpolation makes of them. The classes are those of the drawing, or three of brightness.
 */
export async function scoresOf(
  device: Device,
  picture: Picture,
): Promise<{ readonly data: Float32Array<ArrayBuffer>; readonly classes: number }> {
  const { width, height } = picture;
  const labels = picture.truth ?? brightnessLabels(picture);
  const classes = picture.truth ? Math.max(2, ...labels) + 1 : brightnessClasses.length;
  const [columns, rows] = [Math.ceil(width / cell), Math.ceil(height / cell)];
  const counts = new Float64Array(columns * rows * classes);
  const totals = new Float64Array(columns * rows);
  labels.forEach((label, pixel) => {
    const at = Math.floor(pixel / width / cell) * columns + Math.floor((pixel % width) / cell);
    counts[at * classes + label]!++;
    totals[at]!++;
  });
  const logits = Float32Array.from(counts, (count, i) => {
    const share = count / totals[Math.floor(i / classes)]!;
    return Math.log(certainty * share + (1 - certainty) / classes);
  });
  using coarse = device.tensor([rows, columns, classes], logits);
  using fine = resize(coarse, [height, width]);
  return { data: (await fine.read()) as Float32Array<ArrayBuffer>, classes };
}

/** Three classes of as many pixels each. */
function brightnessLabels({ pixels, width, height }: Picture): Uint8Array {
  const values = Float64Array.from({ length: width * height }, (_, pixel) => luminance(pixels, pixel));
  const sorted = values.slice().sort();
  const [low, high] = [sorted[Math.floor(values.length / 3)]!, sorted[Math.floor((2 * values.length) / 3)]!];
  return Uint8Array.from(values, (value) => (value < low ? 0 : value < high ? 1 : 2));
}
