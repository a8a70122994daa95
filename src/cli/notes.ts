import { printableEnd } from "../quote.ts";

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
