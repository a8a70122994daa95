import { leaves, type Configuration } from "../configuration.ts";
import { bestOf, meanIUOf, type Metric } from "../metrics.ts";
import { drawChart, curveColors, type Curve, type Point } from "./chart.ts";
import { html, type Markup } from "./markup.ts";
import { barCell, drawPage, duration } from "./page.ts";

/** One of several runs that are compared. */
export interface ComparedRun {
  readonly name: string;
  readonly configuration: Configuration;
  readonly metrics: readonly Metric[];
}

/** The most runs that can be told apart. */
export const mostCompared = 2 * curveColors.length;

/** Several runs as one HTML page: their curves, their scores, and by what they differ. */
export function drawComparison(runs: readonly ComparedRun[]): string {
  return drawPage({
    kicker: "crf-rnn training",
    title: `${runs.length} runs compared`,
    tiles: [],
    sections: [
      html`<section class="charts">
        ${chartOf("Mean IU on the validation images", runs, ({ metrics }) => validations(metrics, meanIUOf))}
        ${chartOf("Validation loss a pixel", runs, ({ metrics }) => validations(metrics, ({ lossPerPixel }) => lossPerPixel))}
        ${chartOf("Training loss a pixel, means of up to sixty parts", runs, ({ metrics }) => losses(metrics))}
      </section>`,
      scoreTable(runs),
      classTable(runs),
      differenceTable(runs),
    ],
  });
}

function chartOf(
  title: string,
  runs: readonly ComparedRun[],
  pointsOf: (run: ComparedRun) => Point[],
): Markup | undefined {
  const curves = runs.map((run, index): Curve => {
    const color = curveColors[index % curveColors.length]!;
    return { name: run.name, color, dashed: index >= curveColors.length, points: pointsOf(run) };
  });
  const drawn = curves.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return undefined;
  return drawChart({ title, x: "step", curves: drawn, format: (value) => String(Number(value.toPrecision(3))) });
}

type Validation = Extract<Metric, { event: "validation" }>;

const validations = (metrics: readonly Metric[], value: (metric: Validation) => number): Point[] =>
  metrics.flatMap((metric): Point[] => {
    if (metric.event !== "validation" || !Number.isFinite(value(metric))) return [];
    return [[metric.step, value(metric)]];
  });

/** Means of sixty parts of the run at most. */
function losses(metrics: readonly Metric[]): Point[] {
  const steps = metrics.filter((metric) => metric.event === "step");
  const size = Math.max(1, Math.ceil(steps.length / 60));
  return Array.from({ length: Math.ceil(steps.length / size) }, (_, part): Point => {
    const own = steps.slice(part * size, (part + 1) * size);
    return [
      own[Math.floor(own.length / 2)]!.step,
      own.reduce((sum, { lossPerPixel }) => sum + lossPerPixel, 0) / own.length,
    ];
  });
}

function scoreTable(runs: readonly ComparedRun[]): Markup {
  return html`<section>
    <h2>Scores</h2>
    <div class="wide">
      <table>
        <tr>
          ${["run", "best mean IU", "after step", "last mean IU", "near boundaries", "steps", "time"].map((name) => html`<th>${name}</th>`)}
        </tr>
        ${runs.map(({ name, metrics }) => {
          const steps = metrics.filter((metric) => metric.event === "step");
          const last = metrics.findLast((metric) => metric.event === "validation");
          const best = bestOf(metrics);
          return html`<tr>
            <td>${name}</td>
            ${barCell(best && meanIUOf(best), "first")}
            <td>${best ? best.step : "–"}</td>
            ${barCell(last && meanIUOf(last), "first")} ${barCell((last?.crf ?? last?.network)?.bandAccuracy, "first")}
            <td>${steps.at(-1)?.step ?? 0}</td>
            <td>${duration(steps.reduce((sum, { seconds }) => sum + seconds, 0))}</td>
          </tr>`;
        })}
      </table>
    </div>
  </section>`;
}

/** The IU of each class at the best validation of each run, where all have the same classes. */
function classTable(runs: readonly ComparedRun[]): Markup | undefined {
  const { classes } = runs[0]!.configuration;
  const scored = runs.flatMap(({ name, metrics }) => {
    const best = bestOf(metrics);
    return best ? [{ name, iu: (best.crf ?? best.network).iu }] : [];
  });
  const same = runs.every(({ configuration }) => configuration.classes.join("\n") === classes.join("\n"));
  if (!same || scored.length === 0) return undefined;
  return html`<section>
    <h2>Intersection over union by class, at the best validation</h2>
    <div class="wide">
      <table>
        <tr>
          <th>class</th>
          ${scored.map(({ name }) => html`<th>${name}</th>`)}
        </tr>
        ${classes.map(
          (one, label) =>
            html`<tr>
              <td>${one}</td>
              ${scored.map(({ iu }) => barCell(iu[label], "first"))}
            </tr>`,
        )}
      </table>
    </div>
  </section>`;
}

/** The settings in which the runs differ. */
function differenceTable(runs: readonly ComparedRun[]): Markup {
  const settings = runs.map(({ configuration }) => leaves(configuration));
  const paths = [...new Set(settings.flatMap((own) => [...own.keys()]))].filter(
    (path) => path !== "palette" && new Set(settings.map((own) => own.get(path))).size > 1,
  );
  if (paths.length === 0)
    return html`<section>
      <h2>Configuration</h2>
      <p>All runs have the same.</p>
    </section>`;
  return html`<section>
    <h2>By what they differ</h2>
    <div class="wide">
      <table class="options">
        <tr>
          <th>setting</th>
          ${runs.map(({ name }) => html`<th>${name}</th>`)}
        </tr>
        ${paths.map(
          (path) =>
            html`<tr>
              <td>${path}</td>
              ${settings.map((own) => html`<td>${own.get(path) ?? "–"}</td>`)}
            </tr>`,
        )}
      </table>
    </div>
  </section>`;
}
