import { ignoreLabel } from "../ignoreLabel.ts";
import { enumerate } from "../quote.ts";
import { finding, type Finding, type Findings } from "./finding.ts";

/** How often each class occurs in a data set, or in a part of it. */
export interface GivenCensus {
  /** The data set's name. */
  readonly file: string;
  readonly names: readonly string[];
  /** Pixels of each label, 256 of them. */
  readonly pixels: ArrayLike<number>;
  /** Labels that occur, by splits. */
  readonly splits?: Readonly<Record<string, ReadonlySet<number>>>;
}

/** A mask of a data set with a palette of its own. */
export interface GivenPalette {
  readonly file: string;
  /** Labels that occur in the mask. */
  readonly labels: Iterable<number>;
  readonly names: readonly string[];
  /** The colors of the file, and those of the data's classes. */
  readonly own: readonly (readonly number[])[];
  readonly classes: readonly (readonly number[])[];
  /** The palette of programs that know no other; it says nothing of the classes. */
  readonly usual: readonly (readonly number[])[];
}

const table = {
  "one-class": {
    severity: "refusal",
    expected: "pixels of two classes or more",
    likely: "masks whose classes were lost",
    remedy: "check what writes the masks: any network is perfect on these",
  },
  "classes-never": {
    severity: "warning",
    expected: "pixels of every class",
    likely: "classes that the masks number otherwise, or lists that leave their images out",
    remedy: "compare the masks' numbers with the classes'",
  },
  "mostly-void": {
    severity: "warning",
    expected: "labels to learn from or to score by",
    likely: "a class that is numbered 255",
    remedy: "number it as the others",
  },
  "split-lacks": {
    severity: "warning",
    expected: "each class of val in train, too",
    likely: "splits that were drawn without regard to classes",
    remedy: "move some of their images to train",
  },
  "labels-palette": {
    severity: "warning",
    expected: "the color of each class, or colors of no class",
    likely: "colors that a graphics program turned into indices, numbered by how often they occur",
    remedy: "save the mask with true colors (RGB), which are read as the classes that have them",
  },
} as const satisfies Findings<string>;

/** Above this share of void pixels little is left to learn from. */
const mostVoid = 0.95;

/** Looks at how often classes occur for what makes training or scoring useless. */
export function checkCensus({ file, names, pixels, splits }: GivenCensus): Finding[] {
  const present = names.map((_, label) => label).filter((label) => pixels[label]! > 0);
  const voided = pixels[ignoreLabel]!;
  const total = names.reduce((sum, _, label) => sum + pixels[label]!, voided);
  if (present.length === 0) return [];
  const nameOf = (label: number): string => names[label]!;
  if (present.length === 1 && names.length > 1) {
    const share = ((100 * voided) / total).toFixed(1);
    const seen = `${enumerate(present.map(nameOf))} alone${voided > 0 ? `, and 255 (void) at ${share} % of the pixels` : ""}`;
    if (voided === 0) return [finding(table, "one-class", file, seen)];
    const remedy = `number classes 0, 1, …, or give them values in manifest.json, as "value": 0 and "value": 255`;
    return [finding(table, "one-class", file, seen, { likely: "masks of 0 and 255, where 255 is void", remedy })];
  }
  const findings: Finding[] = [];
  const never = names.filter((_, label) => !present.includes(label));
  if (never.length > 0) findings.push(finding(table, "classes-never", file, `none of ${enumerate(never)}`));
  if (voided > mostVoid * total) {
    findings.push(finding(table, "mostly-void", file, `255 at ${((100 * voided) / total).toFixed(1)} % of the pixels`));
  }
  const { train, val } = splits ?? {};
  const lacking =
    train && val ? [...val].filter((label) => label !== ignoreLabel && !train.has(label)).sort((a, b) => a - b) : [];
  if (lacking.length > 0)
    findings.push(finding(table, "split-lacks", file, `${enumerate(lacking.map(nameOf))} in val alone`));
  return findings;
}

/** Looks for a palette that gives the color of another class to a label that occurs. */
export function checkPalette({ file, labels, names, own, classes, usual }: GivenPalette): Finding[] {
  const key = (color: readonly number[] | undefined): string | undefined => color?.slice(0, 3).join();
  const labelOf = new Map([...names.keys(), ignoreLabel].reverse().map((label) => [key(classes[label]), label]));
  for (const label of labels) {
    const other = labelOf.get(key(own[label]));
    if (other === undefined || [classes, usual].some((colors) => key(colors[label]) === key(own[label]))) continue;
    const nameOf = (one: number): string => (one === ignoreLabel ? "void" : enumerate([names[one] ?? String(one)]));
    const seen = `label ${label} (${nameOf(label)}) in the color of ${nameOf(other)}, ${key(own[label])?.replaceAll(",", " ")}`;
    return [finding(table, "labels-palette", file, seen)];
  }
  return [];
}
