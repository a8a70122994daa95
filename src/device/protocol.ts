import type { ErrorFacts } from "../errors.ts";
import type { Data } from "./device.ts";
import type { Call, Places } from "./machine.ts";

/** What a machine in a worker is told to do, in order. */
export type Command =
  | readonly ["run", call: Call, timing: number | undefined]
  | readonly ["write", offset: number, data: Data]
  | readonly ["copy", from: number, to: number, bytes: number]
  | readonly ["clear", offset: number, bytes: number]
  | readonly ["grow", pages: number];

/** What a machine in a worker is asked for, after the commands of the same message. */
export type Request =
  | readonly ["open", module: WebAssembly.Module, shared: boolean]
  | readonly ["start", places: Places]
  | readonly ["read", offset: number, bytes: number]
  | readonly ["finish"]
  | readonly ["close"];

/** What goes to a worker, which may have other messages of its own. Each gets one answer, in order. */
export interface Message {
  /** The number of the device. */
  readonly crfRnn: number;
  readonly commands: readonly Command[];
  readonly request?: Request;
}

/** An error on its way. */
export interface Told extends ErrorFacts {
  readonly name: string;
  readonly kernel?: string;
}

/** What comes back. */
export interface Answer {
  readonly crfRnn: number;
  readonly value?: unknown;
  readonly error?: Told;
  /** For each run that is timed, its number, and when it began and ended, in milliseconds since 1970. */
  readonly times: [timing: number, begin: number, end: number][];
}

export const isMessage = (value: unknown): value is Message =>
  typeof (value as Partial<Message> | null)?.crfRnn === "number" && "commands" in (value as object);

export const isAnswer = (value: unknown): value is Answer =>
  typeof (value as Partial<Answer> | null)?.crfRnn === "number" && "times" in (value as object);
