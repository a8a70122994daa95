/**
 * Refinement of a real network's logits, measured: `voc-animals-320`, DeepLab logits, before and after the CRF.
 *
 *   npm run bench:voc -- --data ../shared/data                       the first 100 images of val
 *   npm run bench:voc -- --data ../shared/data --tune                coordinate search on the other images of val
 *
 * The data must not be redistributed, so it lies outside the repository: `--data` or CRF_RNN_DATA names the folder that
 * holds `voc-animals-320`. Tuning never sees the first 100 images.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openSafetensors } from "../src/checkpoint/safetensors.ts";
import { fileSource } from "../src/checkpoint/source.ts";
import { crfRnn } from "../src/crf/crfRnn.ts";
import { argmax } from "../src/data/argmax.ts";
import { boundaryBand } from "../src/data/boundary.ts";
import { Confusion } from "../src/data/confusion.ts";
import type { Item } from "../src/data/dataset.ts";
import { float16ToFloat32 } from "../src/data/float16.ts";
import { Folder } from "../src/data/folder.ts";
import { decodeImage } from "../src/data/images.ts";
import type { LabelMap } from "../src/data/labels.ts";
import { openManifest } from "../src/data/manifest.ts";
import { resizeBilinear } from "../src/data/resize.ts";
import type { Device } from "../src/device/device.ts";
import { open } from "../src/device/open.ts";

/** The classes that the set was chosen by; others only occur beside them, on a few pixels. */
const measured = ["background", "cat", "cow", "dog", "horse", "person", "sheep"];

/** With corners aligned and a band of this many pixels, the network's logits score as its reference says: 0.893, 0.627, 0.717. */
const bandRadius = 7;

interface Parameters {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly bilateral: number;
  readonly spatial: number;
  readonly iterations: number;
}

/** Found by `--tune`. */
const tuned: Parameters = { alpha: 50, beta: 5, gamma: 3, bilateral: 5, spatial: 1, iterations: 10 };

/** Values that `--tune` tries, coordinate by coordinate. */
const candidates: Record<Exclude<keyof Parameters, "iterations">, readonly number[]> = {
  alpha: [30, 40, 50, 65, 80],
  spatial: [0.5, 1, 2, 3, 6],
  gamma: [1, 2, 3, 5],
  bilateral: [3, 5, 7, 10],
  beta: [3, 4, 5, 6, 8, 13],
};

interface Sample extends LabelMap {
  readonly unary: Float32Array;
  readonly guide: Float32Array;
  readonly band: Uint8Array;
}

interface Result {
  readonly pixelAccuracy: number;
  readonly meanIU: number;
  readonly bandAccuracy: number;
}

/** Predicts labels of one sample. */
type Predict = (sample: Sample) => Promise<Uint8Array>;

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      data: { type: "string", default: process.env.CRF_RNN_DATA },
      tune: { type: "boolean", default: false },
      device: { type: "string", default: "wasm" },
      threads: { type: "string" },
      images: { type: "string" },
    },
  });
  if (!flags.data) throw new Error("name the folder that holds voc-animals-320 with --data or CRF_RNN_DATA");
  const folder = await Folder.open(join(flags.data, "voc-animals-320"));
  const dataset = await openManifest(folder);
  const logits = await openSafetensors(await fileSource(join(folder.path, "logits.safetensors")));
  const all = dataset.splits.get("val")!;
  const items = (flags.tune ? all.slice(100) : all.slice(0, 100)).slice(0, Number(flags.images ?? all.length));

  const readSample = async (item: Item): Promise<Sample> => {
    const map = await item.labels();
    const { height, width } = map;
    const image = await decodeImage(await item.imageBytes(), item.image);
    const stored = logits.tensors.get(item.id)!;
    const [classes, rows, columns] = stored.shape;
    const coarse = channelsLast(float16ToFloat32((await stored.read()) as Uint16Array), classes);
    const unary = resizeBilinear(coarse, [rows, columns, classes], [height, width], { alignCorners: true });
    return { ...map, unary, guide: image.values, band: boundaryBand(map, bandRadius) };
  };
  const classes = dataset.classes.length;
  const kept = measured.map((name) => dataset.classes.indexOf(name));
  const measure = async (predict: Predict): Promise<Result> => {
    const [whole, band] = [new Confusion(classes), new Confusion(classes)];
    for (const item of items) {
      const sample = await readSample(item);
      const labels = await predict(sample);
      whole.add(sample.labels, labels);
      band.add(sample.labels, labels, sample.band);
    }
    const scores = whole.scores();
    const meanIU = kept.reduce((sum, label) => sum + scores.classes[label].iu, 0) / kept.length;
    return { pixelAccuracy: scores.pixelAccuracy, meanIU, bandAccuracy: band.scores().pixelAccuracy };
  };

  using device = await open({
    prefer: flags.device as "auto" | "webgpu" | "wasm",
    threads: flags.threads ? Number(flags.threads) : undefined,
  });
  const refined = (parameters: Parameters): Promise<Result> => measure(refine(device, classes, parameters));
  const network = await measure(async ({ unary }) => argmax(unary, classes));
  console.log(`val ${flags.tune ? "from image 100 on" : "first 100"}, ${items.length} images, ${device.info.name}`);
  console.log(line("network", network));
  if (flags.tune) await tune(refined);
  else console.log(line(describe(tuned), await refined(tuned)));
}

function refine(
  device: Device,
  classes: number,
  { alpha, beta, gamma, bilateral, spatial, iterations }: Parameters,
): Predict {
  const crf = crfRnn(device, {
    classes,
    iterations,
    bilateral: { position: alpha, color: beta, weight: bilateral },
    spatial: { position: gamma, weight: spatial },
  });
  return async ({ height, width, unary, guide }) => {
    using _scope = device.scope();
    const logits = await crf(device.tensor([height, width, classes], unary), device.tensor([height, width, 3], guide));
    return argmax(await logits.read(), classes);
  };
}

/** Tries each coordinate's values in turn, keeping the best sum of the three scores, until a whole round changes nothing. */
async function tune(evaluate: (parameters: Parameters) => Promise<Result>): Promise<void> {
  const known = new Map<string, Result>();
  const score = async (parameters: Parameters): Promise<number> => {
    const name = describe(parameters);
    if (!known.has(name)) {
      known.set(name, await evaluate(parameters));
      console.log(line(name, known.get(name)!));
    }
    const { pixelAccuracy, meanIU, bandAccuracy } = known.get(name)!;
    return pixelAccuracy + meanIU + bandAccuracy;
  };
  let best = tuned;
  for (let before = ""; before !== describe(best);) {
    before = describe(best);
    for (const [coordinate, values] of Object.entries(candidates)) {
      for (const value of values) {
        const tried = { ...best, [coordinate]: value };
        if ((await score(tried)) > (await score(best))) best = tried;
      }
    }
  }
  console.log(line(`best: ${describe(best)}`, known.get(describe(best))!));
}

function channelsLast(values: Float32Array, classes: number): Float32Array {
  const pixels = values.length / classes;
  return values.map((_, i) => values[(i % classes) * pixels + Math.floor(i / classes)]);
}

function describe({ alpha, beta, gamma, bilateral, spatial, iterations }: Parameters): string {
  return `θα ${alpha}, θβ ${beta}, θγ ${gamma}, weights ${bilateral} and ${spatial}, ${iterations} iterations`;
}

function line(name: string, { pixelAccuracy, meanIU, bandAccuracy }: Result): string {
  const [accuracy, iu, band] = [pixelAccuracy, meanIU, bandAccuracy].map((value) => value.toFixed(4));
  return `${name}: pixel accuracy ${accuracy}, mean IU ${iu}, within ${bandRadius} px of a boundary ${band}`;
}

await main();
