import type { Image } from "../src/data/image.ts";

/** What is filtered: a photograph and logits for it. */
export interface Scene {
  /** The file of the photograph; absent where it is made up. */
  readonly source?: string;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  /** [height, width, 3], 0…255 */
  readonly guide: Float32Array;
  /** [height, width, classes] */
  readonly unary: Float32Array;
}

/** The number of classes of PASCAL VOC, including the background. */
export const usualClasses = 21;

/** The size of the photograph that the C++ dense CRF was timed on. */
export const usualSize = { height: 375, width: 500 } as const;

/** A scene of a photograph, or, without one, of noise over soft shapes; with logits of so many classes. */
export function makeScene(
  image: Image | undefined,
  size: { readonly height: number; readonly width: number } = usualSize,
  classes = usualClasses,
): Scene {
  const { height, width, values } = image ?? syntheticImage(size.height, size.width);
  return { height, width, classes, guide: values, unary: unaryOf(height, width, classes) };
}

/**
 * Logits of labels in squares of 40 pixels, right with probability 0.7, as an annotation's: the time of no kernel
 * depends on them, as long as they are neither all alike nor all zero.
 */
function unaryOf(height: number, width: number, classes: number): Float32Array {
  const logits = new Float32Array(height * width * classes).fill(Math.log(0.3 / (classes - 1)));
  for (let pixel = 0; pixel < height * width; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const label = (Math.floor(x / 40) * 5 + Math.floor(y / 40) * 3) % classes;
    logits[pixel * classes + label] = Math.log(0.7);
  }
  return logits;
}

/** Noise of this many color levels over soft shapes fills the bilateral lattice 160/3 as the usual photograph does. */
const noise = 16.7;

function syntheticImage(height: number, width: number): Image {
  const values = new Float32Array(height * width * 3);
  let state = 1;
  for (let i = 0; i < values.length; i++) {
    const pixel = Math.floor(i / 3);
    const [x, y, channel] = [pixel % width, Math.floor(pixel / width), i % 3];
    const soft = 128 + 60 * Math.sin(x / (61 + 7 * channel)) + 40 * Math.cos(y / (53 + 5 * channel));
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Knuth's linear congruential generator
    values[i] = Math.round(Math.min(255, Math.max(0, soft + noise * (state / 2 ** 32 - 0.5))));
  }
  return { height, width, values };
}
