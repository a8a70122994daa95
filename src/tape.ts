import { ShapeError, ValueError } from "./errors.ts";
import type { Held } from "./held.ts";
import { formatShape, sameShape } from "./shape.ts";
import { sum } from "./sum.ts";
import type { Tensor } from "./tensor.ts";

/** For each input of an op, in order, its gradient; undefined where none is wanted. */
export type InputGradients = readonly (Tensor | undefined)[];

/**
 * An op backwards: from the gradient of its result to those of its inputs. What it returns belongs to the tape; it may
 * return `gradient` itself. It leaves `gradient` as it is, unless it was recorded as one that overwrites.
 */
export type Pullback = (gradient: Tensor, wanted: readonly boolean[]) => InputGradients | Promise<InputGradients>;

interface Step {
  readonly result: Tensor;
  readonly inputs: readonly Tensor[];
  readonly wanted: readonly boolean[];
  readonly kept: readonly Held[];
  readonly pullback: Pullback;
  readonly overwrites: boolean;
}

/**
 * Reverse-mode differentiation: remembers the ops whose inputs descend from the watched tensors, and plays them backwards.
 * Nothing is ambient: an op finds the tape on its inputs. A tape serves one forward pass and one call of `gradients`.
 * @example
 * const tape = new Tape(Object.values(network.parameters));
 * const loss = crossEntropy(await network(image), labels);
 * const gradients = await tape.gradients(loss);
 */
export class Tape implements Disposable {
  readonly #watched: readonly Tensor[];
  #steps: Step[] = [];
  #recording = true;

  /** @throws ValueError if another tape still watches one of them */
  constructor(watched: readonly Tensor[]) {
    const taken = watched.find(({ tape }) => tape?.recording);
    if (taken) {
      throw new ValueError({
        where: "Tape",
        expected: "tensors that no other tape watches",
        got: `a watched tensor ${formatShape(taken.shape)}`,
        remedy: "call gradients() or dispose() on the other tape first",
      });
    }
    this.#watched = [...watched];
    for (const tensor of this.#watched) tensor.tape = this;
  }

  /** Whether ops on watched tensors are being remembered: until `gradients` or `dispose`. */
  get recording(): boolean {
    return this.#recording;
  }

  /** For `record`. */
  remember(step: Step): void {
    for (const kept of step.kept) kept.hold();
    this.#steps.push(step);
  }

  /**
   * Runs `segment` unrecorded, for `checkpoint`. @throws ValueError if it uses watched tensors that are not in `known`,
   * whose gradients would be lost.
   */
  async unrecorded<Result>(known: readonly Tensor[], segment: () => Result | Promise<Result>): Promise<Result> {
    const hidden = known.filter(({ tape }) => tape === this);
    for (const tensor of hidden) tensor.tape = undefined;
    const steps = this.#steps.length;
    try {
      const result = await segment();
      if (this.#steps.length === steps) return result;
      throw new ValueError({
        where: "checkpoint",
        expected: "a segment that uses its inputs and the parameters it was given",
        got: "another watched tensor in it",
        remedy: "add the tensor to the parameters of checkpoint()",
      });
    } finally {
      for (const tensor of hidden) tensor.tape = this;
    }
  }

  /**
   * The gradients of `output` with respect to those watched tensors that it depends on, in their shapes. `seed`: the
   * gradient of `output`, in its shape; 1 where it is left out, for an output of one value. The tape is spent afterwards.
   * @throws ValueError if the tape is spent or `output` was not made of watched tensors; ShapeError for the seed
   */
  async gradients(output: Tensor, seed?: Tensor): Promise<Map<Tensor, Tensor>> {
    checkOutput(this, output, seed);
    this.#stop();
    const sums = new Sums();
    sums.add(output, seed ?? output.device.tensor(output.shape, [1]));
    if (seed) sums.keep(seed);
    try {
      // Steps lie in the order of the forward pass: when one is reached, all uses of its result have been.
      for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
        const gradient = sums.take(step.result, step.overwrites);
        if (gradient) {
          const gradients = await step.pullback(gradient, step.wanted);
          step.inputs.forEach((input, i) => gradients[i] && step.wanted[i] && sums.add(input, gradients[i]));
          sums.drop(gradient);
        }
        for (const kept of step.kept) kept.letGo();
      }
    } finally {
      this.dispose();
    }
    return sums.of(this.#watched);
  }

  /** Forgets what was recorded and lets go of its memory. */
  dispose(): void {
    this.#stop();
    for (const { kept } of this.#steps) for (const one of kept) one.letGo();
    this.#steps = [];
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #stop(): void {
    this.#recording = false;
    for (const tensor of this.#watched) if (tensor.tape === this) tensor.tape = undefined;
  }
}

/**
 * Remembers, if an input descends from what a tape watches, how `result` was made. `kept` is what the pullback reads, held
 * until then. `overwrites`: the pullback changes the gradient it is given, which is its own then. An op calls this last and
 * returns what it returns: `result`.
 * @throws ValueError for inputs of two tapes
 */
export function record(
  result: Tensor,
  inputs: readonly Tensor[],
  kept: readonly Held[],
  pullback: Pullback,
  { overwrites = false }: { readonly overwrites?: boolean } = {},
): Tensor {
  const tapes = new Set(inputs.map(({ tape }) => tape).filter((tape) => tape?.recording));
  if (tapes.size > 1) {
    throw new ValueError({
      where: "tape",
      expected: "inputs of one tape",
      got: "inputs of two",
      remedy: "use one Tape",
    });
  }
  const [tape] = tapes;
  if (!tape) return result;
  const wanted = inputs.map((input) => input.tape === tape);
  tape.remember({ result, inputs, wanted, kept, pullback, overwrites });
  result.tape = tape;
  return result;
}

/**
 * Wraps a segment of a model so that the tape keeps its inputs only and runs it again for its gradients: less memory for
 * one more forward pass. `parameters`: the watched tensors it uses besides its inputs. It must give the same values when
 * repeated.
 * @example const block = checkpoint((x) => relu(conv2d(x, weight, { bias })), [weight, bias]);
 */
export function checkpoint<Inputs extends readonly Tensor[]>(
  segment: (...inputs: Inputs) => Tensor | Promise<Tensor>,
  parameters: readonly Tensor[] = [],
): (...inputs: Inputs) => Promise<Tensor> {
  return async (...inputs) => {
    const known = [...inputs, ...parameters];
    const tape = known.map((tensor) => tensor.tape).find((found) => found?.recording);
    if (!tape) return await segment(...inputs);
    const result = await tape.unrecorded(known, () => segment(...inputs));
    return record(result, known, inputs, async (gradient, wanted) => {
      using again = new Tape(known.filter((_, i) => wanted[i]));
      using output = await segment(...inputs);
      const gradients = await again.gradients(output, gradient);
      return known.map((tensor) => gradients.get(tensor));
    });
  };
}

/** Gradients as they come in, summed where a tensor has several uses; the one place that owns and frees them. */
class Sums {
  readonly #sums = new Map<Tensor, Tensor>();
  /** How often each gradient stands in the map: an op may pass one on to several inputs. */
  readonly #claims = new Map<Tensor, number>();

  add(tensor: Tensor, gradient: Tensor): void {
    const before = this.#sums.get(tensor);
    const total = before ? sum(before, gradient) : gradient;
    this.keep(total);
    this.#sums.set(tensor, total);
    if (!before) return;
    this.drop(before);
    if (!this.#claims.has(gradient)) gradient.dispose();
  }

  /** The sum for `tensor`, with its claim; `alone`: in memory that nothing else has a claim on. */
  take(tensor: Tensor, alone: boolean): Tensor | undefined {
    const sum = this.#sums.get(tensor);
    this.#sums.delete(tensor);
    if (!alone || !sum || this.#claims.get(sum) === 1) return sum;
    const copy = copied(sum);
    this.keep(copy);
    this.drop(sum);
    return copy;
  }

  keep(gradient: Tensor): void {
    this.#claims.set(gradient, (this.#claims.get(gradient) ?? 0) + 1);
  }

  drop(gradient: Tensor): void {
    const claims = this.#claims.get(gradient)! - 1;
    this.#claims.set(gradient, claims);
    if (claims > 0) return;
    this.#claims.delete(gradient);
    gradient.dispose();
  }

  /** The sums for `tensors`, each in memory of its own, to belong to the caller. */
  of(tensors: readonly Tensor[]): Map<Tensor, Tensor> {
    const found = new Map<Tensor, Tensor>();
    for (const tensor of tensors) {
      const sum = this.take(tensor, true);
      if (sum) found.set(tensor, sum);
    }
    return found;
  }
}

function copied(tensor: Tensor): Tensor {
  const copy = tensor.like();
  tensor.device.copy(tensor.storage, copy.storage);
  return copy;
}

function checkOutput(tape: Tape, output: Tensor, seed: Tensor | undefined): void {
  const where = "gradients";
  if (!tape.recording) {
    throw new ValueError({ where, expected: "a tape used once", got: "a spent one", remedy: "make a new Tape" });
  }
  if (output.tape !== tape) {
    throw new ValueError({
      where,
      expected: "an output made of what the tape watches",
      got: `a tensor ${formatShape(output.shape)} that does not depend on it`,
      remedy: "make the tape before the forward pass, and watch the inputs that matter",
    });
  }
  const shape = seed?.shape ?? [1];
  const fits = seed ? sameShape(shape, output.shape) : output.shape.every((size) => size === 1);
  if (fits) return;
  throw new ShapeError({
    where,
    expected: seed ? `a seed ${formatShape(output.shape)}` : "an output of one value",
    got: formatShape(seed ? shape : output.shape),
    remedy: "pass the gradient of the output, in its shape, as seed",
  });
}
