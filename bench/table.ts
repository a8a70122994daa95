import { describeChoice } from "./choices.ts";
import type { BenchFacts, Ratios } from "./facts.ts";
import { floors } from "./floors.ts";
import { type CompositeResult, type KernelResult, nameOf } from "./run.ts";

/** Returns what a line of a table shows under a heading. */
type Column<Line> = readonly [heading: string, cell: (line: Line) => string];

/** What a model of the GPU predicts for a line. */
type Predicted = Pick<KernelResult, "predicted">;

/** The floors as a Markdown table; formulas as they are computed, in the kernels' own arguments. */
export function describeFloors(): string {
  const rows = floors.map((floor) => [
    nameOf(floor),
    formula(floor.bytes),
    floor.moves,
    formula(floor.operations),
    floor.computes,
  ]);
  return markdown([
    ["kernel", "bytes", "which are", "operations", "which are"],
    ["---", "---", "---", "---", "---"],
    ...rows,
  ]);
}

/** Returns the source of what an arrow function computes. Whatever it calls otherwise has the arguments' names. */
function formula(compute: (args: never) => number): string {
  const [parameters, body] = compute.toString().split("=>") as [string, string];
  let text = body.trim().replace(/\s+/g, " ");
  for (const [, argument = "", name] of parameters.matchAll(/(\w+): (\w+)/g)) {
    text = text.replace(new RegExp(`(?<!\\.)\\b${name}\\b`, "g"), argument);
  }
  return text === "0" ? text : `\`${text}\``;
}

/**
 * Facts as the text that `crf-rnn bench` prints: what was measured where, and a table of kernels and one of what is made of them, with
 * columns of spaces or as Markdown.
 */
export function describeFacts(facts: BenchFacts, format: "text" | "markdown" = "text"): string {
  const table = format === "markdown" ? markdownTable : textTable;
  const { kernels, composites, unused, comparedWith, peer } = facts;
  const ratios: Column<Ratios>[] = [];
  const predictions: Column<Predicted>[] = [...kernels, ...composites].some(({ predicted }) => predicted !== undefined)
    ? [["model ms", ({ predicted }) => (predicted === undefined ? "" : milliseconds(predicted))]]
    : [];
  if (comparedWith) ratios.push(["old/new", ({ oldOverNew }) => times(oldOverNew)]);
  if (peer) ratios.push(["peer/own", ({ peerOverOwn }) => times(peerOverOwn)]);
  const kernelColumns: Column<KernelResult>[] = [
    ["kernel", ({ name }) => name],
    ["median ms", ({ median }) => milliseconds(median)],
    ["least ms", ({ least }) => milliseconds(least)],
    ["GB/s", ({ gigabytesPerSecond }) => significant(gigabytesPerSecond)],
    ["GFLOP/s", ({ gigaflopsPerSecond }) => (gigaflopsPerSecond ? significant(gigaflopsPerSecond) : "–")],
    ["ceiling", ({ shareOfCeiling }) => `${Math.round(100 * shareOfCeiling)} %`],
    ["bytes/point", ({ bytes }) => significant(bytes / facts.points)],
    ["flops/point", ({ operations }) => (operations ? significant(operations / facts.points) : "–")],
  ];
  const compositeColumns: Column<CompositeResult>[] = [
    ["whole", ({ name }) => name],
    ["median ms", ({ median }) => milliseconds(median)],
    ["least ms", ({ least }) => milliseconds(least)],
    ["GFLOP/s", ({ gigaflopsPerSecond }) => (gigaflopsPerSecond ? significant(gigaflopsPerSecond) : "–")],
    ["peak MB", ({ peakBytes }) => (peakBytes / 1e6).toFixed(1)],
    ["of bytes in play", ({ peakOverInPlay }) => times(peakOverInPlay)],
  ];
  return [
    format === "markdown" ? heading(facts).replaceAll("\n", "  \n") : heading(facts),
    kernels.length ? table([...kernelColumns, ...predictions, ...ratios], kernels) : "",
    unused.length ? `Not used on this device: ${unused.join(", ")}.` : "",
    composites.length ? table([...compositeColumns, ...predictions, ...ratios], composites) : "",
    comparedWith ? `old: ${comparedWith}` : "",
    peer ? `peer: ${peer}` : "",
  ]
    .filter(Boolean)
    .join("\n\n");
}

function heading(facts: BenchFacts): string {
  const { version, host, device, timer, image, points, classes, vertices, ceilings, choices } = facts;
  const copies = ceilings.copies.map(
    ({ bytes, gigabytesPerSecond }) => `${significant(gigabytesPerSecond)} (${bytes / 2 ** 20} MiB)`,
  );
  const source = image.file ?? "a made-up image, as no photograph was given or found";
  return [
    `crf-rnn ${version}, ${host}; ${device.name}, ${device.kind}, ${device.variant}, threads: ${device.threads}`,
    `${source}, ${image.width}×${image.height}: ${points} points, ${classes} classes, ${vertices.bilateral} bilateral and ${vertices.spatial} spatial vertices`,
    `Ceilings: copies ${copies.join(", ")} GB/s, multiply-adds ${significant(ceilings.gigaflopsPerSecond)} GFLOP/s`,
    `Kernels and ceilings timed by ${timer}${timer === "wall clock" ? "" : ", wholes by wall clock"}; rates and ratios from the least time`,
    ...choices.map((choice) => `Chosen by measurement: ${describeChoice(choice)}`),
  ].join("\n");
}

/** The headings, and the cells of each line. */
const rowsOf = <Line>(columns: readonly Column<Line>[], lines: readonly Line[]): string[][] => [
  columns.map(([name]) => name),
  ...lines.map((line) => columns.map(([, cell]) => cell(line))),
];

/** The first column flush left, the others flush right. */
function textTable<Line>(columns: readonly Column<Line>[], lines: readonly Line[]): string {
  const rows = rowsOf(columns, lines);
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join("  "),
    )
    .join("\n");
}

function markdownTable<Line>(columns: readonly Column<Line>[], lines: readonly Line[]): string {
  const [headings, ...rows] = rowsOf(columns, lines);
  return markdown([headings!, columns.map((_, column) => (column ? "---:" : "---")), ...rows]);
}

export const markdown = (rows: readonly (readonly string[])[]): string =>
  rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const milliseconds = (value: number): string => value.toFixed(value < 10 ? 3 : value < 100 ? 2 : 1);
const significant = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const times = (value: number | undefined): string => (value === undefined ? "" : `${value.toFixed(2)}×`);
