/** Fewer pixels may well be all alike. */
export const leastPixels = 64;
/** How far the sum of a row of probabilities may be from 1: rounding to half precision or to bytes. */
export const sumTolerance = 0.01;
/** The largest value of an image that was normalized by the mean and deviation of each color: (1 − 0.4)/0.22 = 2.7. */
export const mostNormalized = 4;

/** Whether every row of channels is 0 or more, and adds up to 1. */
export const areProbabilities = (rows: ArrayLike<number>, channels: number): boolean =>
  everySum(rows, channels, (value) => (value < 0 ? NaN : value));

/** Whether what `share` makes of the values of a row adds up to 1 in every row. */
export function everySum(rows: ArrayLike<number>, channels: number, share: (value: number) => number): boolean {
  for (let at = 0; at < rows.length; at += channels) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += share(rows[at + c]!);
    if (!(Math.abs(sum - 1) <= sumTolerance)) return false;
  }
  return true;
}

/** Whether all rows are the same. */
export const isConstant = (rows: Float32Array, channels: number): boolean =>
  rows.length > channels && rows.every((value, i) => value === rows[i % channels]);

/** The largest difference within a channel, and the least and the largest value of all. */
export interface ColorRange {
  readonly span: number;
  readonly least: number;
  readonly most: number;
}

export function rangeOf(rows: Float32Array, channels: number): ColorRange {
  const least = new Array<number>(channels).fill(Infinity);
  const most = new Array<number>(channels).fill(-Infinity);
  for (let i = 0; i < rows.length; i++) {
    least[i % channels] = Math.min(least[i % channels]!, rows[i]!);
    most[i % channels] = Math.max(most[i % channels]!, rows[i]!);
  }
  return {
    span: Math.max(...most.map((value, c) => value - least[c]!)),
    least: Math.min(...least),
    most: Math.max(...most),
  };
}

/**
 * Whether the filter hardly follows such colors. Those of a normalized image differ by 4.7, which may be more than θβ, so
 * twice θβ is asked of what has the values of one.
 */
export const isNarrow = ({ span, least, most }: ColorRange, color: number): boolean =>
  span < color || (span < 2 * color && Math.max(-least, most) < mostNormalized);

/** A number with three digits. */
export const brief = (value: number): string => String(Number(value.toPrecision(3)));
