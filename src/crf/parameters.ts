import type { Device } from "../device/device.ts";
import { ShapeError, ValueError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";

/** A filter weight: one number, one number for each class [L], or a full matrix [L·L], row-major. */
export type Weight = number | ArrayLike<number>;

/** `potts` is C = −I; a matrix [L·L] has the sign of Caffe: X = U − C·(…). */
export type Compatibility = "potts" | ArrayLike<number>;

/** The learnable tensors of a CRF-RNN layer: matrices [L, L], or [T·L, L] with one set for each iteration. */
export type CrfParameters = {
  readonly spatialWeight: Tensor;
  readonly bilateralWeight: Tensor;
  readonly compatibility: Tensor;
  /** [θα, θβ, θγ] */
  readonly bandwidths: Tensor;
};

function diagonal(values: ArrayLike<number>): Float32Array {
  const classes = values.length;
  const matrix = new Float32Array(classes * classes);
  for (let c = 0; c < classes; c++) matrix[c * classes + c] = values[c]!;
  return matrix;
}

/** Returns a filter weight as a full matrix. @throws ShapeError, ValueError */
export function weightMatrix(where: string, name: string, weight: Weight, classes: number): Float32Array {
  const values = typeof weight === "number" ? new Float32Array(classes).fill(weight) : weight;
  const matrix = values.length === classes ? diagonal(values) : Float32Array.from(values);
  if (matrix.length !== classes * classes) {
    throw new ShapeError({
      where,
      expected: `${name}: a number, ${classes} values or ${classes}×${classes}`,
      got: `${values.length} values`,
      remedy: "pass one value for each class or each pair of classes",
    });
  }
  requireFiniteMatrix(where, name, matrix);
  return matrix;
}

/** Returns a compatibility as a full matrix. @throws ShapeError, ValueError */
export function compatibilityMatrix(where: string, compatibility: Compatibility, classes: number): Float32Array {
  if (compatibility === "potts") return diagonal(new Float32Array(classes).fill(-1));
  const matrix = typeof compatibility === "string" ? new Float32Array() : Float32Array.from(compatibility);
  if (matrix.length !== classes * classes) {
    throw new ShapeError({
      where,
      expected: `compatibility: potts or ${classes}×${classes} values`,
      got: typeof compatibility === "string" ? compatibility : `${matrix.length} values`,
      remedy: "pass one value for each pair of classes",
    });
  }
  requireFiniteMatrix(where, "compatibility", matrix);
  return matrix;
}

function requireFiniteMatrix(where: string, name: string, matrix: Float32Array): void {
  const index = matrix.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) throw new ValueError({ where, expected: `a finite ${name}`, got: `${matrix[index]} at ${index}` });
}

/** Stacks `sets` copies of a matrix, one below the other, in a tensor [sets·L, L]. */
export function stacked(device: Device, matrix: Float32Array, classes: number, sets: number): Tensor {
  const values = new Float32Array(sets * matrix.length);
  for (let set = 0; set < sets; set++) values.set(matrix, set * matrix.length);
  return device.tensor([sets * classes, classes], values);
}
