import type { CrfFilter, DenseCrfOptions } from "../../crf/denseCrf.ts";
import { channelsLast } from "../../data/channelsLast.ts";
import type { Device } from "../../device/device.ts";
import { finding, type Finding, refuse } from "../../diagnosis/finding.ts";
import { checkScores } from "../../diagnosis/scores.ts";
import { ShapeError, UsageError } from "../../errors.ts";
import { volumeFeatures } from "../../lattice/volumeFeatures.ts";
import { elementsOf, formatShape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { readCentered } from "../input.ts";
import type { RefineFlags } from "./flags.ts";
import { logitsOf } from "./meaning.ts";
import { readScores } from "./scoresFile.ts";
import type { Unary } from "./unary.ts";
import { type GivenWeight, readCompatibility, readWeight } from "./weights.ts";

/** A volume or points, as they were read. */
export interface Field {
  readonly file: string;
  /** [d, h, w] or [n] */
  readonly size: readonly number[];
  /** The filters' bandwidths, and their weights as flags give them. */
  readonly filters: readonly { readonly bandwidths: readonly number[]; readonly weight: GivenWeight }[];
  /** Makes the features of each filter. */
  readonly featuresOf: (device: Device) => Tensor[];
  readonly findings: readonly Finding[];
}

/** A lattice has no more features. */
const mostFeatures = 15;

/** The weight of a filter over points, as that of the paper's bilateral one. */
const usualWeight = 5;

/** How many of the shortest spacings the filters of a volume reach, and how many deviations of intensities. */
const usual = { thetaGamma: 3, thetaAlpha: 10, thetaBeta: 0.5 } as const;

const flat = {
  "volume-narrow": {
    severity: "warning",
    expected: "intensities that differ by more than --theta-beta",
    likely: "a volume in other units",
    remedy: "give --theta-beta in the volume's units, or leave it out",
  },
} as const;

/** Whether a flag was given, or came from a file of parameters. */
export type IsGiven = (name: keyof RefineFlags) => boolean;

/** Reads a volume and settles the bandwidths of its two filters. @throws FormatError, ShapeError, ValueError */
export async function readVolume(file: string, flags: RefineFlags, isGiven: IsGiven): Promise<Field> {
  const { shape, values, deviations } = await readCentered(file, ["D", "H", "W", "C"]);
  requireFeatures(file, 3 + deviations.length, `[D, H, W, C] with at most ${mostFeatures - 3} channels`, shape);
  const size = shape.slice(0, 3);
  const { spacing = [1, 1, 1] } = flags;
  const shortest = Math.min(...spacing);
  const inSpace = (name: "thetaAlpha" | "thetaGamma"): number => (isGiven(name) ? flags[name] : usual[name] * shortest);
  const ofColor = (deviation: number): number => (isGiven("thetaBeta") ? flags.thetaBeta : usual.thetaBeta * deviation);
  // Where all intensities of a channel are alike, any bandwidth does.
  const colors = deviations.map((deviation) => ofColor(deviation) || 1);
  const near = inSpace("thetaGamma");
  const far = inSpace("thetaAlpha");
  const narrow = deviations.every((deviation, c) => deviation < colors[c]! / 4);
  const seen = `intensities that deviate by ${Math.max(...deviations).toPrecision(3)} from their mean`;
  return {
    file,
    size,
    filters: [
      { bandwidths: [near, near, near], weight: flags.spatialWeight },
      { bandwidths: [far, far, far, ...colors], weight: flags.bilateralWeight },
    ],
    featuresOf: (device) => [
      volumeFeatures(device, size, { spacing }),
      volumeFeatures(device, size, { spacing, intensities: values }),
    ],
    findings: narrow ? [finding(flat, "volume-narrow", file, seen)] : [],
  };
}

/** Reads the features of points and settles what each filter looks at. @throws UsageError, FormatError, ShapeError, ValueError */
export async function readPoints(file: string, flags: RefineFlags): Promise<Field> {
  const { shape, values } = await readCentered(file, ["N", "d"]);
  const [points, columns] = shape as [number, number];
  const { bandwidths = [[1]], weight = [usualWeight] } = flags;
  if (weight.length !== 1 && weight.length !== bandwidths.length) {
    const expected = `one for all filters, or one for each of ${bandwidths.length}`;
    throw new UsageError({ where: "--weight", expected, got: String(weight.length) });
  }
  const all = bandwidths.map((given) => bandwidthsOf(given, file, columns));
  for (const chosen of all) requireFeatures(file, chosen.length, `[N, d] with at most ${mostFeatures} features`, shape);
  return {
    file,
    size: [points],
    filters: all.map((chosen, k) => ({
      bandwidths: chosen.map(({ bandwidth }) => bandwidth),
      weight: weight[k] ?? weight[0]!,
    })),
    featuresOf: (device) =>
      all.map((chosen) => {
        const d = chosen.length;
        const own = Float32Array.from({ length: points * d }, (_, at) => {
          return values[Math.floor(at / d) * columns + chosen[at % d]!.column]!;
        });
        return device.tensor([points, d], own);
      }),
    findings: [],
  };
}

/** The features that a filter looks at. @throws UsageError */
function bandwidthsOf(given: readonly (number | undefined)[], file: string, columns: number) {
  const all = given.length === 1 ? new Array<number | undefined>(columns).fill(given[0]) : given;
  if (all.length !== columns) {
    const expected = `${columns} numbers, as ${file} has features, or one for all`;
    throw new UsageError({ where: "--bandwidths", expected, got: String(given.length) });
  }
  return all.flatMap((bandwidth, column) => (bandwidth === undefined ? [] : [{ column, bandwidth }]));
}

function requireFeatures(file: string, features: number, expected: string, shape: readonly number[]): void {
  if (features <= mostFeatures) return;
  throw new ShapeError({ where: file, expected, got: formatShape(shape), remedy: "choose some of them" });
}

/** Reads the scores of a field, `[…size, L]`, or `[L, …size]` by `--layout chw`. @throws FormatError, ShapeError, ValueError */
export async function readFieldScores(
  file: string,
  { size, file: of }: Field,
  { layout, input: meaning }: Pick<RefineFlags, "layout" | "input">,
): Promise<Pick<Unary, "classes" | "logits" | "findings">> {
  const { shape: stored, values, bytes } = await readScores(file, "logits");
  const single = stored.length === size.length && (meaning === "sigmoid" || meaning === "probabilities");
  const last = layout === "hwc";
  const shape = single ? (last ? [...stored, 1] : [1, ...stored]) : stored;
  const given = last ? shape.slice(0, -1) : shape.slice(1);
  if (values.length === 0 || shape.length !== size.length + 1 || formatShape(given) !== formatShape(size)) {
    const expected = `logits [${(last ? [...size, "L"] : ["L", ...size]).join(", ")}], those of ${of}`;
    const remedy = last ? "add --layout chw if the classes come first" : "leave --layout out if the classes come last";
    throw new ShapeError({ where: file, expected, got: formatShape(stored), remedy });
  }
  const channels = last ? shape.at(-1)! : shape[0]!;
  const width = size.length === 1 ? 1 : size.at(-1)!;
  const map = { height: elementsOf(size) / width, width, classes: channels };
  const findings = checkScores({ file, values, ...map, layout, meaning, bytes, shape: stored });
  refuse(findings);
  const dense = last ? values : channelsLast(values, channels);
  const { classes, values: logits } = logitsOf({ classes: channels, values: dense }, meaning, bytes);
  return { classes, logits, findings };
}

/** Options of the layer that refines a field. @throws ShapeError, FormatError, ValueError for matrices of other classes */
export async function fieldOptions(
  { filters }: Pick<Field, "filters">,
  flags: Pick<RefineFlags, "iterations" | "compatibility" | "normalize">,
  classes: number,
): Promise<DenseCrfOptions> {
  const compatibility = await readCompatibility(flags.compatibility, classes);
  const made: CrfFilter[] = [];
  for (const { bandwidths, weight } of filters) {
    const normalization = flags.normalize;
    made.push({ bandwidths, weight: await readWeight(weight, classes), compatibility, normalization });
  }
  return { classes, filters: made, iterations: flags.iterations };
}
