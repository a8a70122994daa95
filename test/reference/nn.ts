/** The network's small ops in plain float64, on dense arrays, channels last. */

/** [images, height, width, channels] of a shape with or without images. */
export const sizeOf = (shape: readonly number[]): [number, number, number, number] =>
  (shape.length === 4 ? [...shape] : [1, ...shape]) as [number, number, number, number];

/** Maxima of 2×2 windows at stride 2, ceil mode. */
export function maxPool(values: ArrayLike<number>, shape: readonly number[]): Float64Array {
  const [images, height, width, channels] = sizeOf(shape);
  const [rows, columns] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const result = new Float64Array(images * rows * columns * channels).fill(-Infinity);
  for (let i = 0; i < values.length; i++) {
    const [c, x] = [i % channels, Math.floor(i / channels) % width];
    const [y, image] = [Math.floor(i / channels / width) % height, Math.floor(i / channels / width / height)];
    const to = ((image * rows + (y >> 1)) * columns + (x >> 1)) * channels + c;
    result[to] = Math.max(result[to]!, values[i]!);
  }
  return result;
}

/** The window of `height` rows and `width` columns from [y, x] on. */
export function cropped(
  values: ArrayLike<number>,
  shape: readonly number[],
  { y, x, height, width }: { y: number; x: number; height: number; width: number },
): Float64Array {
  const [images, rows, columns, channels] = sizeOf(shape);
  return Float64Array.from({ length: images * height * width * channels }, (_, i) => {
    const [c, column] = [i % channels, Math.floor(i / channels) % width];
    const [row, image] = [Math.floor(i / channels / width) % height, Math.floor(i / channels / width / height)];
    return values[((image * rows + y + row) * columns + x + column) * channels + c]!;
  });
}

/** −Σ log(softmax(scores)[label] + epsilon) over the pixels whose label is not `ignore`. */
export function lossOf(
  scores: ArrayLike<number>,
  channels: number,
  labels: ArrayLike<number>,
  { epsilon = 0, ignore = 255 } = {},
): number {
  let loss = 0;
  for (let pixel = 0; pixel < labels.length; pixel++) {
    if (labels[pixel] === ignore) continue;
    const own = Array.from({ length: channels }, (_, c) => scores[pixel * channels + c]!);
    const largest = Math.max(...own);
    const sum = own.reduce((total, x) => total + Math.exp(x - largest), 0);
    const log = own[labels[pixel]!]! - largest - Math.log(sum);
    loss -= epsilon === 0 ? log : Math.log(Math.exp(log) + epsilon);
  }
  return loss;
}
