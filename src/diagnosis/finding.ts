import { type ErrorFacts, ValueError } from "../errors.ts";

/** `refusal` where nothing sensible can come out, `warning` where it might not, `note` for what is good to know. */
export type Severity = "refusal" | "warning" | "note";

/** What a check found in a file. */
export interface Finding {
  /** A name for programs, as `probabilities`. */
  readonly code: string;
  readonly severity: Severity;
  /** The file, or the folder, that was looked at. */
  readonly file: string;
  /** What should be there. */
  readonly expected: string;
  /** What was seen. */
  readonly seen: string;
  /** What it most likely is. */
  readonly likely: string;
  /** The flag, or the line of a program, that mends it. */
  readonly remedy: string;
}

/** What a check has to say of each thing that it may find, by the finding's code. */
export type Findings<Code extends string> = Readonly<
  Record<Code, Pick<Finding, "severity" | "expected" | "likely" | "remedy">>
>;

/** Makes a finding of a table's row. What `more` has takes the place of the row's. */
export function finding<Code extends string>(
  table: Findings<Code>,
  code: Code,
  file: string,
  seen: string,
  more: Partial<Finding> = {},
): Finding {
  return { code, file, seen, ...table[code], ...more };
}

/** Stands in an error between what was found and what it most likely is. */
export const mostLikely = ": most likely ";

/** A finding in one sentence, as errors have it. */
export function factsOf({ file, expected, seen, likely, remedy }: Finding): ErrorFacts {
  return { where: file, expected, got: likely === "" ? seen : `${seen}${mostLikely}${likely}`, remedy };
}

/** @throws ValueError with the first finding with which nothing sensible can come out */
export function refuse(findings: readonly Finding[]): void {
  const refusal = findings.find(({ severity }) => severity === "refusal");
  if (refusal) throw new ValueError(factsOf(refusal));
}

/** What ended reading a file: an error, or its parts. */
type Fault = Omit<ErrorFacts, "where"> & { readonly file: string; readonly offset?: number };

/** Makes a finding of what ended reading a file. */
export function findingOf({ file, offset, expected, got, remedy = "" }: Fault): Finding {
  const [seen = "", likely = ""] = got.split(mostLikely);
  const place = offset === undefined ? "" : ` at byte ${offset}`;
  return { code: "unreadable", severity: "refusal", file, expected, seen: `${seen}${place}`, likely, remedy };
}

/** What is suspect in one picture, but usual in some of many: a class that fills it. */
const usualInSome: readonly string[] = ["one-label", "labels-one", "result-one-label"];
/** What the masks of one picture cannot tell: classes that occur in others. */
const toldByAll = "labels-gaps";

/** The findings in so many pictures, less what is suspect only where a picture stands alone. */
export function amongMany(findings: readonly Finding[], pictures: number): readonly Finding[] {
  if (pictures < 2) return findings;
  const countOf = (code: string): number => findings.filter((one) => one.code === code).length;
  const usual = usualInSome.filter((code) => countOf(code) < pictures / 2);
  return findings
    .filter(({ code }) => code !== toldByAll)
    .map((one) => (usual.includes(one.code) ? { ...one, severity: "note" as const } : one));
}
