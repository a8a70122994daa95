import { ShapeError, ValueError } from "../errors.ts";
import { nearTo } from "./boundary.ts";
import { ignoreLabel, type LabelMap } from "./labels.ts";

/** How far apart boundaries may lie to be taken for the same, in pixels, where nothing else is said: 0.75 % of the diagonal (Csurka and others 2013). */
export const usualTolerance = ({ height, width }: Pick<LabelMap, "height" | "width">): number =>
  0.0075 * Math.hypot(height, width);

/**
 * The boundary F-score of each class in one picture (Csurka, Larlus and Perronnin, "What is a good evaluation measure for semantic
 * segmentation?", BMVC 2013): 2·P·R/(P + R), with the precision P, the share of the predicted region's boundary pixels that have one of the true
 * region's within `tolerance` pixels, and the recall R, the other way round. A boundary pixel of a region is one of it with a pixel left, right,
 * above or below that is not of it; void (255) is none of any. Predicted boundaries in the void are not wrong, but true ones may be
 * found by them. NaN for a class that the truth lacks, and for one without a boundary in both.
 * @throws ShapeError where the prediction has another size; ValueError for a tolerance below 0 or not finite
 * @example
 * const scores = boundaryScores({ height: 2, width: 2, labels: Uint8Array.of(0, 1, 0, 1) }, Uint8Array.of(0, 1, 1, 1), 2, 1);
 */
export function boundaryScores(truth: LabelMap, predicted: Uint8Array, classes: number, tolerance: number): number[] {
  const { height, width, labels } = truth;
  if (predicted.length !== labels.length) {
    const expected = `${labels.length} pixels`;
    throw new ShapeError({ where: "boundaryScores", expected, got: `${predicted.length}` });
  }
  if (!(tolerance >= 0 && tolerance < Infinity)) {
    throw new ValueError({ where: "boundaryScores", expected: "a tolerance of 0 pixels or more", got: `${tolerance}` });
  }
  const occurring = new Set(labels);
  return Array.from({ length: classes }, (_, label) => {
    if (!occurring.has(label)) return NaN;
    const own = boundaryOf(labels, label, height, width);
    const other = boundaryOf(predicted, label, height, width);
    if (!own.includes(1) && !other.includes(1)) return NaN;
    const recall = shareOf(own, nearTo(other, height, width, tolerance));
    const precision = shareOf(other, nearTo(own, height, width, tolerance), labels) ?? 1;
    // Without a boundary on one side, none is found on the other.
    if (recall === undefined || recall + precision === 0) return 0;
    return (2 * precision * recall) / (precision + recall);
  });
}

function boundaryOf(labels: Uint8Array, label: number, height: number, width: number): Uint8Array {
  const boundary = new Uint8Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== label) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    const differs = (inside: boolean, neighbor: number): boolean => inside && labels[neighbor] !== label;
    const right = differs(x < width - 1, i + 1) || differs(x > 0, i - 1);
    if (right || differs(y < height - 1, i + width) || differs(y > 0, i - width)) boundary[i] = 1;
  }
  return boundary;
}

/** The share of the marked pixels that are near; those in the void are left out where the truth is given. Undefined where none are left. */
function shareOf(marked: Uint8Array, near: Uint8Array, truth?: Uint8Array): number | undefined {
  let [count, found] = [0, 0];
  for (let i = 0; i < marked.length; i++) {
    if (!marked[i] || truth?.[i] === ignoreLabel) continue;
    count++;
    found += near[i]!;
  }
  return count === 0 ? undefined : found / count;
}
