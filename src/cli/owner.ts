import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Identifies a process beyond its number, because numbers are reused, in containers soon. */
export interface Owner {
  readonly process: number;
  /** When it began, in the system's clock ticks; empty where the system does not tell. */
  readonly started: string;
  /** The machine, its boot and the namespace of its processes: elsewhere the number is another process's. */
  readonly place: string;
}

export const thisProcess = (): Owner => ({ process: process.pid, started: statOf(process.pid)[1], place: place() });

/** Whether a process can be seen from here: it is of this machine, and of this container. */
export const isOfThisPlace = (owner: Owner): boolean => owner.place === place();

/**
 * Whether the process still runs. One of another place cannot be seen from here, and counts as gone; so does one that has ended
 * and waits for a parent that never asks, as in containers.
 */
export function lives(owner: Owner): boolean {
  if (!isOfThisPlace(owner)) return false;
  try {
    process.kill(owner.process, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false; // EPERM means that the process lives but belongs to another user
  }
  const [state, started] = statOf(owner.process);
  return state !== "Z" && state !== "X" && (started === owner.started || started === "" || owner.started === "");
}

function place(): string {
  const boot = orEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  const namespace = orEmpty(() => readlinkSync("/proc/self/ns/pid"));
  return createHash("sha256").update([hostname(), boot, namespace].join("\n")).digest("hex").slice(0, 8);
}

/**
 * The third and the 22nd field of Linux's /proc/ID/stat: state and start. The second, a name in brackets, may hold spaces and
 * brackets itself.
 */
function statOf(id: number): readonly [state: string, started: string] {
  const stat = orEmpty(() => readFileSync(`/proc/${id}/stat`, "utf8"));
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [fields[0] ?? "", fields[19] ?? ""];
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return ""; // another system than Linux, or one that shows nobody another's processes
  }
}
