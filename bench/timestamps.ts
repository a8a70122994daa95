import type { Device } from "../src/device/device.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** Times kernels by WebGPU's timestamp queries, which the device must have: see `Observer.timed`. */
export function timestamps(device: Device): Stopwatch {
  return {
    kind: "timestamp queries",
    async time(queue) {
      await device.finish();
      let total = 0;
      using _observation = device.observe({ timed: (_, begin, end) => void (total += end - begin) });
      await queue();
      await device.finish();
      return total;
    },
  };
}
