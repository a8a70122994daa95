import { ShapeError, ValueError } from "../errors.ts";
import { ignoreLabel } from "./labels.ts";

/** The scores of one class. A ratio with nothing in its denominator is NaN. */
export interface ClassScore {
  /** Pixels of this class in the ground truth. */
  readonly truth: number;
  /** Pixels predicted as this class. */
  readonly predicted: number;
  /** Pixels that are both. */
  readonly correct: number;
  /** correct / truth; NaN where the ground truth lacks the class. */
  readonly accuracy: number;
  /** correct / (truth + predicted − correct); NaN where neither truth nor prediction has the class. */
  readonly iu: number;
}

/** Scores of one confusion matrix, 0…1, NaN where no pixel was counted (Long, Shelhamer and Darrell 2015, Section 5). */
export interface Scores {
  /** Pixels counted. */
  readonly pixels: number;
  /** Σ correct / Σ truth. */
  readonly pixelAccuracy: number;
  /** Mean of `accuracy` over the classes of the ground truth. */
  readonly meanAccuracy: number;
  /**
   * Mean of `iu` over the classes that occur in the truth of the whole set, as in the papers. What is predicted does not change the
   * divisor, so that all models have the same one on the same set. A class that is predicted where it never is costs the classes that are there.
   */
  readonly meanIU: number;
  /** Σ truth·iu / Σ truth. */
  readonly frequencyWeightedIU: number;
  readonly classes: readonly ClassScore[];
}

/**
 * One confusion matrix over a whole set: `counts[truth · classes + predicted]` pixels. Pixels whose truth is 255 are dropped.
 *
 * @example
 * const confusion = new Confusion(21);
 * for (const item of items) confusion.add((await item.labels()).labels, await predict(item));
 * confusion.scores().meanIU;
 */
export class Confusion {
  readonly classes: number;
  /** `[classes, classes]`, truth by row; exact to 2^53 pixels. */
  readonly counts: Float64Array<ArrayBuffer>;

  /** @throws ValueError unless `classes` is a whole number in 1…255 */
  constructor(classes: number) {
    if (!Number.isInteger(classes) || classes < 1 || classes > ignoreLabel) {
      throw new ValueError({ where: "Confusion", expected: `1 to ${ignoreLabel} classes`, got: `${classes}` });
    }
    this.classes = classes;
    this.counts = new Float64Array(classes * classes);
  }

  /**
   * Counts one image at its original resolution. `within`, where given, has a non-zero byte for each pixel to count
   * (`boundaryBand`, for one). Nothing is counted when it throws.
   * @throws ShapeError where the lengths differ
   * @throws ValueError for a label outside the classes; the prediction may not be 255 where the truth is not
   */
  add(truth: Uint8Array, predicted: Uint8Array, within?: Uint8Array): this {
    if (predicted.length !== truth.length || (within && within.length !== truth.length)) {
      const lengths = [predicted.length, ...(within ? [within.length] : [])].join(" and ");
      throw new ShapeError({ where: "Confusion.add", expected: `${truth.length} pixels`, got: lengths });
    }
    const { classes } = this;
    const counted = (i: number): boolean => truth[i] !== ignoreLabel && (!within || within[i] !== 0);
    for (let i = 0; i < truth.length; i++) {
      if (counted(i) && (truth[i]! >= classes || predicted[i]! >= classes)) {
        const side = truth[i]! >= classes ? "truth" : "prediction";
        throw new ValueError({
          where: "Confusion.add",
          expected: `labels 0…${classes - 1}${side === "truth" ? `, or ${ignoreLabel} to ignore` : ""}`,
          got: `${side} ${side === "truth" ? truth[i] : predicted[i]} at pixel ${i}`,
        });
      }
    }
    for (let i = 0; i < truth.length; i++) if (counted(i)) this.counts[truth[i]! * classes + predicted[i]!]!++;
    return this;
  }

  /**
   * Adds the counts of another confusion matrix, so that parts of a set can be evaluated separately.
   * @throws ShapeError where the classes differ
   */
  merge(other: Confusion): this {
    if (other.classes !== this.classes) {
      throw new ShapeError({ where: "Confusion.merge", expected: `${this.classes} classes`, got: `${other.classes}` });
    }
    for (let i = 0; i < this.counts.length; i++) this.counts[i]! += other.counts[i]!;
    return this;
  }

  scores(): Scores {
    const indices = Array.from({ length: this.classes }, (_, c) => c);
    const cell = (row: number, column: number): number => this.counts[row * this.classes + column]!;
    const classes = indices.map((c): ClassScore => {
      const truth = sum(indices.map((k) => cell(c, k)));
      const predicted = sum(indices.map((k) => cell(k, c)));
      const correct = cell(c, c);
      return { truth, predicted, correct, accuracy: correct / truth, iu: correct / (truth + predicted - correct) };
    });
    const pixels = sum(classes.map(({ truth }) => truth));
    const ofTruth = classes.filter(({ truth }) => truth > 0);
    return {
      pixels,
      pixelAccuracy: sum(classes.map(({ correct }) => correct)) / pixels,
      meanAccuracy: mean(ofTruth.map(({ accuracy }) => accuracy)),
      meanIU: mean(ofTruth.map(({ iu }) => iu)),
      frequencyWeightedIU: sum(ofTruth.map(({ truth, iu }) => truth * iu)) / pixels,
      classes,
    };
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
