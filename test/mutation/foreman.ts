/** Keeps one worker process at work: starts it anew where it hangs, dies, or is no longer what it was. */
import { type ChildProcess, fork } from "node:child_process";
import type { Answer, Measured, Request, WorkerOptions } from "./protocol.ts";

/** What became of a mutant: the case that it failed and why, or nothing. */
export interface Verdict {
  readonly case?: string;
  readonly reason?: string;
}

/** A worker's memory grows with every time it loads the bundle anew. */
const mostLoads = 40;
/** A case hangs when it takes this many times what it took without a mutant, and as many milliseconds more. */
const patience = { factor: 20, milliseconds: 10_000 };

type Ending =
  Extract<Answer, { kind: "measured" | "tried" }> | { readonly kind: "hung" | "died"; readonly case?: string };

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

  async attempt(mutant: number, cases: readonly Measured[], load: boolean): Promise<Verdict> {
    for (let slowness = 1; ; slowness *= 4) {
      if (load && ++this.#loads % mostLoads === 0) this.dispose();
      const ending = await this.#ask({ kind: "try", mutant, cases, load }, slowness);
      if (ending.kind === "tried") {
        if (ending.soiled) this.dispose();
        return ending;
      }
      this.dispose();
      const name = "case" in ending ? ending.case : undefined;
      if (ending.kind === "died") return { case: name, reason: "the process ended" };
      // A machine that is busy with other things makes everything slow: then the case is so without the mutant, too.
      const alone = cases.filter((entry) => entry.name === name);
      const usual = await this.#ask({ kind: "try", mutant: -1, cases: alone, load: false }, slowness / 2);
      if (usual.kind === "tried" || slowness > 16) return { case: name, reason: "hung" };
      this.dispose();
    }
  }

  dispose(): void {
    this.#worker?.kill("SIGKILL");
    this.#worker = undefined;
  }

  /** Sends a request and waits for its end; a case may take `slowness` times as long as patience allows. */
  #ask(request: Request, slowness: number): Promise<Ending> {
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve) => {
      let name: string | undefined;
      let watch: NodeJS.Timeout;
      const end = (ending: Ending): void => {
        clearTimeout(watch);
        worker.off("message", hear).off("exit", die);
        resolve(ending);
      };
      const expect = (milliseconds: number): void => {
        clearTimeout(watch);
        const limit = slowness * (patience.milliseconds + patience.factor * milliseconds);
        watch = setTimeout(() => end({ kind: "hung", case: name }), limit);
      };
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
