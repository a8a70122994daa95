import { endings } from "../hosts.ts";

/**
 * Handles Ctrl-C, `kill` and the closing of the terminal. The first signal asks the run to stop after the current step,
 * the second ends the program at once.
 */
export class Interrupt implements Disposable {
  asked = false;

  readonly #hear = (signal: NodeJS.Signals): void => {
    // A terminal that closes may say so twice, by itself and by its shell.
    if (this.asked && signal !== "SIGHUP") process.exit(interrupted);
    this.asked = true;
    // It takes no more words then, which must not end the run before it is saved.
    if (signal === "SIGHUP") for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  };

  constructor() {
    for (const signal of endings) process.on(signal, this.#hear);
  }

  [Symbol.dispose](): void {
    for (const signal of endings) process.off(signal, this.#hear);
  }
}

/** Exit status of a program that ended because it was asked to, as shells have it for Ctrl-C. */
export const interrupted = 130;
