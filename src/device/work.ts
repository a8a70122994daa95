import type { Kernel } from "../kernel.ts";
import type { Device } from "./device.ts";

/** A kernel with its arguments. */
export interface Planned {
  readonly kernel: Kernel<object>;
  readonly args: object;
}

/**
 * Work yields kernels one after the other, as they become due, and returns their outcome. It is written once, and runs
 * at once in an op, which is synchronous, or in turns with the event loop in a long call.
 */
export type Work<Result = void> = Generator<Planned, Result, void>;

/** Makes a kernel with its arguments, to be yielded. */
export const planned = <Arguments extends object>(kernel: Kernel<Arguments>, args: Arguments): Planned => ({
  kernel,
  args,
});

/** Runs or queues all of the work before it returns. */
export function perform<Result>(device: Device, work: Work<Result>): Result {
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
    try {
      device.run(next.value.kernel, next.value.args);
    } catch (error) {
      close(work);
      throw error;
    }
  }
}

/** Runs or queues all of the work in turns: kernels that take long run in pieces, and `turn` is awaited after each. */
export async function performInTurns<Result>(
  device: Device,
  work: Work<Result>,
  turn: () => Promise<void>,
): Promise<Result> {
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
    try {
      await device.runInTurns(next.value.kernel, next.value.args, turn);
    } catch (error) {
      close(work);
      throw error;
    }
  }
}

/** Stops work early, so that its `using` blocks give back what they have. */
const close = (work: Work<unknown>): void => void work.return(undefined);
