import type { Finding, Severity } from "../diagnosis/finding.ts";
import { printable, printableEnd } from "../quote.ts";

/** Something that the user should know of a file that was read all the same. */
export interface FileNote {
  readonly file: string;
  readonly note: string;
}

/**
 * A line for each note, and one for all files of which the same is to be said: a folder of photographs may have thousands. `word`
 * begins each line.
 */
export function describeNotes(notes: readonly FileNote[], word = "note"): string[] {
  const said = new Map<string, { first: string; count: number }>();
  for (const { file, note } of notes) {
    const { first, count } = said.get(note) ?? { first: file, count: 0 };
    said.set(note, { first, count: count + 1 });
  }
  return [...said].map(([note, { first, count }]) => {
    return `${word}: ${count > 1 ? `${count} images, the first ` : ""}${printableEnd(first, 160)}: ${note}`;
  });
}

/** What a finding says, without the file. */
const sentenceOf = ({ code, expected, seen, likely, remedy }: Finding): string =>
  printable(
    [
      ["unreadable", "problem"].includes(code) ? `expected ${expected}, got ${seen}` : seen,
      likely === "" ? "" : `: most likely ${likely}`,
      remedy === "" ? "" : ` — ${remedy}`,
    ].join(""),
    800,
  );

/** Findings as notes on their files: the warnings, unless others are asked for. */
export const notesOf = (findings: readonly Finding[], severities: readonly Severity[] = ["warning"]): FileNote[] =>
  findings
    .filter(({ severity }) => severities.includes(severity))
    .map((finding) => ({ file: finding.file, note: sentenceOf(finding) }));
