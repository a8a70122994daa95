import { scaleLinear, scaleLog } from "d3-scale";
import { area, line } from "d3-shape";
import { html, type Markup } from "./markup.ts";

export type Point = readonly [x: number, y: number];

/** One curve of a chart; `color` is a variable of the style. */
export interface Curve {
  readonly name: string;
  readonly color: "first" | "second";
  readonly points: readonly Point[];
  /** The least and the largest value at each x, drawn as a pale area behind the curve. */
  readonly band?: readonly { readonly x: number; readonly least: number; readonly most: number }[];
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly curves: readonly Curve[];
  /** Logarithmic, for values that span decades. */
  readonly log?: boolean;
  /** A place on the axis of steps that a line is drawn through. */
  readonly mark?: { readonly x: number; readonly name: string };
  /** Fixed ends of the axis of values. */
  readonly range?: readonly [number, number];
  readonly format: (value: number) => string;
}

const [width, height] = [640, 300];
const margin = { left: 56, right: 16, top: 12, bottom: 38 };

/** A line chart as SVG, in the colors of the page's style. */
export function drawChart(chart: Chart): Markup {
  const across = chart.curves.flatMap(({ points }) => points.map(([x]) => x));
  const values = chart.curves.flatMap(({ points, band = [] }) => [
    ...points.map(([, y]) => y),
    ...band.flatMap(({ least, most }) => [least, most]),
  ]);
  const [low, high] = chart.range ?? [Math.min(...values), Math.max(...values)];
  const x = scaleLinear([Math.min(0, ...across), Math.max(1, ...across)], [margin.left, width - margin.right]);
  const y = (chart.log ? scaleLog : scaleLinear)([low, high], [height - margin.bottom, margin.top]).nice();
  const bottom = height - margin.bottom;
  // A logarithmic axis of several decades has more ticks than room: powers of ten, and 2 and 5 where few.
  const ticks = chart.log ? logTicks(y.ticks()) : y.ticks(6);
  return html`<figure class="chart">
    <figcaption>${chart.title}${chart.curves.length > 1 ? legend(chart.curves) : undefined}</figcaption>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${chart.title}">
      ${ticks.map(
        (tick) => html`
          <line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${y(tick)}" y2="${y(tick)}" />
          <text x="${margin.left - 8}" y="${y(tick)}" text-anchor="end" dy="0.32em">${chart.format(tick)}</text>
        `,
      )}
      ${x
        .ticks(6)
        .filter(Number.isInteger)
        .map((tick) => html`<text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`)}
      <line class="axis" x1="${margin.left}" x2="${width - margin.right}" y1="${bottom}" y2="${bottom}" />
      <text x="${(margin.left + width - margin.right) / 2}" y="${height - 4}" text-anchor="middle">${chart.x}</text>
      ${chart.mark && drawMark(chart.mark, x)} ${chart.curves.map((curve) => drawCurve(curve, x, y))}
    </svg>
  </figure>`;
}

function drawMark({ x: at, name }: NonNullable<Chart["mark"]>, x: (value: number) => number): Markup {
  // Beside the line, on the side where there is room.
  const left = x(at) > width - 60;
  return html`<line class="mark" x1="${x(at)}" x2="${x(at)}" y1="${margin.top}" y2="${height - margin.bottom}" />
    <text x="${x(at) + (left ? -5 : 5)}" y="${margin.top + 8}" text-anchor="${left ? "end" : "start"}">${name}</text>`;
}

function drawCurve(
  { name, color, points, band = [] }: Curve,
  x: (value: number) => number,
  y: (value: number) => number,
): Markup {
  const shade = area<(typeof band)[number]>(
    (each) => x(each.x),
    (each) => y(each.least),
    (each) => y(each.most),
  )([...band]);
  const path = line<Point>(
    ([at]) => x(at),
    ([, value]) => y(value),
  )([...points]);
  const dots = points.length <= 60 && band.length === 0 ? points : [];
  return html`
    <path class="band ${color}" d="${shade ?? ""}" />
    <path class="curve ${color}" d="${path ?? ""}"><title>${name}</title></path>
    ${dots.map(
      ([at, value]) =>
        html`<circle class="${color}" cx="${x(at)}" cy="${y(value)}" r="3"
          ><title>${name}, ${at}: ${value.toPrecision(4)}</title></circle
        >`,
    )}
  `;
}

const legend = (curves: readonly Curve[]): Markup =>
  html`<span class="legend">${curves.map(({ name, color }) => html`<i class="${color}"></i>${name}`)}</span>`;

function logTicks(ticks: readonly number[]): number[] {
  const digits = ticks.length <= 12 ? [1, 2, 5] : [1];
  return ticks.filter((tick) => digits.includes(Math.round(tick / 10 ** Math.floor(Math.log10(tick) + 1e-9))));
}
