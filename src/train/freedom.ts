import { ValueError } from "../errors.ts";
import { elementsOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** Which numbers of W_s and W_b are free: one for all classes, one for each class, or all of the matrix. */
export const weightFreedoms = ["scalar", "diagonal", "full"] as const;
/** Which numbers of the compatibility are free: none, one for each pair of classes, or one for each ordered pair. */
export const compatibilityFreedoms = ["potts", "symmetric", "full"] as const;

export type WeightFreedom = (typeof weightFreedoms)[number];
export type CompatibilityFreedom = (typeof compatibilityFreedoms)[number];

/** What is stored of it: where all of a matrix is free, or nothing is learned, there is nothing to say. */
export interface Freedom {
  readonly weights?: Exclude<WeightFreedom, "full">;
  readonly compatibility?: "symmetric";
}

/** A configuration, as far as it matters here. */
interface Configured {
  readonly crf?: { readonly freedom?: Freedom };
}

type Kind = NonNullable<Freedom[keyof Freedom]>;

const matrices = { spatialWeight: "weights", bilateralWeight: "weights", compatibility: "compatibility" } as const;

/**
 * Changes the gradients of a step to those of the numbers that are free: at each place where such a number stands, the derivative by it, which
 * is the sum over its places, and 0 where none is. Equal numbers with equal gradients stay equal to the bit, whatever the optimizer.
 */
export async function freeGradients(
  gradients: ReadonlyMap<Tensor, Tensor>,
  parameters: Readonly<Record<string, Tensor>>,
  { crf }: Configured,
): Promise<void> {
  for (const [name, kind] of tiedIn(crf?.freedom)) {
    const gradient = gradients.get(parameters[name]!);
    if (gradient) gradient.write(shared(kind, await gradient.read(), gradient.channels));
  }
}

/** @throws ValueError where a run begins from a matrix that is not of the form which it is to keep */
export async function requireFreedom(parameters: Readonly<Record<string, Tensor>>, { crf }: Configured): Promise<void> {
  for (const [name, kind] of tiedIn(crf?.freedom)) {
    const tensor = parameters[name]!;
    const classes = tensor.channels;
    const values = await tensor.read();
    const wrong = values.findIndex((value, at) => value !== expected(kind, values, at, classes));
    if (wrong < 0) continue;
    const [row, column] = [Math.floor(wrong / classes) % classes, wrong % classes];
    throw new ValueError({
      where: "crf.freedom",
      expected: `${name} that is ${words[kind]}, to begin from`,
      got: `${values[wrong]} in row ${row}, column ${column}`,
      remedy: "begin from a network without a CRF, or leave the whole matrix free",
    });
  }
}

const words: Readonly<Record<Kind, string>> = {
  scalar: "one number times the identity",
  diagonal: "diagonal",
  symmetric: "symmetric",
};

const tiedIn = (freedom: Freedom = {}): [name: string, kind: Kind][] =>
  Object.entries(matrices).flatMap(([name, of]) => {
    const kind = freedom[of];
    return kind === undefined ? [] : [[name, kind] as [string, Kind]];
  });

/** How many numbers of a parameter of this name and shape are free; of a matrix that has several sets, one below the other, in all of them. */
export function freeIn(name: string, shape: readonly number[], { crf }: Configured): number {
  const kind = new Map(tiedIn(crf?.freedom)).get(name);
  const all = elementsOf(shape);
  const [, classes = 1] = shape;
  if (kind === undefined) return all;
  if (kind === "symmetric") return (all / classes) * ((classes + 1) / 2);
  return kind === "diagonal" ? all / classes : all / classes ** 2;
}

/** The value that belongs to a place by those of the places that it is tied to. A matrix may have several sets, one below the other. */
function expected(kind: Kind, values: Float32Array, at: number, classes: number): number {
  const size = classes * classes;
  const first = Math.floor(at / size) * size;
  const [row, column] = [Math.floor((at - first) / classes), at % classes];
  if (kind === "symmetric") return values[first + column * classes + row]!;
  if (row !== column) return 0;
  return kind === "scalar" ? values[first]! : values[at]!;
}

/** Of the gradient of a matrix, or of several one below the other, that of its free numbers, at each of their places. */
export function shared(kind: Kind, gradient: Float32Array, classes: number): Float32Array<ArrayBuffer> {
  const size = classes * classes;
  return Float32Array.from(gradient, (own, at) => {
    const first = Math.floor(at / size) * size;
    const [row, column] = [Math.floor((at - first) / classes), at % classes];
    if (kind === "symmetric") return row === column ? own : own + gradient[first + column * classes + row]!;
    if (row !== column) return 0;
    if (kind === "diagonal") return own;
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += gradient[first + c * classes + c]!;
    return sum;
  });
}
