import { maxPool2d as kernel, maxPool2dPullback } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { imageRowRanges } from "../device/ranges.ts";
import { op } from "../inputs.ts";
import { quadsOf } from "../shape.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { mapShape, mapSize } from "./mapSize.ts";
import { type BoundMap, bindImageRows, pieces, rowBytes } from "./parts.ts";

/**
 * Takes the maximum of each window of 2×2 pixels at stride 2 in ceil mode, as Caffe and the FCNs do: [h, w, c] gives
 * [⌈h/2⌉, ⌈w/2⌉, c], and windows at the border are cut. Batches [n, h, w, c] are treated alike. The gradient of a
 * window goes to its first maximum in row-major order, which is computed again from `values`. Of a map that is stored as
 * halves so is the result.
 * @throws ShapeError, ValueError, DisposedError
 */
export function maxPool2d(values: Tensor): Tensor {
  return op("maxPool2d", { values }, () => pooled(values));
}

const atStride2 = { stride: 2, inputDilation: 1, paddingY: 0, paddingX: 0 };

function pooled(values: Tensor): Tensor {
  const { device } = values;
  const whole = mapSize("maxPool2d", values);
  const half = { ...whole, height: Math.ceil(whole.height / 2), width: Math.ceil(whole.width / 2) };
  const result = device.empty(mapShape(half, values), values.layout);
  const quads = quadsOf(whole.channels);

  /** Yields ranges of rows that contain whole windows, for the gradients of the map and of the pooled map. */
  const ranges = function* () {
    for (const range of imageRowRanges(device, whole.images, half.height, 2 * rowBytes(whole))) {
      const of = (storage: Storage): BoundMap =>
        bindImageRows(device, whole, storage, { ...range, first: 2 * range.first, rows: 2 * range.rows });
      const ofPooled = (storage: Storage): BoundMap => bindImageRows(device, half, storage, range);
      yield { of, ofPooled };
    }
  };

  const windows = { input: whole, output: half, kernelHeight: 2 };
  const maps = { input: values.storage, output: result.storage };
  for (const { input: from, output: to } of pieces(device, windows, atStride2, maps, { apart: true })) {
    const skips = { valueSkip: from.skip, resultSkip: to.skip };
    const sizes = { rows: from.height, width: whole.width, quads };
    device.run(kernel, { values: from.storage, result: to.storage, ...sizes, ...skips });
  }

  return record(result, [values], [values], (gradient) => {
    const valueGradient = emptyLike(values);
    for (const { of, ofPooled } of ranges()) {
      const [from, own, to] = [of(values.storage), ofPooled(gradient.storage), of(valueGradient.storage)];
      const storages = { values: from.storage, gradient: own.storage, valueGradient: to.storage };
      const sizes = { rows: from.height, width: whole.width, quads };
      device.run(maxPool2dPullback, {
        ...storages,
        ...sizes,
        valueSkip: from.skip,
        gradientSkip: own.skip,
      });
    }
    return [valueGradient];
  });
}
