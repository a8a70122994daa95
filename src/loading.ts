import { type CrfRnnError, ValueError } from "./errors.ts";
import { holding } from "./held.ts";
import { listed, mismatches } from "./mismatches.ts";
import type { Values } from "./optim/optimizer.ts";
import type { Tensor } from "./tensor.ts";
import { kindOf, remedyFor } from "./values.ts";

/**
 * What a parameter can be loaded from: an array on the host, a tensor, or a tensor of a checkpoint, read when its turn comes. Integers are
 * refused once they are read, 64-bit ones included, which a checkpoint may hold.
 */
export type Loadable = Values | { readonly shape: readonly number[]; read(): Promise<Numbers> };

type Numbers = ArrayLike<number> | BigInt64Array;

/** The names of the tensors that `adopt` was given, and what was done with them. */
export interface Adopted {
  readonly taken: readonly string[];
  /** Parameters that nothing was given for. */
  readonly left: readonly string[];
  /** Tensors that the network has no parameter for. */
  readonly unused: readonly string[];
}

type Parameters = Readonly<Record<string, Tensor>>;
type Loadables = Readonly<Record<string, Loadable>>;

/** The error for tensors that do not fit; `got` says how they differ. */
export type Misfit = (got: string) => CrfRnnError;

/** The values of all parameters, which stay in memory until all are read. @throws DisposedError */
export async function readParameters(parameters: Parameters): Promise<Record<string, Values>> {
  using _held = holding(...Object.values(parameters));
  const read: Record<string, Values> = {};
  for (const [name, tensor] of Object.entries(parameters))
    read[name] = { shape: tensor.shape, values: await tensor.read() };
  return read;
}

/** @throws ValueError for what holds no tensors by name */
export function requireTensors(where: string, tensors: unknown): asserts tensors is Loadables {
  const plain = typeof tensors === "object" && tensors !== null && !(tensors instanceof Map) && !("then" in tensors);
  if (plain) return;
  throw new ValueError({
    where: `${where}: load`,
    expected: "an object of tensors by name",
    got: kindOf(tensors),
    remedy: remedyFor(tensors, "turn a Map into one with Object.fromEntries(map)"),
  });
}

/** Parameters that published checkpoints lack. They keep their values when such a checkpoint is loaded. */
const optional = ["bandwidths"];

/**
 * Replaces the values of all parameters.
 * @throws what `misfit` makes of what is missing, unknown or of another shape; then no parameter is changed
 */
export async function loadParameters(parameters: Parameters, tensors: Loadables, misfit: Misfit): Promise<void> {
  const needed = Object.entries(parameters).filter(
    ([name]) => Object.hasOwn(tensors, name) || !optional.includes(name),
  );
  await take(Object.fromEntries(needed), tensors, misfit);
}

/** Takes the tensors that bear a parameter's name. @throws what `misfit` makes of other shapes; then none is changed */
export async function adoptParameters(parameters: Parameters, tensors: Loadables, misfit: Misfit): Promise<Adopted> {
  const own = Object.entries(parameters);
  const shared = own.filter(([name]) => Object.hasOwn(tensors, name));
  const taken = shared.map(([name]) => name);
  const given = Object.entries(tensors);
  await take(Object.fromEntries(shared), Object.fromEntries(given.filter(([name]) => taken.includes(name))), misfit);
  return {
    taken,
    left: own.map(([name]) => name).filter((name) => !taken.includes(name)),
    unused: given.map(([name]) => name).filter((name) => !taken.includes(name)),
  };
}

async function take(parameters: Parameters, tensors: Loadables, misfit: Misfit): Promise<void> {
  const wrong = mismatches(parameters, tensors);
  if (wrong.length > 0) throw misfit(listed(wrong));
  for (const [name, from] of Object.entries(tensors)) {
    const values = "read" in from ? await from.read() : from.values;
    const parameter = parameters[name];
    if (!parameter) continue;
    const floats = requireFloats(name, values);
    parameter.layout.require?.(name, floats);
    parameter.write(floats);
  }
}

/** @throws ValueError for integers, which are the bits of half-precision floats or no weights */
function requireFloats(where: string, values: Numbers): ArrayLike<number> {
  if (!isIntegers(values)) return values;
  throw new ValueError({
    where,
    expected: "floating-point values",
    got: kindOf(values),
    remedy: "convert the checkpoint with asFloat32 of crf-rnn/checkpoint",
  });
}

const isIntegers = (values: Numbers): values is Exclude<Numbers, ArrayLike<number>> =>
  ArrayBuffer.isView(values) && !/Float/.test(Object.prototype.toString.call(values));
