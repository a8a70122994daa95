import { crfRnn, type CrfOptions, type CrfRnn } from "../../crf/crfRnn.ts";
import type { Pruned } from "../../crf/prune.ts";
import { argmax } from "../../data/argmax.ts";
import type { Photograph } from "../../data/images.ts";
import { encodeNpy } from "../../data/npy.ts";
import { drawOverlay } from "../../data/overlay.ts";
import { certaintyOf } from "../../data/certainty.ts";
import { encodeLabelPng, encodeRgbPng, encodeSharesPng } from "../../data/png.ts";
import type { Device } from "../../device/device.ts";
import type { Finding } from "../../diagnosis/finding.ts";
import { checkGuide } from "../../diagnosis/guide.ts";
import { checkResult } from "../../diagnosis/result.ts";
import { FormatError, LimitError, ShapeError } from "../../errors.ts";
import { readImage } from "../input.ts";
import type { Output } from "../output.ts";
import { type BandFacts, goesByBands, type InMemory, measureBands, refineByBands } from "./bands.ts";
import type { RefineFlags } from "./flags.ts";
import type { Job } from "./jobs.ts";
import { type Bandwidths, type LatticeFacts, measureLattices } from "./plan.ts";
import { readUnary, type Unary } from "./unary.ts";
import { readCompatibility, readWeight } from "./weights.ts";

/** A palette PNG has 256 entries, and 255 means void. */
const mostLabels = 255;

/** A picture with what is known of it, as it was read. */
export interface Given {
  readonly job: Job;
  readonly image: Photograph;
  readonly unary: Unary;
  /** What is suspect in the files of this picture. */
  readonly findings: readonly Finding[];
}

/** What was made of a picture. */
export interface Made {
  readonly outputs: readonly Output[];
  readonly changedPixels: number;
  /** How many iterations were done. */
  readonly iterations: number;
  /** What `--prune` left out. */
  readonly pruned?: Pruned;
  /** What is suspect in the files and in the result. */
  readonly findings: readonly Finding[];
}

/** Reads a picture and what is known of it. @throws CrfRnnError for what cannot be refined */
export async function readGiven(job: Job, flags: RefineFlags): Promise<Given> {
  const { file } = job;
  if (job.misnamed) {
    throw new FormatError({ file, expected: "a name in UTF-8", got: "another encoding", remedy: "rename the file" });
  }
  const image = await readImage(file);
  const unary = await readUnary(job, flags, image);
  checkLabelOutputs(flags, unary.classes);
  const findings = [...checkGuide({ file, values: image.values, color: flags.thetaBeta }), ...unary.findings];
  return { job, image, unary, findings };
}

/** @throws ShapeError for more classes than a PNG can number */
function checkLabelOutputs({ out, outOverlay }: RefineFlags, classes: number): void {
  if (classes <= mostLabels || (out ?? outOverlay) === undefined) return;
  throw new ShapeError({
    where: out ? "--out" : "--out-overlay",
    expected: `at most ${mostLabels} classes in a PNG`,
    got: `${classes}`,
    remedy: "write --out-logits alone",
  });
}

/** Refines pictures one after the other with one layer for each number of classes, which keeps the spatial lattice of the last size. */
export class Refiner {
  readonly #device: Device;
  readonly #flags: RefineFlags;
  readonly #layers = new Map<number, CrfRnn>();
  readonly #options = new Map<number, CrfOptions & Bandwidths>();

  constructor(device: Device, flags: RefineFlags) {
    this.#device = device;
    this.#flags = flags;
  }

  /** Builds the lattices of a picture, and tells their sizes; of one that goes by bands, what that takes. @throws LimitError, ShapeError */
  async measure(given: Given): Promise<LatticeFacts | BandFacts> {
    const { image, unary } = given;
    const { height, width } = image;
    if (goesByBands(this.#device, sizeOf(given), this.#flags)) {
      const options = await this.optionsOf(unary.classes);
      return await measureBands(this.#device, this.#inMemory(given), options, this.#flags);
    }
    using scope = this.#device.scope();
    const guide = scope.tensor([height, width, 3], guideOf(image, this.#flags));
    return await measureLattices(guide, await this.optionsOf(unary.classes), unary.classes);
  }

  /** `onPart` is told how many parts of all are done. @throws LimitError, ShapeError for matrices of other classes, DeviceError */
  async refine(given: Given, onPart: (done: number, of: number) => void): Promise<Made> {
    const { classes, logits } = given.unary;
    const former = argmax(logits, classes);
    // The same bits as by `scale`, which multiplies by a factor of single precision.
    const factor = Math.fround(1 / this.#flags.temperature);
    if (factor !== 1) for (let i = 0; i < logits.length; i++) logits[i]! *= factor;
    const { refined, ...how } = await this.#refine(given, onPart);
    const labels = argmax(refined, classes);
    const changedPixels = labels.reduce((count, label, pixel) => count + Number(label !== former[pixel]), 0);
    const findings = [...given.findings, ...checkResult({ file: given.job.file, former, labels })];
    return { outputs: outputsOf(given, refined, labels), changedPixels, ...how, findings };
  }

  /** What was thought to have room and has none, as pictures of noise, goes by bands all the same. */
  async #refine(given: Given, onPart: (done: number, of: number) => void): Promise<Logits> {
    if (goesByBands(this.#device, sizeOf(given), this.#flags)) return await this.#byBands(given, onPart);
    try {
      return await this.#whole(given, onPart);
    } catch (error) {
      const { until, prune } = this.#flags;
      if (!(error instanceof LimitError) || (until ?? prune) !== undefined) throw error;
      return await this.#byBands(given, onPart);
    }
  }

  async #whole({ image, unary }: Given, onPart: (done: number, of: number) => void): Promise<Logits> {
    const { height, width } = image;
    const { classes } = unary;
    const device = this.#device;
    using scope = device.scope();
    const logits = scope.tensor([height, width, classes], unary.logits);
    const guide = scope.tensor([height, width, 3], guideOf(image, this.#flags));
    const crf = this.#layers.get(classes) ?? crfRnn(device, await this.optionsOf(classes));
    this.#layers.set(classes, crf);
    const { until, prune } = this.#flags;
    let iterations = 0;
    let pruned: Pruned | undefined;
    const result = await crf(logits, guide, {
      ...(until !== undefined && this.#flags.iterations > 0 && { until: { change: until } }),
      ...(prune !== undefined && { prune, onPruned: (told) => (pruned = told) }),
      onIteration: async (done) => {
        iterations = done;
        await device.finish();
        onPart(done, this.#flags.iterations);
      },
    });
    return { refined: await scope.add(result).read(), iterations, pruned };
  }

  /** The refined logits take the place of the given ones. */
  async #byBands(given: Given, onPart: (done: number, of: number) => void): Promise<Logits> {
    const { logits } = given.unary;
    const options = await this.optionsOf(given.unary.classes);
    await refineByBands(this.#device, this.#inMemory(given), options, this.#flags, onPart);
    return { refined: logits, iterations: this.#flags.iterations };
  }

  #inMemory(given: Given): InMemory {
    return { ...sizeOf(given), guide: guideOf(given.image, this.#flags), logits: given.unary.logits };
  }

  /** Options of the layer for a number of classes. @throws ShapeError, FormatError, ValueError */
  async optionsOf(classes: number): Promise<CrfOptions & Bandwidths> {
    const known = this.#options.get(classes);
    if (known) return known;
    const options = await readOptions(this.#flags, classes);
    this.#options.set(classes, options);
    return options;
  }
}

/** Refined logits, and after how many iterations. */
interface Logits {
  readonly refined: Float32Array;
  readonly iterations: number;
  readonly pruned?: Pruned;
}

const sizeOf = ({ image: { height, width }, unary: { classes } }: Given) => ({ height, width, classes });

/** The image as the CRF's guide: channels turned round and the mean subtracted as the flags say. */
function guideOf({ values }: Photograph, { order, mean }: RefineFlags): Float32Array {
  const [blue, green, red] = mean;
  const means = [red, green, blue];
  return values.map((_, i) => {
    const channel = order === "rgb" ? i % 3 : 2 - (i % 3);
    return values[i - (i % 3) + channel]! - means[channel]!;
  });
}

async function readOptions(flags: RefineFlags, classes: number): Promise<CrfOptions & Bandwidths> {
  return {
    classes,
    iterations: flags.iterations,
    normalization: flags.normalize,
    bilateral: {
      position: flags.thetaAlpha,
      color: flags.thetaBeta,
      weight: await readWeight(flags.bilateralWeight, classes),
    },
    spatial: { position: flags.thetaGamma, weight: await readWeight(flags.spatialWeight, classes) },
    compatibility: await readCompatibility(flags.compatibility, classes),
    // The files were looked at whole, and what is told of them names the flags of this command.
    warnings: false,
  };
}

function outputsOf({ job, image, unary }: Given, refined: Float32Array, labels: Uint8Array<ArrayBuffer>): Output[] {
  const { height, width } = image;
  const annotation = { height, width, labels, palette: unary.palette };
  const certainty = () => certaintyOf(refined, unary.classes);
  const shares = (file: string, values: Float32Array<ArrayBuffer>): Uint8Array =>
    file.toLowerCase().endsWith(".npy")
      ? encodeNpy({ shape: [height, width], data: values })
      : encodeSharesPng(height, width, values);
  const bytesOf: Readonly<Record<string, (file: string) => Uint8Array>> = {
    "--out-confidence": (file) => shares(file, certainty().confidence),
    "--out-entropy": (file) => shares(file, certainty().entropy),
    "--out": () => encodeLabelPng(annotation),
    "--out-logits": () => encodeNpy({ shape: [height, width, unary.classes], data: refined }),
    "--out-overlay": () => encodeRgbPng(height, width, drawOverlay(image, annotation)),
  };
  return job.outputs.map(({ flag, file }) => ({ file, bytes: bytesOf[flag]!(file) }));
}
