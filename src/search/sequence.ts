import { purpose, randomNumbers } from "../shared/random.ts";

/** The first axes of Joe and Kuo's direction numbers (2008): a primitive polynomial's inner coefficients, and the first numbers. */
const directions: readonly { readonly polynomial: number; readonly first: readonly number[] }[] = [
  { polynomial: 0, first: [1] },
  { polynomial: 1, first: [1, 3] },
  { polynomial: 1, first: [1, 3, 1] },
  { polynomial: 2, first: [1, 1, 1] },
  { polynomial: 1, first: [1, 1, 3, 3] },
  { polynomial: 4, first: [1, 3, 5, 13] },
  { polynomial: 2, first: [1, 1, 5, 5, 17] },
];

/** The most axes that points have. */
export const mostAxes = directions.length + 1;

const bits = 32;

/**
 * A point of Sobol's low-discrepancy sequence in the unit cube, up to `mostAxes` axes, with a digital shift that the seed draws. Any number
 * of first points covers the cube evenly, every power of two each axis exactly so; a search may be made longer and keeps what it has.
 */
export function pointOf(seed: number, axes: number, index: number): number[] {
  const draw = randomNumbers(seed, purpose.search);
  return Array.from({ length: axes }, (_, axis) => {
    let digits = Math.floor(draw() * 2 ** bits);
    directionsOf(axis).forEach((direction, bit) => {
      if (Math.floor(index / 2 ** bit) % 2 === 1) digits ^= direction;
    });
    return (digits >>> 0) / 2 ** bits;
  });
}

/** The numbers of an axis, by which the bits of an index are multiplied: van der Corput's for the first one. */
function directionsOf(axis: number): number[] {
  if (axis === 0) return Array.from({ length: bits }, (_, bit) => 2 ** (bits - 1 - bit));
  const { polynomial, first } = directions[axis - 1]!;
  const degree = first.length;
  const numbers = first.map((number, bit) => (number << (bits - 1 - bit)) >>> 0);
  for (let bit = degree; bit < bits; bit++) {
    let number = numbers[bit - degree]! ^ (numbers[bit - degree]! >>> degree);
    for (let k = 1; k < degree; k++) if ((polynomial >> (degree - 1 - k)) & 1) number ^= numbers[bit - k]!;
    numbers.push(number >>> 0);
  }
  return numbers;
}

/** The numbers from 0 to `count` − 1 in an order that the seed draws (Fisher and Yates). */
export function shuffled(seed: number, count: number): number[] {
  const draw = randomNumbers(seed, purpose.search, count);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(draw() * (i + 1));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}
