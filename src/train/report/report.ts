import type { Color } from "../../data/palette.ts";
import { leaves, type Configuration } from "../configuration.ts";
import { describeChanges } from "../goingOn.ts";
import { bestOf, describeGain, gainOf, meanIUOf, type Metric, type ValidationMetric } from "../metrics.ts";
import { drawLoss, drawMeanIU } from "./curves.ts";
import { drawConfusion } from "./heatMap.ts";
import { drawLearned, type Learned } from "./learned.ts";
import { html, type Markup } from "./markup.ts";
import { barCell, drawPage, duration, optionTable, type Tile } from "./page.ts";
import { drawPictures, type Picture } from "./pictures.ts";

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
  /** What the CRF has learned, where the model has one. */
  readonly learned: Learned;
  /** Counts `[classes, classes]` of the last validation, truth by row. */
  readonly confusions: { readonly network?: ArrayLike<number>; readonly crf?: ArrayLike<number> };
  /** The first validation images, and those that came out worst where these are others. */
  readonly pictures: { readonly first: readonly Picture[]; readonly worst: readonly Picture[] };
}

/** A training run as one HTML page. */
export function drawReport(facts: ReportFacts): string {
  const { title, configuration, metrics, confusions, pictures, palette } = facts;
  const { classes } = configuration;
  const validation = metrics.findLast((metric) => metric.event === "validation");
  const confusion = confusions.crf
    ? drawConfusion("Confusion after the CRF", confusions.crf, classes)
    : confusions.network && drawConfusion("Confusion", confusions.network, classes);
  return drawPage({
    kicker: "crf-rnn training",
    title,
    tiles: tilesOf(facts, validation),
    sections: [
      html`<section class="charts">${drawLoss(metrics)}${drawMeanIU(metrics)}</section>`,
      milestones(metrics),
      drawPictures("Validation images", pictures.first, classes, palette),
      drawPictures("Validation images that came out worst", pictures.worst, classes, palette),
      validation && classTable(validation, classes),
      confusion &&
        html`<section>
          <h2>What is taken for what</h2>
          <div class="maps">${confusion}</div>
        </section>`,
      drawLearned(facts.learned, classes),
      changeList(metrics),
      html`<section>
        <h2>Configuration</h2>
        ${optionTable([...leaves(configuration)].filter(([path]) => path !== "palette"))}
      </section>`,
    ],
  });
}

function tilesOf({ metrics, parameters, adapter }: ReportFacts, validation: ValidationMetric | undefined): Tile[] {
  const steps = metrics.filter((metric) => metric.event === "step");
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  const last = validation?.crf ?? validation?.network;
  const best = bestOf(metrics);
  const gain = validation && gainOf(metrics, validation);
  const band = last?.bandAccuracy?.toFixed(3);
  return [
    ...(last && best
      ? ([
          ["best mean IU", meanIUOf(best).toFixed(3), `after step ${best.step}`],
          ["last mean IU", last.meanIU.toFixed(3), gain && describeGain(gain)],
          ["pixel accuracy", last.pixelAccuracy.toFixed(3), band && `${band} near boundaries`],
        ] satisfies Tile[])
      : []),
    ["steps", String(steps.at(-1)?.step ?? 0), `${(steps.at(-1)?.epoch ?? 0).toFixed(1)} epochs`],
    ["time", duration(seconds), adapter],
    ["learned numbers", parameters.toLocaleString("en-US")],
  ];
}

/** What the run began from, its best validation and its last, side by side; nothing where there was one validation at most. */
function milestones(metrics: readonly Metric[]): Markup | undefined {
  const validations = metrics.filter((metric) => metric.event === "validation");
  const [first, last, best] = [validations[0], validations.at(-1), bestOf(metrics)];
  if (!first || !last || !best || first === last) return undefined;
  const named = [
    ...new Map([
      [first, "first"],
      [best, "best"],
      [last, "last"],
    ] as const),
  ];
  const refines = named.some(([{ crf }]) => crf);
  const cells = ({ meanIU, pixelAccuracy, bandAccuracy }: ValidationMetric["network"], color: string): Markup[] => [
    barCell(meanIU, color),
    barCell(pixelAccuracy, color),
    barCell(bandAccuracy, color),
  ];
  return html`<section>
    <h2>From step to step</h2>
    <div class="wide">
      <table>
        <tr>
          <th>step</th>
          ${["network", ...(refines ? ["network + CRF"] : [])].map(
            (model) =>
              html`<th>${model}, mean IU</th>
                <th>accuracy</th>
                <th>near boundaries</th>`,
          )}
        </tr>
        ${named.map(
          ([{ step, network, crf }, name]) =>
            html`<tr>
              <td>${step}, ${step === 0 ? "before training" : `the ${name}`}</td>
              ${cells(network, "first")}${crf && cells(crf, "second")}
            </tr>`,
        )}
      </table>
    </div>
  </section>`;
}

function classTable({ network, crf, step }: ValidationMetric, classes: readonly string[]): Markup {
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
            ${barCell(network.iu[label], "first")}${crf ? barCell(crf.iu[label], "second") : undefined}
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
