import { Command, Option } from "commander";
import { ShapeError, UsageError } from "../errors.ts";
import { crfRnn, type CrfOptions } from "../crf/crfRnn.ts";
import { bandwidthOptions, inferenceOptions, weightOptions } from "../crf/options.ts";
import { argmax } from "../data/argmax.ts";
import type { Photograph } from "../data/images.ts";
import { encodeNpy } from "../data/npy.ts";
import { drawOverlay } from "../data/overlay.ts";
import { encodeLabelPng, encodeRgbPng } from "../data/png.ts";
import type { Complete } from "../description.ts";
import type { Normalization } from "../lattice/normalization.ts";
import { addFlags } from "./describedFlags.ts";
import { readImage } from "./input.ts";
import { openDevice } from "./openDevice.ts";
import { type CommonFlags, numberOrArray, report, threeNumbers, toNumber, wholeNumber } from "./options.ts";
import { checkDestinations, writeTogether, type Destination, type Output } from "./output.ts";
import { usualConfidence } from "../pictures/annotationScores.ts";
import { startProgress } from "./progress.ts";
import { describe, describePlan, measureLattices, type Bandwidths } from "./refine/plan.ts";
import { readUnary, type Unary, type UnaryFlags } from "./refine/unary.ts";
import { readCompatibility, readWeight } from "./refine/weights.ts";

interface RefineFlags extends CommonFlags, UnaryFlags, Complete<typeof bandwidthOptions> {
  readonly out?: string;
  readonly outLogits?: string;
  readonly outOverlay?: string;
  readonly iterations: number;
  readonly spatialWeight: number | string;
  readonly bilateralWeight: number | string;
  readonly compatibility: string;
  readonly normalize: Normalization;
  readonly mean: readonly [blue: number, green: number, red: number];
  readonly order: "rgb" | "bgr";
  readonly dryRun?: boolean;
}

/** A PNG palette has 256 entries, and 255 means void. */
const mostLabels = 255;

const examples = `
Examples:
  crf-rnn refine photo.jpg --logits logits.npy --layout chw --resize --out labels.png
  crf-rnn refine photo.png --annotation rough.png --out labels.png --out-overlay overlay.png
  crf-rnn refine photo.png --logits logits.npy --out-logits refined.npy --iterations 10 --device webgpu
  With weights learned on Caffe's input:
    … --order bgr --mean 104.00698793,116.66876762,122.67891434

Colors: IMAGE is taken as red, green, blue, 0…255, and used as it is. --order bgr turns the channels round and --mean
subtracts from each channel, as the network's input has it; the lattice is not quite indifferent to either.
Annotations: the palette index, the gray value or the number of a .npy [H, W] is the class, 255 means not labeled.
A photograph with an EXIF orientation is turned as viewers show it; logits and annotations have its height and width then.
The compatibility matrix has the sign of Caffe: its negative identity is potts.`;

export function refineCommand(): Command {
  const command = new Command("refine")
    .description(
      "refine a network's logits, or a rough annotation, along the edges of one photograph (CRF-RNN inference)",
    )
    .argument("<image>", "PNG, JPEG or .npy [H, W, 3]")
    .option("--logits <L.npy>", "the network's logits")
    .addOption(new Option("--layout <order>", "axes of the logits").choices(["hwc", "chw"]).default("hwc"))
    .option("--resize", "interpolate logits of another size bilinearly to the image's size")
    .option("--annotation <A>", "a rough annotation instead of logits: PNG, or .npy [H, W]")
    .option("--confidence <p>", "probability that an annotated pixel is right", toNumber, usualConfidence)
    .option("--classes <n>", "classes of the annotation (default: its highest label + 1)", wholeNumber(2, 255))
    .option("--out <labels.png>", "write the label map to this file: a palette PNG whose index is the class")
    .option("--out-logits <X.npy>", "write the refined logits [H, W, L] to this file")
    .option("--out-overlay <o.png>", "write the photograph with the labels drawn over it to this file")
    .option("--iterations <n>", "mean-field iterations", wholeNumber(1, 1000), inferenceOptions.iterations.default);
  addFlags(command, bandwidthOptions);
  const weight = "a number, or .npy [L] or [L, L]";
  command
    .option("--spatial-weight <W>", weight, numberOrArray, weightOptions.spatialWeight.default)
    .option("--bilateral-weight <W>", weight, numberOrArray, weightOptions.bilateralWeight.default)
    .option("--compatibility <C>", "potts, or .npy [L, L]", "potts");
  return addFlags(command, { normalization: inferenceOptions.normalization })
    .option("--mean <b,g,r>", "mean color to subtract, blue first", threeNumbers, [0, 0, 0])
    .addOption(
      new Option("--order <order>", "order of the channels in the features").choices(["rgb", "bgr"]).default("rgb"),
    )
    .option("--dry-run", "check everything and say what would be done")
    .addHelpText("after", examples)
    .action(run);
}

async function run(file: string, flags: RefineFlags): Promise<void> {
  checkDestinations(destinations(flags), inputs(file, flags));
  const began = performance.now();
  using progress = startProgress(flags, flags.iterations + 2);
  progress.stage("reading");
  const image = await readImage(file);
  const { height, width } = image;
  const unary = await readUnary(flags, image);
  const { classes } = unary;
  checkLabelOutputs(flags, classes);
  const options = await readOptions(flags, classes);
  await using opened = await openDevice(flags);
  const { device } = opened;
  const plan = {
    command: "refine",
    image: file,
    height,
    width,
    classes,
    iterations: flags.iterations,
    device: device.kind,
    adapter: device.info.name,
    notes: image.notes,
    outputs: destinations(flags).map((destination) => destination.file),
  };
  if (flags.dryRun) {
    const guide = device.tensor([height, width, 3], guideOf(image, flags));
    const lattices = await measureLattices(guide, options, classes);
    progress[Symbol.dispose]();
    return void report(flags, { ...plan, dryRun: true, ...lattices }, describePlan(plan, lattices));
  }

  progress.step();
  progress.stage("building the lattices");
  const crf = crfRnn(device, options);
  const logits = device.tensor([height, width, classes], unary.logits);
  const guide = device.tensor([height, width, 3], guideOf(image, flags));
  const onIteration = async (): Promise<void> => {
    await device.finish();
    progress.stage("iterating");
    progress.step();
  };
  const refined = await (await crf(logits, guide, { onIteration })).read();
  progress.stage("writing");
  const labels = argmax(refined, classes);
  writeTogether(outputsOf(flags, image, unary, refined, labels));
  progress[Symbol.dispose]();

  const former = argmax(unary.logits, classes);
  const changed = labels.reduce((count, label, pixel) => count + Number(label !== former[pixel]), 0);
  const facts = {
    ...plan,
    changedPixels: changed,
    peakBytes: device.peakBytes,
    milliseconds: performance.now() - began,
  };
  report(flags, facts, describe(facts));
}
function inputs(file: string, flags: RefineFlags): string[] {
  const named = [flags.logits, flags.annotation, flags.compatibility, flags.spatialWeight, flags.bilateralWeight];
  return [file, ...named.filter((name): name is string => typeof name === "string" && name !== "potts")];
}

function destinations({ out, outLogits, outOverlay, dryRun }: RefineFlags): Destination[] {
  const all = [
    { flag: "--out", file: out, extension: ".png" },
    { flag: "--out-logits", file: outLogits, extension: ".npy" },
    { flag: "--out-overlay", file: outOverlay, extension: ".png" },
  ].filter((destination): destination is Destination => destination.file !== undefined);
  if (all.length > 0 || dryRun) return all;
  throw new UsageError({ where: "refine", expected: "--out, --out-logits or --out-overlay", got: "none of them" });
}

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
  };
}

function outputsOf(
  flags: RefineFlags,
  image: Photograph,
  unary: Unary,
  refined: Float32Array,
  labels: Uint8Array<ArrayBuffer>,
): Output[] {
  const { height, width } = image;
  const outputs: Output[] = [];
  if (flags.outLogits) {
    outputs.push({ file: flags.outLogits, bytes: encodeNpy({ shape: [height, width, unary.classes], data: refined }) });
  }
  const annotation = { height, width, labels, palette: unary.palette };
  if (flags.out) outputs.push({ file: flags.out, bytes: encodeLabelPng(annotation) });
  if (flags.outOverlay) {
    outputs.push({ file: flags.outOverlay, bytes: encodeRgbPng(height, width, drawOverlay(image, annotation)) });
  }
  return outputs;
}

function checkLabelOutputs({ out, outOverlay }: RefineFlags, classes: number): void {
  if (classes <= mostLabels || (out ?? outOverlay) === undefined) return;
  throw new ShapeError({
    where: out ? "--out" : "--out-overlay",
    expected: `at most ${mostLabels} classes in a PNG`,
    got: `${classes}`,
    remedy: "write --out-logits alone",
  });
}
