import { elementsOf } from "../shape.ts";

/** How a parameter is initialized. */
export type Initial = "he" | "zero" | "bilinear";

/**
 * Returns the initial values of the parameter `name`, dense and row-major. They depend only on the arguments and are
 * the same on every host.
 */
export function initialValues(initial: Initial, name: string, shape: readonly number[], seed: number): Float32Array {
  if (initial === "he") return he(name, shape, seed);
  if (initial === "bilinear") return bilinear(shape);
  return new Float32Array(elementsOf(shape));
}

/**
 * He's initialization ("Delving Deep into Rectifiers", ICCV 2015): variance 2/inputs of an output, here of a uniform
 * distribution, since hosts agree on the bits of a square root but not on those of a logarithm. The numbers are pcg4d (see
 * kernels/nn/dropout.wgsl) of the seed, the name and the element's index.
 */
function he(name: string, shape: readonly number[], seed: number): Float32Array {
  const values = new Float32Array(elementsOf(shape));
  const limit = Math.sqrt(6 / elementsOf(shape.slice(1)));
  const key = [hash(name), seed >>> 0, Math.floor(seed / 2 ** 32) + 1];
  const [b, c, d] = key.map((value) => (Math.imul(value, 1664525) + 1013904223) | 0) as [number, number, number];
  for (let first = 0; first < values.length; first += 4) {
    let x = (Math.imul(first / 4, 1664525) + 1013904223) | 0;
    let [y, z, w] = [b, c, d];
    for (let round = 0; round < 2; round++) {
      x = (x + Math.imul(y, w)) | 0;
      y = (y + Math.imul(z, x)) | 0;
      z = (z + Math.imul(x, y)) | 0;
      w = (w + Math.imul(y, z)) | 0;
      if (round === 1) break;
      x ^= x >>> 16;
      y ^= y >>> 16;
      z ^= z >>> 16;
      w ^= w >>> 16;
    }
    // The middle of one of 2²⁴ equal steps from −limit to limit. Writes beyond the end are ignored.
    values[first] = ((x >>> 8) * 2 ** -23 + 2 ** -24 - 1) * limit;
    values[first + 1] = ((y >>> 8) * 2 ** -23 + 2 ** -24 - 1) * limit;
    values[first + 2] = ((z >>> 8) * 2 ** -23 + 2 ** -24 - 1) * limit;
    values[first + 3] = ((w >>> 8) * 2 ** -23 + 2 ** -24 - 1) * limit;
  }
  return values;
}

/** FNV-1a (Fowler, Noll and Vo) of a name's characters. */
function hash(name: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193);
  return state >>> 0;
}

/**
 * A transposed convolution [classes, classes, k, k] that interpolates bilinearly, each class from itself alone: on the
 * channel diagonal (1 − |y − c|/f)(1 − |x − c|/f), with f = ⌊(k + 1)/2⌋ and c = f − 1 for odd k, f − ½ for even (Long,
 * Shelhamer and Darrell 2015). Filling every pair of channels, as one published training file does, makes all classes
 * score alike.
 */
function bilinear(shape: readonly number[]): Float32Array {
  const [classes, , height, width] = shape as [number, number, number, number];
  const weight = (size: number, at: number): number => {
    const f = Math.floor((size + 1) / 2);
    const center = size % 2 === 1 ? f - 1 : f - 0.5;
    return 1 - Math.abs(at - center) / f;
  };
  const values = new Float32Array(elementsOf(shape));
  for (let channel = 0; channel < classes; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        values[((channel * classes + channel) * height + y) * width + x] = weight(height, y) * weight(width, x);
      }
    }
  }
  return values;
}
