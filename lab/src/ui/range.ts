/** The numbers that a slider goes through. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** Values are multiples of it; without one they have three digits. */
  readonly step?: number;
  /** `log` for what is felt by its ratio, such as a bandwidth; `min` is above 0 then. Default: linear. */
  readonly scale?: "linear" | "log";
}

/** Where on the track a value lies, 0…1. */
export function positionOf(value: number, { min, max, scale }: Range): number {
  const position = scale === "log" ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
  return Math.min(Math.max(position, 0), 1);
}

/** The value at a place on the track. */
export function valueAt(position: number, range: Range): number {
  const { min, max, scale } = range;
  const at = Math.min(Math.max(position, 0), 1);
  return round(scale === "log" ? min * (max / min) ** at : min + at * (max - min), range);
}

/** The nearest value that a slider stops at. */
export function round(value: number, { min, max, step }: Range): number {
  // Multiples of a fraction such as 0.1 are no whole multiples in floating point: digits bring them back.
  if (step !== undefined) return Number((Math.round(value / step) * step).toPrecision(12));
  return Math.min(Math.max(Number(value.toPrecision(3)), min), max);
}

/** A number as it is written: a true minus sign, and no more digits than it has. */
export const textOf = (value: number): string => String(value).replace("-", "−");
