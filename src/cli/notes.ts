import type { Finding } from "../diagnosis/finding.ts";
import { printable, printableEnd } from "../quote.ts";

/** Something that the user should know of a file that was read all the same. */
export interface FileNote {
  readonly file: string;
  readonly note: string;
}

/** A line for each note, and one for all files of which the same is to be said: a folder of photographs may have thousands. */
export function describeNotes(notes: readonly FileNote[]): string[] {
  const said = new Map<string, { first: string; count: number }>();
  for (const { file, note } of notes) {
    const { first, count } = said.get(note) ?? { first: file, count: 0 };
    said.set(note, { first, count: count + 1 });
  }
  return [...said].map(([note, { first, count }]) => {
    return `note: ${count > 1 ? `${count} images, the first ` : ""}${printableEnd(first, 160)}: ${note}`;
  });
}

/** What a finding says, without the file. */
export const sentenceOf = ({ seen, likely, remedy }: Finding): string =>
  printable(`${seen}${likely === "" ? "" : `: most likely ${likely}`} — ${remedy}`, 800);

/** The warnings among findings, as notes on their files. */
export const notesOf = (findings: readonly Finding[]): FileNote[] =>
  findings
    .filter(({ severity }) => severity === "warning")
    .map((finding) => ({ file: finding.file, note: sentenceOf(finding) }));
