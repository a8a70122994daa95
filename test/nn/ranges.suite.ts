/** Maps and parameters beyond the largest binding: the same bits in ranges of rows, panels and tiles. */
import type { Device } from "../../src/device/device.ts";
import { fcn8s } from "../../src/models/fcn8s.ts";
import { add } from "../../src/nn/add.ts";
import { argmax } from "../../src/nn/argmax.ts";
import { concat } from "../../src/nn/concat.ts";
import { crop } from "../../src/nn/crop.ts";
import { crossEntropy } from "../../src/nn/crossEntropy.ts";
import { dice } from "../../src/nn/dice.ts";
import { dropout } from "../../src/nn/dropout.ts";
import { logitsOf } from "../../src/nn/logits.ts";
import { maxPool2d } from "../../src/nn/maxPool2d.ts";
import { mean } from "../../src/nn/mean.ts";
import { multiply } from "../../src/nn/multiply.ts";
import { permute } from "../../src/nn/permute.ts";
import { relu } from "../../src/nn/relu.ts";
import { resize } from "../../src/nn/resize.ts";
import { scale } from "../../src/nn/scale.ts";
import { scoresTensor } from "../../src/pictures/scoresTensor.ts";
import { adam } from "../../src/optim/adam.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { Tape } from "../../src/tape.ts";
import { openBeside } from "../beside.ts";
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
  const truth = scope.labels([2, 21, 18], labels);
  const loss = add(crossEntropy(pooled, truth), dice(pooled, truth));
  const gradients = await tape.gradients(loss);
  for (const optimizer of [sgd, adam]) scope.add(optimizer({ values }, { rate: 0.1, decay: 0.1, clip: 1 }))(gradients);
  return [await pooled.read(), await loss.read(), await gradients.get(values)!.read(), await values.read()];
}

/** Two images of 5 channels, channels first, 15,960 bytes, through all that brings scores into form, and back. */
async function form(device: Device): Promise<ArrayLike<number>[]> {
  using scope = device.scope();
  const shape = [2, 5, 19, 21];
  const data = random(7).array(2 * 5 * 19 * 21, 0.01, 1);
  const values = scope.tensor(shape, data);
  const tape = new Tape([values]);
  const turned = permute(values, "nchw", "nhwc");
  const larger = resize(logitsOf(turned, 1), [29, 33]);
  const both = concat([larger, resize(larger, [29, 33], { alignCorners: true }), larger]);
  const smaller = resize(permute(permute(both, "nhwc", "cnwh"), "cnwh", "nhwc"), [7, 40], { alignCorners: true });
  const [all, pixels] = [mean(smaller), mean(smaller, { axes: "hw" })];
  const seed = scope.tensor(smaller.shape, random(8).array(2 * 7 * 40 * 15, -1, 1));
  const gradient = (await tape.gradients(smaller, seed)).get(values)!;
  const plain = scope.add(scoresTensor(device, data, { shape, layout: "nchw", meaning: "probabilities" }));
  const bytes = Uint8Array.from(data, (value) => 255 * value);
  const packed = scope.add(scoresTensor(device, bytes, { shape: [19, 21, 2, 5], layout: "nhwc" }));
  const tensors = [turned, both, smaller, all, pixels, gradient, plain, packed];
  return [await argmax(both), ...(await Promise.all(tensors.map((tensor) => tensor.read())))];
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
      using small = await openBeside(device, { bindingBytes: 200_000 });
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
    name: "scores come into form in ranges with the bits of one in a piece",
    async run(device) {
      const whole = await form(device);
      for (const bindingBytes of [16_640, 40_960]) {
        using small = await openBeside(device, { bindingBytes });
        (await form(small)).forEach((values, i) => same(values, whole[i]!, `${bindingBytes} bytes, result ${i}`));
      }
    },
  },
  {
    name: "every op, loss and optimizer in ranges gives the bits of one in a piece",
    async run(device) {
      const whole = await train(device);
      for (const bindingBytes of [8192, 24_576]) {
        using small = await openBeside(device, { bindingBytes });
        (await train(small)).forEach((values, i) => same(values, whole[i]!, `${bindingBytes} bytes, result ${i}`));
      }
    },
  },
];
