/** Keeps one worker process at work: starts it anew where it hangs, dies, or is no longer what it was. */
import { type ChildProcess, fork } from "node:child_process";
import { Patience } from "./patience.ts";
import type { Answer, Measured, Request, WorkerOptions } from "./protocol.ts";

/** What became of a mutant: the case that it failed and why, or nothing. */
export interface Verdict {
  readonly case?: string;
  readonly reason?: string;
}

/** The reason of a mutant whose case did not come to an end. */
export const hung = "hung";
/** A worker's memory grows with every time it loads the bundle anew. */
const mostLoads = 40;
/** A case hangs when it takes this many times what it took without a mutant, and as many milliseconds more. */
const allowed = { factor: 20, milliseconds: 5000 };
/** How often it is looked at how much time a case has used. */
const glance = 250;

/** What became of one try; after one that is soiled, a new process goes on. */
interface Tried extends Verdict {
  readonly soiled?: boolean;
}

type Ending =
  | Extract<Answer, { kind: "measured" | "tried" }>
  | { readonly kind: "hung" | "died"; readonly case?: string };

export class Foreman {
  readonly #script: string;
  readonly #options: WorkerOptions;
  readonly #environment: Readonly<Record<string, string>>;
  #worker: ChildProcess | undefined;
  #loads = 0;

  constructor(script: string, options: WorkerOptions, environment: Readonly<Record<string, string>>) {
    this.#script = script;
    this.#options = options;
    this.#environment = environment;
  }

  /** Cases whose names begin so, or all, without a mutant; and the mutants that are reached when the modules are loaded. */
  async measure(
    only?: readonly string[],
  ): Promise<{ readonly cases: readonly Measured[]; readonly loaded: readonly number[] }> {
    const ending = await this.#ask({ kind: "measure", only }, 30);
    if (ending.kind === "measured") return ending;
    throw new Error(`without a mutant, the worker ${ending.kind} in "${"case" in ending ? ending.case : ""}"`);
  }

  /** Runs a mutant in cases until one fails for no other reason than the mutant. */
  async attempt(mutant: number, cases: readonly Measured[], load: boolean): Promise<Verdict> {
    for (let left = cases; ;) {
      const verdict = await this.#try(mutant, left, load);
      const failed = left.findIndex(({ name }) => name === verdict.case);
      if (failed < 0 || (await this.#confirm(mutant, [left[failed]!], load))) return verdict;
      left = left.slice(failed + 1);
    }
  }

  /**
   * Whether a case that failed with a mutant fails again with it, and does not fail without. What fails only the first
   * time in a process is given a new one.
   */
  async #confirm(mutant: number, alone: readonly Measured[], load: boolean): Promise<boolean> {
    let again = await this.#try(mutant, alone, load);
    if (again.reason === undefined) {
      this.dispose();
      again = await this.#try(mutant, alone, load);
    }
    if (again.reason === undefined) return false;
    return !again.soiled || (await this.#try(-1, alone, false)).reason === undefined;
  }

  async #try(mutant: number, cases: readonly Measured[], load: boolean): Promise<Tried> {
    if (load && ++this.#loads % mostLoads === 0) this.dispose();
    const ending = await this.#ask({ kind: "try", mutant, cases, load });
    if (ending.kind === "measured") throw new Error("the worker measured cases that it was to try");
    if (ending.kind !== "tried") {
      this.dispose();
      return { case: ending.case, reason: ending.kind === "died" ? "the process ended" : hung, soiled: true };
    }
    if (ending.soiled) this.dispose();
    return ending;
  }

  dispose(): void {
    this.#worker?.kill("SIGKILL");
    this.#worker = undefined;
  }

  /** Sends a request and waits for its end; a case may take `slowness` times as long as is allowed. */
  #ask(request: Request, slowness = 1): Promise<Ending> {
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve) => {
      let name: string | undefined;
      let limit = 0;
      let patience = new Patience(worker.pid!);
      const end = (ending: Ending): void => {
        clearInterval(watch);
        worker.off("message", hear).off("exit", die);
        resolve(ending);
      };
      const expect = (milliseconds: number): void => {
        limit = slowness * (allowed.milliseconds + allowed.factor * milliseconds);
        patience = new Patience(worker.pid!);
      };
      const watch = setInterval(() => {
        if (patience.spent() > limit) end({ kind: "hung", case: name });
      }, glance);
      const die = (): void => end({ kind: "died", case: name });
      const hear = (answer: Answer): void => {
        if (answer.kind !== "case") return end(answer);
        name = answer.name;
        expect(answer.milliseconds);
      };
      worker.on("message", hear).once("exit", die);
      worker.send(request);
      expect(0);
    });
  }

  #start(): ChildProcess {
    return fork(this.#script, [JSON.stringify(this.#options)], {
      env: { ...process.env, ...this.#environment },
      execArgv: ["--max-old-space-size=2048"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
  }
}
