import { ShapeError, ValueError } from "../errors.ts";
import type { Labels } from "../labels.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** @throws ShapeError unless labels and scores have the same pixels; ValueError for labels without scores, and for one to ignore that is none */
export function requireLabels(where: string, scores: Tensor, labels: Labels, ignore: number): void {
  if (!sameShape(scores.shape.slice(0, -1), labels.shape)) {
    throw new ShapeError({
      where,
      expected: `labels ${formatShape(scores.shape.slice(0, -1))} for scores ${formatShape(scores.shape)}`,
      got: formatShape(labels.shape),
      remedy: "give every pixel of the scores a label",
    });
  }
  if (!Number.isInteger(ignore) || ignore < 0 || ignore > 255) {
    throw new ValueError({ where, expected: "a label from 0 to 255 to ignore", got: String(ignore) });
  }
  const wrong = labels.firstBeyond(scores.channels, ignore);
  if (!wrong) return;
  throw new ValueError({
    where,
    expected: `labels below ${scores.channels}, the scores' classes, or ${ignore} to ignore`,
    got: `label ${wrong.label} at pixel ${formatShape(wrong.position)}`,
    remedy: "map the labels to the classes, or make the network with more classes",
  });
}
