import type { Sink } from "../../checkpoint/checkpoint.ts";
import type { Metric } from "../../train/metrics.ts";
import type { Ranks } from "../../train/ranks.ts";
import type { Sample } from "../../train/sample.ts";
import { checkpointFile, type Split, type Surroundings } from "../../train/surroundings.ts";
import type { Progress } from "../progress.ts";
import { readSample, type Images, type LogitsReader } from "./images.ts";
import type { Interrupt } from "./interrupt.ts";
import type { RunFolder } from "./runFolder.ts";

/** A run's surroundings on this machine: files to read, and a folder to write to unless another rank does. */
export class LocalSurroundings implements Surroundings {
  readonly images: Surroundings["images"];
  readonly #of: Images;
  readonly #logits: LogitsReader | undefined;
  readonly ranks: Ranks | undefined;
  readonly #folder: RunFolder | undefined;
  readonly #interrupt: Interrupt;
  readonly #tell: (metric: Metric) => void;
  readonly #draw: (() => Promise<void>) | undefined;

  constructor(
    images: Images,
    logits: LogitsReader | undefined,
    folder: RunFolder | undefined,
    interrupt: Interrupt,
    tell: (metric: Metric) => void,
    { ranks, draw }: { readonly ranks?: Ranks; readonly draw?: () => Promise<void> } = {},
  ) {
    this.#draw = draw;
    this.ranks = ranks;
    this.images = { train: images.train.length, val: images.val.length };
    this.#of = images;
    this.#logits = logits;
    this.#folder = folder;
    this.#interrupt = interrupt;
    this.#tell = tell;
  }

  sample(split: Split, index: number): Promise<Sample> {
    return readSample(this.#of[split][index]!, this.#logits);
  }

  async record(metric: Metric): Promise<{ readonly stop: boolean }> {
    this.#folder?.append(metric);
    this.#tell(metric);
    return { stop: this.#interrupt.asked };
  }

  async save(name: string, produce: (sink: Sink) => Promise<void>): Promise<void> {
    await this.#folder?.save(name, produce);
    // The report is there while training goes on, as new as the checkpoint.
    if (name === checkpointFile) await this.#draw?.();
  }
}

/** Shows on a progress bar what metrics tell: the loss, images a second, the time left. */
export function tellProgress(progress: Progress, steps: number, batch: number): (metric: Metric) => void {
  // Means over about the last twenty steps: single images differ.
  let [loss, seconds] = [NaN, NaN];
  const smooth = (former: number, value: number): number =>
    Number.isNaN(former) ? value : former + (value - former) / 20;
  return (metric) => {
    if (metric.event !== "step") return;
    loss = smooth(loss, metric.lossPerPixel);
    seconds = smooth(seconds, metric.seconds);
    const left = duration((steps - metric.step) * seconds);
    progress.step();
    progress.stage(
      `training: loss ${loss.toPrecision(3)} a pixel, ${(batch / seconds).toPrecision(2)} images/s, ${left} left`,
    );
  };
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
