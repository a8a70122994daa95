import { AbortError, ShapeError, ValueError } from "../errors.ts";
import { requireInputs } from "../inputs.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Change } from "./change.ts";
import type { FreeEnergy } from "./freeEnergy.ts";

/** What can be read of the marginals of a step. Nothing of it is computed before it is asked for. */
export interface Readings {
  /** Reads how far this iteration moved the marginals; undefined after 0 iterations. */
  change(): Promise<Change | undefined>;
  /** Reads the mean-field free energy of the marginals, term by term. It costs about an iteration. */
  freeEnergy(): Promise<FreeEnergy>;
}

/** What an inference has come to after some iterations. What it reads is refused with a ValueError once the next step was asked for. */
export interface CrfStep extends Readings {
  /** Iterations done: 0, 1, … T. After 0, Q is the softmax of the unary logits, or what the call begins from. */
  readonly iteration: number;
  /**
   * The marginals Q, in the logits' shape. They are computed over when the next step is asked for: read, or copy, what is to stay. To go on from
   * others, use `replace`: an iteration takes what is here to add up to 1.
   */
  readonly marginals: Tensor;
  /**
   * Lets the next iteration begin from other marginals, of the same shape; they stay the caller's and are copied at once. After
   * iteration 0 that is a beginning of one's own.
   * @throws ShapeError, ValueError, DisposedError, DeviceError
   */
  replace(marginals: Tensor): void;
}

/** Is awaited with the marginals after each number of iterations, 0 … T. Tells whether it has put others in their place. */
export type OnStep = (iteration: number, marginals: Tensor, readings: Readings) => Promise<boolean>;

/**
 * Makes an iterator of an inference that calls back: each runs until it needs the other. Whoever stops iterating stops the
 * inference.
 */
export async function* stepsOf(infer: (onStep: OnStep) => Promise<Tensor>): AsyncGenerator<CrfStep, void, void> {
  let give: (step: CrfStep | undefined) => void;
  let fail: (error: unknown) => void;
  let go: () => void = () => {};
  let stopped = false;
  const nextStep = (): Promise<CrfStep | undefined> =>
    new Promise((resolve, reject) => ([give, fail] = [resolve, reject]));
  let next = nextStep();
  const wait: OnStep = async (iteration, marginals, readings) => {
    const asked = new Promise<void>((resolve) => (go = resolve));
    let over = false;
    let replaced = false;
    const whileHere = async <Result>(read: () => Promise<Result>): Promise<Result> => {
      if (!over) return await read();
      const expected = "to be read before the next step is asked for";
      throw new ValueError({ where: "crfRnn: steps", expected, got: `a look back at step ${iteration}` });
    };
    give({
      iteration,
      marginals,
      replace(other) {
        replace(marginals, other);
        replaced = true;
      },
      change: () => whileHere(readings.change),
      freeEnergy: () => whileHere(readings.freeEnergy),
    });
    await asked;
    over = true;
    if (stopped) throw new AbortError({ where: "crfRnn: steps", expected: "to be iterated", got: "an end of it" });
    return replaced;
  };
  const inference = infer(wait).then(
    (result) => {
      result.dispose();
      give(undefined);
    },
    (error: unknown) => (stopped ? give(undefined) : fail(error)),
  );
  try {
    for (let step = await next; step; step = await next) {
      next = nextStep();
      yield step;
      go();
    }
  } finally {
    stopped = true;
    go();
    await inference;
  }
}

function replace(marginals: Tensor, other: Tensor): void {
  requireMarginals("crfRnn: replace", other, marginals);
  marginals.device.copy(other.storage, marginals.storage);
}

/** @throws ValueError, ShapeError, DisposedError, DeviceError unless `marginals` have the shape of the logits, or of other marginals, `like` */
export function requireMarginals(where: string, marginals: Tensor, like: Tensor): void {
  requireInputs(where, { marginals }, like.device);
  if (sameShape(marginals.shape, like.shape)) return;
  throw new ShapeError({
    where,
    expected: `marginals ${formatShape(like.shape)}`,
    got: formatShape(marginals.shape),
    remedy: "give every row a value for each class",
  });
}
