import { basename } from "node:path";
import type { Finding } from "../../diagnosis/finding.ts";
import { checkPredictions } from "../../diagnosis/predictions.ts";
import { enumerate, printable } from "../../quote.ts";
import { drawEvaluation, type EvaluationFacts } from "../../train/report/evaluation.ts";
import { describeNotes, notesOf } from "../notes.ts";
import { report } from "../options.ts";
import { checkDestinations, writeTogether } from "../output.ts";
import { countPassedOver, incomplete } from "../passedOver.ts";
import { wholeShard } from "../shard.ts";
import { countsOf } from "./parts.ts";
import type { EvaluateFlags, Evaluation } from "./score.ts";
import { boundariesOf, formatPictures, trimapOf } from "./tally.ts";

/** @throws UsageError, FormatError for outputs that could not be written */
export function checkOutputs({ report: page, pictures, checkpoint, logits, merge = [] }: EvaluateFlags): void {
  const extension = pictures?.toLowerCase().endsWith(".json") ? ".json" : ".csv";
  const outputs = [
    ...(page === undefined ? [] : [{ flag: "--report", file: page, extension: ".html" }]),
    ...(pictures === undefined ? [] : [{ flag: "--pictures", file: pictures, extension }]),
  ];
  const inputs = [checkpoint as string | undefined, logits, ...merge];
  checkDestinations(
    outputs,
    inputs.filter((file) => file !== undefined),
  );
}

/** Writes what is asked for, and prints; the exit status says whether images were passed over. */
export function conclude(flags: EvaluateFlags, evaluation: Evaluation): void {
  const { report: page, pictures } = flags;
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const { tally, names } = evaluation;
  const table = (file: string): string =>
    file.toLowerCase().endsWith(".json")
      ? `${JSON.stringify(tally.pictures, undefined, 1)}\n`
      : formatPictures(tally.pictures, names);
  writeTogether([
    ...(page === undefined ? [] : [{ file: page, bytes: bytes(drawEvaluation(factsOf(flags, evaluation))) }]),
    ...(pictures === undefined ? [] : [{ file: pictures, bytes: bytes(table(pictures)) }]),
  ]);
  print(flags, evaluation);
  if (evaluation.failures.length > 0) process.exitCode = incomplete;
}

function factsOf(flags: EvaluateFlags, evaluation: Evaluation): EvaluationFacts {
  const {
    crf,
    iterations,
    names: classes,
    images,
    failures,
    scores,
    band,
    radius,
    tally,
    palette,
    worst,
    adapter,
  } = evaluation;
  const { index, of } = flags.merge ? wholeShard : flags.shard;
  const options: [string, string][] = [
    ["data", flags.data],
    ["checkpoint", flags.checkpoint],
    ["model", modes[crf]],
    ...(crf === "none" ? [] : ([["iterations", String(iterations)]] satisfies [string, string][])),
    ["tolerance of boundaries", flags.tolerance === undefined ? "0.75 % of the diagonal" : `${flags.tolerance} pixels`],
    ...(of > 1 ? ([["part", `${index} of ${of}`]] satisfies [string, string][]) : []),
    ...(failures.length > 0 ? ([["passed over", nameUnscored(failures)]] satisfies [string, string][]) : []),
    ["device", adapter],
  ];
  return {
    title: `${modes[crf]} on ${basename(flags.data)}`,
    classes,
    palette,
    images,
    scores,
    band: { radius, accuracy: band.pixelAccuracy },
    trimap: trimapOf(tally),
    boundaries: boundariesOf(tally),
    reliability: tally.reliability.curve(),
    calibrationError: tally.reliability.calibrationError(),
    confusion: tally.whole.counts,
    accuracies: tally.pictures.flatMap(({ pixelAccuracy }) => (pixelAccuracy === null ? [] : [pixelAccuracy])),
    worst,
    options,
  };
}

const nameUnscored = (failures: Evaluation["failures"]): string =>
  enumerate(
    failures.map(({ id }) => id),
    20,
  );

function print(flags: EvaluateFlags, evaluation: Evaluation): void {
  const { crf, names, images, failures, seconds, adapter, scores, band, radius, tally } = evaluation;
  const notes = [...evaluation.notes, ...notesOf(checkLearned(flags.data, evaluation))];
  const boundaries = boundariesOf(tally);
  const { reliability, pictures } = tally;
  const classes = scores.classes.map(({ iu, accuracy, truth }, label) => ({
    name: names[label],
    iu,
    accuracy,
    truth,
    boundaryF: boundaries.classes[label]!,
  }));
  const calibrationError = reliability.calibrationError();
  const { meanIU, pixelAccuracy, meanAccuracy, frequencyWeightedIU } = scores;
  const figures = { meanIU, pixelAccuracy, meanAccuracy, frequencyWeightedIU, bandAccuracy: band.pixelAccuracy };
  const iterations = crf === "none" ? undefined : evaluation.iterations;
  const { index, of } = flags.merge ? wholeShard : flags.shard;
  const share = of > 1 ? `, part ${index} of ${of}` : "";
  const shown = names.map((name) => printable(name));
  const width = Math.max(30, ...shown.map((name) => name.length + 2));
  const cell = (value: number): string => (Number.isNaN(value) ? "–" : value.toFixed(4)).padStart(10);
  const line = (name: string, ...values: number[]): string => name.padEnd(width) + values.map(cell).join("");
  const text = [
    ...describeNotes(notes),
    `${flags.checkpoint}, ${modes[crf]}${iterations ? `, T = ${iterations}` : ""}: ${images === 1 ? "1 image" : `${images} images`}${share}${countPassedOver(failures)}`,
    `${"class".padEnd(width)}${"IU".padStart(10)}${"accuracy".padStart(10)}${"boundary F".padStart(12)}`,
    ...classes.map(({ iu, accuracy, boundaryF }, label) => `${line(shown[label]!, iu, accuracy)}  ${cell(boundaryF)}`),
    "",
    line("mean IU", meanIU),
    line("pixel accuracy", pixelAccuracy),
    line("mean accuracy", meanAccuracy),
    line(`within ${flags.band} px of a boundary`, band.pixelAccuracy),
    line("boundary F-score", boundaries.mean),
    line("expected calibration error", calibrationError),
    ...(failures.length > 0 ? [`in no score: ${nameUnscored(failures)}`] : []),
    ...[flags.report, flags.pictures].filter((file) => file !== undefined),
    "",
    `${(seconds / Math.max(1, images)).toFixed(2)} s an image on ${adapter}`,
  ];
  const facts = {
    command: "evaluate",
    data: flags.data,
    checkpoint: flags.checkpoint,
    crf,
    iterations,
    images,
    failures,
    notes,
  };
  const parts = { shard: { index, of }, names, band: radius, tolerance: flags.tolerance, ...countsOf(tally) };
  const more = { boundaryF: boundaries.mean, calibrationError, reliability: reliability.curve(), pictures };
  report(
    flags,
    { ...facts, seconds, adapter, ...figures, ...more, classes, trimap: trimapOf(tally), ...parts },
    text.join("\n"),
  );
}

/** What is suspect in the scores, of parts that were put together as well. */
function checkLearned(file: string, { crf, names, scores: { classes, pixelAccuracy } }: Evaluation): Finding[] {
  const iu = classes.map((one) => one.iu);
  return checkPredictions({ file, names, iu, pixelAccuracy, refined: crf !== "none" });
}

const modes = { none: "network alone", disconnected: "disconnected CRF", trained: "trained CRF" } as const;
