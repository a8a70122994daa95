import { crfRnn } from "../../src/crf/crfRnn.ts";
import { softmax } from "../../src/crf/softmax.ts";
import { argmax } from "../../src/nn/argmax.ts";
import { refine } from "../../src/pictures/refine.ts";
import { type Case, check, close, maximum, random, same } from "../suite.ts";

const [height, width, classes] = [11, 13, 3];

/** A picture of two halves, and scores that know them roughly. */
function halves(): {
  readonly picture: { data: Uint8ClampedArray; width: number; height: number };
  readonly scores: Float32Array;
} {
  const numbers = random(1);
  const data = new Uint8ClampedArray(height * width * 4);
  const scores = new Float32Array(height * width * classes);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const right = pixel % width > 6;
    const gray = (right ? 200 : 40) + numbers.integer(5);
    data.set([gray, gray, gray, 255], pixel * 4);
    scores[pixel * classes + (right ? 2 : 1)] = 1 + numbers.uniform(-1.2, 1.2);
  }
  return { picture: { data, width, height }, scores };
}

export const cases: Case[] = [
  {
    name: "labels, confidence and marginals are those of a layer of crfRnn",
    async run(device) {
      const { picture, scores } = halves();
      const options = { bilateral: { position: 20, color: 10 }, iterations: 3 };
      const result = await refine(
        device,
        picture,
        { data: scores, shape: [height, width, classes] },
        { ...options, marginals: true },
      );
      using scope = device.scope();
      const rgb = picture.data.filter((_, i) => i % 4 < 3);
      const crf = scope.add(crfRnn(device, { classes, ...options }));
      const refined = await crf(scope.tensor([height, width, classes], scores), scope.tensor([height, width, 3], rgb));
      const marginals = await softmax(refined).read();
      same(result.labels, await argmax(refined), "labels");
      same(result.marginals!, marginals, "marginals");
      const largest = Array.from({ length: height * width }, (_, pixel) =>
        maximum(marginals.slice(pixel * classes, (pixel + 1) * classes)),
      );
      close(result.confidence, largest, { relative: 1e-6 }, "confidence");
      same([result.width, result.height], [width, height], "size");
      // The task is done: what was rough is right.
      check(
        result.labels.every((label, pixel) => label === (pixel % width > 6 ? 2 : 1)),
        "the halves",
      );
      const short = await refine(device, picture, { data: scores, shape: [height, width, classes] }, options);
      check(!("marginals" in short), "marginals were not asked for");
    },
  },
  {
    name: "tensors that are given stay the caller's, and a picture may have any channels",
    async run(device) {
      const { scores } = halves();
      using scope = device.scope();
      const guide = scope.tensor([height, width, 4], random(2).array(height * width * 4, 0, 255));
      const unary = scope.tensor([height, width, classes], scores);
      const before = device.bytes;
      const { labels } = await refine(device, guide, unary, { iterations: 1 });
      check(device.bytes === before, `${device.bytes - before} bytes were kept`);
      check(!guide.disposed && !unary.disposed, "they live");
      same(
        labels,
        (await refine(device, guide, { data: scores, shape: unary.shape }, { iterations: 1 })).labels,
        "labels",
      );
    },
  },
];
