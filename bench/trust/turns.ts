/**
 * What the event loop's turns cost and give: ten iterations on 500×375 pixels with 21 classes, with turns, without, and in a
 * worker, in turn, and how long the loop had to wait at most. `npm run bench:turns [-- --threads n] [--rounds n]`
 */
import { parseArgs } from "node:util";
import { crfRnn } from "../../src/crf/crfRnn.ts";
import type { Device } from "../../src/device/device.ts";
import { openWasm } from "../../src/device/wasm.ts";

const { values: flags } = parseArgs({
  options: { threads: { type: "string", default: "1" }, rounds: { type: "string", default: "5" } },
});
const [height, width, classes] = [375, 500, 21];
const waves = (length: number, factor: number, scale: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => scale * (1 + Math.sin(i * factor)));
const unary = waves(height * width * classes, 0.37, 2);
const guide = waves(height * width * 3, 0.0021, 120);
const threads = Number(flags.threads);
using local = await openWasm({ threads });
using remote = await openWasm({ threads, worker: true });
const layers = new Map([local, remote].map((device: Device) => [device, crfRnn(device, { classes, iterations: 10 })]));

/** Milliseconds of one call, and the longest time that a timer of 1 ms waited meanwhile. */
async function measure(
  device: Device,
  turns: boolean,
): Promise<{ milliseconds: number; longest: number; ticks: number }> {
  const { setImmediate: real } = globalThis;
  // Without turns: what a call waits for comes in a microtask.
  if (!turns) Object.assign(globalThis, { setImmediate: (callback: () => void) => queueMicrotask(callback) });
  let [last, longest, ticks] = [performance.now(), 0, 0];
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    ticks++;
  };
  const timer = setInterval(tick, 1);
  const begin = performance.now();
  {
    // As a page has them: arrays go in, and an array comes out.
    using scope = device.scope();
    const tensors = [scope.tensor([height, width, classes], unary), scope.tensor([height, width, 3], guide)] as const;
    await scope.add(await layers.get(device)!(...tensors)).read();
  }
  const milliseconds = performance.now() - begin;
  clearInterval(timer);
  tick();
  globalThis.setImmediate = real;
  return { milliseconds, longest, ticks };
}

const least: Record<string, { milliseconds: number; longest: number; ticks: number }> = {};
const ways: Record<string, readonly [device: Device, turns: boolean]> = {
  "with turns": [local, true],
  without: [local, false],
  "in a worker": [remote, true],
};
for (const [device] of Object.values(ways)) await measure(device, true);
for (let round = 0; round < Number(flags.rounds); round++) {
  for (const [key, way] of Object.entries(ways)) {
    const found = await measure(...way);
    if (!((least[key]?.milliseconds ?? Infinity) < found.milliseconds)) least[key] = found;
  }
}
console.log(`WASM, ${threads} threads, 500×375, 21 classes, T = 10; least of ${flags.rounds} rounds`);
for (const [key, { milliseconds, longest, ticks }] of Object.entries(least)) {
  console.log(
    `${key}: ${milliseconds.toFixed(1)} ms, longest wait ${longest.toFixed(1)} ms, ${ticks} ticks of a timer`,
  );
}
const [on, off] = [least["with turns"]!, least.without!];
console.log(`cost of turns: ${((on.milliseconds / off.milliseconds - 1) * 100).toFixed(2)} %`);
for (const layer of layers.values()) layer.dispose();
