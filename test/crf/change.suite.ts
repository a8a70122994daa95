import { readChange } from "../../src/crf/change.ts";
import { openBeside } from "../beside.ts";
import { type Case, check, close, random } from "../suite.ts";

/** The change in float64, class by class. */
function reference(before: Float32Array, after: Float32Array, channels: number) {
  let [largest, sum, labels] = [0, 0, 0];
  const labelOf = (values: Float32Array, row: number): number => {
    const own = values.slice(row, row + channels);
    return own.indexOf(Math.max(...own));
  };
  for (let row = 0; row < before.length; row += channels) {
    for (let at = row; at < row + channels; at++) {
      const difference = Math.abs(after[at]! - before[at]!);
      largest = Math.max(largest, difference);
      sum += difference;
    }
    if (labelOf(before, row) !== labelOf(after, row)) labels++;
  }
  return { largest, mean: sum / before.length, labels };
}

export const cases: Case[] = [
  {
    name: "the largest and the mean change of marginals, and the labels that changed, for maps within a binding and beyond",
    async run(device) {
      using narrow = await openBeside(device, { bindingBytes: 32768 });
      for (const channels of [1, 2, 4, 5, 68]) {
        for (const rows of [1, 64, 65, 300]) {
          const before = random(rows).array(rows * channels);
          const after = random(channels + rows).array(rows * channels);
          const expected = reference(before, after, channels);
          check(channels === 1 || rows === 1 || expected.labels > 0, "nothing changes");
          for (const on of [device, narrow]) {
            using a = on.tensor([rows, channels], before);
            using b = on.tensor([rows, channels], after);
            const change = await readChange(a, b);
            const what = `${rows} rows of ${channels}`;
            close([change.largest, change.mean], [expected.largest, expected.mean], { relative: 1e-6 }, what);
            check(change.labels === expected.labels, `${what}: ${change.labels} labels for ${expected.labels}`);
          }
        }
      }
    },
  },
  {
    name: "of equal classes the first counts, and what is not a number is told",
    async run(device) {
      using equal = device.tensor([2, 3], [0.5, 0.5, 0, 0.2, 0.4, 0.4]);
      using first = device.tensor([2, 3], [0.5, 0.5, 0, 0.4, 0.4, 0.2]);
      const { labels } = await readChange(equal, first);
      check(labels === 1, `${labels} labels`);
      using bad = device.tensor([2, 3], [0.5, NaN, 0, 0.4, 0.4, 0.2]);
      const told = Object.values(await readChange(equal, bad));
      check(told.every(Number.isNaN), told.join());
    },
  },
];
