import { ShapeError, ValueError } from "./errors.ts";
import { kindOf, remedyFor } from "./values.ts";

/** Rounds channels up to a multiple of four, as rows are padded in device memory: one vec4 load, one v128 register. */
export const padded = (channels: number): number => (channels + 3) & ~3;

/** The bytes of a quad, which has four float32 channels. */
export const quadBytes = 16;

/** The bytes of a pair of words, such as a vertex and a barycentric weight. */
export const pairBytes = 8;

/** Returns the number of quads that hold `channels`. */
export const quadsOf = (channels: number): number => (channels + 3) >>> 2;

/** Counts the elements of a shape: 0 where a size is 0, however large the others are. */
export const elementsOf = (shape: readonly number[]): number =>
  shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);

/** Counts the rows of a tensor: the product of all axes but the last. */
export const rowsOf = (shape: readonly number[]): number => elementsOf(shape.slice(0, -1));

export const formatShape = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/** Returns the index of an element along each axis; elements are counted in row-major order. */
export function positionOf(pixel: number, shape: readonly number[]): number[] {
  const position: number[] = [];
  for (const size of [...shape].reverse()) {
    position.unshift(pixel % size);
    pixel = Math.floor(pixel / size);
  }
  return position;
}

/** @throws ValueError for what is no list of numbers; ShapeError unless every size is a positive integer. */
export function checkShape(where: string, shape: unknown): asserts shape is readonly number[] {
  if (!Array.isArray(shape) || !shape.every((size) => typeof size === "number")) {
    throw new ValueError({
      where,
      expected: "a shape, as an array of sizes",
      got: kindOf(shape),
      remedy: remedyFor(shape, "write it as [height, width, channels]"),
    });
  }
  if (shape.length === 0 || shape.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new ShapeError({
      where,
      expected: "positive whole sizes",
      got: formatShape(shape),
      remedy: "give every axis a size of 1 or more",
    });
  }
}
