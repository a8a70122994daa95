import { ignoreLabel } from "../ignoreLabel.ts";
import { enumerate } from "../quote.ts";
import { finding, type Finding, type Findings } from "./finding.ts";
import { findStrays } from "./strays.ts";

/** Numbers of a mask as they lie in its file. */
export interface GivenLabels {
  readonly file: string;
  readonly height: number;
  readonly width: number;
  readonly values: ArrayLike<number>;
}

const whole = "one number a class, 0, 1, 2, …, and 255 where there is none";

const table = {
  "labels-0-255": {
    severity: "refusal",
    expected: "labels of two classes or more",
    likely: "a mask of 0 and 255",
    remedy: "add --labels 0,255, or --classes if 255 is void all the same",
  },
  "labels-void": {
    severity: "refusal",
    expected: "labels 0, 1, 2, …, or 255 where none is given",
    likely: "",
    remedy: "label some pixels",
  },
  "labels-one": {
    severity: "warning",
    expected: "labels of two classes or more",
    likely: "a mask whose classes were lost",
    remedy: "label pixels of another class, too",
  },
  "labels-antialiased": {
    severity: "refusal",
    expected: whole,
    likely: "a mask that was smoothed or scaled",
    remedy: "scale masks to the nearest pixel",
  },
  "labels-compressed": {
    severity: "refusal",
    expected: whole,
    likely: "a mask that was a JPEG once, or was scaled by a filter that overshoots",
    remedy: "save masks as PNG from the first, and scale them to the nearest pixel",
  },
  "labels-gray": {
    severity: "warning",
    expected: whole,
    likely: "grays in place of classes",
    remedy: "give the values with --labels",
  },
  "labels-gaps": {
    severity: "note",
    expected: whole,
    likely: "classes that do not occur here",
    remedy: "give --labels if the classes have no such gaps",
  },
  "labels-unlisted": {
    severity: "warning",
    expected: "the values of --labels",
    likely: "a mask that was smoothed, scaled or compressed, of which these pixels become void",
    remedy: "add the value to --labels if it is a class",
  },
} as const satisfies Findings<string>;

/** The highest of a few labels is this many times their number where they are grays. */
const grayFactor = 16;
/** Above this share of unlisted values, `--labels` are those of another mask. */
const mostUnlisted = 0.25;

/** Looks at the numbers of a mask for what makes them other than classes. Those of 255 are void. */
export function checkLabels(labels: GivenLabels): Finding[] {
  const { file, values } = labels;
  const counts = countsOf(values);
  const known = [...counts.keys()].filter((value) => value !== ignoreLabel).sort((a, b) => a - b);
  if (known.length === 0) return [finding(table, "labels-void", file, `${ignoreLabel} everywhere`)];
  const smoothed = checkStrays(labels, counts);
  if (smoothed) return [smoothed];
  if (known.length === 1) {
    const [label] = known;
    const voided = counts.has(ignoreLabel);
    const seen = voided ? `${label} and ${ignoreLabel} alone, which is void` : `${label} alone`;
    if (label === 0 && voided) return [finding(table, "labels-0-255", file, seen)];
    return [finding(table, "labels-one", file, seen)];
  }
  return checkGaps(file, [...counts.keys()]);
}

/** Looks at the labels that occur in a mask, or in many, for gaps between them. */
export function checkGaps(file: string, labels: readonly number[]): Finding[] {
  const known = labels.filter((value) => value !== ignoreLabel).sort((a, b) => a - b);
  const highest = known.at(-1) ?? -1;
  if (highest < known.length) return [];
  const seen = `the labels ${enumerate(known.map(String), 8)}`;
  if (highest < grayFactor * known.length) return [finding(table, "labels-gaps", file, seen)];
  // Where 255 belongs to an even row of grays it is one of them.
  const all = [...known, ...(labels.includes(ignoreLabel) ? [ignoreLabel] : [])];
  const remedy = `add --labels ${all.slice(0, 20).join(",")}${all.length > 20 ? ",…" : ""}`;
  return [finding(table, "labels-gray", file, seen, { remedy })];
}

/** What numbers that are no classes' most likely are, and what mends them where masks belong to a data set. */
export interface Advice {
  readonly likely: string;
  readonly remedy: string;
}

/** Advice on a mask of a data set with a number of no class, if anything is known of it. */
export function adviceOn(labels: GivenLabels): Advice | undefined {
  const [first] = checkLabels(labels);
  const code = first?.code as keyof typeof table | undefined;
  if (code === undefined || code === "labels-one" || code === "labels-gaps") return undefined;
  const { likely, remedy } = table[code];
  return { likely, remedy: code === "labels-gray" || code === "labels-0-255" ? valuesRemedy : remedy };
}

/** What says which numbers masks have. */
export const valuesRemedy = `give the classes their numbers in manifest.json, as "value": 128`;

/** Looks for what smoothing and compression leave along the edges of a mask. */
export function checkStrays(labels: GivenLabels, counts = countsOf(labels.values)): Finding | undefined {
  const strays = findStrays(labels, counts);
  if (!strays) return undefined;
  const { kind, main } = strays;
  const frequent = `${main.slice(0, 8).join(", ")}${main.length > 8 ? ", …" : ""}`;
  const seen = `${counts.size} different numbers, of which areas have ${frequent} alone`;
  const remedy = `add --labels ${main.join(",")}, with which all others become void`;
  return finding(table, `labels-${kind}`, labels.file, seen, { remedy });
}

/** Labels of the values that were listed: the class is the value's place in the list; all others are void. */
export function labelsOfValues(
  { file, values }: GivenLabels,
  listed: readonly number[],
): { readonly labels: Uint8Array<ArrayBuffer>; readonly findings: Finding[] } {
  const classes = new Map(listed.map((value, label) => [value, label]));
  const labels = Uint8Array.from({ length: values.length }, (_, pixel) => classes.get(values[pixel]!) ?? ignoreLabel);
  const unlisted = new Map([...countsOf(values)].filter(([value]) => !classes.has(value) && value !== ignoreLabel));
  if (unlisted.size === 0) return { labels, findings: [] };
  const pixels = [...unlisted.values()].reduce((sum, count) => sum + count);
  const [most] = [...unlisted].sort((a, b) => b[1] - a[1])[0]!;
  const share = ((100 * pixels) / values.length).toFixed(1);
  const seen = `${unlisted.size} other values at ${share} % of the pixels, most often ${most}`;
  const severity = pixels > mostUnlisted * values.length ? "refusal" : "warning";
  const likely = severity === "refusal" ? { likely: "a mask with other values" } : {};
  return { labels, findings: [finding(table, "labels-unlisted", file, seen, { severity, ...likely })] };
}

function countsOf(values: ArrayLike<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length; i++) counts.set(values[i]!, (counts.get(values[i]!) ?? 0) + 1);
  return counts;
}
