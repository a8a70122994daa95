import { BufferUsage } from "../../src/device/flags.ts";
import { GpuClock } from "../../src/device/gpuClock.ts";
import { type Case, check } from "../suite.ts";

type Call = readonly unknown[];

/** Stands in for a GPU with a clock: notes what is asked of it, and has measured these nanoseconds. */
class Gpu {
  readonly calls: Call[] = [];
  readonly #measured: readonly bigint[];

  constructor(measured: readonly bigint[]) {
    this.#measured = measured;
  }

  createQuerySet({ type, count }: GPUQuerySetDescriptor): GPUQuerySet {
    this.calls.push(["createQuerySet", type, count]);
    return { destroy: () => this.calls.push(["destroy queries"]) } as unknown as GPUQuerySet;
  }

  createBuffer({ size, usage }: GPUBufferDescriptor): GPUBuffer {
    const name = usage & BufferUsage.mapRead ? "staging" : "resolved";
    this.calls.push(["createBuffer", name, size, usage]);
    let mapped = false;
    return {
      name,
      mapAsync: async (mode: number) => {
        this.calls.push(["map", name, mode]);
        await Promise.resolve();
        mapped = true;
      },
      getMappedRange: () => BigUint64Array.from(mapped ? this.#measured : []).buffer,
      destroy: () => this.calls.push(["destroy", name]),
    } as unknown as GPUBuffer;
  }

  /** An encoder that notes its commands with the names of buffers. */
  readonly encoder = {
    resolveQuerySet: (_: GPUQuerySet, first: number, count: number, to: { name: string }, offset: number) =>
      this.calls.push(["resolve", first, count, to.name, offset]),
    copyBufferToBuffer: (from: { name: string }, start: number, to: { name: string }, offset: number, bytes: number) =>
      this.calls.push(["copy", from.name, start, to.name, offset, bytes]),
  } as unknown as GPUCommandEncoder;
}

const equal = (actual: unknown, expected: unknown, what: string): void =>
  check(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`,
  );

export const cases: Case[] = [
  {
    name: "each pass has two queries, which are read once a submission; times come in milliseconds, in order",
    async run() {
      const gpu = new Gpu([1_000_000n, 3_500_000n, 4_000_000n, 12_000_000n]);
      const clock = new GpuClock(gpu as unknown as GPUDevice, 256);
      const told: (readonly number[])[] = [];
      const passes = [1, 2].map((pass) => clock.next((begin, end) => told.push([pass, begin, end])));
      equal(gpu.calls, [["createQuerySet", "timestamp", 512]], "queries");
      const indices = passes.map((pass) => [pass.beginningOfPassWriteIndex, pass.endOfPassWriteIndex]);
      equal(indices, [[0, 1], [2, 3]], "indices"); // prettier-ignore
      check(
        passes.every(({ querySet }) => querySet && querySet === passes[0]!.querySet),
        "one set of queries",
      );
      gpu.calls.length = 0;
      const timing = clock.resolve(gpu.encoder)!;
      const commands = [
        ["createBuffer", "resolved", 32, 0x200 | 0x04],
        ["createBuffer", "staging", 32, 0x01 | 0x08],
        ["resolve", 0, 4, "resolved", 0],
        ["copy", "resolved", 0, "staging", 0, 32],
      ];
      equal(gpu.calls, commands, "commands");
      check(clock.resolve(gpu.encoder) === undefined && told.length === 0, "nothing more to read");
      gpu.calls.length = 0;
      await timing();
      equal(gpu.calls, [["map", "staging", 1], ["destroy", "resolved"], ["destroy", "staging"]], "reading"); // prettier-ignore
      equal(told, [[1, 1, 3.5], [2, 4, 12]], "times"); // prettier-ignore
    },
  },
  {
    name: "nothing is made for passes that nobody times; the next submission has the same queries from the first on",
    async run() {
      const gpu = new Gpu([0n, 1n]);
      const clock = new GpuClock(gpu as unknown as GPUDevice, 4);
      check(clock.resolve(gpu.encoder) === undefined, "no pass was timed");
      clock.dispose();
      equal(gpu.calls, [], "calls");
      const first = clock.next(() => {});
      clock.resolve(gpu.encoder);
      const second = clock.next(() => {});
      check(second.querySet === first.querySet, "the same queries");
      equal([second.beginningOfPassWriteIndex, second.endOfPassWriteIndex], [0, 1], "indices");
      gpu.calls.length = 0;
      clock.dispose();
      equal(gpu.calls, [["destroy queries"]], "what is left behind");
    },
  },
];
