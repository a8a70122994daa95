import { drawHeatMap, type Matrix } from "./heatMap.ts";
import { html, type Markup } from "./markup.ts";

/** A matrix of a CRF, with what it began from where that is known. */
export interface LearnedMatrix extends Matrix {
  readonly values: Float32Array;
  readonly start?: Float32Array;
}

/** What a CRF has learned. */
export interface Learned {
  readonly matrices: readonly LearnedMatrix[];
  /** θα, θβ, θγ, where the model has a CRF. */
  readonly bandwidths?: readonly number[];
  readonly startBandwidths?: readonly number[];
}

/** The CRF's matrices as differences from what they began from, which diagonals of 3 and 5 would outshine, and as they are. */
export function drawLearned(learned: Learned, classes: readonly string[]): Markup | undefined {
  const { matrices, bandwidths } = learned;
  if (matrices.length === 0) return undefined;
  const maps = (some: readonly Matrix[]): Markup =>
    html`<div class="maps">${some.map((matrix) => drawHeatMap(matrix, classes))}</div>`;
  const changes = matrices.flatMap(({ title, explanation, values, start }) =>
    start
      ? [{ title: `${title}, less its start`, explanation, values: values.map((value, i) => value - start[i]!) }]
      : [],
  );
  return html`<section>
    <h2>Learned by the CRF</h2>
    ${
      changes.length > 0
        ? html`${maps(changes)}
            <details>
              <summary>The matrices as they are</summary>
              ${maps(matrices)}
            </details>`
        : maps(matrices)
    }
    ${bandwidths && bandwidthLine(bandwidths, learned.startBandwidths)}
  </section>`;
}

function bandwidthLine(values: readonly number[], start: readonly number[] | undefined): Markup {
  const names = [
    ["θα", "pixels"],
    ["θβ", "color levels"],
    ["θγ", "pixels"],
  ] as const;
  const words = names.map(([name, unit], i) => {
    const from = start && start[i] !== values[i] ? ` (at the start ${start[i]!.toPrecision(4)})` : "";
    return `${name} ${values[i]!.toPrecision(4)} ${unit}${from}`;
  });
  return html`<p>Bandwidths: ${words.join(", ")}.</p>`;
}
