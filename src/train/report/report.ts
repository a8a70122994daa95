import type { Color } from "../../data/palette.ts";
import { leaves, type Configuration } from "../configuration.ts";
import { describeChanges } from "../goingOn.ts";
import { bestOf, describeGain, gainOf, meanIUOf, type Metric, type ValidationMetric } from "../metrics.ts";
import { drawLoss, drawMeanIU } from "./curves.ts";
import { drawHeatMap, type Matrix } from "./heatMap.ts";
import { html, type Markup } from "./markup.ts";
import { drawPictures, type Picture } from "./pictures.ts";
import { style } from "./style.ts";

/** The facts of a report. */
export interface ReportFacts {
  readonly title: string;
  readonly configuration: Configuration;
  readonly metrics: readonly Metric[];
  /** Numbers that are learned. */
  readonly parameters: number;
  /** The device, in its own words. */
  readonly adapter: string;
  readonly palette: readonly Color[];
  readonly matrices: readonly Matrix[];
  /** θα, θβ, θγ, where the model has a CRF. */
  readonly bandwidths?: readonly number[];
  readonly pictures: readonly Picture[];
}

/** A training run as one HTML page that needs nothing else, for dark and light screens. */
export function drawReport(facts: ReportFacts): string {
  const { title, configuration, metrics, matrices } = facts;
  const { classes } = configuration;
  const validation = metrics.findLast((metric) => metric.event === "validation");
  const page = html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <meta name="color-scheme" content="light dark" />
      <title>${title}</title>
      <style>
        ${style}
      </style>
      <header>
        <p class="kicker">crf-rnn training</p>
        <h1>${title}</h1>
        <dl class="tiles">${tiles(facts, validation)}</dl>
      </header>
      <main>
        <section class="charts">${drawLoss(metrics)}${drawMeanIU(metrics)}</section>
        ${drawPictures(facts.pictures, classes, facts.palette)} ${validation && classTable(validation, classes)}
        ${
          matrices.length > 0
            ? html`<section>
                <h2>Learned by the CRF</h2>
                <div class="maps">${matrices.map((matrix) => drawHeatMap(matrix, classes))}</div>
                ${facts.bandwidths && bandwidthLine(facts.bandwidths)}
              </section>`
            : undefined
        }
        ${changeList(metrics)}
        <section>
          <h2>Configuration</h2>
          <table class="options">
            ${[...leaves(configuration)].map(
              ([path, value]) =>
                html`<tr>
                  <td>${path}</td>
                  <td>${value}</td>
                </tr>`,
            )}
          </table>
        </section>
      </main>
    </html>`;
  return page.text;
}

function tiles({ metrics, parameters, adapter }: ReportFacts, validation: ValidationMetric | undefined): Markup[] {
  const steps = metrics.filter((metric) => metric.event === "step");
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  const last = validation?.crf ?? validation?.network;
  const best = bestOf(metrics);
  const gain = validation && gainOf(metrics, validation);
  const entries: [string, string, string?][] = [
    ["steps", String(steps.at(-1)?.step ?? 0), `${(steps.at(-1)?.epoch ?? 0).toFixed(1)} epochs`],
    ["time", duration(seconds), adapter],
    ["learned numbers", parameters.toLocaleString("en-US")],
  ];
  if (last && best) {
    const band = last.bandAccuracy?.toFixed(3);
    entries.unshift(
      ["best mean IU", meanIUOf(best).toFixed(3), `after step ${best.step}`],
      ["last mean IU", last.meanIU.toFixed(3), gain && describeGain(gain)],
      ["pixel accuracy", last.pixelAccuracy.toFixed(3), band && `${band} near boundaries`],
    );
  }
  return entries.map(
    ([name, value, note]) =>
      html`<div>
        <dt>${name}</dt>
        <dd>${value}${note === undefined ? undefined : html`<small>${note}</small>`}</dd>
      </div>`,
  );
}

function classTable({ network, crf, step }: ValidationMetric, classes: readonly string[]): Markup {
  const bar = (value: number | null | undefined, color: string): Markup =>
    typeof value === "number"
      ? html`<td class="bar ${color}" style="--share: ${value.toFixed(4)}"><span>${value.toFixed(3)}</span></td>`
      : html`<td>–</td>`;
  return html`<section>
    <h2>Intersection over union by class, after step ${step}</h2>
    <table>
      <tr>
        <th>class</th>
        <th>network</th>
        ${crf ? html`<th>network + CRF</th>` : undefined}
      </tr>
      ${classes.map(
        (name, label) =>
          html`<tr>
            <td>${name}</td>
            ${bar(network.iu[label], "first")}${crf ? bar(crf.iu[label], "second") : undefined}
          </tr>`,
      )}
    </table>
  </section>`;
}

/** Lists the settings that changed when the run was resumed; the configuration shows the values at its end. */
function changeList(metrics: readonly Metric[]): Markup | undefined {
  const changes = metrics.filter((metric) => metric.event === "change");
  if (changes.length === 0) return undefined;
  return html`<section>
    <h2>Changed on the way</h2>
    ${changes.map(({ step, settings }) => html`<p>After step ${step}: ${describeChanges(settings)}.</p>`)}
  </section>`;
}

function bandwidthLine([alpha, beta, gamma]: readonly number[]): Markup {
  const words = [
    `θα ${alpha!.toPrecision(4)} pixels`,
    `θβ ${beta!.toPrecision(4)} color levels`,
    `θγ ${gamma!.toPrecision(4)} pixels`,
  ];
  return html`<p>Bandwidths: ${words.join(", ")}.</p>`;
}

function duration(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return seconds < 6000 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
