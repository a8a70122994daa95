import type { AdapterModel } from "./adapters.ts";
import type { Chain } from "./chains.ts";

/** What the model looks at of a dispatch. */
export interface Load {
  /** The path of the kernel's usual form, for example `nn/product`, and which form it is. */
  readonly kernel: string;
  readonly form: string | undefined;
  readonly workgroups: number;
  readonly workgroupSize: number;
  /** Operations that are wanted, and how many times as many are done. */
  readonly operations: number;
  readonly padding: number;
  readonly bytes: number;
  readonly chain: Chain;
}

/** Milliseconds of a dispatch, and what takes them. */
export interface Prediction {
  readonly milliseconds: number;
  readonly bound: "arithmetic" | "memory" | "chain" | "start";
}

/** No copy reaches a memory's rated bandwidth. */
const bandwidthShare = 0.85;

/**
 * The time of a dispatch that runs alone: the longest of its arithmetic, its memory traffic and its longest chain, and what
 * it costs to start one.
 *   - Arithmetic: the operations, those on padding included, at the form's share of the peak. Where there are fewer
 *     invocations than the units need to be busy, in proportion less.
 *   - Memory: its floor's bytes, from the last cache where they all fit into half of it.
 *   - Chain: the dependent iterations of one invocation, each of which waits for memory.
 */
export function predict(adapter: AdapterModel, load: Load): Prediction {
  const start = adapter.dispatchMicroseconds / 1e3;
  const fits = load.bytes <= adapter.cacheBytes / 2;
  const times = {
    arithmetic: arithmeticTime(adapter, load),
    memory: load.bytes / ((fits ? adapter.cacheGigabytes : adapter.gigabytes) * bandwidthShare * 1e6),
    chain: (load.chain.iterations * adapter.latencies[load.chain.wait]) / 1e6,
  };
  const bound = (Object.keys(times) as (keyof typeof times)[]).reduce((a, b) => (times[b] > times[a] ? b : a));
  const milliseconds = start + times[bound];
  return { milliseconds, bound: times[bound] < start ? "start" : bound };
}

function arithmeticTime(adapter: AdapterModel, load: Load): number {
  const busy = Math.min(1, (load.workgroups * load.workgroupSize) / (adapter.units * adapter.unitInvocations));
  return (load.operations * load.padding) / (adapter.teraflops * 1e9 * shareOf(adapter, load) * busy);
}

function shareOf({ shares }: AdapterModel, { kernel, form }: Load): number {
  if (form === undefined) return shares.other;
  const ofForms = shares[kernel === "nn/product" ? "product" : "convolution"];
  return ofForms[form] ?? ofForms.registers;
}

/** Milliseconds in which the processor queues so many dispatches, and waits for so many round trips. */
export const hostTime = (adapter: AdapterModel, dispatches: number, roundTrips: number): number =>
  (dispatches * adapter.hostMicroseconds + roundTrips * adapter.roundTripMicroseconds) / 1e3;
