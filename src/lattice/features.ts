import { featuresBilateral as kernel } from "../../build/kernels.ts";
import type { Device } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { checkShape, elementsOf, formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** @throws ValueError unless the bandwidth is positive and finite. */
export function checkBandwidth(where: string, name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new ValueError({
    where,
    expected: `a ${name} bandwidth above 0`,
    got: String(value),
    remedy: "pass a positive number of pixels or color levels",
  });
}

/**
 * Features [h·w, 2] of the spatial kernel: (x/θγ, y/θγ) for the pixels of an image of size [h, w]; for a batch
 * [b, h, w], [b, h·w, 2].
 * @throws ShapeError, ValueError for a bandwidth of 0 or below
 */
export function spatialFeatures(
  device: Device,
  size: readonly number[],
  options: { readonly position: number },
): Tensor {
  checkShape("spatialFeatures", size);
  if (size.length !== 2 && size.length !== 3) {
    throw new ShapeError({ where: "spatialFeatures", expected: "a size [h, w] or [b, h, w]", got: formatShape(size) });
  }
  checkBandwidth("spatialFeatures", "position", options.position);
  const [height, width] = size.slice(-2) as [number, number];
  const pixels = height * width;
  const features = new Float32Array(elementsOf(size) * 2);
  for (let point = 0; point < elementsOf(size); point++) {
    const pixel = point % pixels;
    features[point * 2] = (pixel % width) / options.position;
    features[point * 2 + 1] = Math.floor(pixel / width) / options.position;
  }
  return device.tensor(size.length === 3 ? [size[0]!, pixels, 2] : [pixels, 2], features);
}

/**
 * Features [h·w, 2 + C] of the bilateral kernel: (x/θα, y/θα, guide/θβ). `guide`: [h, w, C], for CRF-RNN the network's
 * mean-subtracted input; or a batch [b, h, w, C], which gives [b, h·w, 2 + C].
 * @throws ShapeError, ValueError for a bandwidth of 0 or below
 */
export function bilateralFeatures(
  guide: Tensor,
  options: { readonly position: number; readonly color: number },
): Tensor {
  const { device, shape } = guide;
  if (shape.length !== 3 && shape.length !== 4) {
    throw new ShapeError({
      where: "bilateralFeatures",
      expected: "a guide [h, w, C] or [b, h, w, C]",
      got: formatShape(shape),
      remedy: "reshape the image",
    });
  }
  checkBandwidth("bilateralFeatures", "position", options.position);
  checkBandwidth("bilateralFeatures", "color", options.color);
  const [height, width, channels] = shape.slice(-3) as [number, number, number];
  const group = height * width;
  const dimensions = channels + 2;
  using scope = device.scope();
  using workspace = new Workspace(device);
  const features = device.empty(shape.length === 4 ? [shape[0]!, group, dimensions] : [group, dimensions]);
  const longer = Math.max(height, width);
  const positions = workspace.allocate(longer * 4);
  device.write(
    positions,
    Float32Array.from({ length: longer }, (_, i) => i / options.position),
  );
  device.run(kernel, guide.rows, {
    guide: guide.storage,
    positions,
    features: features.storage,
    points: guide.rows,
    width,
    group,
    color: options.color,
    dimensions,
  });
  return scope.keep(features);
}
