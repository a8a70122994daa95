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

const fewest = 3;
const most = 200;

/** How long to measure one line, and whether to. */
export interface Length extends Abortable {
  readonly seconds: number;
}

/**
 * Measures once to warm up, and then again and again for about as many seconds, three times at least.
 * @throws AbortError between two measurements
 */
export async function repeat(measure: () => Promise<number>, { seconds, signal }: Length): Promise<Timing> {
  await breathe("runBench", { signal });
  await measure();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (times.length < fewest || (times.length < most && performance.now() < end)) {
    await breathe("runBench", { signal });
    times.push(await measure());
  }
  times.sort((a, b) => a - b);
  return { median: times[times.length >> 1]!, least: times[0]!, repetitions: times.length };
}
