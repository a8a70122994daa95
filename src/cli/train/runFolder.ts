import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { fileSource, type Sink } from "../../checkpoint/checkpoint.ts";
import { FormatError, UsageError } from "../../errors.ts";
import type { Configuration } from "../../train/configuration.ts";
import { goOnWith, requireSame, type Setting } from "../../train/goingOn.ts";
import { formatMetrics, type Metric } from "../../train/metrics.ts";
import { openState, type State } from "../../train/state.ts";
import { bestFile, checkpointFile, formerFile, metricsFile } from "../../train/surroundings.ts";
import { explain, syncFolder, writeTogether } from "../output.ts";
import { writeStreamed } from "../streamedOutput.ts";
import { beside } from "../unfinished.ts";
import { Lock } from "./lock.ts";
import { RunFiles } from "./runFiles.ts";
import { flagsFile } from "./storedFlags.ts";

/** The request with which a command goes on with a run. */
interface Asked {
  readonly configuration: Configuration;
  /** The settings that the command line names explicitly. */
  readonly said: ReadonlySet<Setting>;
  /** Steps in all. */
  readonly steps: number;
}

/** How a run goes on. */
interface Resumed {
  /** The number of steps that were done; undefined if the run begins at its first step. */
  readonly step?: number;
  readonly configuration: Configuration;
  readonly notes: readonly string[];
}

/** The folder of a run: its checkpoint, its metrics, its report. A process killed at any moment leaves one that resumes. */
export class RunFolder extends RunFiles implements Disposable {
  readonly #lock: Lock;

  /** Takes the folder for this process until it is disposed of; call `check` before. @throws as Lock does */
  constructor(path: string) {
    super(path);
    this.#lock = new Lock(path);
    for (const name of readdirSync(path)) if (unfinished.test(name)) rmSync(join(path, name));
  }

  /** @throws UsageError for a folder that holds a run already, or that is missing when there is one to resume */
  static check(path: string, resume: boolean): void {
    const holdsRun = [checkpointFile, formerFile, metricsFile].some((name) => existsSync(join(path, name)));
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

  /** Gives the folder back; one in which nothing was saved does not remember flags either. */
  [Symbol.dispose](): void {
    if (![checkpointFile, formerFile, metricsFile].some((name) => this.has(name))) {
      rmSync(this.file(flagsFile), { force: true });
    }
    this.#lock[Symbol.dispose]();
  }

  /**
   * Returns the state of the run, if it has got as far as a checkpoint; metrics beyond it are dropped. If the last
   * checkpoint is damaged or gone, the former takes its place, and a note says so.
   * @throws FormatError where no checkpoint can be read, or it belongs to another configuration, naming the options that differ
   */
  async resume(asked: Asked): Promise<Resumed> {
    const last = await this.#open(checkpointFile);
    const former = last instanceof Error || !last ? await this.#open(formerFile) : undefined;
    const state = last instanceof Error || !last ? former : last;
    if (state === undefined && last === undefined) {
      rmSync(this.file(metricsFile), { force: true });
      return { notes: ["the run had saved nothing yet, so it began anew"], configuration: asked.configuration };
    }
    if (state === undefined || state instanceof Error) throw bothDamaged(last, state);
    const configuration = goOnWith(state.configuration, asked.configuration, asked.said, asked.steps);
    const name = state === last ? checkpointFile : formerFile;
    const remedy = "repeat the command that began the run, or name another --out";
    requireSame(this.file(name), state.configuration, configuration, remedy);
    const notes = state === last ? [] : [this.#fallBack(last as Error | undefined, state.step)];
    await this.#mendBest(state);
    this.write(metricsFile, new TextEncoder().encode(formatMetrics(this.metrics(state.step))));
    return { step: state.step, notes, configuration };
  }

  /** Where a process was killed after a checkpoint was saved and before the same parameters were kept as the best, they are now. */
  async #mendBest({ step, best }: State): Promise<void> {
    if (best?.step !== step) return;
    const kept = await this.#open(bestFile);
    if (kept && !(kept instanceof Error) && kept.step === step) return;
    const next = beside(this.file(bestFile), "new");
    copyFileSync(this.file(checkpointFile), next);
    renameSync(next, this.file(bestFile));
  }

  /** A checkpoint's state; undefined where there is none, an error where it is damaged. @throws FormatError where it cannot be read */
  async #open(name: string): Promise<State | FormatError | undefined> {
    if (!this.has(name)) return undefined;
    const source = await fileSource(this.file(name));
    try {
      return await openState(source);
    } catch (error) {
      if (error instanceof FormatError) return error;
      throw error;
    } finally {
      await source.close();
    }
  }

  /** Puts the former checkpoint in the last one's place. Killed in between, the folder has the former, and so this again. */
  #fallBack(damage: Error | undefined, step: number): string {
    const found = damage ? `is damaged (${damage.message}) and was set aside as ${damagedFile}` : "was missing";
    if (damage) renameSync(this.file(checkpointFile), this.file(damagedFile));
    renameSync(this.file(formerFile), this.file(checkpointFile));
    syncFolder(this.path);
    return `${checkpointFile} ${found}; went on from step ${step}, of the checkpoint before it`;
  }

  /** @throws UsageError where another process has taken the folder over */
  append(metric: Metric): void {
    this.#lock.check();
    try {
      appendFileSync(this.file(metricsFile), formatMetrics([metric]));
    } catch (error) {
      throw explain(this.file(metricsFile), error);
    }
  }

  write(name: string, bytes: Uint8Array): void {
    this.#lock.check();
    writeTogether([{ file: this.file(name), bytes }]);
  }

  /**
   * Keeps a file, and in the case of a checkpoint the one before it. What the disk has, after a loss of power too, is in order:
   * metrics before the checkpoint that counts on them, at each moment a checkpoint that is whole.
   */
  async save(name: string, produce: (sink: Sink) => Promise<void>): Promise<void> {
    this.#lock.check();
    const isCheckpoint = name === checkpointFile;
    if (isCheckpoint && this.has(metricsFile)) syncFile(this.file(metricsFile));
    const write = async (sink: Sink): Promise<void> => {
      await produce(sink);
      this.#lock.check();
      if (isCheckpoint && this.has(checkpointFile)) this.#keepFormer();
    };
    await writeStreamed(this.file(name), write, { interruptible: false });
  }

  /** The last checkpoint gets the former one's name beside its own, which the next one is about to take. */
  #keepFormer(): void {
    const [last, former] = [this.file(checkpointFile), this.file(formerFile)];
    const next = beside(former, "new");
    try {
      try {
        linkSync(last, next);
      } catch {
        copyFileSync(last, next); // a file system without hard links
        syncFile(next);
      }
      renameSync(next, former);
    } catch (error) {
      throw explain(former, error);
    } finally {
      rmSync(next, { force: true });
    }
  }
}

/** The error of the one checkpoint that is there, or of the last of two. */
function bothDamaged(last: FormatError | State | undefined, former: FormatError | undefined): Error | undefined {
  if (!(last instanceof FormatError) || !former) return last instanceof FormatError ? last : former;
  const { file, offset, expected, got } = last;
  return new FormatError({ file, offset, expected, got, remedy: `${formerFile} is damaged, too; name another --out` });
}

/** Brings to the disk what was written to a file. */
function syncFile(file: string): void {
  const handle = openSync(file, "r+");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** A last checkpoint that could not be read. */
const damagedFile = "checkpoint.damaged.safetensors";

/** Files that a killed writer leaves: see `beside` and the lock. */
const unfinished = /^\..+\.(new|former|probe|claim)\.tmp$/;
