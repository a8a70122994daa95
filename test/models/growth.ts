import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "vitest";
import { crfRnn } from "../../src/crf/crfRnn.ts";
import type { Device } from "../../src/device/device.ts";
import { panels } from "../../src/layout.ts";
import { conv2d } from "../../src/nn/conv2d.ts";
import { convTranspose2d } from "../../src/nn/convTranspose2d.ts";
import { crossEntropy } from "../../src/nn/crossEntropy.ts";
import { dropout } from "../../src/nn/dropout.ts";
import { maxPool2d } from "../../src/nn/maxPool2d.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { recompute, Tape } from "../../src/tape.ts";
import { random } from "../suite.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes in use after a step, and the most since the last look. */
interface Use {
  readonly device: number;
  readonly peak: number;
  /** Bytes of JavaScript's heap. */
  readonly heap: number;
  /** Bytes of the whole process. */
  readonly resident: number;
}

/**
 * Trains a small network with dropout and a checkpoint, as large ones are trained; every tenth step with a CRF-RNN on top,
 * whose lattices take a hundred kernels.
 */
async function train(device: Device, steps: number, look: (step: number) => void): Promise<void> {
  const numbers = random(1);
  using weight = device.tensor([4, 3, 3, 3], numbers.array(108, -0.4, 0.4), panels);
  using bias = device.tensor([4], numbers.array(4));
  using upscore = device.tensor([4, 3, 4, 4], numbers.array(192, -0.2, 0.2), panels);
  using crf = crfRnn(device, { classes: 3, iterations: 2, learn: { bandwidths: true } });
  using step = sgd({ weight, bias, upscore, ...crf.parameters }, { rate: 1e-5, momentum: 0.9, decay: 5e-4, clip: 1 });
  const block = recompute(
    (values) => {
      using features = conv2d(values, weight, { bias, padding: 1, relu: true });
      return maxPool2d(features);
    },
    [weight, bias],
  );
  const pixels = numbers.array(240, -50, 50);
  const truth = Uint8Array.from({ length: 80 }, () => numbers.integer(3));
  for (let i = 0; i < steps; i++) {
    using scope = device.scope();
    const image = scope.tensor([8, 10, 3], pixels);
    const labels = scope.labels([8, 10], truth);
    using tape = new Tape([weight, bias, upscore, ...Object.values(crf.parameters)]);
    const dropped = dropout(await block(image), { rate: 0.5, seed: i });
    const scores = convTranspose2d(dropped, upscore, { stride: 2, padding: 1 });
    const loss = crossEntropy(i % 10 === 0 ? await crf(scores, image) : scores, labels);
    step(await tape.gradients(loss));
    expect(Number.isFinite((await loss.read())[0])).toBe(true);
    scope.dispose();
    look(i + 1);
  }
}

/**
 * Trains for a thousand steps, or for `every` × 10, and finds device and process memory flat.
 *
 * Engine, driver and the cache of bind groups settle in the first half. From there on the heap was measured to grow by
 * 0.5 MB in 500 steps, and the process by up to 20 MB and back: allocators round and keep. 3000 steps stay where 500 are.
 */
export async function staysFlat(device: Device, every: number): Promise<void> {
  const uses: Use[] = [];
  device.resetPeak();
  await train(device, every * 10, (steps) => {
    if (steps % every !== 0) return;
    const peak = device.peakBytes;
    device.resetPeak();
    collect();
    const { heapUsed: heap, rss: resident } = process.memoryUsage();
    uses.push({ device: device.peakBytes, peak, heap, resident });
  });
  const [first] = uses as [Use];
  expect(uses.map(({ device }) => device)).toEqual(uses.map(() => first.device));
  expect(uses.map(({ peak }) => peak)).toEqual(uses.map(() => first.peak));
  const growth = (of: keyof Use): number =>
    Math.min(...uses.slice(-3).map((use) => use[of])) - Math.max(...uses.slice(2, 5).map((use) => use[of]));
  expect(growth("heap")).toBeLessThan(1e6);
  expect(growth("resident")).toBeLessThan(32e6);
}
