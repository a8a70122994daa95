import { ShapeError } from "../../errors.ts";
import { readNumbers } from "../input.ts";

/** A number, the path of a `.npy`, or the numbers that `--params` has. */
export type GivenWeight = number | string | readonly number[];

/**
 * Reads a kernel's weight: a number as it is, or a `.npy` of `[classes]` (one a class) or `[classes, classes]`.
 * @throws ShapeError naming the file and the sizes that would do
 */
export async function readWeight(weight: GivenWeight, classes: number): Promise<number | Float32Array> {
  if (typeof weight === "number") return weight;
  if (typeof weight !== "string") return ofParams("a weight", weight, classes);
  const { shape, values } = await readNumbers(weight);
  if (shape.length >= 1 && shape.length <= 2 && shape.every((extent) => extent === classes)) return values;
  throw new ShapeError({
    where: weight,
    expected: `a weight [${classes}] or [${classes}, ${classes}] for ${classes} classes`,
    got: `[${shape.join(", ")}]`,
  });
}

/** Reads `--compatibility`: `potts` as it is, or a `.npy` `[classes, classes]`. @throws ShapeError */
export async function readCompatibility(
  compatibility: string | readonly number[],
  classes: number,
): Promise<"potts" | Float32Array> {
  if (compatibility === "potts") return "potts";
  if (typeof compatibility !== "string") return ofParams("a compatibility", compatibility, classes);
  const { shape, values } = await readNumbers(compatibility);
  if (shape.length === 2 && shape.every((extent) => extent === classes)) return values;
  throw new ShapeError({
    where: compatibility,
    expected: `a compatibility matrix [${classes}, ${classes}] for ${classes} classes`,
    got: `[${shape.join(", ")}]`,
  });
}

function ofParams(what: string, matrix: readonly number[], classes: number): Float32Array {
  if (matrix.length === classes ** 2) return Float32Array.from(matrix);
  throw new ShapeError({
    where: "--params",
    expected: `${what} for ${classes} classes`,
    got: `one for ${Math.sqrt(matrix.length)}`,
    remedy: "name the parameters of a CRF for as many classes",
  });
}
