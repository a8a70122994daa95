import { ShapeError, ValueError } from "./errors.ts";
import { disposedError, type Held, holding } from "./held.ts";
import { requireInputs } from "./inputs.ts";
import { type Names, requireOptions } from "./options.ts";
import { Scope } from "./scope.ts";
import { formatShape, sameShape } from "./shape.ts";
import { addUnrecorded } from "./addUnrecorded.ts";
import { emptyLike, type Tensor } from "./tensor.ts";
import { type Abortable, breathe } from "./turn.ts";
import { kindOf, remedyFor } from "./values.ts";

/** The gradients of an op's inputs, in their order; undefined where none is wanted. */
export type InputGradients = readonly (Tensor | undefined)[];

/**
 * Computes the gradients of an op's inputs from the gradient of its result. The tape owns what it returns; it may
 * return `gradient` itself. It must not change `gradient` unless the op was recorded with `overwrites`.
 */
export type Pullback = (gradient: Tensor, wanted: readonly boolean[]) => InputGradients | Promise<InputGradients>;

interface OpRecord {
  readonly result: Tensor;
  readonly inputs: readonly Tensor[];
  readonly wanted: readonly boolean[];
  readonly held: readonly Held[];
  readonly pullback: Pullback;
  readonly overwrites: boolean;
}

/** The reason why a tape has stopped recording. */
type Ending = "used" | "disposed" | "taken over";

/** The tape that watches a tensor or recorded how it was made: nothing else is a recorder. */
const tapeOf = (tensor: Tensor): Tape | undefined => tensor.tape as Tape | undefined;

/**
 * Reverse-mode differentiation: remembers the ops whose inputs descend from the watched tensors, and plays them backwards.
 * Nothing is ambient: an op finds the tape on its inputs. A tape serves one forward pass and one call of `gradients`. A new
 * tape takes over what an older one still watches, such as one whose step ended in an error.
 * @example
 * const tape = new Tape(Object.values(network.parameters));
 * const loss = crossEntropy(await network(image), labels);
 * const gradients = await tape.gradients(loss);
 */
export class Tape implements Disposable {
  readonly #watched: readonly Tensor[];
  #records: OpRecord[] = [];
  #ending: Ending | undefined;

  /** @throws ValueError for what is no list of tensors, DisposedError */
  constructor(watched: readonly Tensor[]) {
    checkWatched(watched);
    for (const tape of watched.map(tapeOf)) if (tape?.recording) tape.#end("taken over");
    this.#watched = [...watched];
    for (const tensor of this.#watched) tensor.tape = this;
  }

  /** Whether ops on watched tensors are being remembered: until `gradients`, `dispose` or a newer tape. */
  get recording(): boolean {
    return this.#ending === undefined;
  }

  /** Called by `record`. */
  remember(op: OpRecord): void {
    for (const held of op.held) held.hold();
    this.#records.push(op);
  }

  /**
   * Removes from the tape the ops by which `output` was computed from `known`, and lets go of the memory that they
   * held; used by `recompute`. The ops are found from the output backwards, because other calls may have recorded ops
   * in between.
   * @throws ValueError if they use watched tensors that are not in `known`, whose gradients would be lost
   */
  takeBack(output: Tensor, known: ReadonlySet<Tensor>): void {
    const byResult = new Map(this.#records.map((op) => [op.result, op]));
    const taken = new Set<OpRecord>();
    const open = [output];
    for (let tensor = open.pop(); tensor; tensor = open.pop()) {
      const op = byResult.get(tensor);
      if (known.has(tensor) || (op && taken.has(op))) continue;
      if (op) {
        taken.add(op);
        open.push(...op.inputs);
      } else if (tensor.tape === this) {
        throw new ValueError({
          where: "recompute",
          expected: "a segment that uses its inputs and the parameters it was given",
          got: `another watched ${tensor.describe()} in it`,
          remedy: "add the tensor to the parameters of recompute()",
        });
      }
    }
    this.#records = this.#records.filter((op) => !taken.has(op));
    for (const op of taken) for (const held of op.held) held.letGo();
  }

  /**
   * Computes the gradients of `output` with respect to those watched tensors that it depends on, in their shapes. They
   * are the caller's, or belong to the output's scope. `seed` is the gradient of `output`, in its shape; it is 1 where
   * it is left out, for an output of one value. The tape is spent afterwards, also by an error.
   * @throws ValueError if the tape was used or `output` was not made of watched tensors; ShapeError for the seed;
   * DisposedError; AbortError
   */
  async gradients(output: Tensor, seed?: Tensor, options: GradientOptions = {}): Promise<Map<Tensor, Tensor>> {
    requireOptions("gradients", options, gradientsOptions);
    checkOutput(this, this.#ending, output, seed);
    using _held = holding(seed);
    this.#stop("used");
    const sums = new Sums(seed);
    const uses = options.onGradient && countUses(this.#watched, this.#records);
    try {
      sums.add(output, seed ?? output.device.tensor(output.shape, [1]));
      // The tape has the order of the forward pass, so by the time an op is reached, every use of its result has been
      // played back.
      for (let op = this.#records.pop(); op; op = this.#records.pop()) {
        using _letGo = lettingGo(op.held);
        await breathe("gradients", options);
        const gradient = sums.take(op.result, op.overwrites);
        if (gradient) {
          const { pullback, wanted } = op;
          const gradients = await gradient.device.attempt(() => pullback(gradient, wanted));
          sums.addAll(op.inputs, gradients, wanted);
          sums.unclaim(gradient);
        }
        for (const tensor of uses ? lastUses(op.inputs, uses) : []) {
          const complete = sums.settle(tensor);
          if (complete) options.onGradient!(tensor, complete);
        }
      }
      const found = sums.of(this.#watched);
      for (const gradient of found.values()) Scope.inherit(gradient, [output]);
      return found;
    } catch (error) {
      sums.dispose();
      throw error;
    } finally {
      this.#letGo();
    }
  }

  /** Forgets what was recorded and lets go of its memory. */
  dispose(): void {
    this.#end("disposed");
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #end(how: Ending): void {
    this.#stop(how);
    this.#letGo();
  }

  #stop(how: Ending): void {
    this.#ending ??= how;
    for (const tensor of this.#watched) if (tensor.tape === this) tensor.tape = undefined;
  }

  #letGo(): void {
    for (const { held } of this.#records.splice(0)) for (const one of held) one.letGo();
  }
}

/** Options of `gradients`. */
export interface GradientOptions extends Abortable {
  /**
   * Called with each watched tensor and its gradient as soon as that is complete, while the rest is still being computed: the last layers'
   * come first. The gradient is among those that are returned; it may be read, and must not be changed or disposed of before.
   */
  readonly onGradient?: (watched: Tensor, gradient: Tensor) => void;
}

const gradientsOptions: Names<GradientOptions> = { signal: true, onGradient: true };

/** How many of the ops use each watched tensor. */
function countUses(watched: readonly Tensor[], records: readonly OpRecord[]): Map<Tensor, number> {
  const uses = new Map(watched.map((tensor) => [tensor, 0]));
  for (const input of records.flatMap(({ inputs }) => inputs)) {
    const count = uses.get(input);
    if (count !== undefined) uses.set(input, count + 1);
  }
  return uses;
}

/** Counts an op's inputs down; returns those that no op before it uses. */
function lastUses(inputs: readonly Tensor[], uses: Map<Tensor, number>): Tensor[] {
  return inputs.filter((input) => {
    const count = uses.get(input);
    if (count === undefined) return false;
    uses.set(input, count - 1);
    return count === 1;
  });
}

const lettingGo = (held: readonly Held[]): Disposable => ({
  [Symbol.dispose]: () => held.forEach((one) => one.letGo()),
});

/** @throws ValueError, DisposedError */
function checkWatched(watched: unknown): asserts watched is readonly Tensor[] {
  if (!Array.isArray(watched) || watched.length === 0) {
    throw new ValueError({
      where: "Tape",
      expected: "an array of the tensors to watch",
      got: Array.isArray(watched) ? "an empty one" : kindOf(watched),
      remedy: remedyFor(watched, "pass Object.values(network.parameters)"),
    });
  }
  requireEach("Tape", (i) => `watched[${i}]`, watched);
}

/** Checks a list of inputs. @throws ValueError, DisposedError, DeviceError */
function requireEach(where: string, nameOf: (index: number) => string, tensors: readonly unknown[]): void {
  requireInputs(where, Object.fromEntries(tensors.map((tensor, i) => [nameOf(i), tensor])));
}

/**
 * Remembers how `result` was made, if an input descends from what a tape watches. `held` is what the pullback reads;
 * the tape holds it until the pullback has run. `overwrites` says that the pullback changes its gradient, so the tape
 * gives it one in memory of its own. An op calls this last and returns its result.
 * @throws ValueError for inputs of two tapes
 */
export function record(
  result: Tensor,
  inputs: readonly Tensor[],
  held: readonly Held[],
  pullback: Pullback,
  { overwrites = false }: { readonly overwrites?: boolean } = {},
): Tensor {
  Scope.inherit(result, inputs);
  const tapes = new Set(inputs.map(tapeOf).filter((tape) => tape?.recording));
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
  tape.remember({ result, inputs, wanted, held, pullback, overwrites });
  result.tape = tape;
  return result;
}

/**
 * Wraps a segment of a model so that the tape keeps only the segment's inputs and runs the segment again for the
 * gradients. This saves memory and costs one more forward pass of the segment. `parameters` are the watched tensors
 * that the segment uses besides its inputs. The segment must give the same values when it is repeated.
 * @example const block = recompute((x) => relu(conv2d(x, weight, { bias })), [weight, bias]);
 */
export function recompute<Inputs extends readonly Tensor[]>(
  segment: (...inputs: Inputs) => Tensor | Promise<Tensor>,
  parameters: readonly Tensor[] = [],
): (...inputs: Inputs) => Promise<Tensor> {
  if (typeof segment !== "function") {
    const remedy = "wrap the segment, and call what comes out with its inputs";
    throw new ValueError({ where: "recompute", expected: "a function of tensors", got: kindOf(segment), remedy });
  }
  return async (...inputs) => {
    const known = [...inputs, ...parameters];
    if (known.length > 0) requireEach("recompute", (i) => `input ${i}`, known);
    const result = await segment(...inputs);
    const tape = tapeOf(result);
    if (!tape?.recording || known.includes(result)) return result;
    tape.takeBack(result, new Set(known));
    return record(result, known, inputs, async (gradient, wanted) => {
      // The caller may have disposed of the inputs by now. The tape still holds their memory, and ops accept an alias
      // of it.
      const again = inputs.map((input) => input.alias()) as unknown as Inputs;
      using _aliases = { [Symbol.dispose]: () => again.forEach((alias) => alias.dispose()) };
      const repeated = [...again, ...parameters];
      using own = new Tape(repeated.filter((_, i) => wanted[i]));
      using output = await segment(...again);
      const gradients = await own.gradients(output, gradient);
      return repeated.map((tensor) => gradients.get(tensor));
    });
  };
}

/** @deprecated Its name is `recompute` now. */
export const checkpoint = recompute;

/**
 * Collects gradients during the backward pass and sums them where a tensor was used several times. It is the only place
 * that owns and frees them.
 */
class Sums {
  /** The seed belongs to the caller and is therefore never freed here. */
  readonly #seed: Tensor | undefined;
  readonly #sums = new Map<Tensor, Tensor>();
  /** For each gradient, how many tensors it currently stands for. An op may pass one gradient on to several inputs. */
  readonly #claims = new Map<Tensor, number>();

  constructor(seed: Tensor | undefined) {
    this.#seed = seed;
    if (seed) this.claim(seed);
  }

  add(tensor: Tensor, gradient: Tensor): void {
    const before = this.#sums.get(tensor);
    const total = before ? addUnrecorded(before, gradient) : gradient;
    this.claim(total);
    this.#sums.set(tensor, total);
    if (before) this.unclaim(before);
  }

  /** Adds what an op's inputs get. All is claimed before anything is summed, so that an error frees all of it. */
  addAll(inputs: readonly Tensor[], gradients: InputGradients, wanted: readonly boolean[]): void {
    const given = gradients.filter((gradient) => gradient !== undefined);
    for (const gradient of given) this.claim(gradient);
    inputs.forEach((input, i) => gradients[i] && wanted[i] && this.add(input, gradients[i]));
    for (const gradient of given) this.unclaim(gradient);
  }

  /**
   * Removes and returns the sum for `tensor`; its claim passes to the caller. With `exclusive`, the result is in memory
   * that nothing else has a claim on.
   */
  take(tensor: Tensor, exclusive: boolean): Tensor | undefined {
    const sum = this.#sums.get(tensor);
    this.#sums.delete(tensor);
    if (!exclusive || !sum || this.#claims.get(sum) === 1) return sum;
    const copy = copied(sum);
    this.claim(copy);
    this.unclaim(sum);
    return copy;
  }

  /** Puts the sum for `tensor` into memory of its own, now that nothing is added to it any more. */
  settle(tensor: Tensor): Tensor | undefined {
    const sum = this.take(tensor, true);
    if (sum) this.#sums.set(tensor, sum);
    return sum;
  }

  claim(gradient: Tensor): void {
    this.#claims.set(gradient, (this.#claims.get(gradient) ?? 0) + 1);
  }

  unclaim(gradient: Tensor): void {
    const claims = this.#claims.get(gradient)! - 1;
    this.#claims.set(gradient, claims);
    if (claims > 0) return;
    this.#claims.delete(gradient);
    gradient.dispose();
  }

  /** Frees everything, after an error. */
  dispose(): void {
    for (const gradient of this.#claims.keys()) if (gradient !== this.#seed) gradient.dispose();
  }

  /** Returns the sums for `tensors`, each in memory of its own. They belong to the caller. */
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
  const copy = emptyLike(tensor);
  tensor.device.copy(tensor.storage, copy.storage);
  return copy;
}

function checkOutput(tape: Tape, ending: Ending | undefined, output: Tensor, seed: Tensor | undefined): void {
  const where = "gradients";
  if (ending === "disposed") throw disposedError(where, "the tape");
  requireInputs(where, { output, "seed?": seed });
  if (ending) {
    const got = ending === "used" ? "a spent one" : "one whose tensors a newer tape has taken over";
    const remedy = "make a new Tape before each forward pass, and await its gradients before you make the next";
    throw new ValueError({ where, expected: "a tape used once", got, remedy });
  }
  if (output.tape !== tape) {
    throw new ValueError({
      where,
      expected: "an output made of what the tape watches",
      got: `a tensor ${formatShape(output.shape)} that does not depend on it`,
      remedy: "make the tape before the forward pass, and watch the inputs that matter",
    });
  }
  const fits = seed ? sameShape(seed.shape, output.shape) : output.shape.every((size) => size === 1);
  if (fits) return;
  throw new ShapeError({
    where,
    expected: seed ? `a seed ${formatShape(output.shape)}` : "an output of one value",
    got: formatShape((seed ?? output).shape),
    remedy: "pass the gradient of the output, in its shape, as seed",
  });
}
