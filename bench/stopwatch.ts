import type { Device } from "../src/device/device.ts";
import { type Abortable, breathe } from "../src/turn.ts";

/** How runs of kernels are timed: by the GPU's own clock, or by the wall clock around `finish()`. */
export interface Stopwatch {
  readonly kind: "timestamp queries" | "wall clock";
  /** Milliseconds that what `queue` queues takes; nothing else is queued meanwhile. */
  time(queue: () => unknown): Promise<number>;
}

export function wallClock(device: Device): Stopwatch {
  return {
    kind: "wall clock",
    async time(queue) {
      await device.finish();
      const begin = performance.now();
      await queue();
      await device.finish();
      return performance.now() - begin;
    },
  };
}

/** Milliseconds of repeated measurements. */
export interface Timing {
  readonly median: number;
  readonly least: number;
  readonly repetitions: number;
}

const most = 200;

/** How long to measure one line, and whether to. */
export interface Length extends Abortable {
  readonly seconds: number;
}

/**
 * Measures once to warm up, and then again and again for about as many seconds, and `fewest` times at least.
 * @throws AbortError between two measurements
 */
export async function repeat(measure: () => Promise<number>, { seconds, signal }: Length, fewest = 3): Promise<Timing> {
  await breathe("runBench", { signal });
  await measure();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (times.length < fewest || (times.length < most && performance.now() < end)) {
    await breathe("runBench", { signal });
    times.push(await measure());
  }
  return timingOf(times);
}

/** The finest that a page which is not isolated may read of the clock, in milliseconds. */
const tick = 0.1;

/**
 * What times amount to. Where one was too short for the clock, which pages may only read coarsely, the mean takes the place of
 * zeros: ticks of the clock that fall into many runs tell how long one is.
 */
export function timingOf(measured: readonly number[]): Timing {
  const times = [...measured].sort((a, b) => a - b);
  const mean =
    Math.max(
      times.reduce((sum, time) => sum + time, 0),
      tick,
    ) / times.length;
  return { median: times[times.length >> 1]! || mean, least: times[0]! || mean, repetitions: times.length };
}
