import { hung, type Verdict } from "./foreman.ts";
import type { Mutant } from "./instrument.ts";

/** A mutant that computes the same as the original, or that no test should tell from it, and why. */
export interface Equivalent extends Pick<Mutant, "file" | "text" | "original" | "replacement"> {
  /** Where several mutants look like this one: which of them it is. Default: 1. */
  readonly occurrence?: number;
  readonly reason: string;
}

/** Whether an entry of equivalent.json, or of what a former run found, means this mutant. */
export const isAlike = (one: Omit<Equivalent, "reason">, mutant: Mutant): boolean =>
  (["file", "text", "original", "replacement"] as const).every((field) => mutant[field] === one[field]) &&
  mutant.occurrence === (one.occurrence ?? 1);

/** A mutant and what became of it. */
export interface Outcome extends Mutant, Verdict {
  readonly fate: "killed" | "survived" | "not reached" | "equivalent";
}

/** `nn` of `src/nn/relu.ts`, `tape` of `src/tape.ts`. */
export const roomOf = (file: string): string => file.replace(/^src\//, "").replace(/(\/.*|\.ts)$/, "");

/** The percentage of the mutants that are killed, without those that are equivalent. */
export function scoreOf(outcomes: readonly Outcome[]): number {
  const counted = outcomes.filter(({ fate }) => fate !== "equivalent");
  return counted.length === 0 ? 100 : (100 * counted.filter(({ fate }) => fate === "killed").length) / counted.length;
}

/** A table of rooms in Markdown, and below it every mutant that lives. */
export function describeOutcomes(outcomes: readonly Outcome[]): string {
  const rooms = [...new Set(outcomes.map(({ file }) => roomOf(file)))];
  const fates = ["killed", "equivalent", "survived", "not reached"] as const;
  const row = (name: string, of: readonly Outcome[]): string => {
    const counts = fates.map((fate) => of.filter((outcome) => outcome.fate === fate).length);
    return `| ${[name, of.length, ...counts, `${scoreOf(of).toFixed(1)} %`].join(" | ")} |`;
  };
  const table = [
    `| room | mutants | ${fates.join(" | ")} | score |`,
    `| --- | ${["mutants", ...fates, "score"].map(() => "---:").join(" | ")} |`,
    ...rooms.map((room) =>
      row(
        room,
        outcomes.filter(({ file }) => roomOf(file) === room),
      ),
    ),
    ...(rooms.length > 1 ? [row("all", outcomes)] : []),
  ];
  const living = outcomes.filter(({ fate }) => fate === "survived" || fate === "not reached");
  const endless = outcomes.filter(({ reason }) => reason === hung);
  const told = [`${endless.length} of the killed did not come to an end:`, ...endless.map(describeMutant)];
  return [...table, "", ...living.map(describeMutant), ...(endless.length > 0 ? told : [])].join("\n");
}

function describeMutant({ file, line, original, replacement, fate, text, occurrence }: Outcome): string {
  const short = (part: string): string => (part.length > 100 ? `${part.slice(0, 97)}…` : part).replace(/\s+/g, " ");
  const change = replacement === "" ? `${short(original)}  (removed)` : `${short(original)}  →  ${short(replacement)}`;
  const notes = [
    ...(occurrence > 1 ? [`occurrence ${occurrence}`] : []),
    ...(fate === "not reached" ? ["no case reaches it"] : []),
  ].map((note) => `  (${note})`);
  return `${file}:${line}  ${change}${notes.join("")}\n    ${text}`;
}
