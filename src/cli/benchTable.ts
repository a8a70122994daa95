import { type BenchResult, type CompositeResult, type KernelResult, nameOf } from "../../bench/run.ts";
import { floors } from "../../bench/floors.ts";
import { describeChoice } from "./choices.ts";

/** Others' times over the line's own; above 1 this run is the faster. */
export interface Ratios {
  readonly oldOverNew?: number;
  readonly peerOverOwn?: number;
}

/** The facts that `bench` prints with --json and writes with --save. */
export interface BenchFacts extends Omit<BenchResult, "kernels" | "composites"> {
  readonly command: "bench";
  readonly version: string;
  readonly host: string;
  /** `file` is null for an image that was made up. */
  readonly image: { readonly file: string | null; readonly height: number; readonly width: number };
  readonly comparedWith?: string;
  readonly peer?: string;
  readonly kernels: readonly (KernelResult & Ratios)[];
  readonly composites: readonly (CompositeResult & Ratios)[];
}

/** Returns what a line of a table shows under a heading. */
type Column<Line> = readonly [heading: string, cell: (line: Line) => string];

/** The floors as a Markdown table; formulas as they are computed, in the kernels' own arguments. */
export function describeFloors(): string {
  const rows = floors.map((floor) => [
    nameOf(floor),
    formula(floor.bytes),
    floor.moves,
    formula(floor.operations),
    floor.computes,
  ]);
  const lines = [
    ["kernel", "bytes", "which are", "operations", "which are"],
    ["---", "---", "---", "---", "---"],
    ...rows,
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
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

export function describeFacts(facts: BenchFacts): string {
  const { kernels, composites, unused, comparedWith, peer } = facts;
  const ratios: Column<Ratios>[] = [];
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
    heading(facts),
    kernels.length ? table([...kernelColumns, ...ratios], kernels) : "",
    unused.length ? `Not used on this device: ${unused.join(", ")}.` : "",
    composites.length ? table([...compositeColumns, ...ratios], composites) : "",
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
  const source = image.file ?? "a made-up image: the photograph was not found or --size was given";
  return [
    `crf-rnn ${version}, ${host}; ${device.name}, ${device.kind}, ${device.variant}, threads: ${device.threads}`,
    `${source}, ${image.width}×${image.height}: ${points} points, ${classes} classes, ${vertices.bilateral} bilateral and ${vertices.spatial} spatial vertices`,
    `Ceilings: copies ${copies.join(", ")} GB/s, multiply-adds ${significant(ceilings.gigaflopsPerSecond)} GFLOP/s`,
    `Kernels and ceilings timed by ${timer}${timer === "wall clock" ? "" : ", wholes by wall clock"}; rates and ratios from the least time`,
    ...choices.map((choice) => `Chosen by measurement: ${describeChoice(choice)}`),
  ].join("\n");
}

/** The first column flush left, the others flush right. */
function table<Line>(columns: readonly Column<Line>[], lines: readonly Line[]): string {
  const rows = [columns.map(([name]) => name), ...lines.map((line) => columns.map(([, cell]) => cell(line)))];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join("  "),
    )
    .join("\n");
}

const milliseconds = (value: number): string => value.toFixed(value < 10 ? 3 : value < 100 ? 2 : 1);
const significant = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const times = (value: number | undefined): string => (value === undefined ? "" : `${value.toFixed(2)}×`);
