import type { PlannedDispatch } from "./loads.ts";

/** Two workgroups for each of an H100's 132 multiprocessors. */
export const enoughWorkgroups = 264;
/** A dispatch with less than this share of a pass's operations may have fewer. */
const smallShare = 0.001;
/** No invocation should walk more chunks of a reduction, or more entries of a list. */
export const mostChunks = 512;
export const mostGathers = 64;

/** What a plan is judged by. */
export interface Judgement {
  /** Dispatches that carry more than 0.1 % of the operations on fewer than 264 workgroups. */
  readonly small: readonly PlannedDispatch[];
  /** Dispatches in which an invocation walks more than 512 chunks or terms, or more than 64 entries of a list. */
  readonly long: readonly PlannedDispatch[];
  /** Operations of the largest dispatch, and of the largest submission. */
  readonly largestDispatch: number;
  readonly largestSubmission: number;
}

/** Judges the dispatches of a pass; `submittedAt` says how many had been queued at each submission. */
export function judge(dispatches: readonly PlannedDispatch[], submittedAt: readonly number[]): Judgement {
  const total = sum(dispatches);
  const parts = submittedAt.map((end, i) => sum(dispatches.slice(submittedAt[i - 1] ?? 0, end)));
  return {
    small: dispatches.filter(
      ({ operations, workgroups }) => operations > smallShare * total && workgroups < enoughWorkgroups,
    ),
    long: dispatches.filter(({ chain }) => chain.iterations > (chain.wait === "gather" ? mostGathers : mostChunks)),
    largestDispatch: Math.max(0, ...dispatches.map(({ operations }) => operations)),
    largestSubmission: Math.max(0, ...parts),
  };
}

const sum = (dispatches: readonly PlannedDispatch[]): number =>
  dispatches.reduce((total, { operations }) => total + operations, 0);
