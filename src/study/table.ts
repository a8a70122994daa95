import { scoreOf, type Tally } from "../search/tally.ts";
import { purpose, randomNumbers } from "../shared/random.ts";
import type { Row } from "./rows.ts";

/** How one row of one seed labeled the pictures, in their order. */
export interface Result {
  readonly row: string;
  readonly seed: number;
  readonly tallies: readonly Tally[];
}

/** A mean over seeds, and the deviation of a seed from it (the root of the mean square over n − 1); NaN of one seed. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** One line of the table. */
export interface Line {
  readonly row: Row;
  readonly seeds: number;
  readonly meanIU: Spread;
  readonly boundary: Spread;
  /** The difference to the row that it is compared with, over the seeds that both have. */
  readonly difference?: { readonly mean: number; readonly low: number; readonly high: number };
  /** Whether the difference has the paper's sign: `open` where the interval reaches over 0. */
  readonly direction?: "holds" | "does not hold" | "open";
}

export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** The lines of those rows that have a result. */
export function linesOf(rows: readonly Row[], results: readonly Result[]): Line[] {
  return rows.flatMap((row) => {
    const own = results.filter((result) => result.row === row.name);
    if (own.length === 0) return [];
    const of = (metric: "meanIU" | "boundary") => spreadOf(own.map(({ tallies }) => scoreOf(tallies, metric)));
    const line = { row, seeds: own.length, meanIU: of("meanIU"), boundary: of("boundary") };
    const pairs = own.flatMap((result) => {
      const other = results.find(({ row: name, seed }) => name === row.beside && seed === result.seed);
      return other ? [[other.tallies, result.tallies] as const] : [];
    });
    if (pairs.length === 0) return [line];
    const difference = differenceOf(pairs);
    return [{ ...line, difference, ...(row.paper !== undefined && { direction: directionOf(row.paper, difference) }) }];
  });
}

function directionOf(paper: number, { low, high }: { readonly low: number; readonly high: number }): Line["direction"] {
  if (!(low > 0) && !(high < 0)) return "open";
  return paper > 0 === low > 0 ? "holds" : "does not hold";
}

const draws = 1000;

/**
 * The mean difference in mean IU over seeds, with its bootstrap interval of 95 % over pictures. A draw takes the same pictures for
 * both rows and all seeds.
 */
function differenceOf(pairs: readonly (readonly [readonly Tally[], readonly Tally[]])[]) {
  const pictures = pairs[0]![0].length;
  const draw = randomNumbers(1, purpose.search, draws);
  const over = (drawn: readonly number[]): number => {
    const of = (tallies: readonly Tally[]): number =>
      scoreOf(
        drawn.map((i) => tallies[i]!),
        "meanIU",
      );
    return pairs.reduce((sum, [before, after]) => sum + of(after) - of(before), 0) / pairs.length;
  };
  const all = Array.from({ length: pictures }, (_, i) => i);
  const differences = Array.from({ length: draws }, () => over(all.map(() => Math.floor(draw() * pictures))))
    .filter((difference) => !Number.isNaN(difference))
    .sort((a, b) => a - b);
  const at = (share: number): number => differences[Math.floor(share * differences.length)] ?? NaN;
  return { mean: over(all), low: at(0.025), high: at(0.975) };
}

const share = (value: number): string => (Number.isNaN(value) ? "" : (100 * value).toFixed(1));
const points = (value: number): string => `${value < 0 ? "−" : "+"}${(100 * Math.abs(value)).toFixed(1)}`;

/** The cells of a line, percent and percentage points, for Markdown and for pages. */
export function cellsOf({ row, seeds, meanIU, boundary, difference, direction }: Line): string[] {
  const spread = ({ mean, deviation }: Spread): string =>
    Number.isNaN(deviation) ? share(mean) : `${share(mean)} ± ${share(deviation)}`;
  const change = difference
    ? `${points(difference.mean)} (${points(difference.low)} to ${points(difference.high)}) beside ${row.beside}`
    : "";
  const paper = row.paper === undefined ? "" : `${points(row.paper / 100)}${direction ? `: ${direction}` : ""}`;
  return [row.title, spread(meanIU), spread(boundary), change, paper, String(seeds)];
}

export const heads: readonly string[] = [
  "",
  "mean IU, %",
  "near boundaries, %",
  "mean IU: change, 95 %",
  "paper",
  "seeds",
];

/** The table as Markdown. */
export const markdownOf = (lines: readonly Line[]): string =>
  [heads, heads.map(() => "---"), ...lines.map(cellsOf)].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
