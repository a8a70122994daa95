import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { FormatError, UsageError } from "../../errors.ts";
import { printable } from "../../quote.ts";
import type { SearchRecord } from "../../search/records.ts";
import { explain, writeTogether } from "../output.ts";

/** What all records of one search depend on, flat: a search goes on only where all of it is as before. */
export type SearchFacts = Readonly<Record<string, string | number>>;

/** The first line of a file of trials. */
interface Header {
  readonly event: "search";
  readonly facts: SearchFacts;
}

/** A file of trials: a line on what is searched, and one for each trial as soon as it has been tried. */
export class TrialsFile {
  readonly #file: string;

  /** @throws FormatError where the file cannot be written to */
  constructor(file: string, facts: SearchFacts) {
    this.#file = file;
    if (!existsSync(file)) this.#append({ event: "search", facts } satisfies Header);
  }

  /** A line in one go: a process that is killed leaves whole lines, and at most one that `readTrials` passes over. */
  write(record: SearchRecord): void {
    this.#append(record);
  }

  #append(line: object): void {
    try {
      appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw explain(this.#file, error);
    }
  }
}

/** @throws UsageError where a new search would mix its trials with those of an older one */
export function requireFresh(file: string): void {
  if (!existsSync(file)) return;
  throw new UsageError({
    where: "--out",
    expected: "a name beside which no search has left trials",
    got: file,
    remedy: "add --resume to go on with it, or name another file",
  });
}

/**
 * The records of an earlier search, or of a part of one. The line that a killed process was at is left out, and cut off, so that what
 * is appended begins a line.
 * @throws FormatError for what is no file of trials, and for one of another search, naming what differs
 */
export function readTrials(file: string, facts: SearchFacts, mend = false): SearchRecord[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new FormatError({
      file,
      expected: "the trials of a search",
      got: "no readable file",
      remedy: "name another",
    });
  }
  const lines = text.split("\n");
  const rest = lines.pop()!;
  const parsed = lines.map((line, i) => {
    try {
      return JSON.parse(line) as Header | SearchRecord;
    } catch {
      const got = printable(line, 60);
      throw new FormatError({ file, expected: `a trial in line ${i + 1}`, got, remedy: "delete that line" });
    }
  });
  const [header, ...records] = parsed;
  if (header?.event !== "search") {
    // A process that was killed at its first line has found nothing.
    if (lines.length === 0) {
      if (mend) rmSync(file);
      return [];
    }
    const got = printable(lines[0] ?? "", 60);
    throw new FormatError({ file, expected: "the trials of a search", got, remedy: "name another" });
  }
  requireSameFacts(file, header.facts, facts);
  if (mend && rest !== "") {
    writeTogether([{ file, bytes: new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")) }]);
  }
  return records as SearchRecord[];
}

function requireSameFacts(file: string, there: SearchFacts, here: SearchFacts): void {
  const differing = [...new Set([...Object.keys(there), ...Object.keys(here)])].filter(
    (name) => there[name] !== here[name],
  );
  if (differing.length === 0) return;
  const words = differing.map((name) => `${name}: ${there[name] ?? "nothing"} there, ${here[name] ?? "nothing"} here`);
  throw new FormatError({
    file,
    expected: "trials of this search",
    got: `another: ${words.join("; ")}`,
    remedy: "repeat the command that began it, or name another --out",
  });
}
