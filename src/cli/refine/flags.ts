import { Command, InvalidArgumentError, Option } from "commander";
import { bandwidthOptions, inferenceOptions, temperatureOption, weightOptions } from "../../crf/options.ts";
import type { Complete } from "../../description.ts";
import type { Normalization } from "../../lattice/normalization.ts";
import { usualConfidence } from "../../pictures/annotationScores.ts";
import { addFlags } from "../describedFlags.ts";
import { addParamsFlag } from "../paramsFlag.ts";
import { type CommonFlags, numberOrArray, positiveNumber, threeNumbers, toNumber, wholeNumber } from "../options.ts";
import { placesHelp } from "../pictures.ts";
import { addShardFlag, type Shard, shardHelp } from "../shard.ts";
import type { AnnotationFlags } from "./annotation.ts";
import { paletteHelp } from "./palette.ts";
import type { ScoresFlags } from "./unary.ts";
import type { GivenWeight } from "./weights.ts";

/** Flags that say what is known of pictures, and how it is read. */
export interface KnownFlags extends ScoresFlags, AnnotationFlags {
  readonly logits?: string;
  readonly annotation?: string;
}

export interface RefineFlags
  extends CommonFlags, KnownFlags, Complete<typeof bandwidthOptions>, Complete<typeof temperatureOption> {
  readonly out?: string;
  readonly outLogits?: string;
  readonly outOverlay?: string;
  readonly outConfidence?: string;
  readonly outEntropy?: string;
  readonly iterations: number;
  readonly until?: number;
  readonly prune?: number;
  readonly spatialWeight: GivenWeight;
  readonly bilateralWeight: GivenWeight;
  readonly compatibility: string | readonly number[];
  readonly normalize: Normalization;
  readonly mean: readonly [blue: number, green: number, red: number];
  readonly order: "rgb" | "bgr";
  readonly rows?: number;
  readonly shard: Shard;
  readonly resume?: boolean;
  readonly strict?: boolean;
  readonly dryRun?: boolean;
  readonly volume?: string;
  readonly spacing?: readonly [z: number, y: number, x: number];
  readonly features?: string;
  readonly bandwidths?: readonly (readonly (number | undefined)[])[];
  readonly weight?: readonly (number | string)[];
}

const examples = `
Examples:
  crf-rnn refine photo.jpg --logits logits.npy --layout chw --resize --out labels.png
  crf-rnn refine photo.jpg --logits softmax.npy --input probabilities --out labels.png
  crf-rnn refine photo.png --annotation rough.png --out labels.png --out-overlay overlay.png
  crf-rnn refine photo.png --annotation mask.png --labels 0,255 --out labels.png
  crf-rnn refine photo.png --logits logits.npy --out-logits refined.npy --iterations 10 --device webgpu
  A folder, with the outputs of a network beside it, in two parts:
    crf-rnn refine photos --logits 'logits/{name}.npy' --out labels --shard 1/2
  With weights learned on Caffe's input:
    … --order bgr --mean 104.00698793,116.66876762,122.67891434
  A volume whose slices are 3 mm apart, and a cloud of points with positions and colors by two filters:
    crf-rnn refine --volume scan.npy --spacing 3,0.8,0.8 --logits logits.npy --out labels.npy
    crf-rnn refine --features xyzrgb.npy --bandwidths 0.1,0.1,0.1,-,-,- --bandwidths 0.5,0.5,0.5,20,20,20 \\
      --logits logits.npy --out labels.npy

Several pictures: --logits, --annotation and the outputs are patterns with {name}, the picture's name without its ending, or
folders of files with that name; a .npz or .safetensors may hold the logits of all pictures under their names. A picture that
cannot be refined is passed over: a line on standard error names it, the summary counts it, and the exit status is 1. --json
prints one object a picture and one at the end, a line each.
${shardHelp}

Colors: IMAGE is taken as red, green, blue, 0…255, and used as it is. --order bgr turns the channels round and --mean
subtracts from each channel, as the network's input has it; the lattice is not quite indifferent to either.
Annotations: the palette index, the gray value or the number of a .npy [H, W] is the class, 255 means not labeled. An alpha channel
says how much a label counts: that of an opaque pixel is right with the probability of --confidence, that of a transparent one says nothing.
A photograph with an EXIF orientation is turned as viewers show it; logits and annotations have its height and width then.
The compatibility matrix has the sign of Caffe: its negative identity is potts.
Volumes: bandwidths count in the unit of the spacing. By default θγ is 3 and θα 10 times the shortest spacing, and θβ is for each
channel half the standard deviation of its intensities. --layout chw takes logits [L, D, H, W]. Points: one filter for each --bandwidths,
with a --weight each or one for all; - leaves a feature out, one number stands for all, and without it features are taken as divided
already. Both write .npy alone, labels [D, H, W] or [N], and take the flags of scores, iterations, compatibility and normalization.
What is suspect in a file, as probabilities in place of logits are, is noted with what mends it: see crf-rnn help check.`;

/** Adds the flags that say what is known of pictures. */
export function addKnownFlags(command: Command): Command {
  return command
    .option("--logits <L>", "the network's scores: .npy, .npz or .safetensors")
    .addOption(
      new Option("--input <kind>", "what these scores are")
        .choices(["logits", "probabilities", "log", "sigmoid"])
        .default("logits"),
    )
    .addOption(new Option("--layout <order>", "axes of the logits").choices(["hwc", "chw"]).default("hwc"))
    .option("--resize", "interpolate logits of another size bilinearly to the image's size")
    .option("--annotation <A>", "a rough annotation instead of logits: PNG, or .npy [H, W]")
    .option(
      "--labels <values>",
      "the values of an annotation, class by class, as 0,128,255; others become void",
      values,
    )
    .option("--palette <P>", paletteHelp)
    .option("--confidence <p>", "probability that an annotated pixel is right", toNumber, usualConfidence)
    .option("--classes <n>", "classes of the annotation (default: its highest label + 1)", wholeNumber(2, 255));
}

export function refineWords(): Command {
  const command = new Command("refine")
    .description(
      "refine a network's logits, or rough annotations, along the edges of one photograph or of many (CRF-RNN inference)",
    )
    .argument("[images...]", placesHelp);
  addKnownFlags(command)
    .option("--volume <V.npy>", "refine a volume in place of pictures: intensities [D, H, W] or [D, H, W, C]")
    .option("--spacing <z,y,x>", "how far the voxels of a volume lie from each other (default: 1,1,1)", spacing)
    .option("--features <F.npy>", "refine points in place of pictures: features [N, d]")
    .option(
      "--bandwidths <θ,…>",
      "by what a filter divides each feature of points; again for a further filter",
      addTo(bandwidths),
    )
    .option(
      "--weight <W>",
      "of a filter over points: a number, or .npy [L] or [L, L] (default: 5)",
      addTo(numberOrArray),
    )
    .option("--out <labels.png>", "write the label map to this file: a palette PNG whose index is the class")
    .option("--out-logits <X.npy>", "write the refined logits [H, W, L] to this file")
    .option("--out-overlay <o.png>", "write the photograph with the labels drawn over it to this file")
    .option(
      "--out-confidence <c>",
      "write the largest probability of each pixel, 0…1, as a 16-bit PNG or as .npy [H, W]",
    )
    .option("--out-entropy <e>", "write each pixel's entropy, 0 where certain, 1 where all classes are alike, likewise")
    .option("--iterations <n>", "mean-field iterations", wholeNumber(0, 1000), inferenceOptions.iterations.default)
    .option("--until <x>", "end them once one changes no probability by more than this, as 0.001", positiveNumber)
    .option(
      "--prune <p>",
      "leave classes out of the filters whose probability stays below this, as 0.0001, and say how far off that may be",
      toNumber,
    );
  addFlags(command, bandwidthOptions);
  const weight = "a number, or .npy [L] or [L, L]";
  command
    .option("--spatial-weight <W>", weight, numberOrArray, weightOptions.spatialWeight.default)
    .option("--bilateral-weight <W>", weight, numberOrArray, weightOptions.bilateralWeight.default)
    .option("--compatibility <C>", "potts, or .npy [L, L]", "potts");
  addFlags(command, { normalization: inferenceOptions.normalization, ...temperatureOption });
  addParamsFlag(command, { matrices: true })
    .addOption(
      new Option("--mean <b,g,r>", "mean color to subtract, blue first")
        .argParser(threeNumbers)
        .default([0, 0, 0], "0,0,0"),
    )
    .addOption(
      new Option("--order <order>", "order of the channels in the features").choices(["rgb", "bgr"]).default("rgb"),
    );
  command.option(
    "--rows <n>",
    "go through the picture by bands of so many rows (default: by bands only where it has no room on the device)",
    wholeNumber(1, 1_000_000),
  );
  return addShardFlag(command, "pictures")
    .option("--resume", "pass over pictures whose outputs are all there, whole, and newer than what they are made from")
    .option("--strict", "stop at the first picture that cannot be refined, with exit status 2")
    .option("--dry-run", "check everything and say what would be done")
    .addHelpText("after", examples);
}

function values(text: string): number[] {
  const numbers = text.split(",").map((word) => (/^\d+$/.test(word.trim()) ? Number(word) : NaN));
  const bad = numbers.some(Number.isNaN) || new Set(numbers).size < numbers.length;
  if (!bad && numbers.length >= 2 && numbers.length <= 255) return numbers;
  throw new InvalidArgumentError("expected two to 255 different whole numbers with commas between, as 0,128,255");
}

function spacing(text: string): [number, number, number] {
  const distances = text.split(",").map(toNumber);
  if (distances.length === 3 && distances.every((one) => one > 0)) return distances as [number, number, number];
  throw new InvalidArgumentError("expected three numbers above 0 with commas between, as 3,0.8,0.8");
}

/** A bandwidth for each feature, undefined where a filter does not look at one. */
function bandwidths(text: string): (number | undefined)[] {
  const all = text.split(",").map((word) => (word.trim() === "-" ? undefined : toNumber(word)));
  const some = all.some((one) => one !== undefined);
  if (some && all.every((one) => one === undefined || one > 0)) return all;
  throw new InvalidArgumentError("expected numbers above 0, or - for features left out, with commas between");
}

/** Parses a flag that may be given several times. */
const addTo =
  <Value>(parse: (text: string) => Value) =>
  (text: string, before: readonly Value[] = []): Value[] => [...before, parse(text)];
