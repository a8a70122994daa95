/** A picture, a bright square on a dark ground, and a network's rough logits of two classes: the square, a few pixels off. */
export function scene(width = 96, height = 72) {
  const within = (i, left, top) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x >= left && x < left + 40 && y >= top && y < top + 40;
  };
  const pixels = Array.from({ length: width * height }, (_, i) => i);
  const data = Uint8ClampedArray.from(pixels.flatMap((i) => (within(i, 28, 16) ? [230, 200, 60] : [30, 60, 90])));
  const scores = Float32Array.from(pixels.flatMap((i) => (within(i, 32, 19) ? [0, 2] : [2, 0])));
  return { picture: { data, width, height }, scores: { data: scores, shape: [height, width, 2] } };
}

/** How many pixels have label 1. */
export const sizeOf = ({ labels }) => labels.reduce((sum, label) => sum + label, 0);
