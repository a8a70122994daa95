/** A small network that finds colors, by its definition, and a picture with three of them. */
import { resizedMap } from "../reference/nn.ts";
import { random } from "../suite.ts";

export const classes = 3;
/** The pixels that the network sees, and a quarter of them each way of which it tells scores: as SegFormer does. */
export const inputSize = [32, 48] as const;
export const scoresSize = [inputSize[0] / 4, inputSize[1] / 4] as const;

/** What the network was trained with. */
export const preprocessing = { mean: [0.5, 0.4, 0.3], deviation: [0.25, 0.2, 0.3] } as const;

/** By what the mean color of each block of pixels is multiplied for each class. */
export const colors = [
  [2, -1, -1],
  [-1, 2, -1],
  [-1, -1, 2],
];

/** A picture whose left part is reddish and whose right one is bluish, with a greenish disk, and noise. */
export function makePicture(height = 40, width = 52): { data: Uint8Array; width: number; height: number } {
  const numbers = random(11);
  const data = new Uint8Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    const inside = (y - height / 2) ** 2 + (x - width / 2) ** 2 < (height / 3) ** 2;
    const bright = inside ? 1 : x < width / 2 ? 0 : 2;
    for (let c = 0; c < 3; c++) data[pixel * 3 + c] = (c === bright ? 170 : 60) + numbers.integer(50);
  }
  return { data, width, height };
}

/** What the network is given of a picture, channels last, in float64. */
export function referenceInput({ data, width, height }: ReturnType<typeof makePicture>): Float64Array {
  const { mean, deviation } = preprocessing;
  const sized = resizedMap(Float64Array.from(data), [height, width, 3], inputSize, false);
  return sized.map((color, i) => (color / 255 - mean[i % 3]!) / deviation[i % 3]!);
}

/** The network by its definition, from its input with channels first to scores with channels first. */
export function runColors(planes: ArrayLike<number>): Float32Array {
  const [height, width] = scoresSize;
  const result = new Float32Array(classes * height * width);
  for (let i = 0; i < result.length; i++) {
    const [k, y, x] = [Math.floor(i / height / width), Math.floor(i / width) % height, i % width];
    let sum = 0;
    for (let c = 0; c < 3; c++) {
      for (let tap = 0; tap < 16; tap++) {
        const row = c * inputSize[0] + y * 4 + Math.floor(tap / 4);
        sum += (colors[k]![c]! / 16) * planes[row * inputSize[1] + x * 4 + (tap % 4)]!;
      }
    }
    result[i] = sum;
  }
  return result;
}

/** Numbers with channels last, [height, width, channels], with channels first. */
export function channelsFirst(values: ArrayLike<number>, channels: number): Float32Array {
  const pixels = values.length / channels;
  return Float32Array.from(
    { length: values.length },
    (_, i) => values[(i % pixels) * channels + Math.floor(i / pixels)]!,
  );
}
