import type { Scores } from "../../data/confusion.ts";
import type { Color } from "../../data/palette.ts";
import type { ReliabilityBin } from "../../data/reliability.ts";
import { drawChart, type Point } from "./chart.ts";
import { drawConfusion } from "./heatMap.ts";
import { html, type Markup } from "./markup.ts";
import { barCell, drawPage, optionTable, type Tile } from "./page.ts";
import { drawPictures, type Picture } from "./pictures.ts";

/** What a report on an evaluation tells. */
export interface EvaluationFacts {
  readonly title: string;
  readonly classes: readonly string[];
  readonly palette: readonly Color[];
  readonly images: number;
  readonly scores: Scores;
  /** Half the width of the band, and the accuracy in it. */
  readonly band: { readonly radius: number; readonly accuracy: number };
  /** Errors in bands of growing width. */
  readonly trimap: readonly { readonly radius: number; readonly pixels: number; readonly error: number }[];
  /** Boundary F-scores: the mean, and by class. NaN where there is none. */
  readonly boundaries: { readonly mean: number; readonly classes: readonly number[] };
  readonly reliability: readonly ReliabilityBin[];
  readonly calibrationError: number;
  /** Counts `[classes, classes]`, truth by row. */
  readonly confusion: ArrayLike<number>;
  /** The share of right pixels of each picture. */
  readonly accuracies: readonly number[];
  /** The pictures that came out worst. */
  readonly worst: readonly Picture[];
  /** Names and values of what was asked for. */
  readonly options: readonly (readonly [string, string])[];
}

/** An evaluation as one HTML page. */
export function drawEvaluation(facts: EvaluationFacts): string {
  const { title, classes, palette, confusion, worst, options } = facts;
  const matrix = drawConfusion("Confusion", confusion, classes);
  return drawPage({
    kicker: "crf-rnn evaluation",
    title,
    tiles: tilesOf(facts),
    sections: [
      html`<section class="charts">${drawTrimap(facts)}${drawReliability(facts)}${drawAccuracies(facts)}</section>`,
      drawPictures("Images that came out worst", worst, classes, palette),
      classTable(facts),
      matrix &&
        html`<section>
          <h2>What is taken for what</h2>
          <div class="maps">${matrix}</div>
        </section>`,
      html`<section>
        <h2>What was scored</h2>
        ${optionTable(options)}
      </section>`,
    ],
  });
}

function tilesOf({ scores, images, band, boundaries, calibrationError }: EvaluationFacts): Tile[] {
  const share = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : "–");
  return [
    ["mean IU", share(scores.meanIU), `${images} images`],
    ["pixel accuracy", share(scores.pixelAccuracy), `${share(band.accuracy)} within ${band.radius} px of a boundary`],
    ["mean accuracy", share(scores.meanAccuracy)],
    ["boundary F-score", share(boundaries.mean)],
    ["calibration error", share(calibrationError), "expected, over 15 bins"],
  ];
}

function drawTrimap({ trimap }: EvaluationFacts): Markup | undefined {
  const points = trimap.flatMap(({ radius, error, pixels }): Point[] => (pixels > 0 ? [[radius, 100 * error]] : []));
  if (points.length === 0) return undefined;
  return drawChart({
    title: "Wrong pixels within a band around the true boundaries, %",
    x: "pixels from a boundary",
    curves: [{ name: "wrong", color: "first", points }],
    format: String,
  });
}

function drawReliability({ reliability }: EvaluationFacts): Markup | undefined {
  const points = reliability.flatMap(({ pixels, confidence, accuracy }): Point[] =>
    pixels > 0 ? [[confidence, accuracy]] : [],
  );
  if (points.length === 0) return undefined;
  return drawChart({
    title: "Reliability: how often right, by how sure",
    x: "mean confidence",
    curves: [{ name: "accuracy", color: "first", points }],
    across: [0, 1],
    range: [0, 1],
    reference: { from: [0, 0], to: [1, 1], name: "as sure as right" },
    format: String,
  });
}

/** The pictures from the worst to the best. */
function drawAccuracies({ accuracies }: EvaluationFacts): Markup | undefined {
  const sorted = [...accuracies].sort((a, b) => a - b);
  if (sorted.length < 2) return undefined;
  const points = sorted.map((accuracy, i): Point => [(100 * i) / (sorted.length - 1), accuracy]);
  return drawChart({
    title: "Pixel accuracy of the images, from the worst to the best",
    x: "% of the images",
    curves: [{ name: "accuracy", color: "first", points }],
    across: [0, 100],
    format: (value) => String(Number(value.toPrecision(3))),
  });
}

function classTable({ classes, scores, boundaries }: EvaluationFacts): Markup {
  return html`<section>
    <h2>By class</h2>
    <div class="wide">
      <table>
        <tr>
          ${["class", "IU", "accuracy", "boundary F-score", "share of the truth"].map((name) => html`<th>${name}</th>`)}
        </tr>
        ${classes.map((name, label) => {
          const { iu, accuracy, truth } = scores.classes[label]!;
          return html`<tr>
            <td>${name}</td>
            ${barCell(iu, "first")} ${barCell(accuracy, "first")} ${barCell(boundaries.classes[label], "second")}
            <td>${((100 * truth) / Math.max(1, scores.pixels)).toFixed(2)} %</td>
          </tr>`;
        })}
      </table>
    </div>
  </section>`;
}
