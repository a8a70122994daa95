import { AbortError, ShapeError } from "../errors.ts";
import { requireInputs } from "../inputs.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** What an inference has come to after some iterations. */
export interface CrfStep {
  /** Iterations done: 0, 1, … T. After 0, Q is the softmax of the unary logits. */
  readonly iteration: number;
  /** The marginals Q, in the logits' shape. They are computed over when the next step is asked for: read, or copy, what is to stay. */
  readonly marginals: Tensor;
  /**
   * Lets the next iteration begin from other marginals, of the same shape; they stay the caller's and are copied at once. After
   * iteration 0 that is a beginning of one's own.
   * @throws ShapeError, ValueError, DisposedError, DeviceError
   */
  replace(marginals: Tensor): void;
}

/** Is awaited with the marginals after each number of iterations, 0 … T. */
export type OnStep = (iteration: number, marginals: Tensor) => Promise<void>;

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
  const wait = async (iteration: number, marginals: Tensor): Promise<void> => {
    const asked = new Promise<void>((resolve) => (go = resolve));
    give({ iteration, marginals, replace: (other) => replace(marginals, other) });
    await asked;
    if (stopped) throw new AbortError({ where: "crfRnn: steps", expected: "to be iterated", got: "an end of it" });
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
  const where = "crfRnn: replace";
  requireInputs(where, { marginals: other }, marginals.device);
  if (!sameShape(marginals.shape, other.shape)) {
    const expected = `marginals ${formatShape(marginals.shape)}`;
    throw new ShapeError({
      where,
      expected,
      got: formatShape(other.shape),
      remedy: "give every row a value for each class",
    });
  }
  marginals.device.copy(other.storage, marginals.storage);
}
