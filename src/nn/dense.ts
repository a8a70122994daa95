import { dense as kernel } from "../../build/kernels.ts";
import { elementsOf, padded } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type MapSize, mapSize } from "./mapSize.ts";

/** The axes of a map, from the outermost on: images, channels, height and width. */
export type MapLayout = "nhwc" | "nchw";

/**
 * Writes a map [h, w, c] or [n, h, w, c] without the padding of its rows, in the order of `layout`: a tensor [numbers]
 * whose memory holds them one after the other, as other runtimes want them. No gradient flows through it.
 * @throws ShapeError for what is no map; LimitError for a map that is larger than a binding
 */
export function dense(values: Tensor, layout: MapLayout): Tensor {
  const { device, storage, shape } = values;
  const size = mapSize("dense", values);
  const strides = stridesOf(size);
  const sizes = denseShape(size, layout);
  const [stride0, stride1, stride2, stride3] = layout === "nhwc" ? strides.last : strides.first;
  const count = elementsOf(shape);
  const result = device.empty([count]);
  device.run(kernel, {
    values: storage,
    result: result.storage,
    count,
    size1: sizes[1],
    size2: sizes[2],
    size3: sizes[3],
    stride0,
    stride1,
    stride2,
    stride3,
  });
  return result;
}

/** The sizes of a map's four axes in the order of `layout`. */
export function denseShape(
  { images, height, width, channels }: MapSize,
  layout: MapLayout,
): [number, number, number, number] {
  return layout === "nhwc" ? [images, height, width, channels] : [images, channels, height, width];
}

/** How far apart neighbors along each axis of a map lie in memory whose rows are padded, with channels last or first. */
function stridesOf({ height, width, channels }: MapSize) {
  const column = padded(channels);
  const [image, row] = [height * width * column, width * column];
  return { last: [image, row, column, 1], first: [image, 1, row, column] } as const;
}
