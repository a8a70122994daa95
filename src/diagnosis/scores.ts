import { finding, type Finding, type Findings } from "./finding.ts";
import { groupPlaces, liesChannelsFirst, liesChannelsLast, spread } from "./order.ts";
import { positionOf } from "../shape.ts";
import { areProbabilities, everySum, isConstant, leastPixels, sumTolerance } from "./rows.ts";

/** What scores are said to mean: the flag `--input` of the command line. */
export type Meaning = "logits" | "probabilities" | "log" | "sigmoid";

/** Scores as they lie in a file. */
export interface GivenScores {
  readonly file: string;
  readonly values: Float32Array<ArrayBuffer>;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly layout: "hwc" | "chw";
  readonly meaning: Meaning;
  /** Whether the file has bytes, which are shares of 255 where they are probabilities. */
  readonly bytes?: boolean;
  /** The array's shape where it is no map's, in which places are told. */
  readonly shape?: readonly number[];
}

const table = {
  "not-a-number": {
    severity: "refusal",
    expected: "finite float32 numbers",
    likely: "",
    remedy: "replace it, or mask it out, before saving",
  },
  "half-overflow": {
    severity: "refusal",
    expected: "finite float32 numbers",
    likely: "half precision that overflowed beyond 65504",
    remedy: "save the network's scores as float32",
  },
  "half-limit": {
    severity: "warning",
    expected: "scores within the range of their type",
    likely: "half precision that was cut at its largest number",
    remedy: "save the network's scores as float32",
  },
  "log-of-zero": {
    severity: "refusal",
    expected: "finite float32 numbers",
    likely: "the logarithm of a probability of 0",
    remedy: "add --input log, which takes 1e-5 in its place",
  },
  "one-channel": {
    severity: "refusal",
    expected: "scores of two classes or more",
    likely: "the score of one class against the rest",
    remedy: "add --input sigmoid, or --input probabilities if it is from 0 to 1",
  },
  "many-channels": {
    severity: "refusal",
    expected: "one channel for --input sigmoid",
    likely: "a softmax over several classes",
    remedy: "leave --input out",
  },
  probabilities: {
    severity: "warning",
    expected: "logits",
    likely: "probabilities, after the network's softmax",
    remedy: "add --input probabilities",
  },
  "probability-bytes": {
    severity: "warning",
    expected: "logits",
    likely: "probabilities in bytes",
    remedy: "add --input probabilities; if the file has another type than uint8, divide by 255",
  },
  sigmoids: {
    severity: "warning",
    expected: "logits",
    likely: "the sigmoid of each class by itself",
    remedy: "add --input probabilities",
  },
  energies: {
    severity: "refusal",
    expected: "scores that are largest for the most probable class",
    likely: "energies, the negative logarithms of probabilities, as pydensecrf takes them",
    remedy: "save their negative: numpy.save(file, -x)",
  },
  "log-probabilities": {
    severity: "note",
    expected: "logits",
    likely: "logarithms of probabilities, which serve as logits",
    remedy: "nothing has to be done",
  },
  "no-probabilities": {
    severity: "refusal",
    expected: "probabilities from 0 to 1",
    likely: "logits",
    remedy: "leave --input out, or give --input sigmoid for one channel",
  },
  "sigmoid-probabilities": {
    severity: "warning",
    expected: "logits before a sigmoid",
    likely: "probabilities, after the sigmoid",
    remedy: "add --input probabilities in place of --input sigmoid",
  },
  "positive-logarithms": {
    severity: "warning",
    expected: "logarithms of probabilities, 0 or less",
    likely: "logits",
    remedy: "leave --input out",
  },
  "channels-first": {
    severity: "warning",
    expected: "the channels of each pixel side by side, as the shape says",
    likely: "channels that come first and were reshaped",
    remedy: "turn the axes in place of reshaping: numpy.moveaxis(x, 0, -1)",
  },
  "channels-last": {
    severity: "warning",
    expected: "one plane for each channel, as the shape says",
    likely: "channels that come last and were reshaped",
    remedy: "turn the axes in place of reshaping: numpy.moveaxis(x, -1, 0)",
  },
  "constant-scores": {
    severity: "refusal",
    expected: "scores that differ between pixels",
    likely: "the output of a network that did not run",
    remedy: "check what writes the scores",
  },
  "one-label": {
    severity: "warning",
    expected: "pixels of several classes",
    likely: "a network that was given its input in another size, order or range than it knows",
    remedy: "check the network's input, or leave this picture out if it shows nothing else",
  },
} as const satisfies Findings<string>;

/** Rows whose sums are looked at, as long as they are not more than so many values. */
const mostRows = 4096;
const mostRowValues = 262_144;

/**
 * Looks at scores for what makes a result useless. What is said of later checks makes no sense where an earlier one refuses,
 * so the first refusal is the last finding.
 */
export function checkScores(scores: GivenScores): Finding[] {
  const findings: Finding[] = [];
  for (const check of checks) {
    const found = check(scores);
    if (found) findings.push(finding(table, found.code, scores.file, found.seen));
    if (found && table[found.code].severity === "refusal") break;
  }
  return findings;
}

/** The first thing, if any, that a check saw. */
type Check = (scores: GivenScores) => { readonly code: keyof typeof table; readonly seen: string } | undefined;

const checks: readonly Check[] = [
  function notFinite({ values, height, width, classes, layout, meaning, shape }) {
    const stray = values.findIndex((value) => !Number.isFinite(value) && !(meaning === "log" && value === -Infinity));
    if (stray < 0) return undefined;
    const map = layout === "hwc" ? [height, width, classes] : [classes, height, width];
    const place = positionOf(stray, shape ?? map);
    const seen = `${values[stray]} at [${place.join(", ")}]`;
    if (Number.isNaN(values[stray])) return { code: "not-a-number", seen };
    if (values.every(isHalf)) return { code: values.every(isLog) ? "log-of-zero" : "half-overflow", seen };
    return { code: values.every(isLog) ? "log-of-zero" : "not-a-number", seen };
  },
  function halfLimit({ values }) {
    const at = values.findIndex((value) => Math.abs(value) === mostHalf);
    return at >= 0 && values.every(isHalf) ? { code: "half-limit", seen: `${values[at]}` } : undefined;
  },
  function channels({ classes, meaning }) {
    if (classes === 1 && (meaning === "logits" || meaning === "log"))
      return { code: "one-channel", seen: "one channel" };
    return classes > 1 && meaning === "sigmoid" ? { code: "many-channels", seen: `${classes}` } : undefined;
  },
  function meaningOfRows(scores) {
    return { probabilities: asProbabilities, sigmoid: asSigmoid, logits: asLogits, log: asLogits }[scores.meaning](
      scores,
    );
  },
  function order({ values, height, width, classes, layout }) {
    const groups = groupPlaces(height, width, classes).map((place) => values[place]!);
    if (layout === "hwc" && liesChannelsFirst(groups)) {
      return { code: "channels-first", seen: "neighbors that are alike as if the channels came first" };
    }
    if (layout === "chw" && liesChannelsLast(groups)) {
      return { code: "channels-last", seen: "neighbors that are alike as if the channels came last" };
    }
    return undefined;
  },
  function constant({ values, height, width, classes, layout }) {
    const pixels = height * width;
    if (pixels < leastPixels) return undefined;
    const same =
      layout === "hwc" ? isConstant(values, classes) : values.every((v, i) => v === values[i - (i % pixels)]);
    return same ? { code: "constant-scores", seen: `the same at all ${pixels} pixels` } : undefined;
  },
  function oneLabel(scores) {
    const { height, width, classes } = scores;
    if (height * width < leastPixels || classes === 1) return undefined;
    const label = labelAt(scores, 0);
    for (let pixel = 1; pixel < height * width; pixel++) if (labelAt(scores, pixel) !== label) return undefined;
    return { code: "one-label", seen: `class ${label} with the largest score at every pixel` };
  },
];

const asLogits: Check = (scores) => {
  const rows = rowsOf(scores);
  const { classes, meaning } = scores;
  if (meaning === "log" && rows.some((value) => value > sumTolerance)) {
    return { code: "positive-logarithms", seen: "numbers above 0" };
  }
  if (areProbabilities(rows, classes)) {
    return { code: "probabilities", seen: "rows that are 0 or more and add up to 1" };
  }
  if (
    isBytes(rows) &&
    areProbabilities(
      rows.map((value) => value / 255),
      classes,
    )
  ) {
    return { code: "probability-bytes", seen: "whole numbers whose rows add up to 255" };
  }
  if (rows.every((value) => value >= 0) && everySum(rows, classes, (value) => Math.exp(-value))) {
    return { code: "energies", seen: "numbers of 0 or more of which the powers e^−x add up to 1" };
  }
  if (meaning === "logits" && rows.every((value) => value <= 0) && everySum(rows, classes, Math.exp)) {
    return { code: "log-probabilities", seen: "numbers of 0 or less of which the powers e^x add up to 1" };
  }
  const unit = rows.every((value) => value >= 0 && value <= 1);
  if (unit && rows.some((value) => value < 0.1) && rows.some((value) => value > 0.9)) {
    return { code: "sigmoids", seen: "numbers from 0 to 1 whose rows do not add up to 1" };
  }
  return undefined;
};

const asProbabilities: Check = ({ values, classes, bytes }) => {
  // Those of several classes need not add up to 1, since the softmax divides by their sum.
  const most = classes === 1 && !bytes ? 1 + 1e-5 : Infinity;
  const stray = values.findIndex((value) => value < -1e-5 || value > most);
  return stray < 0 ? undefined : { code: "no-probabilities", seen: `${values[stray]}` };
};

const asSigmoid: Check = ({ values }) => {
  const unit = values.every((value) => value >= 0 && value <= 1) && values.some((value) => value > 0.9);
  return unit ? { code: "sigmoid-probabilities", seen: "numbers from 0 to 1 alone" } : undefined;
};

const isBytes = (values: Float32Array): boolean =>
  values.every((value) => Number.isInteger(value) && value >= 0 && value <= 255);

/** The largest number of half precision. */
const mostHalf = 65504;
const bits = new DataView(new ArrayBuffer(4));

/** Whether half precision has this number, as it is or, where it is not finite, for lack of a larger one. */
function isHalf(value: number): boolean {
  bits.setFloat32(0, value);
  return (bits.getUint32(0) & 0x1fff) === 0 && !(Math.abs(value) > mostHalf && Number.isFinite(value));
}

const isLog = (value: number): boolean => value <= 0;

/** Some rows of channels, evenly spread over the pixels. */
function rowsOf({ values, height, width, classes, layout }: GivenScores): Float32Array {
  const pixels = height * width;
  const places = spread(Math.max(1, Math.min(mostRows, Math.floor(mostRowValues / classes))), pixels);
  return Float32Array.from({ length: places.length * classes }, (_, i) => {
    const [pixel, c] = [places[Math.floor(i / classes)]!, i % classes];
    return values[layout === "hwc" ? pixel * classes + c : c * pixels + pixel]!;
  });
}

/** The class with the largest score at a pixel. */
function labelAt({ values, height, width, classes, layout }: GivenScores, pixel: number): number {
  const [first, step] = layout === "hwc" ? [pixel * classes, 1] : [pixel, height * width];
  let best = 0;
  for (let c = 1; c < classes; c++) if (values[first + c * step]! > values[first + best * step]!) best = c;
  return best;
}
