import { listed, mismatches } from "../mismatches.ts";
import { type CrfRnnError, ValueError } from "../errors.ts";
import type { Values } from "../optim/optimizer.ts";
import { kindOf } from "../values.ts";
import type { Parameters } from "./parameters.ts";

/** What a parameter can be loaded from: an array on the host, a tensor, or a tensor of a checkpoint, read when its turn comes. */
export type Loadable = Values | { readonly shape: readonly number[]; read(): Promise<ArrayLike<number>> };

/** The names of the tensors that `adopt` was given, and what was done with them. */
export interface Adopted {
  readonly taken: readonly string[];
  /** Parameters that nothing was given for. */
  readonly left: readonly string[];
  /** Tensors that the network has no parameter for. */
  readonly unused: readonly string[];
}

type Loadables = Readonly<Record<string, Loadable>>;

/** The error for tensors that do not fit; `got` says how they differ. */
export type Misfit = (got: string) => CrfRnnError;

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
    parameters[name]?.write(requireFloats(name, values));
  }
}

/** @throws ValueError for integers, which are the bits of half-precision floats or no weights */
function requireFloats(where: string, values: ArrayLike<number>): ArrayLike<number> {
  if (!ArrayBuffer.isView(values) || /Float/.test(Object.prototype.toString.call(values))) return values;
  throw new ValueError({
    where,
    expected: "floating-point values",
    got: kindOf(values),
    remedy: "convert the checkpoint with asFloat32 of crf-rnn/checkpoint",
  });
}
