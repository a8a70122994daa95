/** How long a process has had to come to an end, on a machine that is busy with other things as on an idle one. */
import { readdirSync, readFileSync } from "node:fs";

/** A clock tick of /proc, in milliseconds. */
const tick = 10;

/** What a process has done so far. */
interface State {
  /** The milliseconds of processor time that all its threads have had. */
  readonly busy: number;
  /** Whether all its threads wait for something, so that none wants a processor. */
  readonly waits: boolean;
}

/** The state of a process that runs, from Linux's /proc; undefined elsewhere, and once the process has ended. */
export function stateOf(pid: number): State | undefined {
  try {
    const stats = readdirSync(`/proc/${pid}/task`).map((thread) => fieldsOf(`/proc/${pid}/task/${thread}/stat`));
    // Of the fields behind the name, the first is the state, and those from the twelfth on are times.
    const [, , , , , , , , , , , user, system] = fieldsOf(`/proc/${pid}/stat`).map(Number);
    return { busy: (user! + system!) * tick, waits: stats.every(([state]) => state === "S") };
  } catch {
    return undefined;
  }
}

/** The fields of a stat file behind the process's name, which stands in parentheses and may have blanks in it. */
const fieldsOf = (path: string): string[] =>
  readFileSync(path, "utf8")
    .replace(/^.*\) /s, "")
    .trim()
    .split(" ");

/**
 * Counts the time that a process has used, or has let pass without wanting a processor. While others keep a processor
 * from it, no time passes for it, so that only what it does itself can make it late.
 */
export class Patience {
  readonly #pid: number;
  #last: State | undefined;
  #at = performance.now();
  #spent = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#last = stateOf(pid);
  }

  /** Milliseconds that count, as far as they were looked at: call it several times a second. */
  spent(): number {
    const [state, now] = [stateOf(this.#pid), performance.now()];
    const passed = now - this.#at;
    const used = state && this.#last ? state.busy - this.#last.busy : passed;
    const waited = state?.waits && this.#last?.waits ? passed : 0;
    this.#spent += Math.min(passed, Math.max(used, waited));
    [this.#last, this.#at] = [state, now];
    return this.#spent;
  }
}
