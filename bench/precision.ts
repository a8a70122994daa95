/**
 * A network in half precision beside the same one in single precision, on the val images of a data set.
 *
 *   npm run bench:precision -- --data ../shared/data/nuclei-cc0-mini --checkpoint runs/fcn/checkpoint.safetensors
 *
 * Prints mean IU and pixel accuracy of both, how far the logits differ, how many labels do, and the most memory that was in use.
 */
import { parseArgs } from "node:util";
import { fileSource, openCheckpoint } from "../src/checkpoint/checkpoint.ts";
import { readSample } from "../src/cli/train/images.ts";
import { argmax } from "../src/data/argmax.ts";
import { Confusion } from "../src/data/confusion.ts";
import { openDataset } from "../src/data/openDataset.ts";
import { spread } from "../src/data/spread.ts";
import { open, type OpenOptions } from "../src/device/open.ts";
import { openModel } from "../src/train/storedModel.ts";

const precisions = ["single", "half"] as const;

const { values: flags } = parseArgs({
  options: {
    data: { type: "string" },
    checkpoint: { type: "string" },
    images: { type: "string", default: "1000" },
    device: { type: "string", default: "wasm" },
    threads: { type: "string", default: "1" },
  },
});
if (!flags.data || !flags.checkpoint) throw new Error("bench:precision: name --data and --checkpoint");

const { classes, splits } = await openDataset(flags.data);
const val = splits.get("val") ?? [];
const items = spread(val, Math.min(val.length, Number(flags.images)));
using device = await open({ prefer: flags.device as OpenOptions["prefer"], threads: Number(flags.threads) });
const source = await fileSource(flags.checkpoint);
const checkpoint = await openCheckpoint(source);

/** Logits of all images, and the most bytes in use while they were computed. */
const logits: Record<(typeof precisions)[number], Float32Array[]> = { single: [], half: [] };
const peaks: number[] = [];
for (const precision of precisions) {
  using model = await openModel(device, checkpoint, flags.checkpoint, "none", precision);
  device.resetPeak();
  for (const item of items) {
    using result = await model.logits(await readSample(item));
    logits[precision].push((await result.read()).slice());
  }
  peaks.push(device.peakBytes);
}
await source.close();

const confusions = precisions.map(() => new Confusion(classes.length));
let [worst, largest, squares, differ, pixels, count] = [0, 0, 0, 0, 0, 0];
for (const [i, item] of items.entries()) {
  const { labels } = await readSample(item);
  const [single, half] = precisions.map((precision) => logits[precision][i]!) as [Float32Array, Float32Array];
  const predicted = [single, half].map((each) => argmax(each, classes.length)) as [Uint8Array, Uint8Array];
  confusions.forEach((confusion, at) => confusion.add(labels, predicted[at]!));
  differ += predicted[0].reduce((sum, label, at) => sum + (label === predicted[1][at] ? 0 : 1), 0);
  pixels += labels.length;
  single.forEach((value, at) => {
    const error = Math.abs(half[at]! - value);
    worst = Math.max(worst, error);
    largest = Math.max(largest, Math.abs(value));
    squares += error ** 2;
  });
  count += single.length;
}
console.log(`${flags.data}, ${items.length} images, ${device.info.name}`);
for (const [at, precision] of precisions.entries()) {
  const { meanIU, pixelAccuracy } = confusions[at]!.scores();
  const bytes = `${(peaks[at]! / 1e6).toFixed(1)} MB at once`;
  console.log(`${precision}: mean IU ${meanIU.toFixed(5)}, pixel accuracy ${pixelAccuracy.toFixed(5)}, ${bytes}`);
}
console.log(
  `logits up to ${largest.toFixed(2)}: ${worst.toExponential(2)} off at worst, ${Math.sqrt(squares / count).toExponential(2)} rms`,
);
console.log(`labels: ${differ} of ${pixels} differ`);
