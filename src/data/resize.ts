import { ShapeError } from "../errors.ts";

/**
 * Resizes a map `[height, width, channels]` to `size` by bilinear interpolation.
 * `alignCorners` maps corner centers onto corner centers, as DeepLab's own resizes do; without it pixel areas are
 * aligned and the border is repeated, as in `torch.nn.functional.interpolate(…, align_corners=False)`.
 * @throws ShapeError where `values` does not fill `shape`, or an extent is zero
 */
export function resizeBilinear(
  values: Float32Array,
  shape: readonly [height: number, width: number, channels: number],
  size: readonly [height: number, width: number],
  { alignCorners = false } = {},
): Float32Array<ArrayBuffer> {
  const [height, width, channels] = shape;
  if (height * width * channels !== values.length || values.length === 0 || !(size[0] > 0 && size[1] > 0)) {
    throw new ShapeError({
      where: "resizeBilinear",
      expected: `values for [${shape.join(", ")}] and a size above zero`,
      got: `${values.length} values and size [${size.join(", ")}]`,
    });
  }
  const rows = taps(height, size[0], alignCorners);
  const columns = taps(width, size[1], alignCorners);
  const resized = new Float32Array(size[0] * size[1] * channels);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      const a = (row.low * width + column.low) * channels;
      const b = (row.low * width + column.high) * channels;
      const c = (row.high * width + column.low) * channels;
      const d = (row.high * width + column.high) * channels;
      for (let k = 0; k < channels; k++) {
        const top = values[a + k]! + (values[b + k]! - values[a + k]!) * column.fraction;
        const bottom = values[c + k]! + (values[d + k]! - values[c + k]!) * column.fraction;
        resized[at++] = top + (bottom - top) * row.fraction;
      }
    }
  }
  return resized;
}

function taps(from: number, to: number, alignCorners: boolean) {
  return Array.from({ length: to }, (_, i) => {
    const center = alignCorners ? (to > 1 ? (i * (from - 1)) / (to - 1) : 0) : ((i + 0.5) * from) / to - 0.5;
    const position = Math.min(Math.max(center, 0), from - 1);
    const low = Math.floor(position);
    return { low, high: Math.min(low + 1, from - 1), fraction: position - low };
  });
}
