import { mean as kernel, meanPullback } from "../../build/kernels.ts";
import { type Storage, view } from "../device/device.ts";
import { rowRanges } from "../device/ranges.ts";
import { Workspace } from "../device/workspace.ts";
import { ShapeError } from "../errors.ts";
import { op } from "../inputs.ts";
import { rows as rowLayout } from "../layout.ts";
import { type Names, requireOptions } from "../options.ts";
import { columnSums } from "../shared/columnSums.ts";
import { elementsOf, formatShape, padded, quadBytes, quadsOf } from "../shape.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { requireChoice } from "../values.ts";
import { mapSize } from "./mapSize.ts";

export interface MeanOptions {
  /** `all` axes (the default), or those of the pixels, `hw`: global average pooling. */
  readonly axes?: "all" | "hw";
}

const optionNames: Names<MeanOptions> = { axes: true };

/**
 * Averages all values of a tensor into one [1]; with `axes: "hw"` the pixels of a map [h, w, c] into [c], and of each map of
 * a batch [n, h, w, c] into [n, c]. Sums are trees of fixed shape, so the bits are the same in every run.
 * @throws ShapeError, ValueError, DisposedError
 * @example const pooled = mean(features, { axes: "hw" });
 */
export function mean(values: Tensor, options: MeanOptions = {}): Tensor {
  requireOptions("mean", options, optionNames);
  const { axes = "all" } = options;
  requireChoice("mean", "axes", axes, ["all", "hw"]);
  return op("mean", { values }, () => averaged(values, axes));
}

/** What is averaged: images of rows, each into a row, and all lanes of that row into one number or none. */
interface Averages {
  readonly images: number;
  readonly imageRows: number;
  readonly lanes: 0 | 1;
  readonly factor: number;
}

function averaged(values: Tensor, axes: "all" | "hw"): Tensor {
  const { device, shape, channels } = values;
  checkLayout(values);
  const quads = quadsOf(channels);
  const averages = axes === "all" ? ofAll(values) : ofPixels(values);
  const { images, imageRows, lanes, factor } = averages;
  const result = device.empty(axes === "all" ? [1] : [...shape.slice(0, -3), channels]);
  {
    using workspace = new Workspace(device);
    const sums = sumImages(values, workspace, averages);
    let last: Storage = sums;
    if (lanes && quads > 1) columnSums(device, sums, (last = workspace.allocate(quadBytes)), quads, 1);
    device.run(kernel, { sums: last, result: result.storage, count: lanes ? 1 : images * quads, lanes, factor });
  }
  return record(result, [values], [], (gradient) => {
    const valueGradient = emptyLike(values);
    const rowBytes = padded(channels) * 4;
    let first = 0;
    for (const range of rowRanges(device, values.rows, rowBytes)) {
      const storages = { gradient: gradient.storage, valueGradient: range.of(valueGradient.storage, rowBytes) };
      device.run(meanPullback, { ...storages, rows: range.rows, first, imageRows, channels, lanes, factor });
      first += range.rows;
    }
    return [valueGradient];
  });
}

const ofAll = ({ rows, shape }: Tensor): Averages => ({
  images: 1,
  imageRows: rows,
  lanes: 1,
  factor: 1 / elementsOf(shape),
});

function ofPixels(values: Tensor): Averages {
  const { images, height, width } = mapSize("mean", values);
  return { images, imageRows: height * width, lanes: 0, factor: 1 / (height * width) };
}

/** Sums the rows of each image: [images, channels], in memory of the workspace. */
function sumImages(
  { device, storage, channels }: Tensor,
  workspace: Workspace,
  { images, imageRows }: Averages,
): Storage {
  const rowBytes = padded(channels) * 4;
  const sums = workspace.allocate(images * rowBytes);
  if (images === 1) {
    columnSums(device, storage, sums, imageRows, quadsOf(channels));
    return sums;
  }
  const bytes = imageRows * rowBytes;
  const one = workspace.allocate(rowBytes);
  const copy = bytes % device.limits.alignment === 0 ? undefined : workspace.allocate(bytes);
  for (let image = 0; image < images; image++) {
    const own = view(storage, image * bytes, bytes);
    // A binding could not begin at such an image.
    if (copy) device.copy(own, copy);
    columnSums(device, copy ?? own, one, imageRows, quadsOf(channels));
    device.copy(one, view(sums, image * rowBytes, rowBytes));
  }
  return sums;
}

function checkLayout({ shape, layout }: Tensor): void {
  if (layout === rowLayout) return;
  throw new ShapeError({
    where: "mean",
    expected: "a tensor in layout rows",
    got: `${formatShape(shape)} in layout ${layout.name}`,
    remedy: "pass a map, not the weights of a convolution",
  });
}
