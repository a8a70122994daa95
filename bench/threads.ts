/**
 * What of a call runs on one thread whatever the number of threads, and what 1 to 16 threads could gain.
 *
 *   npm run bench:threads -- [--image ../shared/data/bench/raccoon-500x375.png] [--only 'ten iterations'] [--seconds 3] [--two]
 *
 * For each number of threads n, one thread alone runs all that a device of n threads would run, cut as there, and each dispatch is
 * timed. Serial are dispatches that n threads would leave to the calling one (too few invocations, or a single workgroup) and the
 * host's code between them; of all others the busiest thread takes ⌈chunks / n⌉ chunks, and waking the threads takes
 * `wakeMilliseconds`. The prediction assumes that chunks take equally long and that memory keeps up. With --two it stands beside the
 * gain that two threads really have.
 */
import { parseArgs } from "node:util";
import type { Storage } from "../src/device/device.ts";
import { chunkOf } from "../src/device/wasm.ts";
import type { Kernel } from "../src/kernel.ts";
import { open } from "../src/device/open.ts";
import { readFile } from "node:fs/promises";
import { decodeImage } from "../src/data/images.ts";
import type { Composite, Prepared } from "./composite.ts";
import { composites } from "./composites.ts";
import { kernelName } from "./floor.ts";
import { makeScene, type Scene } from "./scene.ts";
import { Workload } from "./workload.ts";

/** Measured: 5 to 20 µs. */
const wakeMilliseconds = 0.01;
const threadCounts = [1, 2, 4, 8, 16];

/** One dispatch of a call on one thread. */
interface Timed {
  readonly kernel: Kernel<object>;
  readonly count: number;
  readonly storages: readonly Storage[];
  readonly milliseconds: number;
}

/** A call, cut for so many threads: how long it took as a whole, and each of its dispatches. */
interface Call {
  readonly threads: number;
  readonly milliseconds: number;
  readonly dispatches: readonly Timed[];
}

const { values: flags } = parseArgs({
  options: {
    image: { type: "string" },
    only: { type: "string", default: "^(build|filter|set up|ten) " },
    seconds: { type: "string", default: "3" },
    two: { type: "boolean", default: false },
  },
});

const scene = makeScene(
  flags.image === undefined ? undefined : await decodeImage(await readFile(flags.image), flags.image),
);
console.log(
  `${scene.width}×${scene.height}, ${scene.classes} classes; milliseconds on one thread, the least of ${flags.seconds} s`,
);
const heads = [
  "call",
  "one thread",
  "the same, cut for 16",
  "kernels on one thread of 16",
  "the host's code",
  "serial",
  "the dearest of these kernels",
  ...threadCounts.slice(1).map((threads) => `${threads} threads`),
  ...(flags.two ? ["two, measured"] : []),
];
console.log(`| ${heads.join(" | ")} |\n|${heads.map((_, at) => (at === 0 ? " --- |" : " ---: |")).join("")}`);
for (const composite of composites) {
  if (new RegExp(flags.only).test(composite.name)) console.log(`| ${(await lineOf(composite)).join(" | ")} |`);
}

async function lineOf(composite: Composite): Promise<string[]> {
  const calls: Call[] = [];
  for (const threads of threadCounts) calls.push(await leastCall(composite, scene, threads));
  const [alone, last] = [calls[0]!, calls.at(-1)!];
  const serial = sumOf(last.dispatches.filter((each) => chunkOfDispatch(each, last.threads) === 0));
  const host = hostOf(last);
  const gains = calls.slice(1).map((call) => `${(alone.milliseconds / predict(call)).toFixed(2)}×`);
  return [
    composite.name,
    alone.milliseconds.toFixed(1),
    last.milliseconds.toFixed(1),
    serial.toFixed(2),
    host.toFixed(2),
    `${((100 * (serial + host)) / alone.milliseconds).toFixed(1)} %`,
    dearest(last, alone.milliseconds),
    ...gains,
    ...(flags.two
      ? [`${(alone.milliseconds / (await leastCall(composite, scene, 2, true)).milliseconds).toFixed(2)}×`]
      : []),
  ];
}

/** The kernels that one thread runs longest while the others wait. */
function dearest({ dispatches, threads }: Call, whole: number): string {
  const sums = new Map<string, number>();
  for (const each of dispatches) {
    if (chunkOfDispatch(each, threads) > 0) continue;
    const name = kernelName(each.kernel);
    sums.set(name, (sums.get(name) ?? 0) + each.milliseconds);
  }
  const shares = [...sums].map(([name, sum]) => [name, (100 * sum) / whole] as const);
  const seen = shares.filter(([, share]) => share >= 0.3).sort(([, a], [, b]) => b - a);
  return seen.map(([name, share]) => `${name} ${share.toFixed(1)} %`).join(", ") || "–";
}

function sumOf(dispatches: readonly Timed[]): number {
  return dispatches.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
}

/** What passes outside of kernels. */
function hostOf({ milliseconds, dispatches }: Call): number {
  return milliseconds - sumOf(dispatches);
}

/** The time of a call that its threads share. */
function predict(call: Call): number {
  const { threads } = call;
  return call.dispatches.reduce(
    (sum, each) => sum + each.milliseconds * busiest(each, threads) + wake(each, threads),
    hostOf(call),
  );
}

/** The share of a dispatch that its busiest thread runs. */
function busiest(dispatch: Timed, threads: number): number {
  const chunk = chunkOfDispatch(dispatch, threads);
  if (chunk === 0) return 1;
  return Math.min(1, (Math.ceil(Math.ceil(dispatch.count / chunk) / threads) * chunk) / dispatch.count);
}

function wake(dispatch: Timed, threads: number): number {
  return chunkOfDispatch(dispatch, threads) === 0 ? 0 : wakeMilliseconds;
}

function chunkOfDispatch({ kernel, count, storages }: Timed, threads: number): number {
  return chunkOf(kernel, count, storages, threads);
}

/** The quickest of the calls that some seconds allow: of `threads` threads, or of one that cuts its work as they would. */
async function leastCall({ prepare }: Composite, on: Scene, threads: number, really = false): Promise<Call> {
  using device = await open({ prefer: "wasm", threads: really ? threads : 1 });
  (device.info as { threads: number }).threads = threads;
  using workload = new Workload(device, on);
  const prepared: Prepared = await prepare(workload);
  await prepared.run();
  let least: Call | undefined;
  const end = performance.now() + 1000 * Number(flags.seconds);
  do {
    const dispatches: Timed[] = [];
    using _ = device.observe({
      timed: ({ kernel, count, args }, begin, end) => {
        const storages = kernel.bindings.map(({ name }) => args[name] as Storage);
        dispatches.push({ kernel, count, storages, milliseconds: end - begin });
      },
    });
    const begin = performance.now();
    await prepared.run();
    await device.finish();
    const milliseconds = performance.now() - begin;
    if (least === undefined || milliseconds < least.milliseconds) least = { threads, milliseconds, dispatches };
  } while (performance.now() < end);
  prepared.dispose?.();
  return least;
}
