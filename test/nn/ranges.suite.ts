/** Maps and parameters beyond the largest binding: the same bits in ranges of rows, panels and tiles. */
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { fcn8s } from "../../src/models/fcn8s.ts";
import { add } from "../../src/nn/add.ts";
import { crop } from "../../src/nn/crop.ts";
import { crossEntropy } from "../../src/nn/crossEntropy.ts";
import { dropout } from "../../src/nn/dropout.ts";
import { maxPool2d } from "../../src/nn/maxPool2d.ts";
import { multiply } from "../../src/nn/multiply.ts";
import { relu } from "../../src/nn/relu.ts";
import { scale } from "../../src/nn/scale.ts";
import { adam } from "../../src/optim/adam.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { Tape } from "../../src/tape.ts";
import { type Case, check, close, maximum, random, same } from "../suite.ts";

/** Two images of 43 × 37 pixels of 5 channels, 101,824 bytes, through every op and optimizer. */
async function train(device: Device): Promise<Float32Array[]> {
  using scope = device.scope();
  const shape = [2, 43, 37, 5];
  const values = scope.tensor(shape, random(1).array(2 * 43 * 37 * 5, -1, 1));
  const tape = new Tape([values]);
  const mixed = add(scale(relu(values), 3), dropout(multiply(values, values), { rate: 0.3, seed: 5 }));
  const pooled = maxPool2d(crop(mixed, { y: 2, x: 1, height: 41, width: 35 }));
  const labels = Uint8Array.from({ length: 2 * 21 * 18 }, (_, i) => (i % 7 === 6 ? 255 : i % 5));
  const loss = crossEntropy(pooled, scope.labels([2, 21, 18], labels));
  const gradients = await tape.gradients(loss);
  for (const optimizer of [sgd, adam]) scope.add(optimizer({ values }, { rate: 0.1, decay: 0.1, clip: 1 }))(gradients);
  return [await pooled.read(), await loss.read(), await gradients.get(values)!.read(), await values.read()];
}

/** FCN-8s: scores, and gradients of the image and of all parameters. The first maps, of 207 × 210 pixels, take 1.4 MB. */
async function learn(device: Device): Promise<{ readonly scores: Float32Array; readonly gradients: Float32Array[] }> {
  using scope = device.scope();
  using network = fcn8s(device, { classes: 3, widths: [8, 8, 8, 8, 8], fc: 8, dropout: 0, seed: 3 });
  for (const name of ["score_fr.weight", "score_pool4.weight", "score_pool3.weight"]) {
    const weight = network.parameters[name]!;
    weight.write(
      random(4).array(
        weight.shape.reduce((product, size) => product * size),
        -0.1,
        0.1,
      ),
    );
  }
  const image = scope.tensor([9, 12, 3], random(2).array(9 * 12 * 3, -1, 1));
  const watched = [image, ...Object.values(network.parameters)];
  using tape = new Tape(watched);
  const scores = await network(image);
  const gradients = await tape.gradients(scores, scope.tensor([9, 12, 3], random(5).array(9 * 12 * 3, -1, 1)));
  const read = await Promise.all(watched.map((tensor) => gradients.get(tensor)!.read()));
  return { scores: await scores.read(), gradients: read };
}

export const cases: Case[] = [
  {
    name: "a network whose maps are larger than a binding: the scores' bits, and the gradients",
    async run(device) {
      const whole = await learn(device);
      using small = await open({ prefer: device.kind, threads: device.info.threads, bindingBytes: 200_000 });
      const pieces = await learn(small);
      same(pieces.scores, whole.scores, "scores");
      pieces.gradients.forEach((gradient, i) => {
        // The rows by which a weight's gradient is summed are fewer: another order of the same sums.
        const largest = maximum(whole.gradients[i]!.map(Math.abs));
        check(largest > 0, `gradient ${i} is zero`);
        close(gradient, whole.gradients[i]!, { absolute: 1e-5 * largest }, `gradient ${i}`);
      });
    },
  },
  {
    name: "every op, loss and optimizer in ranges gives the bits of one in a piece",
    async run(device) {
      const whole = await train(device);
      for (const bindingBytes of [8192, 24_576]) {
        using small = await open({ prefer: device.kind, threads: device.info.threads, bindingBytes });
        (await train(small)).forEach((values, i) => same(values, whole[i]!, `${bindingBytes} bytes, result ${i}`));
      }
    },
  },
];
