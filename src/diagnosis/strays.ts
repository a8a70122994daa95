/** Numbers of a mask, row by row. */
export interface MaskNumbers {
  readonly height: number;
  readonly width: number;
  readonly values: ArrayLike<number>;
}

/** Numbers that no area of a mask has: what smoothing and compression leave along the edges of those that some area has. */
export interface Strays {
  /** How they came to be. */
  readonly kind: "antialiased" | "compressed";
  /** The numbers that areas have, in order. */
  readonly main: readonly number[];
}

/** Fewer strays than this may be classes of a few pixels. */
const leastStrays = 3;
/** Compression leaves many. */
const leastCompressed = 8;
/** Strays of a JPEG lie about a class's number. */
const ringing = 16;

/**
 * Looks for numbers that occur along edges alone. A number belongs to an area where most of its pixels lie in a square of
 * 2 × 2 alike: smoothed edges have none, however straight they are, and small classes, though of few pixels, have some. There
 * have to be more strays than areas, since strokes of a pen may be one pixel thin.
 */
export function findStrays(
  { height, width, values }: MaskNumbers,
  counts: ReadonlyMap<number, number>,
): Strays | undefined {
  if (counts.size <= leastStrays) return undefined;
  const solid = countSolid({ height, width, values });
  const main = [...counts].filter(([value, count]) => 2 * (solid.get(value) ?? 0) > count).map(([value]) => value);
  const strays = new Set([...counts.keys()].filter((value) => !main.includes(value)));
  if (main.length === 0 || strays.size < leastStrays || strays.size <= main.length) return undefined;
  main.sort((a, b) => a - b);
  const between = shareBetween({ height, width, values }, strays);
  if (between >= 0.75) return { kind: "antialiased", main };
  if (strays.size < leastCompressed) return undefined;
  if (shareNear(counts, strays, main) >= 0.5) return { kind: "compressed", main };
  return between > 1 / 3 ? { kind: "antialiased", main } : undefined;
}

/** How many pixels of each number lie in a square of 2 × 2 pixels alike. */
function countSolid({ height, width, values }: MaskNumbers): Map<number, number> {
  const counts = new Map<number, number>();
  const isSquare = (row: number, column: number, value: number): boolean => {
    if (row < 0 || column < 0 || row + 1 >= height || column + 1 >= width) return false;
    const at = row * width + column;
    return [at, at + 1, at + width, at + width + 1].every((pixel) => values[pixel] === value);
  };
  for (let pixel = 0; pixel < values.length; pixel++) {
    const [row, column, value] = [Math.floor(pixel / width), pixel % width, values[pixel]!];
    const above = isSquare(row - 1, column - 1, value) || isSquare(row - 1, column, value);
    if (!above && !isSquare(row, column - 1, value) && !isSquare(row, column, value)) continue;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** The share of the strays' pixels that have a smaller and a larger neighbor, as those of smoothed edges do. */
function shareBetween({ height, width, values }: MaskNumbers, strays: ReadonlySet<number>): number {
  let [all, between] = [0, 0];
  for (let pixel = 0; pixel < values.length; pixel++) {
    const value = values[pixel]!;
    if (!strays.has(value)) continue;
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    let [smaller, larger] = [false, false];
    for (let y = Math.max(0, row - 1); y <= Math.min(height - 1, row + 1); y++) {
      for (let x = Math.max(0, column - 1); x <= Math.min(width - 1, column + 1); x++) {
        smaller ||= values[y * width + x]! < value;
        larger ||= values[y * width + x]! > value;
      }
    }
    all++;
    between += Number(smaller && larger);
  }
  return between / all;
}

/** The share of the strays' pixels whose number is nearly that of an area. */
function shareNear(counts: ReadonlyMap<number, number>, strays: ReadonlySet<number>, main: readonly number[]): number {
  let [all, near] = [0, 0];
  for (const value of strays) {
    const count = counts.get(value)!;
    all += count;
    if (main.some((one) => Math.abs(one - value) <= ringing)) near += count;
  }
  return near / all;
}
