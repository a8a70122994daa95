import { finding, type Finding, type Findings } from "./finding.ts";
import { brief, isNarrow, leastPixels, mostNormalized, rangeOf } from "./rows.ts";

/** A photograph as the filter is to follow it, `[height, width, 3]`. */
export interface GivenGuide {
  readonly file: string;
  readonly values: Float32Array;
  /** θβ. */
  readonly color: number;
}

const expected = "colors from 0 to 255";

const table = {
  "guide-constant": {
    severity: "warning",
    expected: "a picture with edges",
    likely: "an empty picture",
    remedy: "check what writes it: there is nothing that labels could follow",
  },
  "guide-unit": {
    severity: "warning",
    expected,
    likely: "a photograph divided by 255",
    remedy: "multiply it by 255",
  },
  "guide-normalized": {
    severity: "warning",
    expected,
    likely: "a photograph normalized by mean and deviation, as networks take it",
    remedy: "save it as it was before, from 0 to 255",
  },
  "guide-narrow": {
    severity: "warning",
    expected: "colors that differ by more than --theta-beta",
    likely: "a picture in other units",
    remedy: "give --theta-beta in the picture's units",
  },
  "guide-wide": {
    severity: "warning",
    expected,
    likely: "samples of more than 8 bits",
    remedy: "divide samples of 16 bits by 257",
  },
  "guide-gray": {
    severity: "note",
    expected: "three channels of color",
    likely: "a gray photograph in three channels, between whose grays there is √3 times the distance of one channel",
    remedy: "multiply a --theta-beta that was found for one channel by 1.732",
  },
} as const satisfies Findings<string>;

/** Looks at a photograph for what keeps the filter from following it. */
export function checkGuide({ file, values, color }: GivenGuide): Finding[] {
  const range = rangeOf(values, 3);
  const seen = `colors from ${brief(range.least)} to ${brief(range.most)}`;
  const found = (code: keyof typeof table, remedy?: string): Finding =>
    finding(table, code, file, seen, remedy === undefined ? {} : { remedy });
  if (values.length < 3 * leastPixels) return [];
  if (range.span === 0) return [finding(table, "guide-constant", file, "one color everywhere")];
  if (isNarrow(range, color)) {
    if (range.least >= 0 && range.most <= 1) {
      return [found("guide-unit", `multiply it by 255, or add --theta-beta ${brief(color / 255)}`)];
    }
    return [
      found(
        range.least < 0 && Math.max(-range.least, range.most) < mostNormalized ? "guide-normalized" : "guide-narrow",
      ),
    ];
  }
  if (range.span > 2 * 255)
    return [found("guide-wide", `divide samples of 16 bits by 257, or add --theta-beta ${brief(color * 257)}`)];
  return isGray(values) ? [finding(table, "guide-gray", file, "the same number in all three channels")] : [];
}

function isGray(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i += 3) {
    if (values[i] !== values[i + 1] || values[i] !== values[i + 2]) return false;
  }
  return true;
}
