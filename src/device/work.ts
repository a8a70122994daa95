import type { Kernel } from "../kernel.ts";
import type { Device } from "./device.ts";

/** A kernel and what it is to run with. */
export interface Planned {
  readonly kernel: Kernel<object>;
  readonly args: object;
}

/**
 * Kernels one after the other, yielded as they become due, and what comes of them. Written once, such work runs at once in an op,
 * which is synchronous, and in turns with the event loop in a long call.
 */
export type Work<Result = void> = Generator<Planned, Result, void>;

/** For `yield`: a kernel with arguments of its own. */
export const planned = <Arguments extends object>(kernel: Kernel<Arguments>, args: Arguments): Planned => ({
  kernel,
  args,
});

/** Runs or queues all of it before it returns. */
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

/** The same in turns: kernels that take long run in pieces, and `turn` is awaited after each. */
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

/** Ends work before its end, so that its `using` blocks give back what they have. */
const close = (work: Work<unknown>): void => void work.return(undefined);
