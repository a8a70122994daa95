import { crop as kernel } from "../../build/kernels.ts";
import { imageRowRanges } from "../device/ranges.ts";
import { ShapeError } from "../errors.ts";
import { op } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { formatShape, quadsOf } from "../shape.ts";
import { record } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { found } from "../values.ts";
import { mapShape, mapSize } from "./mapSize.ts";
import { bindImageRows, rowBytes } from "./parts.ts";

/** A window of a map: its upper left pixel and its size. */
export interface CropOptions {
  readonly y: number;
  readonly x: number;
  readonly height: number;
  readonly width: number;
}

const optionNames: Names<CropOptions> = { y: true, x: true, height: true, width: true };

/**
 * Cuts a rectangle out of a map [h, w, c], or out of every map of a batch [n, h, w, c].
 * @throws ShapeError if the window reaches beyond the map, ValueError, DisposedError
 */
export function crop(values: Tensor, options: CropOptions): Tensor {
  requireOptions("crop", options, optionNames);
  return op("crop", { values }, () => cropped(values, options));
}

function cropped(values: Tensor, { y, x, height, width }: CropOptions = {} as CropOptions): Tensor {
  const { height: rows, width: columns } = mapSize("crop", values);
  const whole = [y, x, height, width].every(Number.isInteger);
  if (!whole || y < 0 || x < 0 || height < 1 || width < 1 || y + height > rows || x + width > columns) {
    throw new ShapeError({
      where: "crop",
      expected: `a window within ${rows} rows and ${columns} columns`,
      got: `${found(height)} rows from ${found(y)} on and ${found(width)} columns from ${found(x)} on`,
      remedy: `crop within ${formatShape(values.shape)}`,
    });
  }
  return record(shifted(values, [height, width], y, x), [values], [], (gradient) => [
    shifted(gradient, [rows, columns], -y, -x),
  ]);
}

/** Computes result[r, c] = values[r + top, c + left], or 0 where that lies outside. */
function shifted(values: Tensor, [rows, columns]: readonly [number, number], top: number, left: number): Tensor {
  const { device } = values;
  const map = mapSize("crop", values);
  const { images, channels } = map;
  const to = { ...map, height: rows, width: columns };
  const result = device.empty(mapShape(to, values));
  for (const range of imageRowRanges(device, images, rows, Math.max(rowBytes(map), rowBytes(to)))) {
    // The rows of values that the range is made of, if any.
    const source = bindImageRows(device, map, values.storage, { ...range, first: range.first + top });
    const target = bindImageRows(device, to, result.storage, range);
    device.run(kernel, {
      values: source.storage,
      result: target.storage,
      valueRows: source.height,
      valueWidth: map.width,
      rows: range.rows,
      width: columns,
      quads: quadsOf(channels),
      top: range.first + top - source.first,
      left,
      valueSkip: source.skip,
      resultSkip: target.skip,
    });
  }
  return result;
}
