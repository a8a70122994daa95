/**
 * `crf-rnn/bench`: what `crf-rnn bench` measures, in a page, a worker or a program: every kernel in GB/s and GFLOP/s against what the
 * device reaches at best, and what is made of kernels in milliseconds.
 *
 * @module
 * @example
 * const small = makeScene(undefined, { height: 30, width: 40 });
 * const seen: string[] = [];
 * const result = await runBench(small, { device, only: "^lattice/blur", seconds: 0.01 }, (name) => seen.push(name));
 * const text = describeFacts(benchFacts(result, small, "my page"));
 *
 * @module
 */
export type { Ceilings, Copy } from "./ceilings.ts";
export { type BenchFacts, benchFacts, compare, parseTimes, type Ratios, type Times, timesOf } from "./facts.ts";
export {
  type BenchOptions,
  type BenchResult,
  type CompositeResult,
  isSelected,
  type KernelResult,
  names,
  runBench,
} from "./run.ts";
export { makeScene, type Scene, usualSize } from "./scene.ts";
export type { Timing } from "./stopwatch.ts";
export { describeFacts } from "./table.ts";
