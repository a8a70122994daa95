import { bytesSource, memorySink, type Sink } from "../../src/checkpoint/checkpoint.ts";
import type { Device } from "../../src/device/device.ts";
import { runOptions } from "../../src/models/specification.ts";
import { withDefaults } from "../../src/description.ts";
import { record } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import type { Configuration, CrfConfiguration } from "../../src/train/configuration.ts";
import type { Metric } from "../../src/train/metrics.ts";
import type { Sample } from "../../src/train/sample.ts";
import { openState } from "../../src/train/state.ts";
import { checkpointFile, type Surroundings } from "../../src/train/surroundings.ts";
import { sgd } from "../../src/optim/sgd.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import type { Judged, Trainable } from "../../src/train/trainable.ts";

/** The configuration of a run of the toy below. */
export const toyConfiguration: Configuration = {
  stage: "fcn8s",
  classes: ["dark", "bright"],
  images: { count: 5, digest: "toy" },
  network: withDefaults("toy", runOptions, { widths: [4, 4, 4, 4, 4], fc: 4, dropout: 0 }),
  beginning: "none",
  optimizer: { kind: "sgd", rate: 0.05, momentum: 0.9, decay: 0, schedule: { kind: "fixed" } },
  batch: 2,
  loss: "sum",
  seed: 7,
  augmentation: { flip: true, color: 0.2 },
};

/** A CRF for the configuration above. */
export const toyCrf: CrfConfiguration = {
  iterations: 2,
  tied: true,
  normalization: "after",
  activation: "softmax",
  bandwidths: [10, 40, 2],
  weights: { spatial: 1, bilateral: 2 },
  learn: { weights: true, compatibility: true, bandwidths: false },
  multipliers: { weights: 100, compatibility: 10, bandwidths: 1000 },
  network: true,
};

/** A model of one threshold, learned from the mean brightness of images: enough for a loop to turn. */
export class Toy implements Trainable {
  readonly threshold: Tensor;
  readonly parameters;
  readonly learned = ["threshold"];

  constructor(device: Device) {
    this.threshold = device.tensor([1], [0]);
    this.parameters = { threshold: this.threshold };
  }

  async loss({ image }: Sample, seed: number, listener?: Parameters<Trainable["loss"]>[2]): Promise<Tensor> {
    const { device } = this.threshold;
    const noise = seed / 2 ** 40;
    const mean = image.values.reduce((sum, value) => sum + value / 255, 0) / image.values.length;
    const difference = (await this.threshold.read())[0]! - mean - noise;
    const result = device.tensor([1], [0.5 * difference * difference]);
    await listener?.("difference", result);
    return record(result, [this.threshold], [], () => [device.tensor([1], [difference])]);
  }

  async predict({ image, labels }: Sample): Promise<Judged> {
    const [threshold] = await this.threshold.read();
    return { network: labels.map((_, pixel) => Number(image.values[pixel * 3]! / 255 > threshold!)), loss: 6 };
  }

  finish = (): Promise<void> => this.threshold.device.finish();
  [Symbol.dispose] = (): void => this.threshold.dispose();
}

/** The optimizer that the configuration asks for. */
export const momentum = ({ parameters }: Toy, { optimizer: { rate, momentum } } = toyConfiguration): Optimizer =>
  sgd(parameters, { rate, momentum });

/** A run's folder in memory, and five images of one gray each. */
export class Memory implements Surroundings {
  images = { train: 5, val: 2 };
  readonly files = new Map<string, Uint8Array>();
  readonly metrics: Metric[] = [];
  readonly saves: string[] = [];
  /** After how many steps to ask for a stop. */
  stopAfter = Infinity;

  async sample(split: "train" | "val", index: number): Promise<Sample> {
    const gray = 90 + 5 * index;
    const values = new Float32Array(12 * 3).fill(gray);
    const labels = new Uint8Array(12).fill(Number(gray > 99));
    return { id: `${split}${index}`, image: { height: 3, width: 4, values }, labels };
  }

  async record(metric: Metric) {
    this.metrics.push(metric);
    return { stop: metric.step >= this.stopAfter };
  }

  async save(name: string, produce: (sink: Sink) => Promise<void>): Promise<void> {
    const sink = memorySink();
    await produce(sink);
    this.files.set(name, sink.bytes());
    this.saves.push(name);
  }

  state(name: string = checkpointFile) {
    return openState(bytesSource(this.files.get(name)!, name));
  }
}
