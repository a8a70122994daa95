import { relu as reluKernel } from "../../build/kernels.ts";
import type { Device, Observer } from "../../src/device/device.ts";
import { chromeTrace, trace, type TraceEvent } from "../../src/device/trace.ts";
import { type Case, check } from "../suite.ts";

const equal = (actual: unknown, expected: unknown, what: string): void =>
  check(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`,
  );

/** A device of this kind, and what observes it now. */
function standIn(kind: Device["kind"]): { readonly device: Device; readonly observers: Set<Observer> } {
  const observers = new Set<Observer>();
  const observe = (observer: Observer): Disposable => {
    observers.add(observer);
    return { [Symbol.dispose]: () => void observers.delete(observer) };
  };
  return { device: { kind, observe, finish: async () => {} } as unknown as Device, observers };
}

const storage = (bytes: number): object => ({ handle: {}, offset: 0, bytes });
const dispatchOf = (count: number) =>
  ({ kernel: reluKernel, count, args: { values: storage(48), result: storage(64), count } }) as never;

export const cases: Case[] = [
  {
    name: "events tell the kernel, its file, its count and the bytes of its arguments, and begin with the first",
    async run() {
      const { device, observers } = standIn("wasm");
      const running = trace(device);
      for (const { after, timed } of observers) {
        timed?.(dispatchOf(3), 100, 102.5);
        after?.(dispatchOf(3));
        timed?.(dispatchOf(4), 110, 111);
        after?.(dispatchOf(4));
      }
      const common = { kernel: "relu", file: "kernels/nn/relu.wgsl", unit: "invocation", bytes: 112 };
      const found = (await running.stop()).map(({ kernel, file, unit, bytes, count, begin, milliseconds }) => ({
        ...{ kernel, file, unit, bytes },
        ...{ count, begin, milliseconds },
      }));
      equal(
        found,
        [
          { ...common, count: 3, begin: 0, milliseconds: 2.5 },
          { ...common, count: 4, begin: 10, milliseconds: 1 },
        ],
        "events",
      );
      check(observers.size === 0, "still observing after its end");
    },
  },
  {
    name: "where times come later, events keep the order of their dispatches, and one without a time has none",
    async run() {
      const { device, observers } = standIn("webgpu");
      const running = trace(device);
      const [a, b, c] = [dispatchOf(1), dispatchOf(2), dispatchOf(3)];
      for (const { after, timed } of observers) {
        for (const dispatch of [a, b, c]) after?.(dispatch);
        timed?.(b, 20, 21);
        timed?.(a, 25, 29);
      }
      const events = await running.stop();
      equal(
        events.map(({ count, milliseconds }) => [count, milliseconds ?? "none"]),
        [
          [1, 4],
          [2, 1],
          [3, "none"],
        ],
        "events",
      );
      equal([events[0]!.begin, events[1]!.begin], [5, 0], "since the first that was timed");
      // Queued within this test.
      check(events[2]!.begin >= 0 && events[2]!.begin < 60_000, `${events[2]!.begin}`);
    },
  },
  {
    name: "a trace that is not wanted any more observes nothing",
    async run() {
      const { device, observers } = standIn("wasm");
      {
        using _running = trace(device);
        equal([...observers].length, 1, "observers");
      }
      equal([...observers].length, 0, "observers at the end");
    },
  },
  {
    name: "in JSON there are complete events in microseconds, instants where there is no time, and names",
    async run(device) {
      const timed: TraceEvent = {
        ...{ kernel: "relu", file: "kernels/nn/relu.wgsl", count: 3, unit: "invocation", bytes: 112 },
        ...{ begin: 1.5, milliseconds: 0.25 },
      };
      const json = JSON.parse(chromeTrace([timed, { ...timed, milliseconds: undefined }], device)) as unknown;
      const event = {
        ...{ name: "relu", cat: "kernel" },
        args: { file: "kernels/nn/relu.wgsl", count: 3, unit: "invocation", bytes: 112 },
      };
      const named = (name: string, value: string): object => ({ name, ph: "M", pid: 1, tid: 1, args: { name: value } });
      const { args, ...common } = event;
      equal(
        json,
        {
          traceEvents: [
            named("process_name", `crf-rnn on ${device.kind}`),
            named("thread_name", device.info.name),
            { ...common, ph: "X", ts: 1500, dur: 250, pid: 1, tid: 1, args },
            { ...common, ph: "i", ts: 1500, s: "t", pid: 1, tid: 1, args },
          ],
          displayTimeUnit: "ms",
        },
        "JSON",
      );
    },
  },
];
