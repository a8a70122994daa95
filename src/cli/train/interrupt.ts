/** Hears Ctrl-C: the first asks to stop after the step at hand, the second ends the program at once. */
export class Interrupt implements Disposable {
  asked = false;

  readonly #hear = (): void => {
    if (this.asked) process.exit(interrupted);
    this.asked = true;
  };

  constructor() {
    for (const signal of signals) process.on(signal, this.#hear);
  }

  [Symbol.dispose](): void {
    for (const signal of signals) process.off(signal, this.#hear);
  }
}

/** Exit status of a program that ended because it was asked to, as shells have it for Ctrl-C. */
export const interrupted = 130;

const signals = ["SIGINT", "SIGTERM"] as const;
