/** Long calls let the event loop take turns, and end when their signal says so. */
import { scale as scaleKernel } from "../build/kernels.ts";
import { crfRnn, meanField } from "../src/crf/crfRnn.ts";
import type { Device } from "../src/device/device.ts";
import { AbortError, ValueError } from "../src/errors.ts";
import { filter } from "../src/lattice/filter.ts";
import { buildLattice } from "../src/lattice/lattice.ts";
import { shrink, upsample } from "../src/lattice/upsample.ts";
import { fcn8s } from "../src/models/fcn8s.ts";
import { relu } from "../src/nn/relu.ts";
import { Tape } from "../src/tape.ts";
import { breathe } from "../src/turn.ts";
import { type Case, check, random, rejects, same } from "./suite.ts";

/**
 * Runs `work` with a clock that steps on by so many milliseconds each time it is looked at, the first ten times in a task:
 * who looks again and again, for threads that are still at work, is not to take them for dead.
 */
async function withClock<Result>(step: number, work: () => Promise<Result>): Promise<Result> {
  let now = performance.now();
  let looks = 0;
  const look = (): number => {
    if (looks === 0) queueMicrotask(() => (looks = 0));
    if (looks++ < 10) now += step;
    return now;
  };
  const own = Object.getOwnPropertyDescriptor(performance, "now");
  Object.defineProperty(performance, "now", { configurable: true, value: look });
  try {
    return await work();
  } finally {
    if (own) Object.defineProperty(performance, "now", own);
    else delete (performance as { now?: unknown }).now;
  }
}

/**
 * How many turns of the event loop pass while `work` runs: tasks that were queued one after the other. Where there are no
 * immediates, in pages, messages are tasks; Deno may deliver a message that is there already without a turn.
 */
async function turnsOf(work: () => Promise<void>): Promise<number> {
  const { setImmediate: immediate } = globalThis as { setImmediate?: (task: () => void) => unknown };
  const { port1, port2 } = new MessageChannel();
  const queue = (): unknown => (immediate ? immediate(tick) : port2.postMessage(0));
  let turns = 0;
  let running = true;
  const tick = (): void => {
    turns++;
    if (running) queue();
  };
  port1.onmessage = tick;
  queue();
  await work();
  running = false;
  port1.close();
  return turns;
}

const crfOptions = { classes: 3, bilateral: { position: 5, color: 30 }, spatial: { position: 2 } };

/** Each long call on small inputs, with what it made disposed of. */
function longCalls(device: Device): Record<string, (signal?: AbortSignal) => Promise<void>> {
  const map = (): Float32Array => random(1).array(126, 0, 9);
  return {
    crfRnn: async (signal) => {
      using scope = device.scope();
      const crf = scope.add(crfRnn(device, crfOptions));
      await crf(scope.tensor([6, 7, 3], map()), scope.tensor([6, 7, 3], map()), { iterations: 10, signal });
    },
    meanField: async (signal) => {
      using scope = device.scope();
      const { classes: _, ...options } = crfOptions;
      const [logits, guide] = [scope.tensor([6, 7, 3], map()), scope.tensor([6, 7, 3], map())];
      await meanField(logits, guide, { ...options, iterations: 10, signal });
    },
    network: async (signal) => {
      using scope = device.scope();
      const network = scope.add(fcn8s(device, { classes: 2, widths: [4, 4, 4, 4, 4], fc: 4 }));
      await network(scope.tensor([2, 3, 3]), { signal });
    },
    buildLattice: async (signal) => {
      using scope = device.scope();
      await buildLattice(scope.tensor([63, 2], map()), { signal });
    },
    upsample: async (signal) => {
      using scope = device.scope();
      const [values, small, guide] = [scope.tensor([3, 2, 4]), scope.tensor([3, 2, 3]), scope.tensor([6, 7, 3], map())];
      await upsample(values, small, guide, { signal });
    },
    shrink: async (signal) => {
      using scope = device.scope();
      await shrink(scope.tensor([6, 7, 3], map()), [3, 2], { signal });
    },
    gradients: async (signal) => {
      using scope = device.scope();
      const x = scope.tensor([6, 7, 3], map());
      using tape = new Tape([x]);
      await tape.gradients(relu(relu(relu(relu(relu(relu(x)))))), x, { signal });
    },
  };
}

export const cases: Case[] = [
  {
    name: "a long call lets the event loop take a turn between its pieces, and a short one does not",
    async run(device) {
      for (const [name, call] of Object.entries(longCalls(device))) {
        await call(); // tunes and compiles
        const turns = await withClock(20, () => turnsOf(() => call()));
        // WebGPU and a worker are waited for, too; on WASM all turns are those of the call itself.
        check(turns >= 4, `${name}: ${turns} turns of pieces of 20 ms`);
        if (device.kind === "webgpu" || device.info.worker) continue;
        const few = await withClock(0, async () => {
          await breathe("test");
          return turnsOf(() => call());
        });
        check(few <= 1, `${name}: ${few} turns of pieces that took no time`);
      }
    },
  },
  {
    name: "a kernel that takes long runs in pieces with turns in between, to the bits that it gives at once",
    async run(device) {
      using scope = device.scope();
      const count = 100_000;
      const values = scope.tensor([count, 4], random(5).array(4 * count, -1, 1));
      const [whole, pieces] = [scope.tensor([count, 4]), scope.tensor([count, 4])];
      device.run(scaleKernel, { values: values.storage, result: whole.storage, count, factor: 3 });
      let turns = 0;
      const begins: number[] = [];
      const args = { values: values.storage, result: pieces.storage, count, factor: 3 };
      {
        using _observation = device.observe({ timed: (_, begin, end) => void begins.push(end - begin) });
        // A clock on which every piece takes 20 ms: none may grow.
        await withClock(20, () => device.runInTurns(scaleKernel, args, async () => void turns++));
        await device.finish();
      }
      check(device.kind === "webgpu" || device.info.worker ? turns === 1 : turns > 32, `${turns} turns`);
      check(begins.length <= 1, `timed ${begins.length} times`);
      same(await pieces.read(), await whole.read(), "in pieces");
      const error = new ValueError({ where: "test", expected: "no error", got: "one" });
      await rejects(
        device.runInTurns(scaleKernel, args, () => Promise.reject(error)),
        ValueError,
      );
      await device.runInTurns(scaleKernel, { ...args, count: 0 }, () => Promise.reject(error));
    },
  },
  {
    name: "a signal that has fired ends every long call before anything is queued",
    async run(device) {
      const reason = new Error("enough");
      for (const [name, call] of Object.entries(longCalls(device))) {
        const before = device.bytes;
        const error = await rejects(call(AbortSignal.abort(reason)), AbortError, name);
        check(error.name === "AbortError" && error.cause === reason, `${name}: ${error}`);
        check(device.bytes === before, `${name} left ${device.bytes - before} bytes`);
      }
      using scope = device.scope();
      const features = scope.tensor([20, 2], random(2).array(40));
      const lattice = await buildLattice(features);
      const signal = AbortSignal.abort();
      await rejects(() => filter(features, lattice, { signal }), AbortError, "filter");
    },
  },
  {
    name: "a signal that fires on the way ends the call there, and everything is given back",
    async run(device) {
      for (const [name, call] of Object.entries(longCalls(device))) {
        for (let turns = 1; turns <= 3; turns++) {
          const before = device.bytes;
          const controller = new AbortController();
          const count = async (): Promise<void> => {
            for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve));
            controller.abort();
          };
          // Every piece takes a frame, so that there is a turn after each.
          await withClock(20, async () => {
            const counting = count();
            await call(controller.signal).catch((error: unknown) => {
              if (!(error instanceof AbortError)) throw error;
            });
            await counting;
          });
          check(device.bytes === before, `${name} after ${turns} turns left ${device.bytes - before} bytes`);
        }
      }
    },
  },
  {
    name: "an iteration aborts its own call, and the layer goes on to serve",
    async run(device) {
      using scope = device.scope();
      const crf = scope.add(crfRnn(device, crfOptions));
      const [unary, guide] = [1, 2].map((seed) => scope.tensor([6, 7, 3], random(seed).array(126, 0, 9)));
      const expected = await (await crf(unary!, guide!)).read();
      const before = device.bytes;
      for (const stop of [1, 3]) {
        const controller = new AbortController();
        const onIteration = (done: number): void => (done === stop ? controller.abort() : undefined);
        await rejects(crf(unary!, guide!, { onIteration, signal: controller.signal }), AbortError);
        check(device.bytes === before, `${device.bytes - before} bytes left`);
      }
      same(await (await crf(unary!, guide!)).read(), expected, "the same call afterwards");
      await rejects(crf(unary!, guide!, { signal: "now" as unknown as AbortSignal }), ValueError);
    },
  },
];
