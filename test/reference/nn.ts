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
  {
    epsilon = 0,
    ignore = 255,
    weights,
  }: { readonly epsilon?: number; readonly ignore?: number; readonly weights?: ArrayLike<number> } = {},
): number {
  let loss = 0;
  for (let pixel = 0; pixel < labels.length; pixel++) {
    if (labels[pixel] === ignore) continue;
    const own = Array.from({ length: channels }, (_, c) => scores[pixel * channels + c]!);
    const largest = Math.max(...own);
    const sum = own.reduce((total, x) => total + Math.exp(x - largest), 0);
    const log = own[labels[pixel]!]! - largest - Math.log(sum);
    loss -= (weights?.[labels[pixel]!] ?? 1) * (epsilon === 0 ? log : Math.log(Math.exp(log) + epsilon));
  }
  return loss;
}

/** The Dice loss of scores [pixels, channels], the mean over the classes that occur. */
export function diceOf(scores: ArrayLike<number>, channels: number, labels: ArrayLike<number>, ignore: number): number {
  const [predicted, right, truth] = Array.from({ length: 3 }, () => new Float64Array(channels));
  for (let pixel = 0; pixel < labels.length; pixel++) {
    if (labels[pixel] === ignore) continue;
    const own = Array.from({ length: channels }, (_, c) => scores[pixel * channels + c]!);
    const sum = own.reduce((total, x) => total + Math.exp(x), 0);
    own.forEach((x, c) => {
      predicted![c]! += Math.exp(x) / sum;
      if (labels[pixel] === c) right![c]! += Math.exp(x) / sum;
    });
    truth![labels[pixel]!]!++;
  }
  const losses = [...truth!.entries()].flatMap(([c, count]) =>
    count > 0 ? [1 - (2 * right![c]!) / (predicted![c]! + count)] : [],
  );
  return losses.reduce((total, loss) => total + loss, 0) / Math.max(1, losses.length);
}

/** Where along an axis of `before` pixels a pixel of `after` lies, and the shares of its two neighbors. */
function neighborsOf(index: number, before: number, after: number, aligned: boolean): [place: number, share: number][] {
  const center = aligned
    ? after > 1
      ? (index * (before - 1)) / (after - 1)
      : 0
    : ((index + 0.5) * before) / after - 0.5;
  const position = Math.min(Math.max(center, 0), before - 1);
  const low = Math.floor(position);
  return [
    [low, 1 - (position - low)],
    [Math.min(low + 1, before - 1), position - low],
  ];
}

/** Bilinear interpolation to another size, as PyTorch's `interpolate` without antialiasing. */
export function resizedMap(
  values: ArrayLike<number>,
  shape: readonly number[],
  size: readonly [number, number],
  aligned: boolean,
): Float64Array {
  const [images, height, width, channels] = sizeOf(shape);
  const result = new Float64Array(images * size[0] * size[1] * channels);
  for (let i = 0; i < result.length; i++) {
    const [c, x] = [i % channels, Math.floor(i / channels) % size[1]];
    const [y, image] = [Math.floor(i / channels / size[1]) % size[0], Math.floor(i / channels / size[1] / size[0])];
    for (const [row, ofRow] of neighborsOf(y, height, size[0], aligned)) {
      for (const [column, ofColumn] of neighborsOf(x, width, size[1], aligned))
        result[i]! += ofRow * ofColumn * values[((image * height + row) * width + column) * channels + c]!;
    }
  }
  return result;
}

/** The axes of an array, named by letters, in another order. An axis of size 1 may come and go. */
export function permutedArray(
  values: ArrayLike<number>,
  shape: readonly number[],
  from: string,
  to: string,
): Float64Array {
  const sizes = Object.fromEntries(Array.from(from).map((name, axis) => [name, shape[axis]!]));
  const result = new Float64Array(values.length);
  for (let i = 0; i < result.length; i++) {
    const position: Record<string, number> = {};
    let rest = i;
    for (const name of Array.from(to).reverse()) {
      position[name] = rest % (sizes[name] ?? 1);
      rest = Math.floor(rest / (sizes[name] ?? 1));
    }
    result[i] = values[Array.from(from).reduce((at, name) => at * sizes[name]! + (position[name] ?? 0), 0)]!;
  }
  return result;
}
