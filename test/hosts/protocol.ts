import type { Folders } from "./folders.ts";
import type { DeviceChoice } from "./runner.ts";

/** What a process is told: JSON in its last argument. */
export interface ProcessOptions {
  readonly folders: Folders;
  /** Without a device, the names of all cases are reported (`CaseNames`). */
  readonly choice?: DeviceChoice;
  /** Full names of the cases to run. Default: all. */
  readonly only?: readonly string[];
}

/** The full names of all cases, and of those whose `run` takes no device: they are the same on all devices of a host. */
export interface CaseNames {
  readonly cases: readonly string[];
  readonly withoutDevice: readonly string[];
}

/** Begins each line of standard output that is a report, so that a driver's own chatter is told apart. */
export const MARK = "@report ";
