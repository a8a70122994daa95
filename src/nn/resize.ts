import { resize as kernel, resizePullback } from "../../build/kernels.ts";
import type { Device } from "../device/device.ts";
import { LimitError, ShapeError } from "../errors.ts";
import { op } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { quadsOf } from "../shape.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { found, kindOf, requireFlag } from "../values.ts";
import { type MapSize, mapShape, mapSize } from "./mapSize.ts";
import { type BoundMap, bindImageRows, rowBytes } from "./parts.ts";

export interface ResizeOptions {
  /**
   * Whether the centers of the corner pixels stay where they are, as in the networks of DeepLab, or pixels are areas and
   * the border is repeated, as in PyTorch by default. Default: false.
   */
  readonly alignCorners?: boolean;
}

const optionNames: Names<ResizeOptions> = { alignCorners: true };

/** The kernels compute with products of two sizes and some more, in 32 bits. */
const mostProduct = 2 ** 29;

/**
 * Resizes a map [h, w, c], or every map of a batch [n, h, w, c], to `size` pixels by bilinear interpolation. Nothing is
 * smoothed where it becomes smaller. The gradient is the exact transpose.
 * @throws ShapeError; ValueError; LimitError for a height or width whose product with the former one is above 2²⁹
 * @example const scores = resize(smallScores, [height, width]);
 */
export function resize(
  values: Tensor,
  size: readonly [height: number, width: number],
  options: ResizeOptions = {},
): Tensor {
  requireOptions("resize", options, optionNames);
  requireFlag("resize", "alignCorners", options.alignCorners);
  return op("resize", { values }, () => resized("resize", values, size, options.alignCorners ?? false));
}

/** Does the same for `where`, whose options are checked. */
export function resized(where: string, values: Tensor, size: readonly [number, number], aligned: boolean): Tensor {
  const { device } = values;
  checkSize(where, size);
  const from = mapSize(where, values);
  const to = { ...from, height: size[0], width: size[1] };
  checkProducts(where, from, to);
  const result = device.empty(mapShape(to, values));
  const sizes = { valueHeight: from.height, valueWidth: from.width, height: to.height, width: to.width };
  const params = { ...sizes, quads: quadsOf(from.channels), aligned: Number(aligned) };
  const readRows = (row: number): Rows => readBy(row, from.height, to.height, aligned);
  for (const { written, read } of pieces(device, to, from, readRows, 2)) {
    const [own, target] = [read(values), written(result)];
    const storages = { values: own.storage, result: target.storage };
    const places = { first: target.first, valueFirst: own.first, valueSkip: own.skip, resultSkip: target.skip };
    device.run(kernel, { ...storages, ...params, ...places, rows: target.height });
  }
  return record(result, [values], [], (gradient) => {
    const valueGradient = emptyLike(values);
    const reached = (row: number): Rows => reachedBy(row, from.height, to.height, aligned);
    for (const { written, read, accumulate } of pieces(device, from, to, reached, 1)) {
      const [own, target] = [read(gradient), written(valueGradient)];
      const storages = { gradient: own.storage, valueGradient: target.storage };
      const places = { first: target.first, gradientFirst: own.first, gradientSkip: own.skip, valueSkip: target.skip };
      const counts = { rows: target.height, gradientRows: own.height, accumulate };
      device.run(resizePullback, { ...storages, ...params, ...places, ...counts });
    }
    return [valueGradient];
  });
}

/** Rows of a map: the first, and the one behind the last. */
interface Rows {
  readonly begin: number;
  readonly end: number;
}

/**
 * The rows of the values that a row of the result is made of. The kernel computes the same in whole numbers. No position
 * lies as far as half a row behind the last row, so that only the first is a bound.
 */
function readBy(row: number, from: number, to: number, aligned: boolean): Rows {
  const position = aligned ? (row * (from - 1)) / Math.max(1, to - 1) : ((2 * row + 1) * from - to) / (2 * to);
  const begin = Math.floor(Math.max(position, 0));
  return { begin, end: Math.min(begin + 2, from) };
}

/** The rows of the result in which a row of the values has a share, and perhaps one more on either side. */
function reachedBy(row: number, from: number, to: number, aligned: boolean): Rows {
  const rowAt = (position: number): number =>
    aligned ? (position * (to - 1)) / Math.max(1, from - 1) : ((2 * position + 1) * to - from) / (2 * from);
  const begin = Math.max(Math.floor(rowAt(row - 1)), 0);
  return { begin, end: Math.min(Math.ceil(rowAt(row + 1)) + 1, to) };
}

/** Rows that are written by one dispatch, and those that it reads. */
interface Piece {
  readonly written: (tensor: Tensor) => BoundMap;
  readonly read: (tensor: Tensor) => BoundMap;
  /** Whether the same rows were written before, from the rows before those that are read. */
  readonly accumulate: 0 | 1;
}

/**
 * Cuts the map that is written into ranges of rows that fit a binding together with what `needed` says they read. A row
 * may need more than fits: that is read `together` rows at the least at a time.
 */
function* pieces(
  device: Device,
  to: MapSize,
  from: MapSize,
  needed: (row: number) => Rows,
  together: number,
): Generator<Piece> {
  // A binding may begin up to an alignment before its rows: see `bindRows`.
  const room = device.limits.bindingBytes - device.limits.alignment;
  const most = Math.max(1, Math.floor(room / rowBytes(to)));
  const mostRead = Math.max(together, Math.floor(room / rowBytes(from)));
  for (let image = 0; image < to.images; image++) {
    for (let first = 0, rows = 0; first < to.height; first += rows) {
      const { begin } = needed(first);
      const end = (): number => needed(first + rows - 1).end;
      rows = Math.min(most, to.height - first);
      while (rows > 1 && end() - begin > mostRead) rows = Math.ceil(rows / 2);
      const own = { image, first, rows };
      for (let next = begin; next < end(); next += mostRead) {
        const taken = { image, first: next, rows: Math.min(mostRead, end() - next) };
        yield {
          written: (tensor) => bindImageRows(device, to, tensor.storage, own),
          read: (tensor) => bindImageRows(device, from, tensor.storage, taken),
          accumulate: next > begin ? 1 : 0,
        };
      }
    }
  }
}

export function checkSize(where: string, size: unknown): asserts size is readonly [number, number] {
  const sizes: readonly unknown[] = Array.isArray(size) ? size : [];
  if (sizes.length === 2 && sizes.every((one) => typeof one === "number" && Number.isInteger(one) && one > 0)) return;
  throw new ShapeError({
    where,
    expected: "a size [height, width] of whole numbers above 0",
    got: sizes.length > 0 ? `[${sizes.map((one) => found(one)).join(", ")}]` : kindOf(size),
    remedy: "write it as [height, width]",
  });
}

function checkProducts(where: string, from: MapSize, to: MapSize): void {
  if (from.height * to.height <= mostProduct && from.width * to.width <= mostProduct) return;
  throw new LimitError({
    where,
    expected: `heights and widths whose products with the new ones are at most ${mostProduct}`,
    got: `${from.height} by ${from.width} pixels to ${to.height} by ${to.width}`,
    remedy: "resize in two steps",
  });
}
