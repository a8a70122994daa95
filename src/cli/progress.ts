import { SingleBar } from "cli-progress";
import type { CommonFlags } from "./options.ts";

/** Tells on standard error how far a command is: a bar on a terminal, now and then a line elsewhere. */
export interface Progress extends Disposable {
  /** Sets the name of the part that begins now. */
  stage(name: string): void;
  /** One more of the steps is done. */
  step(): void;
  /** So many steps of another number are done: of work whose parts are known only when it has begun. */
  at(done: number, of: number): void;
  /** Prints a line on standard error, quiet or not. */
  note(line: string): void;
}

/** Nothing is shown in the first second, so that short work stays silent; with CRF_RNN_PROGRESS=never, nothing at all. */
const patience = process.env.CRF_RNN_PROGRESS === "never" ? Infinity : 1000;
/** Milliseconds between two lines where there is no terminal: more, the longer the work goes on. */
const lineInterval = (elapsed: number): number => Math.max(5000, elapsed / 20);

const write = (text: string): void => void process.stderr.write(text);

/**
 * Begins to report the progress of work with `steps` parts, `done` of which are finished. Dispose of it before anything
 * else is printed.
 */
export function startProgress(flags: CommonFlags, allSteps: number, done = 0): Progress {
  let steps = allSteps;
  if (flags.quiet) return { stage() {}, step() {}, at() {}, note: (line) => write(`${line}\n`), [Symbol.dispose]() {} };
  const began = Date.now();
  let next = began + patience;
  let stage = "";
  let bar: SingleBar | undefined;
  const show = (): void => {
    if (bar) return bar.update(done, { stage });
    if (Date.now() < next) return;
    if (process.stderr.isTTY) {
      const format = "{stage} [{bar}] {value}/{total}  {duration_formatted}";
      bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true, hideCursor: true, barsize: 30 });
      bar.start(steps, done, { stage });
    } else {
      write(`${stage} (${done} of ${steps})\n`);
      next = Date.now() + lineInterval(Date.now() - began);
    }
  };
  return {
    stage(name) {
      stage = name;
      show();
    },
    step() {
      done++;
      bar?.update(done);
    },
    at(now, of) {
      [done, steps] = [now, of];
      bar?.setTotal(of);
      show();
    },
    note(line) {
      if (!bar) return void write(`${line}\n`);
      bar.stop(); // This removes the progress from the screen; it begins again below the line.
      write(`${line}\n`);
      bar.start(steps, done, { stage });
    },
    [Symbol.dispose]() {
      bar?.stop();
    },
  };
}
