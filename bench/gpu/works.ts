import { crfRnn } from "../../src/crf/crfRnn.ts";
import type { Device } from "../../src/device/device.ts";
import { fcn8s } from "../../src/models/fcn8s.ts";
import { fcn8sCrfRnn } from "../../src/models/fcn8sCrfRnn.ts";
import type { Precision } from "../../src/models/parameters.ts";
import { crossEntropy } from "../../src/nn/crossEntropy.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import type { Scene } from "../scene.ts";

/** What can be planned. */
export const workNames = ["fcn8s", "fcn8s-crfrnn", "crf"] as const;
export type WorkName = (typeof workNames)[number];

/** A pass through a network or a layer. */
export interface WorkOptions {
  readonly work: WorkName;
  /** Forward, backward and a step of SGD with momentum, in place of forward alone. */
  readonly train: boolean;
  /** A factor of the network's widths. */
  readonly width: number;
  /** How the network stores its weights. */
  readonly precision?: Precision;
  /** Of the CRF. */
  readonly iterations: number;
  readonly scene: Scene;
}

/** Work that is there to be run again and again on one device. */
export interface Prepared extends Disposable {
  run(): Promise<void>;
}

type Run = (image: Tensor) => Promise<Tensor>;

/** Makes the network, or the layer, and its inputs. The values of a network's weights are never looked at. */
export function prepare(device: Device, options: WorkOptions): Prepared {
  const { scene, train } = options;
  const made = make(device, options);
  const image = device.tensor([scene.height, scene.width, 3], scene.guide);
  const dispose = (): void => {
    made.dispose();
    image.dispose();
  };
  if (!train) {
    const run = async (): Promise<void> => {
      using result = await made.run(image);
      await result.read();
    };
    return { run, [Symbol.dispose]: dispose };
  }
  const labels = device.labels([scene.height, scene.width], labelsOf(scene));
  const step = sgd(made.parameters, { rate: 1e-10, momentum: 0.99, decay: 5e-4 });
  const run = async (): Promise<void> => {
    using tape = new Tape(Object.values(made.parameters));
    using scores = await made.run(image);
    using loss = crossEntropy(scores, labels);
    const gradients = await tape.gradients(loss);
    step(gradients);
    for (const gradient of gradients.values()) gradient.dispose();
    await loss.read();
  };
  return { run, [Symbol.dispose]: dispose };
}

/** The label of largest logit of each pixel. */
function labelsOf({ unary, classes, height, width }: Scene): Uint8Array {
  return Uint8Array.from({ length: height * width }, (_, pixel) => {
    const row = unary.subarray(pixel * classes, (pixel + 1) * classes);
    return row.indexOf(Math.max(...row));
  });
}

interface Made {
  readonly run: Run;
  readonly parameters: Readonly<Record<string, Tensor>>;
  dispose(): void;
}

function make(device: Device, { work, width, precision, iterations, scene }: WorkOptions): Made {
  const { classes } = scene;
  if (work === "crf") {
    const layer = crfRnn(device, { classes, iterations });
    const unary = device.tensor([scene.height, scene.width, classes], scene.unary);
    const dispose = (): void => {
      layer.dispose();
      unary.dispose();
    };
    return { run: (image) => layer(unary, image), parameters: layer.parameters, dispose };
  }
  const widths = [64, 128, 256, 512, 512].map((full) => full * width) as [number, number, number, number, number];
  const sizes = { classes, widths, fc: 4096 * width, precision };
  const network = work === "fcn8s" ? fcn8s(device, sizes) : fcn8sCrfRnn(device, { ...sizes, crf: { iterations } });
  return { run: (image) => network(image), parameters: network.parameters, dispose: () => network.dispose() };
}
