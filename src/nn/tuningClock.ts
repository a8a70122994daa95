import type { Device } from "../device/device.ts";

/** What `tune` times forms by. */
export interface TuningClock {
  readonly kind: "timestamp queries" | "wall clock";
  /** What is timed must take so many milliseconds, for the clock's steps, and the start of a dispatch, not to matter. */
  readonly shortest: number;
  /** What is not that long after so many runs cannot be timed. */
  readonly mostRuns: number;
  /** Milliseconds that what `queue` queues takes, which are not above 0 where nothing tells them. */
  time(queue: () => void): Promise<number>;
}

/** Waiting for an idle device takes no more milliseconds than this where the wall clock tells when it is done. Firefox looks every 100. */
const finest = 5;

/** The best clock that a device has: its own, the processor's, or none. */
export async function clockOf(device: Device): Promise<TuningClock | undefined> {
  if (device.gpu?.features.has("timestamp-query")) return ownClock(device);
  await device.finish();
  for (let wait = 0; wait < 2; wait++) {
    const begin = performance.now();
    await device.finish();
    if (performance.now() - begin <= finest) return wallClock(device);
  }
  return undefined;
}

/**
 * The device's own clock, by which neither encoding nor waiting counts. Pages read it in steps of 0.1 ms. Its time is that from the first
 * pass's beginning to the last one's end, in which there are two steps at most.
 */
const ownClock = (device: Device): TuningClock => ({
  kind: "timestamp queries",
  shortest: 5,
  mostRuns: 1024,
  async time(queue) {
    let [first, last] = [Infinity, -Infinity];
    using _observation = device.observe({
      timed(_, begin, end) {
        first = Math.min(first, begin);
        last = Math.max(last, end);
      },
    });
    queue();
    await device.finish();
    return last - first;
  },
});

const wallClock = (device: Device): TuningClock => ({
  kind: "wall clock",
  shortest: 15,
  // A run that takes less than 60 µs takes less than to queue it, which is all that this clock would see.
  mostRuns: 256,
  async time(queue) {
    await device.finish();
    const begin = performance.now();
    queue();
    await device.finish();
    return performance.now() - begin;
  },
});
