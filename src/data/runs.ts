import type { Budget } from "../budget.ts";
import { FormatError } from "../errors.ts";
import { describe } from "../quote.ts";

/**
 * A binary mask `[height, width]` as COCO keeps one: lengths of runs in column-major order, zeros first, that add up to
 * height × width. Decoding, strings and rasterization agree with COCO's mask API (maskApi.c 2.0), count for count.
 */
export type Runs = readonly number[];

/** The place of a mask, for errors: the file, the path to the value inside it, and the mask's extent. */
export interface RunsPlace {
  readonly file: string;
  readonly path: string;
  readonly height: number;
  readonly width: number;
  /** The byte of that value in the file, if known. */
  offset?(): number | undefined;
  /** The budget for rasterizing the file's outlines, counted in steps of a fifth of a pixel. */
  readonly outlines?: Budget;
}

/** The longest outline that is rasterized, in steps of a fifth of a pixel: hours of work may not hide in a few bytes. */
const maximumOutline = 2 ** 24;

/**
 * Checks an uncompressed list of counts.
 * @throws FormatError where a count is not a whole number of 0 or more, or they do not add up to the extent
 */
export function checkRuns(counts: readonly unknown[], place: RunsPlace): Runs {
  let total = 0;
  for (const [i, count] of counts.entries()) {
    if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
      fail(place, "run lengths that are whole numbers of 0 or more", `${describe(count)} as number ${i}`);
    }
    total += count;
  }
  if (total !== place.height * place.width) {
    fail(place, `run lengths that add up to ${place.height} × ${place.width} pixels`, `${total}`);
  }
  return counts as Runs;
}

/**
 * Decodes COCO's compressed string: like LEB128, in characters 48…111 of five bits and a continuation bit, signed; from the
 * fourth on, a count is kept as its difference from the count two before.
 * @throws FormatError for another character, an unfinished count, or counts that do not fit the extent
 */
export function decodeRuns(text: string, place: RunsPlace): Runs {
  const counts: number[] = [];
  for (let at = 0; at < text.length;) {
    let value = 0;
    let scale = 1;
    for (let more = true; more; scale *= 32) {
      const code = text.charCodeAt(at++) - 48;
      if (!(code >= 0 && code < 64)) fail(place, "characters from '0' to 'o'", `another one, or the end, at ${at - 1}`);
      if (scale > 2 ** 30) fail(place, "counts of at most seven characters", `a longer one at ${at - 1}`);
      more = (code & 32) !== 0;
      value += (code & 31) * scale;
      if (!more && code & 16) value -= 32 * scale;
    }
    counts.push(counts.length > 2 ? value + counts[counts.length - 2]! : value);
  }
  return checkRuns(counts, place);
}

/**
 * Rasterizes one polygon, `[x0, y0, x1, y1, …]` in pixels. The rule of COCO's mask API: vertices are rounded to a grid of
 * five steps a pixel and the outline is walked densely on it; wherever the walk crosses the middle of a column of pixels
 * (a step in x from 5c+2 to 5c+3, either way), the column's pixels from that height down are inverted.
 * @throws FormatError for fewer than three points, an odd count, a coordinate far outside the image, or an endless outline
 */
export function rasterize(polygon: unknown, place: RunsPlace): Runs {
  const { height, width } = place;
  const grid = gridPoints(polygon, place);
  const crossings: number[] = [];
  for (let i = 0; i < grid.length; i += 2) {
    const next = (i + 2) % grid.length;
    cross(grid[i]!, grid[i + 1]!, grid[next]!, grid[next + 1]!, (x, y) => {
      if (x < 0 || x > width - 1) return;
      crossings.push(x * height + Math.ceil(Math.min(Math.max((y + 0.5) / 5 - 0.5, 0), height)));
    });
  }
  return runsBetween(Float64Array.from(crossings).sort(), height * width);
}

/** Calls `paint` with the offset, row by row, of every pixel of the mask. */
export function paintRuns(runs: Runs, height: number, width: number, paint: (offset: number) => void): void {
  let at = 0;
  runs.forEach((length, i) => {
    const end = at + length;
    if (i % 2 === 1) for (let p = at; p < end; p++) paint((p % height) * width + Math.floor(p / height));
    at = end;
  });
}

/** Pixels of the mask. */
export const areaOf = (runs: Runs): number => runs.reduce((area, length, i) => (i % 2 === 1 ? area + length : area), 0);

function gridPoints(polygon: unknown, place: RunsPlace): number[] {
  if (!Array.isArray(polygon) || polygon.length < 6 || polygon.length % 2 === 1) {
    fail(place, "a polygon of three points or more, x and y of each", describe(polygon));
  }
  const far = 2 * Math.max(place.height, place.width);
  const grid = polygon.map((value, i) => {
    if (typeof value !== "number" || !(Math.abs(value) <= far)) {
      fail(place, `coordinates within ${far} pixels`, `${describe(value)} as number ${i}`);
    }
    return Math.trunc(5 * value + 0.5);
  });
  let outline = 0;
  for (let i = 0; i < grid.length; i++) outline += Math.abs(grid[i]! - grid[(i + 2) % grid.length]!);
  if (outline > maximumOutline) fail(place, `an outline of at most ${maximumOutline / 5} pixels`, `${outline / 5}`);
  place.outlines?.spend(outline, place.offset?.());
  return grid;
}

/**
 * Walks one edge on the fine grid, from end to end, and reports the column and the fine height of each crossing. The walk
 * goes along the longer axis and always starts from its smaller end, so that an edge shared by two polygons is the same line.
 */
function cross(x0: number, y0: number, x1: number, y1: number, report: (column: number, y: number) => void): void {
  const steep = Math.abs(y1 - y0) > Math.abs(x1 - x0);
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
  const backward = steep ? y0 > y1 : x0 > x1;
  const [xs, ys, xe, ye] = backward ? [x1, y1, x0, y0] : [x0, y0, x1, y1];
  const slope = steep ? (xe - xs) / steps : (ye - ys) / steps;
  for (let t = 0, x = 0, y = 0; t <= steps; t++) {
    const [previousX, previousY] = [x, y];
    x = steep ? Math.trunc(xs + slope * t + 0.5) : xs + t;
    y = steep ? ys + t : Math.trunc(ys + slope * t + 0.5);
    const left = Math.min(previousX, x);
    if (t > 0 && x !== previousX && mod5(left) === 2) report((left - 2) / 5, Math.min(previousY, y));
  }
}

const mod5 = (x: number): number => ((x % 5) + 5) % 5;

/** Turns sorted crossings into runs; two crossings at one place cancel. */
function runsBetween(crossings: Float64Array, pixels: number): Runs {
  const runs: number[] = [];
  let start = 0;
  for (let i = 0; i < crossings.length; i++) {
    if (crossings[i] === crossings[i + 1]) i++;
    else {
      runs.push(crossings[i]! - start);
      start = crossings[i]!;
    }
  }
  if (start < pixels || runs.length === 0) runs.push(pixels - start);
  return runs;
}

function fail({ file, path, offset }: RunsPlace, expected: string, got: string): never {
  const remedy = "export the annotations again";
  throw new FormatError({ file, offset: offset?.(), expected: `${path}: ${expected}`, got, remedy });
}
