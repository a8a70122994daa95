import { bestOf, type Metric } from "../metrics.ts";
import { drawChart, type Curve, type Point } from "./chart.ts";
import type { Markup } from "./markup.ts";

/** Points that a curve of many steps is drawn with. */
const mostPoints = 60;

/** The loss a pixel over the steps: means of groups of steps, between the least and the most of each. */
export function drawLoss(metrics: readonly Metric[]): Markup | undefined {
  const losses = metrics.flatMap((metric): Point[] =>
    metric.event === "step" ? [[metric.step, metric.lossPerPixel]] : [],
  );
  if (losses.length === 0) return undefined;
  const size = Math.ceil(losses.length / mostPoints);
  const groups = Array.from({ length: Math.ceil(losses.length / size) }, (_, i) =>
    losses.slice(i * size, (i + 1) * size),
  );
  const values = groups.map((group) => group.map(([, loss]) => loss));
  const middle = groups.map((group) => group[Math.floor(group.length / 2)]![0]);
  const points = values.map((group, i): Point => [middle[i]!, mean(group)]);
  const band = values.map((group, i) => ({ x: middle[i]!, least: Math.min(...group), most: Math.max(...group) }));
  const validated = metrics.flatMap((metric): Point[] =>
    // Runs of former versions have no loss here.
    metric.event === "validation" && Number.isFinite(metric.lossPerPixel) ? [[metric.step, metric.lossPerPixel]] : [],
  );
  const all = [...losses, ...validated].map(([, loss]) => loss);
  const log = Math.min(...all) > 0 && Math.max(...all) / Math.min(...all) > 20;
  const curve: Curve = { name: "training loss", color: "first", points, band: size > 1 ? band : [] };
  const curves =
    validated.length > 0 ? [curve, { name: "validation loss", color: "second", points: validated } as const] : [curve];
  return drawChart({ title: "Loss a pixel", x: "step", curves, log, format: short });
}

/** The mean IU over the validation images, of the network and after the CRF. */
export function drawMeanIU(metrics: readonly Metric[]): Markup | undefined {
  const validations = metrics.filter((metric) => metric.event === "validation");
  if (validations.length === 0) return undefined;
  const points = (of: "network" | "crf"): Point[] =>
    validations.flatMap((metric): Point[] => {
      const scores = metric[of];
      return scores ? [[metric.step, scores.meanIU]] : [];
    });
  const network: Curve = { name: "network", color: "first", points: points("network") };
  const crf: Curve = { name: "network + CRF", color: "second", points: points("crf") };
  return drawChart({
    title: `Mean IU on ${validations[0]!.images} validation images`,
    x: "step",
    curves: crf.points.length > 0 ? [network, crf] : [network],
    mark: { x: bestOf(metrics)!.step, name: "best" },
    format: (value) => value.toFixed(2),
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const short = (value: number): string => String(Number(value.toPrecision(3)));
