/**
 * Refinement of a real network's logits, measured: `voc-animals-320` before and after the CRF.
 *
 *   npm run bench:voc -- --data ../shared/data           the first 100 images of val
 *   npm run bench:voc -- --data ../shared/data --all     all images of val, beside those of a trained CRF
 *   npm run bench:voc -- --data ../shared/data --tune    search for parameters on the other images of val
 *
 * The data must not be redistributed, so it lies outside the repository: `--data` or CRF_RNN_DATA names the folder that
 * holds `voc-animals-320`. Tuning never sees the first 100 images.
 */
import { parseArgs } from "node:util";
import { crfRnn } from "../src/crf/crfRnn.ts";
import { argmax } from "../src/data/argmax.ts";
import type { Device } from "../src/device/device.ts";
import { open, type OpenOptions } from "../src/device/open.ts";
import { CrfRnnError, UsageError } from "../src/errors.ts";
import { bandRadius, openImages, type Sample } from "./voc/images.ts";
import { describe, tuned, weightsOf, type RefineParameters } from "./voc/parameters.ts";
import { Tally } from "./voc/tally.ts";
import { gain, total, tune } from "./voc/tune.ts";

type Predict = (sample: Sample) => Promise<Uint8Array>;

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      data: { type: "string", default: process.env.CRF_RNN_DATA },
      tune: { type: "boolean", default: false },
      all: { type: "boolean", default: false },
      device: { type: "string", default: "wasm" },
      threads: { type: "string" },
    },
  });
  if (!flags.data) {
    throw new UsageError({
      where: "bench:voc",
      expected: "--data or CRF_RNN_DATA",
      got: "neither",
      remedy: "name the folder that holds voc-animals-320; it is not in the repository",
    });
  }
  const { classes, items, read, close } = await openImages(flags.data);
  const [part, chosen] = flags.all
    ? ["all", items]
    : flags.tune
      ? ["from image 100 on", items.slice(100)]
      : ["first 100", items.slice(0, 100)];
  const predictAll = async (predict: Predict): Promise<Tally[]> => {
    const tallies: Tally[] = [];
    for (const item of chosen) {
      const sample = await read(item);
      tallies.push(new Tally(classes).add(sample, await predict(sample)));
    }
    return tallies;
  };
  const report = (name: string, tallies: readonly Tally[]): void => {
    const [accuracy, iu, band] = Object.values(total(tallies)).map((value) => value.toFixed(4)) as [any, any, any];
    console.log(`${name}: pixel accuracy ${accuracy}, mean IU ${iu}, within ${bandRadius} px of a boundary ${band}`);
  };

  const prefer = flags.device as OpenOptions["prefer"];
  using device = await open({ prefer, threads: flags.threads ? Number(flags.threads) : undefined });
  const evaluate = (parameters: RefineParameters): Promise<Tally[]> =>
    predictAll(refine(device, classes.length, parameters));
  console.log(`val, ${part}: ${chosen.length} images, ${device.info.name}`);
  const network = await predictAll(async ({ unary }) => argmax(unary, classes.length));
  report("network", network);
  const best = flags.tune ? await tune(network, tuned, evaluate, (line) => console.log(line)) : tuned;
  const refined = await evaluate(best);
  report(describe(best), refined);
  const { mean, deviation } = gain(network, refined);
  console.log(
    `mean IU ${mean.toFixed(4)} ± ${deviation.toFixed(4)} above the network, over sets drawn with replacement`,
  );
  await close();
}

function refine(device: Device, classes: number, parameters: RefineParameters): Predict {
  const { alpha, beta, gamma, iterations, normalization } = parameters;
  const weights = weightsOf(parameters, classes);
  const crf = crfRnn(device, {
    classes,
    iterations,
    normalization,
    bilateral: { position: alpha, color: beta, weight: weights.bilateral },
    spatial: { position: gamma, weight: weights.spatial },
  });
  return async ({ height, width, unary, guide }) => {
    using scope = device.scope();
    const logits = await crf(scope.tensor([height, width, classes], unary), scope.tensor([height, width, 3], guide));
    return argmax(await logits.read(), classes);
  };
}

await main().catch((error: unknown) => {
  if (!(error instanceof CrfRnnError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
});
