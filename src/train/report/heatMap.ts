import { scaleSymlog } from "d3-scale";
import { html, type Markup } from "./markup.ts";

/** A matrix over classes, row by row. */
export interface Matrix {
  readonly title: string;
  readonly explanation: string;
  readonly values: ArrayLike<number>;
  /** What a cell says, besides its value. Default: `row from column`. */
  readonly cell?: (row: string, column: string) => string;
}

/** Numbers stand in the cells of up to this many classes. */
const mostNumbers = 8;

/**
 * A matrix over classes as SVG: warm for above zero, cold for below, stronger for larger. Diagonals are often fifty times
 * what stands beside them, so that the strength goes by a logarithm, linear near zero.
 */
export function drawHeatMap(
  { title, explanation, values, cell: tell = (row, column) => `${row} from ${column}` }: Matrix,
  classes: readonly string[],
): Markup {
  const count = classes.length;
  const most = Array.from(values).reduce((largest, value) => Math.max(largest, Math.abs(value) || 0), 0);
  const strength = scaleSymlog([0, most || 1], [0, 100]).constant((most || 1) / 50);
  const cell = Math.min(52, Math.max(14, 340 / count));
  const label = 10 + 7 * Math.max(...classes.map((name) => name.length));
  const [width, height] = [label + count * cell + 4, label + count * cell + 4];
  const at = (index: number): number => label + index * cell;
  const rows = classes.map((name, row) => {
    const cells = classes.map((other, column) => {
      const value = values[row * count + column]!;
      const hue = value < 0 ? "--below" : "--above";
      const share = Number.isFinite(value) ? strength(Math.abs(value)) : 0;
      const fill = `fill: color-mix(in oklab, var(${hue}) ${share.toFixed(1)}%, var(--surface))`;
      return html`<rect x="${at(column)}" y="${at(row)}" width="${cell - 1}" height="${cell - 1}" rx="2" style="${fill}"
          ><title>${tell(name, other)}: ${Number.isFinite(value) ? value.toPrecision(4) : "–"}</title></rect
        >${count <= mostNumbers ? number(value, at(column) + cell / 2, at(row) + cell / 2, share > 60) : undefined}`;
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
    >${Number.isFinite(value) ? value.toFixed(2) : "–"}</text
  >`;

/** The most classes that a confusion matrix is drawn with: those with most pixels. */
const mostConfused = 40;

/**
 * A confusion matrix as shares of each true class, among the classes that occur in truth or prediction; of very many, those with most pixels.
 * `counts`: `[classes, classes]`, truth by row. Nothing where no pixel counts.
 */
export function drawConfusion(
  title: string,
  counts: ArrayLike<number>,
  classes: readonly string[],
): Markup | undefined {
  const count = classes.length;
  const indices = classes.map((_, index) => index);
  const at = (row: number, column: number): number => counts[row * count + column]!;
  const total = (of: (k: number) => number): number => indices.reduce((sum, k) => sum + of(k), 0);
  const pixels = indices.map((c) => total((k) => at(c, k)) + total((k) => at(k, c)));
  const occurring = indices.filter((c) => pixels[c]! > 0);
  if (occurring.length === 0) return undefined;
  const shown = [...occurring]
    .sort((a, b) => pixels[b]! - pixels[a]! || a - b)
    .slice(0, mostConfused)
    .sort((a, b) => a - b);
  const left = occurring.length - shown.length;
  const values = shown.flatMap((row) => {
    const truth = total((k) => at(row, k));
    return shown.map((column) => at(row, column) / truth);
  });
  return drawHeatMap(
    {
      title,
      explanation: `the share of each true class (row) that got each label (column)${left > 0 ? `; ${left} rarer classes are left out` : ""}`,
      values,
      cell: (truth, label) => `${truth} labeled ${label}`,
    },
    shown.map((index) => classes[index]!),
  );
}
