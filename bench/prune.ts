/**
 * A scene of 150 classes of which ten are present, pruned, against those ten alone, and against all 150 unpruned: seconds of the processor,
 * of each in turn the least.
 *
 *   npm run bench:prune
 *   npm run bench:prune -- --iterations 10 --prune 1e-4 --times 5 --whole      and all 150 in the filters
 *
 * The logits are a real network's with the labels changed (CRF_RNN_SHARED, else ../shared: data/coco-cc-demo): the ten classes that get largest have
 * labels all over the 150, and the others have the logits of the class that stays lowest, each from another place of the picture.
 */
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { readScores } from "../src/cli/refine/scoresFile.ts";
import { readImage } from "../src/cli/input.ts";
import { type CrfCall, crfRnn } from "../src/crf/crfRnn.ts";
import type { Pruned } from "../src/crf/prune.ts";
import { channelsLast } from "../src/data/channelsLast.ts";
import { resizeBilinear } from "../src/data/resize.ts";
import { open } from "../src/device/open.ts";
import type { Tensor } from "../src/tensor.ts";

const { values: flags } = parseArgs({
  options: {
    picture: { type: "string", default: "coco_000030" },
    classes: { type: "string", default: "150" },
    present: { type: "string", default: "10" },
    iterations: { type: "string", default: "5,10" },
    prune: { type: "string", default: "1e-4" },
    threads: { type: "string", default: "1" },
    times: { type: "string", default: "3" },
    color: { type: "string", default: "3" },
    position: { type: "string", default: "160" },
    whole: { type: "boolean", default: false },
  },
});
const folder = join(process.env.CRF_RNN_SHARED ?? "../shared", "data/coco-cc-demo");
const photograph = await readImage(join(folder, `images/${flags.picture}.jpg`));
const { height, width } = photograph;
const scores = await readScores(join(folder, "logits.safetensors"), basename(flags.picture));
const [channels, h, w] = scores.shape as [number, number, number];
const real = resizeBilinear(channelsLast(scores.values, channels), [h, w, channels], [height, width]);

const [classes, present] = [Number(flags.classes), Number(flags.present)];
const pixels = height * width;
const highest = Array.from({ length: channels }, (_, c) => {
  let most = -Infinity;
  for (let at = c; at < real.length; at += channels) most = Math.max(most, real[at]!);
  return { c, most };
}).sort((a, b) => b.most - a.most);
const chosen = highest.slice(0, present).map(({ c }) => c);
const lowest = highest.at(-1)!.c;
const labels = chosen.map((_, k) => Math.floor(((k + 0.5) * classes) / present));
const few = Float32Array.from(
  { length: pixels * present },
  (_, at) => real[Math.floor(at / present) * channels + chosen[at % present]!]!,
);
const many = new Float32Array(pixels * classes);
for (let pixel = 0; pixel < pixels; pixel++) {
  for (let c = 0; c < classes; c++) {
    many[pixel * classes + c] = real[((pixel + 997 * c) % pixels) * channels + lowest]!;
  }
  for (const [k, label] of labels.entries()) many[pixel * classes + label] = few[pixel * present + k]!;
}

const device = await open({ prefer: "wasm", threads: Number(flags.threads) });
using guide = device.tensor([height, width, 3], Float32Array.from(photograph.values));
using fewLogits = device.tensor([height, width, present], few);
using manyLogits = device.tensor([height, width, classes], many);
const bandwidths = {
  bilateral: { position: Number(flags.position), color: Number(flags.color) },
  spatial: { position: 3 },
};
using ten = crfRnn(device, { ...bandwidths, classes: present });
using all = crfRnn(device, { ...bandwidths, classes });
using lattices = await ten.lattices(guide);
const run = async (crf: typeof ten, unary: Tensor, call: CrfCall): Promise<number> => {
  const before = process.cpuUsage();
  using result = await crf(unary, lattices, call);
  await result.device.finish();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};
console.log(
  `${flags.picture}: ${height}×${width}, ${classes} classes, ${present} present, on ${device.info.name}, lattices built before; seconds of the processor`,
);
for (const iterations of flags.iterations.split(",").map(Number)) {
  let pruned: Pruned | undefined;
  const least = [Infinity, Infinity, Infinity];
  const calls = [
    () => run(ten, fewLogits, { iterations }),
    () => run(all, manyLogits, { iterations, prune: Number(flags.prune), onPruned: (told) => (pruned = told) }),
    ...(flags.whole ? [() => run(all, manyLogits, { iterations })] : []),
  ];
  for (let time = 0; time < Number(flags.times); time++) {
    for (const [i, call] of calls.entries()) least[i] = Math.min(least[i]!, await call());
  }
  const [alone, less, whole] = least as [number, number, number];
  const without = flags.whole ? `, all unpruned ${whole.toFixed(3)} (${(whole / alone).toFixed(2)}×)` : "";
  console.log(
    `${iterations} iterations: ${present} alone ${alone.toFixed(3)}, pruned ${less.toFixed(3)} (${(less / alone).toFixed(2)}×)${without}; ` +
      `${pruned!.classes.length} left out, bound ${pruned!.bound.toPrecision(2)}, share ${pruned!.share.toPrecision(2)}`,
  );
}
device.dispose();
