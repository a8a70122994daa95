import type { LabelMap } from "../../data/labels.ts";
import { paintRuns, rasterize } from "../../data/runs.ts";

/** One polygon `[x0, y0, x1, y1, …]` in pixels, painted over those before it. */
export interface Stroke {
  readonly label: number;
  readonly polygon: readonly number[];
  /** Paints only over pixels that are no longer background. */
  readonly within?: "figure";
}

/** A photograph (scripts/photographs.mjs makes its file of this name) with a quick annotation to refine and a careful one to measure by. */
export interface Drawing {
  readonly name: string;
  readonly classes: readonly string[];
  readonly rough: readonly Stroke[];
  readonly careful: readonly Stroke[];
}

/** Paints the strokes in order onto background (0). */
export function paint(strokes: readonly Stroke[], height: number, width: number): LabelMap {
  const labels = new Uint8Array(height * width);
  strokes.forEach(({ label, polygon, within }, i) => {
    const runs = rasterize(polygon, { file: "drawing", path: `stroke ${i}`, height, width });
    paintRuns(runs, height, width, (pixel) => {
      if (within === undefined || labels[pixel] !== 0) labels[pixel] = label;
    });
  });
  return { height, width, labels };
}
