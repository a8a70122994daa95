import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileSource, type Sink, type Source } from "../../checkpoint/checkpoint.ts";
import { FormatError, UsageError } from "../../errors.ts";
import { differences, type Configuration } from "../../train/configuration.ts";
import { formatMetrics, metricsUntil, type Metric } from "../../train/metrics.ts";
import { openState, type State } from "../../train/state.ts";
import { checkpointFile, metricsFile } from "../../train/surroundings.ts";
import { explain, writeTogether } from "../output.ts";
import { writeStreamed } from "../streamedOutput.ts";
import { Lock } from "./lock.ts";

/** The folder of a run: its checkpoint, its metrics, its report. A process killed at any moment leaves one that resumes. */
export class RunFolder implements Disposable {
  readonly path: string;
  readonly #lock: Lock;

  /** For this process alone, until it is disposed; call `check` before. @throws as Lock does */
  constructor(path: string) {
    this.path = path;
    this.#lock = new Lock(path);
    for (const name of readdirSync(path)) if (unfinished.test(name)) rmSync(join(path, name));
  }

  /** @throws UsageError for a folder that holds a run already, or that is missing when there is one to resume */
  static check(path: string, resume: boolean): void {
    const holdsRun = [checkpointFile, metricsFile].some((name) => existsSync(join(path, name)));
    if (holdsRun && !resume) {
      throw new UsageError({
        where: "--out",
        expected: "a folder without a run",
        got: `${path}, which holds one`,
        remedy: "add --resume to go on with it, or name another folder",
      });
    }
    if (resume && !existsSync(path)) {
      throw new UsageError({
        where: "--resume",
        expected: "a run's folder",
        got: `${path}, where nothing is`,
        remedy: "leave --resume out to begin the run",
      });
    }
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }

  file(name: string): string {
    return join(this.path, name);
  }

  has(name: string): boolean {
    return existsSync(this.file(name));
  }

  /**
   * Where the run stands, if it got as far as a checkpoint; metrics beyond it are dropped.
   * @throws FormatError where the checkpoint belongs to another configuration, naming the options that differ
   */
  async resume(configuration: Configuration): Promise<{ readonly state: State; readonly source: Source } | undefined> {
    if (!this.has(checkpointFile)) return undefined;
    const source = await fileSource(this.file(checkpointFile));
    const state = await openState(source);
    const differing = differences(state.configuration, configuration);
    if (differing.length > 0) {
      await source.close();
      throw new FormatError({
        file: this.file(checkpointFile),
        expected: "a run of this configuration",
        got: `another: ${differing.join("; ")}`,
        remedy: "repeat the command that began the run, or name another --out",
      });
    }
    const metrics = this.metrics(state.step);
    this.write(metricsFile, new TextEncoder().encode(formatMetrics(metrics)));
    return { state, source };
  }

  metrics(until = Infinity): Metric[] {
    return this.has(metricsFile) ? metricsUntil(readFileSync(this.file(metricsFile), "utf8"), until) : [];
  }

  append(metric: Metric): void {
    try {
      appendFileSync(this.file(metricsFile), formatMetrics([metric]));
    } catch (error) {
      throw explain(this.file(metricsFile), error);
    }
  }

  write(name: string, bytes: Uint8Array): void {
    writeTogether([{ file: this.file(name), bytes }]);
  }

  save(name: string, produce: (sink: Sink) => Promise<void>): Promise<void> {
    return writeStreamed(this.file(name), produce, { interruptible: false });
  }
}

/** What a killed writer leaves: see `beside`. */
const unfinished = /^\..+\.\d+\.(new|former|probe)\.tmp$/;
