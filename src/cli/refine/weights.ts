import { ShapeError } from "../../errors.ts";
import { readNumbers } from "../input.ts";

/**
 * Reads a kernel's weight: a number as it is, or a `.npy` of `[classes]` (one a class) or `[classes, classes]`.
 * @throws ShapeError naming the file and the sizes that would do
 */
export async function readWeight(weight: number | string, classes: number): Promise<number | Float32Array> {
  if (typeof weight === "number") return weight;
  const { shape, values } = await readNumbers(weight);
  if (shape.length >= 1 && shape.length <= 2 && shape.every((extent) => extent === classes)) return values;
  throw new ShapeError({
    where: weight,
    expected: `a weight [${classes}] or [${classes}, ${classes}] for ${classes} classes`,
    got: `[${shape.join(", ")}]`,
  });
}

/** Reads `--compatibility`: `potts` as it is, or a `.npy` `[classes, classes]`. @throws ShapeError */
export async function readCompatibility(compatibility: string, classes: number): Promise<"potts" | Float32Array> {
  if (compatibility === "potts") return "potts";
  const { shape, values } = await readNumbers(compatibility);
  if (shape.length === 2 && shape.every((extent) => extent === classes)) return values;
  throw new ShapeError({
    where: compatibility,
    expected: `a compatibility matrix [${classes}, ${classes}] for ${classes} classes`,
    got: `[${shape.join(", ")}]`,
  });
}
