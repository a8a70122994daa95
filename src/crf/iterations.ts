import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import type { Activation } from "./activation.ts";
import { type Change, readChange } from "./change.ts";
import type { FreeEnergy } from "./freeEnergy.ts";
import { softmax } from "./softmax.ts";
import type { OnStep, Readings } from "./steps.ts";
import { reached, type Until } from "./until.ts";

/** How mean field is iterated, whatever the filters are. */
export interface Iterations {
  readonly unary: Tensor;
  readonly iterations: number;
  readonly activation: Activation;
  /**
   * The activation that is applied to X after the last iteration: none for logits, the activation itself for marginals.
   */
  readonly output: Activation | "none";
  /** Marginals to begin from. Default: those of the unary logits. */
  readonly from?: Tensor;
  /** Ends the iterations early. */
  readonly until?: Until;
  /** Is shown the marginals that each iteration begins from, at once, and may queue work on them. */
  readonly look?: (marginals: Tensor) => void;
  /** Is told the change where `until` asks for it. */
  readonly onIteration?: (done: number, change?: Change) => void | Promise<void>;
  /** Is shown the marginals, which it may change, and awaited, at the beginning and after each iteration. Needs `output` to be the activation. */
  readonly onStep?: OnStep;
  /** Lets the event loop take a turn, or ends the call: see turn.ts. */
  readonly turn: () => Promise<void>;
}

/** What is iterated over. */
export interface Field {
  /** Computes the logits that marginals lead to in the iteration of this number, from 0. */
  readonly next: (marginals: Tensor, iteration: number) => Promise<Tensor>;
  /** Reads the free energy of marginals after so many iterations. */
  readonly freeEnergy: (marginals: Tensor, done: number) => Promise<FreeEnergy>;
}

/** Copies a map. Gradients flow through the copy. */
export function copied(values: Tensor): Tensor {
  const copy = emptyLike(values);
  values.device.copy(values.storage, copy.storage);
  return record(copy, [values], [], (gradient) => [gradient]);
}

/** What a step can read of marginals after `done` iterations. */
export const readingsOf = (
  freeEnergy: Field["freeEnergy"],
  done: number,
  marginals: Tensor,
  before: Tensor | undefined,
): Readings => ({
  change: async () => before && (await readChange(before, marginals)),
  freeEnergy: () => freeEnergy(marginals, done),
});

/** Iterates with single ops, which a tape can record, and returns a new map of the unary's shape. */
export async function iterateBy(iterating: Iterations & Field): Promise<Tensor> {
  const { unary, iterations, activation, output, until, from, onStep, freeEnergy } = iterating;
  if (iterations === 0 && output === "none") return copied(unary);
  let marginals: Tensor | undefined;
  let logits: Tensor | undefined;
  try {
    marginals = from ? copied(from) : softmax(unary, activation);
    await onStep?.(0, marginals, readingsOf(freeEnergy, 0, marginals, undefined));
    for (let t = 0; t < iterations; t++) {
      await iterating.turn();
      iterating.look?.(marginals);
      logits?.dispose();
      logits = await iterating.next(marginals, t);
      if (t === iterations - 1 && !until && output === "none") {
        await iterating.onIteration?.(t + 1);
        break;
      }
      using before = marginals;
      if (!until && !onStep) before.dispose();
      marginals = softmax(logits, activation);
      if (!until) logits.dispose();
      const change = until && (await readChange(before, marginals));
      await iterating.onIteration?.(t + 1, change);
      await onStep?.(t + 1, marginals, readingsOf(freeEnergy, t + 1, marginals, before));
      if (change && reached(until, change)) break;
    }
    const [result, other] = output === "none" ? [logits, marginals] : [marginals, logits];
    other?.dispose();
    return result!;
  } catch (error) {
    marginals?.dispose();
    logits?.dispose();
    throw error;
  }
}
