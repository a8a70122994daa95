/** Ops against their definitions in float64, forward and backward. */
import type { Device } from "../../src/device/device.ts";
import { elementsOf, padded } from "../../src/shape.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { check, close, random, type Tolerance } from "../suite.ts";

export interface Input {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Op {
  readonly inputs: readonly Input[];
  readonly run: (...inputs: Tensor[]) => Tensor;
  /** The same in float64, on dense arrays. */
  readonly reference: (...inputs: Float64Array[]) => Float64Array;
  readonly tolerance?: Tolerance;
  /**
   * The tolerance of ⟨gradient, direction⟩, as a share of Σ|gradient·direction|. Default: 1e-6, ten roundings of
   * float32 that add up.
   */
  readonly slopeTolerance?: number;
  /** How far values are moved for a slope; kinks must be farther away. Default: 1e-4. */
  readonly distance?: number;
}

/** One value, a padded row, 63, 64 and 65 quads, a batch. */
export const shapes = [[1], [3], [63, 4], [64, 3], [65, 1], [2, 5, 7, 6]] as const;

/** Half a unit of a number below 2. */
export const oneRounding: Tolerance = { absolute: 2 ** -23 };

/** Uniform values of a shape. */
export const uniform = (shape: readonly number[], seed: number, low = -1, high = 1): Input => ({
  shape,
  data: random(seed).array(elementsOf(shape), low, high),
});

/** Values of a shape that all differ, by at least `gap`, and from 0 by half of it. */
export function distinct(shape: readonly number[], seed: number, gap = 0.01): Input {
  const count = elementsOf(shape);
  const numbers = random(seed);
  const data = Float32Array.from({ length: count }, (_, i) => (i - Math.floor(count / 2) + 0.5) * gap);
  for (let i = count - 1; i > 0; i--) {
    const j = numbers.integer(i + 1);
    [data[i], data[j]] = [data[j]!, data[i]!];
  }
  return { shape, data };
}

/**
 * Compares an op's result with the reference, and its gradients with the reference's slopes in random directions, for a
 * random gradient of the result; sees to it that padding is zero.
 */
export async function checkOp(device: Device, op: Op, what: string): Promise<void> {
  using scope = device.scope();
  const inputs = op.inputs.map(({ shape, data }) => scope.tensor(shape, data));
  const tape = new Tape(inputs);
  const result = op.run(...inputs);
  const values = op.inputs.map(({ data }) => Float64Array.from(data));
  const expected = op.reference(...values);
  close(await result.read(), expected, op.tolerance ?? {}, what);
  await checkPadding(result, what);

  const seed = random(99).array(expected.length, -1, 1);
  const gradients = await tape.gradients(result, scope.tensor(result.shape, seed));
  const slopes = inputs.map((input) => gradients.get(input)!);
  for (const [i, slope] of slopes.entries()) {
    await checkPadding(slope, `${what}: gradient ${i}`);
    const actual = await slope.read();
    for (let round = 0; round < 3; round++) {
      const direction = random(7 * round + i).array(values[i]!.length, -1, 1);
      const expectedSlope = slopeOf(op, values, i, direction, seed);
      const products = actual.map((value, j) => value * direction[j]!);
      const found = products.reduce((sum, product) => sum + product, 0);
      const size = products.reduce((sum, product) => sum + Math.abs(product), 0);
      const allowed = (op.slopeTolerance ?? 1e-6) * size + 1e-9;
      check(
        Math.abs(found - expectedSlope) <= allowed,
        `${what}: slope ${round} of input ${i}: expected ${expectedSlope}, got ${found}, allowed difference ${allowed}`,
      );
    }
  }
  scope.dispose();
}

/** ⟨seed, d reference/d input · direction⟩ by central differences. */
function slopeOf(
  { reference, distance = 1e-4 }: Op,
  values: readonly Float64Array[],
  input: number,
  direction: Float32Array,
  seed: Float32Array,
): number {
  const at = (step: number): number => {
    const moved = values.map((own, i) => (i === input ? own.map((x, j) => x + step * direction[j]!) : own));
    return reference(...moved).reduce((sum, value, j) => sum + value * seed[j]!, 0);
  };
  return (at(distance) - at(-distance)) / (2 * distance);
}

async function checkPadding(tensor: Tensor, what: string): Promise<void> {
  const memory = new Float32Array(await tensor.device.read(tensor.storage));
  const stride = padded(tensor.channels);
  check(
    memory.every((value, i) => i % stride < tensor.channels || value === 0),
    `${what}: padding`,
  );
}
