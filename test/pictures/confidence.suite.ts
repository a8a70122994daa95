import { confidence } from "../../src/pictures/confidence.ts";
import { activation } from "../reference/crf.ts";
import { openBeside } from "../beside.ts";
import { type Case, check, close, random, same } from "../suite.ts";

/** As for a softmax, whose largest share it is. */
const tolerance = { relative: 1e-5 };

/** The largest share of each row, in float64. */
function reference(data: Float32Array, channels: number): number[] {
  const shares = activation(data, channels, "softmax");
  return Array.from({ length: data.length / channels }, (_, row) =>
    Math.max(...shares.slice(row * channels, (row + 1) * channels)),
  );
}

export const cases: Case[] = [
  {
    name: "the probability of the most probable class of every pixel",
    async run(device) {
      for (const rows of [1, 63, 65, 300]) {
        for (const channels of [1, 2, 3, 4, 5, 21, 68]) {
          const data = random(rows + channels).array(rows * channels, -10, 10);
          using logits = device.tensor([rows, channels], data);
          close(await confidence(logits), reference(data, channels), tolerance, `${rows} rows of ${channels}`);
        }
      }
    },
  },
  {
    name: "large logits neither overflow nor vanish, and NaN is kept",
    async run(device) {
      using logits = device.tensor([4, 3], [1e4, -1e4, 0, -3e38, -3e38, -3e38, 1, NaN, 2, 1, Infinity, 0]);
      const [sure, equal, ...bad] = await confidence(logits);
      same([sure!], [1], "one class is certain");
      close([equal!], [1 / 3], tolerance, "equal classes");
      check(bad.every(Number.isNaN), `of NaN and infinity: ${bad}`);
    },
  },
  {
    name: "of classes that all have negative infinity none is certain, whatever their number",
    async run(device) {
      for (const channels of [1, 3, 4, 5, 8, 21]) {
        using logits = device.tensor([2, channels], new Float32Array(2 * channels).fill(-Infinity));
        const found = await confidence(logits);
        check(found.every(Number.isNaN), `${channels} classes: ${found}`);
      }
    },
  },
  {
    name: "logits beyond the largest binding give the same bits",
    async run(device) {
      using narrow = await openBeside(device, { bindingBytes: 8192 });
      const data = random(3).array(1000 * 5, -4, 4);
      using whole = device.tensor([1000, 5], data);
      using parts = narrow.tensor([1000, 5], data);
      same(await confidence(parts), await confidence(whole), "confidence");
    },
  },
];
