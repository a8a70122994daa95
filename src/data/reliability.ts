import { ShapeError, ValueError } from "../errors.ts";
import { ignoreLabel } from "./labels.ts";

/** One bin of a reliability curve; means are NaN where it has no pixels. */
export interface ReliabilityBin {
  /** The confidences that belong to it: above `from`, up to `to`. */
  readonly from: number;
  readonly to: number;
  readonly pixels: number;
  /** The mean confidence of its pixels, and the share of them that are right. */
  readonly confidence: number;
  readonly accuracy: number;
}

/** How many bins a curve has where nothing else is said. */
export const usualBins = 15;

/** Confidences are summed in whole parts of this, so that sums over parts of a set are the sum over all of it to the last bit. */
const parts = 2 ** 16;

/**
 * Compares how sure a model is with how often it is right (Guo and others, "On Calibration of Modern Neural Networks", ICML 2017): the pixels that
 * count are sorted into bins by the largest of their probabilities.
 *
 * @example
 * const reliability = new Reliability(2);
 * reliability.add(Uint8Array.of(0, 1), Float32Array.of(3, 0, 1, 0)); // one pixel is right and sure, the other wrong
 * const error = reliability.calibrationError();
 */
export class Reliability {
  readonly classes: number;
  /** By bin: pixels, right pixels, and confidences in 65536ths. */
  readonly counts: Float64Array<ArrayBuffer>;
  readonly right: Float64Array<ArrayBuffer>;
  readonly confidences: Float64Array<ArrayBuffer>;

  /** @throws ValueError unless there are 1 to 255 classes and 1 to 1000 bins */
  constructor(classes: number, bins = usualBins) {
    for (const [what, value, most] of [["classes", classes, 255] as const, ["bins", bins, 1000] as const]) {
      if (Number.isInteger(value) && value >= 1 && value <= most) continue;
      throw new ValueError({ where: "Reliability", expected: `1 to ${most} ${what}`, got: `${value}` });
    }
    this.classes = classes;
    this.counts = new Float64Array(bins);
    this.right = new Float64Array(bins);
    this.confidences = new Float64Array(bins);
  }

  /**
   * Counts one image: its labels, of which 255 do not count, and its scores before softmax, `[pixels, classes]`.
   * @throws ShapeError where the lengths do not fit
   */
  add(truth: Uint8Array, scores: Float32Array): this {
    const { classes } = this;
    if (scores.length !== truth.length * classes) {
      const expected = `${truth.length * classes} scores of ${truth.length} pixels`;
      throw new ShapeError({ where: "Reliability.add", expected, got: `${scores.length}` });
    }
    for (const [pixel, label] of truth.entries()) {
      if (label === ignoreLabel) continue;
      const { confidence, predicted } = surest(scores.subarray(pixel * classes, (pixel + 1) * classes));
      const bin = Math.min(Math.max(Math.ceil(confidence * this.counts.length) - 1, 0), this.counts.length - 1);
      this.counts[bin]!++;
      this.confidences[bin]! += Math.round(confidence * parts);
      if (predicted === label) this.right[bin]!++;
    }
    return this;
  }

  /** Adds what was counted elsewhere. @throws ShapeError for other classes or bins */
  merge(other: Pick<Reliability, "classes" | "counts" | "right" | "confidences">): this {
    if (other.classes !== this.classes || other.counts.length !== this.counts.length) {
      const expected = `${this.classes} classes in ${this.counts.length} bins`;
      throw new ShapeError({ where: "Reliability.merge", expected, got: `${other.classes} in ${other.counts.length}` });
    }
    for (const name of ["counts", "right", "confidences"] as const) {
      for (const [bin, value] of other[name].entries()) this[name][bin]! += value;
    }
    return this;
  }

  /** The curve: accuracy over confidence. */
  curve(): ReliabilityBin[] {
    const bins = this.counts.length;
    return Array.from(this.counts, (pixels, bin) => ({
      from: bin / bins,
      to: (bin + 1) / bins,
      pixels,
      confidence: this.confidences[bin]! / parts / pixels,
      accuracy: this.right[bin]! / pixels,
    }));
  }

  /** The expected calibration error: the mean over all pixels of how far their bin's accuracy is from its confidence; NaN without pixels. */
  calibrationError(): number {
    const curve = this.curve().filter(({ pixels }) => pixels > 0);
    const total = curve.reduce((sum, { pixels }) => sum + pixels, 0);
    const sum = curve.reduce(
      (gap, { pixels, accuracy, confidence }) => gap + pixels * Math.abs(accuracy - confidence),
      0,
    );
    return sum / total;
  }
}

/** The likeliest class, the first of several, and its probability. */
function surest(scores: Float32Array): { readonly confidence: number; readonly predicted: number } {
  let predicted = 0;
  for (let k = 1; k < scores.length; k++) if (scores[k]! > scores[predicted]!) predicted = k;
  const most = scores[predicted]!;
  return { confidence: 1 / scores.reduce((sum, score) => sum + Math.exp(score - most), 0), predicted };
}
