import { crop as kernel } from "../../build/kernels.ts";
import { bandOf, bands } from "../device/windows.ts";
import { ShapeError } from "../errors.ts";
import { formatShape, padded, quadsOf } from "../shape.ts";
import { record } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { mapSize } from "./mapSize.ts";

/** A window of a map: its upper left pixel and its size. */
export interface CropOptions {
  readonly y: number;
  readonly x: number;
  readonly height: number;
  readonly width: number;
}

/**
 * The window of a map [h, w, c] or of every map of a batch [n, h, w, c].
 * @throws ShapeError if the window reaches beyond the map
 */
export function crop(values: Tensor, options: CropOptions): Tensor {
  const { y, x, height, width } = options;
  const { height: rows, width: columns } = mapSize("crop", values);
  const whole = [y, x, height, width].every(Number.isInteger);
  if (!whole || y < 0 || x < 0 || height < 1 || width < 1 || y + height > rows || x + width > columns) {
    throw new ShapeError({
      where: "crop",
      expected: `a window within ${rows} rows and ${columns} columns`,
      got: `${height} rows from ${y} on and ${width} columns from ${x} on`,
      remedy: `crop within ${formatShape(values.shape)}`,
    });
  }
  return record(shifted(values, [height, width], y, x), [values], [], (gradient) => [
    shifted(gradient, [rows, columns], -y, -x),
  ]);
}

/** result[r, c] = values[r + top, c + left], 0 where that lies outside. */
function shifted(values: Tensor, [rows, columns]: readonly [number, number], top: number, left: number): Tensor {
  const { device } = values;
  const { images, height: valueRows, width: valueWidth, channels } = mapSize("crop", values);
  const result = device.empty([...values.shape.slice(0, -3), rows, columns, channels]);
  const valueRowBytes = valueWidth * padded(channels) * 4;
  const rowBytes = columns * padded(channels) * 4;
  for (const band of bands(device, images, rows, Math.max(rowBytes, valueRowBytes))) {
    // The rows of values that the band is made of; a band of zeros alone is bound to some row all the same.
    const start = Math.min(Math.max(band.first + top, 0), valueRows - 1);
    const end = Math.max(Math.min(band.first + top + band.rows, valueRows), start + 1);
    const from = { first: band.image * valueRows + start, rows: end - start, rowBytes: valueRowBytes };
    const to = { first: band.image * rows + band.first, rows: band.rows, rowBytes };
    const source = bandOf(device, values.storage, from);
    const target = bandOf(device, result.storage, to);
    device.run(kernel, band.rows * columns * quadsOf(channels), {
      values: source.storage,
      result: target.storage,
      valueRows: end - start,
      valueWidth,
      rows: band.rows,
      width: columns,
      quads: quadsOf(channels),
      top: band.first + top - start,
      left,
      valueSkip: source.skip,
      resultSkip: target.skip,
    });
  }
  return result;
}
