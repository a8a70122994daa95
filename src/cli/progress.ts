import { SingleBar } from "cli-progress";
import type { CommonFlags } from "./options.ts";

/** Tells on standard error how far a command is: a bar on a terminal, now and then a line elsewhere. */
export interface Progress extends Disposable {
  /** Names what begins now. */
  stage(name: string): void;
  /** One more of the steps is done. */
  step(): void;
}

/** Nothing is shown in the first second, so that short work stays silent. */
const patience = 1000;
/** Milliseconds between two lines where there is no terminal. */
const lineInterval = 5000;

/** Begins to report `steps` steps of work; dispose it before anything else is printed. */
export function startProgress(flags: CommonFlags, steps: number): Progress {
  if (flags.quiet) return { stage() {}, step() {}, [Symbol.dispose]() {} };
  let next = Date.now() + patience;
  let stage = "";
  let done = 0;
  let bar: SingleBar | undefined;
  const show = (): void => {
    if (bar) return bar.update(done, { stage });
    if (Date.now() < next) return;
    if (process.stderr.isTTY) {
      const format = "{stage} [{bar}] {value}/{total}  {duration_formatted}";
      bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true, hideCursor: true, barsize: 30 });
      bar.start(steps, done, { stage });
    } else {
      process.stderr.write(`${stage} (${done} of ${steps})\n`);
      next = Date.now() + lineInterval;
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
    [Symbol.dispose]() {
      bar?.stop();
    },
  };
}
