import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { Bar, RatioBar } from "./Bar.tsx";
import { significant, times } from "./format.ts";
import type { Line } from "./service.ts";
import { figures, lines, names, others, theirs, wanted } from "./state.ts";
import { type Column, SortedTable } from "./SortedTable.tsx";

/** What the names of lines that are shown have in them. */
export const search = signal("");

/** A line of a table: its own figures, or only those of the other run. */
export interface Row {
  readonly name: string;
  readonly line?: Line;
  readonly theirs?: number;
  /** Whether the device does without it. */
  readonly isUnused: boolean;
}

/** Names of kernels are paths; those of what is made of them are words. */
const isKernel = (name: string): boolean => !name.includes(" ");

const rows = computed<readonly Row[]>(() => {
  const own = new Map(lines.value.map((line) => [line.name, line]));
  const unused = new Set(figures.value?.unused);
  // What is still to be measured has its place already, so that nothing moves.
  const all = new Set([...own.keys(), ...wanted.value, ...Object.keys(others.value?.times.milliseconds ?? {})]);
  const order = new Map(names.value.map((name, index) => [name, index]));
  const words = search.value.trim().toLowerCase();
  return [...all]
    .filter((name) => name.toLowerCase().includes(words))
    .sort((a, b) => (order.get(a) ?? Infinity) - (order.get(b) ?? Infinity))
    .map((name) => ({ name, line: own.get(name), theirs: theirs(name), isUnused: unused.has(name) }));
});

const ratioOf = ({ line, theirs: other }: Row): number | undefined => line && other && other / line.least;

const figure = (
  key: string,
  title: string,
  value: (row: Row) => number | undefined,
  text: (value: number) => string = significant,
): Column<Row> => ({ key, title, value, cell: (row) => textOf(value(row), text) });

const textOf = (value: number | undefined, text: (value: number) => string): string =>
  value === undefined ? "–" : text(value);

const name: Column<Row> = {
  key: "name",
  title: "Name",
  value: (row) => row.name,
  cell: (row) => (row.isUnused ? [row.name, <span class="measure-count">not used on this device</span>] : row.name),
};
const timing = [
  figure("median", "Median ms", ({ line }) => line?.median),
  figure("least", "Least ms", ({ line }) => line?.least),
];
const flops = figure("gflops", "GFLOP/s", ({ line }) => line?.gigaflopsPerSecond || undefined);

const share: Column<Row> = {
  key: "share",
  title: "Of the ceiling",
  isWide: true,
  value: ({ line }) => (line && "shareOfCeiling" in line ? line.shareOfCeiling : undefined),
  cell: (row) => {
    const value = share.value(row) as number | undefined;
    return value === undefined ? "–" : <Barred part={value} text={`${Math.round(100 * value)} %`} />;
  },
};

function Barred({ part, text }: { readonly part: number; readonly text: string }): JSX.Element {
  return (
    <span class="measure-barred">
      <Bar part={part} />
      <span>{text}</span>
    </span>
  );
}

const compared: readonly Column<Row>[] = [
  figure("theirs", "Other ms", (row) => row.theirs),
  {
    key: "ratio",
    title: "Other ÷ this",
    isWide: true,
    value: ratioOf,
    cell: (row) => {
      const ratio = ratioOf(row);
      if (ratio === undefined) return "–";
      return (
        <span class="measure-barred">
          <RatioBar ratio={ratio} />
          <span>{times(ratio)}</span>
        </span>
      );
    },
  },
];

const ofKernels = [
  name,
  ...timing,
  figure("gbps", "GB/s", ({ line }) => (line && "gigabytesPerSecond" in line ? line.gigabytesPerSecond : undefined)),
  flops,
  share,
];
const ofWholes = [
  name,
  ...timing,
  flops,
  figure(
    "peak",
    "Peak MB",
    ({ line }) => (line && "peakBytes" in line ? line.peakBytes / 1e6 : undefined),
    (value) => value.toFixed(1),
  ),
  figure(
    "play",
    "Of bytes in play",
    ({ line }) => (line && "peakOverInPlay" in line ? line.peakOverInPlay : undefined),
    times,
  ),
];

const comparing = (columns: readonly Column<Row>[]): readonly Column<Row>[] =>
  others.value ? [...columns, ...compared] : columns;

export function Kernels(): JSX.Element {
  return (
    <SortedTable
      title="Kernels"
      hint="Each reads and writes so many bytes and computes so many operations: the ceiling is the least time that these can take. More than 100 % is reached by what stays in a cache, and where something else ran while the ceilings were measured."
      columns={comparing(ofKernels)}
      rows={rows.value.filter((row) => isKernel(row.name))}
      empty={emptySentence()}
    />
  );
}

export function Composites(): JSX.Element {
  return (
    <SortedTable
      title="Wholes"
      hint="What is made of kernels, by the wall clock: lattices, iterations, from a picture to labels, layers of a network."
      columns={comparing(ofWholes)}
      rows={rows.value.filter((row) => !isKernel(row.name))}
      empty={emptySentence()}
    />
  );
}

const emptySentence = (): string =>
  search.value.trim() === "" ? "None has been measured yet." : "No line that was measured has such a name.";
