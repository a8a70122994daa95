import type { ErrorFacts } from "../errors.ts";
import type { Arena } from "./relay.ts";

/** What the thread that computes asks the thread that talks to other ranks. */
export type Request =
  | { readonly op: "gather" | "spread"; readonly id: number; readonly bytes: Uint8Array }
  | ({ readonly op: "prepare" } & Arena)
  | { readonly op: "contribute"; readonly draw: number; readonly piece: number }
  | { readonly op: "distribute"; readonly piece: number }
  | { readonly op: "fail"; readonly failure: Failure }
  | { readonly op: "rest" | "finalize" };

/** What it answers. */
export type Answer =
  | { readonly event: "joined"; readonly name: string; readonly rank: number; readonly size: number }
  | { readonly event: "refused"; readonly facts: ErrorFacts }
  | { readonly event: "bytes"; readonly id: number; readonly bytes: readonly Uint8Array[] }
  | { readonly event: "passed" | "summed"; readonly piece: number }
  /** `from` is this rank where it has noticed itself that another is gone. */
  | ({ readonly event: "failed" } & Announcement)
  /** Every other rank has said that it ends, too. */
  | { readonly event: "concluded" }
  /** No heartbeats any more. `sent`: see `Relay`. */
  | { readonly event: "resting"; readonly sent: number }
  | { readonly event: "finalized" };

/** Why a run ends before its time: what happened at one rank. */
export interface Failure {
  readonly rank: number;
  /** The exit status that the run ends with. */
  readonly status: number;
  readonly facts: ErrorFacts;
}

/** A failure as one rank tells it to another; it may be a third one's. */
export interface Announcement {
  readonly from: number;
  readonly failure: Failure;
}
