/** A column of a table: its heading, and what a line shows in it. */
export type Column<Line> = readonly [heading: string, cell: (line: Line) => string];

/** Lines in columns of spaces, the first flush left, the others flush right. */
export function textTable<Line>(columns: readonly Column<Line>[], lines: readonly Line[]): string {
  const rows = [columns.map(([heading]) => heading), ...lines.map((line) => columns.map(([, cell]) => cell(line)))];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows
    .map((row) => row.map((cell, at) => (at > 0 ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!))).join("  "))
    .join("\n");
}

/** The same as a table of Markdown. */
export function markdownTable<Line>(columns: readonly Column<Line>[], lines: readonly Line[]): string {
  const rows = [
    columns.map(([heading]) => heading),
    columns.map((_, at) => (at > 0 ? "---:" : "---")),
    ...lines.map((line) => columns.map(([, cell]) => cell(line))),
  ];
  return rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Three significant digits. */
export const significant = (value: number): string =>
  value === 0 ? "0" : value >= 100 ? value.toFixed(0) : value.toPrecision(3);
export const percent = (share: number): string => `${Math.round(100 * share)} %`;
