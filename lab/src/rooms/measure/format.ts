/** Three digits that count, four behind the point at most: 0.0123, 1.23, 12.3, 1,230. */
export function significant(value: number): string {
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(3));
  const digits = Math.min(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded)))), 4);
  return rounded.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** As 12 s, or 2 min. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

export const mebibytes = (bytes: number): string => `${bytes / 2 ** 20} MiB`;

/** A ratio of times: how many times as long the other run took. */
export const times = (ratio: number): string => `${ratio >= 100 ? ratio.toFixed(0) : ratio.toFixed(2)}×`;
