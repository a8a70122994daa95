import { scaleLinear, scaleLog } from "d3-scale";
import { area, line } from "d3-shape";
import { html, type Markup } from "./markup.ts";

export type Point = readonly [x: number, y: number];

/** The colors of curves: variables of the style. */
export const curveColors = ["first", "second", "third", "fourth", "fifth", "sixth"] as const;
export type CurveColor = (typeof curveColors)[number];

/** One curve of a chart. */
export interface Curve {
  readonly name: string;
  readonly color: CurveColor;
  readonly points: readonly Point[];
  readonly dashed?: boolean;
  /** The least and the largest value at each x, drawn as a pale area behind the curve. */
  readonly band?: readonly { readonly x: number; readonly least: number; readonly most: number }[];
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly curves: readonly Curve[];
  /** Logarithmic, for values that span decades. */
  readonly log?: boolean;
  /** Fixed ends of the axis below the curves; where they are left out, it begins at 0 and has ticks at whole numbers alone. */
  readonly across?: readonly [number, number];
  /** A place on the axis of steps that a line is drawn through. */
  readonly mark?: { readonly x: number; readonly name: string };
  /** A gray line from one point to another, to compare curves with. */
  readonly reference?: { readonly from: Point; readonly to: Point; readonly name: string };
  /** Fixed ends of the axis of values. */
  readonly range?: readonly [number, number];
  readonly format: (value: number) => string;
}

type Scale = (value: number) => number;

const [width, height] = [640, 300];
const margin = { left: 56, right: 16, top: 12, bottom: 38 };

/** A line chart as SVG, in the colors of the page's style. */
export function drawChart(chart: Chart): Markup {
  const across = chart.curves.flatMap(({ points }) => points.map(([x]) => x));
  const values = chart.curves.flatMap(({ points, band = [] }) => [
    ...points.map(([, y]) => y),
    ...band.flatMap(({ least, most }) => [least, most]),
  ]);
  const [low, high] = chart.range ?? [least(values), most(values)];
  const ends = chart.across ?? [Math.min(0, least(across)), Math.max(1, most(across))];
  const x = scaleLinear(ends, [margin.left, width - margin.right]);
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
        .filter((tick) => chart.across !== undefined || Number.isInteger(tick))
        .map((tick) => html`<text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`)}
      <line class="axis" x1="${margin.left}" x2="${width - margin.right}" y1="${bottom}" y2="${bottom}" />
      <text x="${(margin.left + width - margin.right) / 2}" y="${height - 4}" text-anchor="middle">${chart.x}</text>
      ${chart.mark && drawMark(chart.mark, x)} ${chart.reference && drawReference(chart.reference, x, y)}
      ${chart.curves.map((curve) => drawCurve(curve, x, y))}
    </svg>
  </figure>`;
}

// A spread argument per value would overflow the stack where there are very many.
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

function drawMark({ x: at, name }: NonNullable<Chart["mark"]>, x: Scale): Markup {
  // Beside the line, on the side where there is room.
  const left = x(at) > width - 60;
  return html`<line class="mark" x1="${x(at)}" x2="${x(at)}" y1="${margin.top}" y2="${height - margin.bottom}" />
    <text x="${x(at) + (left ? -5 : 5)}" y="${margin.top + 8}" text-anchor="${left ? "end" : "start"}">${name}</text>`;
}

const drawReference = ({ from, to, name }: NonNullable<Chart["reference"]>, x: Scale, y: Scale): Markup =>
  html`<line class="mark" x1="${x(from[0])}" y1="${y(from[1])}" x2="${x(to[0])}" y2="${y(to[1])}"
    ><title>${name}</title></line
  >`;

function drawCurve({ name, color, points, dashed, band = [] }: Curve, x: Scale, y: Scale): Markup {
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
    <path class="curve ${color}${dashed ? " dashed" : ""}" d="${path ?? ""}"><title>${name}</title></path>
    ${dots.map(
      ([at, value]) =>
        html`<circle class="${color}" cx="${x(at)}" cy="${y(value)}" r="3"
          ><title>${name}, ${at}: ${value.toPrecision(4)}</title></circle
        >`,
    )}
  `;
}

const legend = (curves: readonly Curve[]): Markup =>
  html`<span class="legend"
    >${curves.map(
      ({ name, color, dashed }) => html`<span><i class="${color}${dashed ? " dashed" : ""}"></i>${name}</span>`,
    )}</span
  >`;

function logTicks(ticks: readonly number[]): number[] {
  const digits = ticks.length <= 12 ? [1, 2, 5] : [1];
  return ticks.filter((tick) => digits.includes(Math.round(tick / 10 ** Math.floor(Math.log10(tick) + 1e-9))));
}
