/**
 * Two ways from a network's small scores to labels at a picture's size, measured on `voc-animals-320`: the CRF at the
 * picture's size, on scores that were resized bilinearly; or the CRF at the network's size, then `upsample`.
 *
 *   npm run bench:upsampling -- --data ../shared/data [--first 0] [--count 100]
 *
 * The data must not be redistributed, so it lies outside the repository: `--data` or CRF_RNN_DATA names the folder that
 * holds `voc-animals-320`. What was chosen was chosen on images from 100 on.
 */
import { parseArgs } from "node:util";
import { type CrfRnn, crfRnn } from "../src/crf/crfRnn.ts";
import { argmax } from "../src/data/argmax.ts";
import { resizeBilinear } from "../src/data/resize.ts";
import type { Device } from "../src/device/device.ts";
import { open } from "../src/device/open.ts";
import { CrfRnnError, UsageError } from "../src/errors.ts";
import { shrink, upsample } from "../src/lattice/upsample.ts";
import type { Scope } from "../src/scope.ts";
import type { Tensor } from "../src/tensor.ts";
import { bandRadius, openImages, type Sample } from "./voc/images.ts";
import { tuned, weightsOf } from "./voc/parameters.ts";
import { Tally } from "./voc/tally.ts";
import { gain, total } from "./voc/tune.ts";

/** The CRF at the network's size: bandwidths in its pixels and in color levels, and the share of the weights of `tuned`. */
const small = { alpha: 9, beta: 8, gamma: 1, share: 0.5 };

/** The network's map has its corners on the picture's. */
const alignCorners = true;

interface Way {
  readonly name: string;
  predict(sample: Sample, scope: Scope): Promise<Float32Array>;
}

function layer(device: Device, classes: number, { alpha, beta, gamma, share }: typeof small): CrfRnn {
  const { iterations, normalization } = tuned;
  const weights = weightsOf({ ...tuned, bilateral: share * tuned.bilateral, spatial: share * tuned.spatial }, classes);
  return crfRnn(device, {
    classes,
    iterations,
    normalization,
    bilateral: { position: alpha, color: beta, weight: weights.bilateral },
    spatial: { position: gamma, weight: weights.spatial },
  });
}

function waysOn(device: Device, classes: number): Way[] {
  const atPicture = layer(device, classes, { ...tuned, share: 1 });
  const atNetwork = layer(device, classes, small);
  const resized = (values: Float32Array, { coarse, height, width }: Sample): Float32Array =>
    resizeBilinear(values, [...coarse.size, classes], [height, width], { alignCorners });
  const guideOf = ({ guide, height, width }: Sample, scope: Scope): Tensor => scope.tensor([height, width, 3], guide);
  const scoresOf = ({ coarse }: Sample, scope: Scope): Tensor => scope.tensor([...coarse.size, classes], coarse.logits);
  const shrunk = (guide: Tensor, { coarse }: Sample): Promise<Tensor> => shrink(guide, coarse.size, { alignCorners });
  return [
    { name: "bilinear, no CRF", predict: async (sample) => resized(sample.coarse.logits, sample) },
    {
      name: "upsample, no CRF",
      async predict(sample, scope) {
        const guide = guideOf(sample, scope);
        const scores = scoresOf(sample, scope);
        return (await upsample(scores, await shrunk(guide, sample), guide, { alignCorners })).read();
      },
    },
    {
      name: "CRF at the network's size, then bilinear",
      async predict(sample, scope) {
        const refined = await atNetwork(scoresOf(sample, scope), await shrunk(guideOf(sample, scope), sample));
        return resized(await refined.read(), sample);
      },
    },
    {
      name: "CRF at the network's size, then upsample",
      async predict(sample, scope) {
        const guide = guideOf(sample, scope);
        const seen = await shrunk(guide, sample);
        const refined = await atNetwork(scoresOf(sample, scope), seen);
        return (await upsample(refined, seen, guide, { alignCorners })).read();
      },
    },
    {
      name: "bilinear, then CRF at the picture's size",
      async predict(sample, scope) {
        const unary = scope.tensor([sample.height, sample.width, classes], resized(sample.coarse.logits, sample));
        return (await atPicture(unary, guideOf(sample, scope))).read();
      },
    },
  ];
}

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      data: { type: "string", default: process.env.CRF_RNN_DATA },
      first: { type: "string", default: "0" },
      count: { type: "string", default: "100" },
    },
  });
  if (!flags.data) {
    throw new UsageError({
      where: "bench:upsampling",
      expected: "--data or CRF_RNN_DATA",
      got: "neither",
      remedy: "name the folder that holds voc-animals-320; it is not in the repository",
    });
  }
  const { classes, items, read, close } = await openImages(flags.data);
  const chosen = items.slice(Number(flags.first), Number(flags.first) + Number(flags.count));
  using device = await open({ prefer: "wasm", threads: 1 });
  const rows = waysOn(device, classes.length).map((way) => ({
    way,
    tallies: [] as Tally[],
    milliseconds: [] as number[],
    bytes: 0,
  }));
  for (const item of chosen) {
    const sample = await read(item);
    for (const row of rows) {
      using scope = device.scope();
      device.resetPeak();
      const begun = process.cpuUsage();
      const logits = await row.way.predict(sample, scope);
      const { user, system } = process.cpuUsage(begun);
      row.milliseconds.push((user + system) / 1000);
      row.bytes = Math.max(row.bytes, device.peakBytes);
      row.tallies.push(new Tally(classes).add(sample, argmax(logits, classes.length)));
    }
  }
  console.log(
    `images ${flags.first} to ${Number(flags.first) + chosen.length - 1} of val, ${device.info.name}, one thread`,
  );
  console.log(
    `| | pixel accuracy | mean IU | within ${bandRadius} px | gain in mean IU | ms of processor, median | MB at most |`,
  );
  console.log("| - | - | - | - | - | - | - |");
  for (const { way, tallies, milliseconds, bytes } of rows) {
    const { pixelAccuracy, meanIU, bandAccuracy } = total(tallies);
    const { mean, deviation } = gain(rows[0]!.tallies, tallies);
    const median = [...milliseconds].sort((a, b) => a - b)[Math.floor(milliseconds.length / 2)]!;
    const figures = [pixelAccuracy, meanIU, bandAccuracy].map((figure) => figure.toFixed(4)).join(" | ");
    const cost = `${median.toFixed(0)} | ${(bytes / 1e6).toFixed(0)}`;
    console.log(`| ${way.name} | ${figures} | ${mean.toFixed(4)} ± ${deviation.toFixed(4)} | ${cost} |`);
  }
  await close();
}

await main().catch((error: unknown) => {
  if (!(error instanceof CrfRnnError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
});
