import { scaleLinear, scaleLog } from "d3-scale";
import { html, type Markup } from "../train/report/markup.ts";
import { drawPage, type Tile } from "../train/report/page.ts";
import { agrees } from "./climb.ts";
import { continuousNames, describeParameters, keyOf, type SearchParameters } from "./parameters.ts";
import type { Origin, Records } from "./records.ts";
import type { Found, SearchPlan } from "./searching.ts";
import { isOpen } from "./space.ts";
import { metricNames, scoreOf, type SearchMetric, type Tally } from "./tally.ts";
import { formatGain, formatScore, helps, verdictOf } from "./verdict.ts";

/** The facts of a search's report. */
export interface SearchReportFacts {
  readonly title: string;
  readonly plan: SearchPlan;
  readonly found: Found;
  readonly records: Records;
  /** The device, in its own words. */
  readonly adapter: string;
}

/** A trial as a dot: its score on the pictures that it was tried on. */
interface Dot {
  readonly parameters: SearchParameters;
  readonly from: Origin;
  readonly score: number;
  readonly pictures: number;
}

const symbols: Readonly<Record<(typeof continuousNames)[number], string>> = {
  thetaAlpha: "θα, pixels",
  thetaBeta: "θβ, color levels",
  thetaGamma: "θγ, pixels",
  spatialWeight: "spatial weight",
  bilateralWeight: "bilateral weight",
  temperature: "temperature",
};

/** A search as one HTML page that needs nothing else, for dark and light screens: its verdict, and the landscape that it went over. */
export function drawSearchReport({ title, plan, found, records, adapter }: SearchReportFacts): string {
  const dots = dotsOf(records, plan.metric);
  const open = continuousNames.filter((name) => isOpen(plan.space[name]));
  const landscapes = html`<h2>The landscape</h2>
    <p class="key">
      <i style="background: var(--first)"></i>drawn or published <i style="background: var(--second)"></i>found along
      gradients; the larger a dot, the more pictures it was tried on, and the ring is what was chosen
    </p>
    <section class="charts">
      ${open.map((name) => scatter(symbols[name], name, dots, found.parameters, plan.metric))}
      ${
        isOpen(plan.space.thetaAlpha) && isOpen(plan.space.thetaBeta)
          ? landscape(dots, found.parameters, plan.metric)
          : undefined
      }
    </section>`;
  return drawPage({
    kicker: "crf-rnn search",
    title,
    summary: verdictOf(found, plan),
    tiles: tilesOf(found, plan, dots, adapter),
    sections: [landscapes, foldTable(found, plan.metric), trialTable(dots, plan.metric), slopeTable(records)],
  });
}

function dotsOf(records: Records, metric: SearchMetric): Dot[] {
  const of = (tallies: readonly Tally[]): number => scoreOf(tallies, metric);
  return records
    .trials()
    .map(({ parameters, from, tallies }) => ({ parameters, from, score: of(tallies), pictures: tallies.length }))
    .filter(({ score }) => Number.isFinite(score));
}

function tilesOf(found: Found, { metric }: SearchPlan, dots: readonly Dot[], adapter: string): Tile[] {
  const { gain } = found;
  return [
    [
      `gain in ${metricNames[metric]}`,
      formatGain(gain.gain),
      `95 % from ${formatGain(gain.low)} to ${formatGain(gain.high)}`,
    ],
    ["with a CRF", formatScore(found.score), "each picture labeled by what was chosen without it"],
    ["without", formatScore(found.network), helps(found) ? undefined : "nobody can tell the gain from chance"],
    ["chosen", formatScore(found.chosen), "on the pictures that it was chosen on, which flatters it"],
    ["trials", String(dots.length), adapter],
  ];
}

const [width, height] = [640, 300];
const margin = { left: 60, right: 16, top: 12, bottom: 38 };

/** Scores from the median on: what is worse than half of the trials would press the rest into a line. */
function rangeOf(scores: readonly number[]): [number, number] {
  const sorted = [...scores].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor(sorted.length / 4)] ?? 0, sorted.at(-1) ?? 1];
  return low < high ? [low, high] : [low - 0.01, high + 0.01];
}

const radiusOf = (dot: Dot, dots: readonly Dot[]): number =>
  2 + 4 * Math.sqrt(dot.pictures / Math.max(...dots.map(({ pictures }) => pictures)));

/** The score over one parameter, its axis logarithmic, a dot for each trial. */
function scatter(
  title: string,
  name: (typeof continuousNames)[number],
  dots: readonly Dot[],
  chosen: SearchParameters,
  metric: SearchMetric,
): Markup {
  const [low, high] = rangeOf(dots.map(({ score }) => score));
  const values = dots.map(({ parameters }) => parameters[name]);
  const x = scaleLog([Math.min(...values), Math.max(...values) * 1.0001], [margin.left, width - margin.right]);
  const y = scaleLinear([low, high], [height - margin.bottom, margin.top]).nice();
  const bottom = height - margin.bottom;
  const shown = dots.map((dot) => {
    const at = Math.min(bottom, y(dot.score)); // What is below the axis lies on it.
    const ring = keyOf(dot.parameters) === keyOf(chosen);
    return html`<circle
      class="${dot.from === "gradient" ? "second" : "first"}"
      cx="${x(dot.parameters[name])}"
      cy="${at}"
      r="${radiusOf(dot, dots).toFixed(1)}"
      style="${ring ? "stroke: var(--text); stroke-width: 3" : "fill-opacity: 0.6"}"
      ><title>
        ${describeParameters(dot.parameters)}: ${formatScore(dot.score)} on ${dot.pictures} pictures
      </title></circle
    >`;
  });
  return html`<figure class="chart">
    <figcaption>${metricNames[metric]} over ${title}</figcaption>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${metricNames[metric]} over ${title}">
      ${y
        .ticks(5)
        .map(
          (tick) =>
            html`<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${y(tick)}" y2="${y(tick)}" />
              <text x="${margin.left - 8}" y="${y(tick)}" text-anchor="end" dy="0.32em">${tick}</text>`,
        )}
      ${fewTicks(x.ticks()).map(
        (tick) => html`<text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`,
      )}
      <line class="axis" x1="${margin.left}" x2="${width - margin.right}" y1="${bottom}" y2="${bottom}" />
      <text x="${(margin.left + width - margin.right) / 2}" y="${height - 4}" text-anchor="middle">${title}</text>
      ${shown}
    </svg>
  </figure>`;
}

/** Logarithmic axes have more ticks than room. */
function fewTicks(ticks: readonly number[]): number[] {
  const digits = ticks.length > 10 ? [1, 2, 5] : [1, 2, 3, 5, 7];
  return ticks.filter((tick) => digits.includes(Math.round(tick / 10 ** Math.floor(Math.log10(tick) + 1e-9))));
}

/** Both bandwidths of the bilateral filter, the better the warmer. */
function landscape(dots: readonly Dot[], chosen: SearchParameters, metric: SearchMetric): Markup {
  const scale = (of: (parameters: SearchParameters) => number, range: readonly [number, number]) => {
    const values = dots.map(({ parameters }) => of(parameters));
    return scaleLog([Math.min(...values), Math.max(...values) * 1.0001], range);
  };
  const x = scale(({ thetaAlpha }) => thetaAlpha, [margin.left, width - margin.right]);
  const y = scale(({ thetaBeta }) => thetaBeta, [height - margin.bottom, margin.top]);
  const [low, high] = rangeOf(dots.map(({ score }) => score));
  const bottom = height - margin.bottom;
  const shown = [...dots]
    .sort((a, b) => a.score - b.score)
    .map((dot) => {
      const share = 100 * Math.min(1, Math.max(0, (dot.score - low) / (high - low)));
      const ring = keyOf(dot.parameters) === keyOf(chosen);
      const fill = `fill: color-mix(in oklab, var(--above) ${share.toFixed(0)}%, var(--below))`;
      return html`<circle
        cx="${x(dot.parameters.thetaAlpha)}"
        cy="${y(dot.parameters.thetaBeta)}"
        r="${(1.5 * radiusOf(dot, dots)).toFixed(1)}"
        style="${fill}; ${ring ? "stroke: var(--text); stroke-width: 3" : "fill-opacity: 0.8"}"
        ><title>${describeParameters(dot.parameters)}: ${formatScore(dot.score)}</title></circle
      >`;
    });
  return html`<figure class="chart">
    <figcaption>θα and θβ: the warmer, the higher the ${metricNames[metric]}</figcaption>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${metricNames[metric]} over θα and θβ">
      ${fewTicks(y.ticks()).map(
        (tick) =>
          html`<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${y(tick)}" y2="${y(tick)}" />
            <text x="${margin.left - 8}" y="${y(tick)}" text-anchor="end" dy="0.32em">${tick}</text>`,
      )}
      ${fewTicks(x.ticks()).map(
        (tick) => html`<text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`,
      )}
      <text x="${(margin.left + width - margin.right) / 2}" y="${height - 4}" text-anchor="middle">
        ${symbols.thetaAlpha}
      </text>
      ${shown}
    </svg>
  </figure>`;
}

function foldTable({ folds }: Found, metric: SearchMetric): Markup {
  return html`<section>
    <h2>Held out</h2>
    <div class="wide told">
      <table>
        <tr>
          <th>fold</th>
          <th>pictures</th>
          <th>${metricNames[metric]} without a CRF</th>
          <th>with</th>
          <th>chosen without these pictures</th>
        </tr>
        ${folds.map(
          ({ parameters, pictures, network, score }, i) =>
            html`<tr>
              <td>${i + 1}</td>
              <td>${pictures.length}</td>
              <td>${formatScore(network)}</td>
              <td>${formatScore(score)}</td>
              <td class="words">${describeParameters(parameters)}</td>
            </tr>`,
        )}
      </table>
    </div>
  </section>`;
}

/** The best trials among those that were tried on the most pictures. */
function trialTable(dots: readonly Dot[], metric: SearchMetric): Markup {
  const most = Math.max(...dots.map(({ pictures }) => pictures));
  const best = dots
    .filter(({ pictures }) => pictures === most)
    .sort((a, b) => b.score - a.score)
    .slice(0, 10);
  return html`<section>
    <h2>The best trials</h2>
    <div class="wide told">
      <table>
        <tr>
          <th>${metricNames[metric]}</th>
          <th>pictures</th>
          <th>from</th>
          <th>parameters</th>
        </tr>
        ${best.map(
          ({ parameters, from, score, pictures }) =>
            html`<tr>
              <td>${formatScore(score)}</td>
              <td>${pictures}</td>
              <td>${from}</td>
              <td class="words">${describeParameters(parameters)}</td>
            </tr>`,
        )}
      </table>
    </div>
  </section>`;
}

/** Gradients of bandwidths, the slopes that they were checked against, and whether both have one sign. */
function slopeTable(records: Records): Markup | undefined {
  const all = records.allSlopes();
  if (all.length === 0) return undefined;
  const rows = all.flatMap((record) =>
    continuousNames
      .filter((name) => record.slopes[name] !== undefined)
      .map(
        (name) =>
          html`<tr>
            <td>${symbols[name]} ${record.parameters[name]}</td>
            <td>${record.gradient[name].toPrecision(3)}</td>
            <td>${record.slopes[name]!.toPrecision(3)}</td>
            <td>${agrees(record, name) ? "agree" : "differ: the slope was followed"}</td>
          </tr>`,
      ),
  );
  return html`<section>
    <h2>Gradients of the loss a pixel, beside its slopes over ±5 %</h2>
    <div class="wide">
      <table>
        <tr>
          <th>at</th>
          <th>gradient</th>
          <th>slope</th>
          <th>signs</th>
        </tr>
        ${rows}
      </table>
    </div>
  </section>`;
}
