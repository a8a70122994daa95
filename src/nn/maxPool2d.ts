import { maxPool2d as kernel, maxPool2dPullback } from "../../build/kernels.ts";
import { bandOf, bands } from "../device/windows.ts";
import { padded, quadsOf } from "../shape.ts";
import { record } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { mapSize } from "./mapSize.ts";

/**
 * Maxima of windows of 2×2 at stride 2 in ceil mode, as in Caffe and the FCNs: [h, w, c] gives [⌈h/2⌉, ⌈w/2⌉, c], windows
 * at the border are cut. Batches [n, h, w, c] likewise. The gradient of a window goes to its first maximum in row-major
 * order, which is found anew from `values`.
 * @throws ShapeError
 */
export function maxPool2d(values: Tensor): Tensor {
  const { device } = values;
  const { images, height, width, channels } = mapSize("maxPool2d", values);
  const halfHeight = Math.ceil(height / 2);
  const halfWidth = Math.ceil(width / 2);
  const result = device.empty([...values.shape.slice(0, -3), halfHeight, halfWidth, channels]);

  /** Bands of whole windows: where they lie in the map and in the pooled one, and what the kernels count. */
  const windows = function* () {
    const rowBytes = width * padded(channels) * 4;
    for (const { image, first, rows } of bands(device, images, halfHeight, 2 * rowBytes)) {
      const own = Math.min(2 * rows, height - 2 * first);
      const whole = { first: image * height + 2 * first, rows: own, rowBytes };
      const pooled = { first: image * halfHeight + first, rows, rowBytes: halfWidth * padded(channels) * 4 };
      const count = rows * halfWidth * quadsOf(channels);
      yield { whole, pooled, count, params: { rows: own, width, quads: quadsOf(channels) } };
    }
  };

  for (const { whole, pooled, count, params } of windows()) {
    const from = bandOf(device, values.storage, whole);
    const to = bandOf(device, result.storage, pooled);
    const skips = { valueSkip: from.skip, resultSkip: to.skip };
    device.run(kernel, count, { values: from.storage, result: to.storage, ...params, ...skips });
  }

  return record(result, [values], [values], (gradient) => {
    const valueGradient = values.like();
    for (const { whole, pooled, count, params } of windows()) {
      const from = bandOf(device, values.storage, whole);
      const own = bandOf(device, gradient.storage, pooled);
      const to = bandOf(device, valueGradient.storage, whole);
      const storages = { values: from.storage, gradient: own.storage, valueGradient: to.storage };
      device.run(maxPool2dPullback, count, {
        ...storages,
        ...params,
        valueSkip: from.skip,
        gradientSkip: own.skip,
      });
    }
    return [valueGradient];
  });
}
