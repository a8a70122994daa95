import { scaleSymlog } from "d3-scale";
import { html, type Markup } from "./markup.ts";

/** A learned matrix, row by row. */
export interface Matrix {
  readonly title: string;
  readonly explanation: string;
  readonly values: Float32Array;
}

/** Numbers stand in the cells of up to this many classes. */
const mostNumbers = 8;

/**
 * A matrix over classes as SVG: warm for above zero, cold for below, stronger for larger. Diagonals are often fifty times
 * what stands beside them, so that the strength goes by a logarithm, linear near zero.
 */
export function drawHeatMap({ title, explanation, values }: Matrix, classes: readonly string[]): Markup {
  const count = classes.length;
  const most = Math.max(...values.map(Math.abs)) || 1;
  const strength = scaleSymlog([0, most], [0, 100]).constant(most / 50);
  const cell = Math.min(52, Math.max(14, 340 / count));
  const label = 10 + 7 * Math.max(...classes.map((name) => name.length));
  const [width, height] = [label + count * cell + 4, label + count * cell + 4];
  const at = (index: number): number => label + index * cell;
  const rows = classes.map((name, row) => {
    const cells = classes.map((other, column) => {
      const value = values[row * count + column]!;
      const hue = value < 0 ? "--below" : "--above";
      const fill = `fill: color-mix(in oklab, var(${hue}) ${strength(Math.abs(value)).toFixed(1)}%, var(--surface))`;
      return html`<rect x="${at(column)}" y="${at(row)}" width="${cell - 1}" height="${cell - 1}" rx="2" style="${fill}"
          ><title>${name} from ${other}: ${value.toPrecision(4)}</title></rect
        >${count <= mostNumbers ? number(value, at(column) + cell / 2, at(row) + cell / 2, strength(Math.abs(value)) > 60) : undefined}`;
    });
    return html`<text x="${label - 6}" y="${at(row) + cell / 2}" text-anchor="end" dy="0.32em">${name}</text>${cells}`;
  });
  const columns = classes.map((name, column) => {
    const x = at(column) + cell / 2;
    return html`<text x="${x}" y="${label - 6}" transform="rotate(-90 ${x} ${label - 6})" dy="0.32em">${name}</text>`;
  });
  return html`<figure class="map">
    <figcaption>${title}<small>${explanation}, largest ${most.toPrecision(3)}</small></figcaption>
    <svg viewBox="0 0 ${width} ${height}" style="max-width: ${Math.round(width)}px" role="img" aria-label="${title}">
      ${columns}${rows}
    </svg>
  </figure>`;
}

const number = (value: number, x: number, y: number, strong: boolean): Markup =>
  html`<text class="${strong ? "value strong" : "value"}" x="${x}" y="${y}" text-anchor="middle" dy="0.32em"
    >${value.toFixed(2)}</text
  >`;
