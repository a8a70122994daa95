import { SingleBar } from "cli-progress";
import type { CommonFlags } from "./options.ts";

/** Tells on standard error how far a command is: a bar on a terminal, a line a stage elsewhere. */
export interface Progress extends Disposable {
  /** Names what begins now. */
  stage(name: string): void;
  /** One more of the steps is done. */
  step(): void;
}

/** Nothing is shown in the first second, so that short work stays silent. */
const patience = 1000;

/** Begins to report `steps` steps of work; dispose it before anything else is printed. */
export function startProgress(flags: CommonFlags, steps: number): Progress {
  if (flags.quiet) return { stage() {}, step() {}, [Symbol.dispose]() {} };
  const began = Date.now();
  let stageName = "";
  let done = 0;
  let bar: SingleBar | undefined;
  const show = (): void => {
    if (Date.now() - began < patience) return;
    if (!process.stderr.isTTY) return void process.stderr.write(`${stageName} (${done} of ${steps})\n`);
    if (!bar) {
      const format = "{stage} [{bar}] {value}/{total}  {duration_formatted}";
      bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true, hideCursor: true, barsize: 30 });
      bar.start(steps, done, { stage: stageName });
    }
    bar.update(done, { stage: stageName });
  };
  return {
    stage(name) {
      stageName = name;
      show();
    },
    step() {
      done++;
      if (process.stderr.isTTY) show();
    },
    [Symbol.dispose]() {
      bar?.stop();
    },
  };
}
