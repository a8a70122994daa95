import type { Device, Dispatch, Storage } from "./device.ts";

/** One dispatch of a trace. */
export interface TraceEvent {
  /** The kernel's id, its path, and its count. */
  readonly kernel: string;
  readonly file: string;
  readonly count: number;
  readonly unit: "invocation" | "workgroup";
  /** The bytes that its arguments span: an upper bound of what it moves at least once. */
  readonly bytes: number;
  /**
   * When it began, in milliseconds since the trace began, and how long it took. Undefined where the device has no clock
   * for it.
   */
  readonly begin: number;
  readonly milliseconds: number | undefined;
}

/** A trace under way. */
export interface Trace extends Disposable {
  /** Ends the trace; all that was queued has run then. */
  stop(): Promise<readonly TraceEvent[]>;
}

/**
 * Begins to record every dispatch of `device` with the time that it takes, by the processor's clock on WASM and by
 * timestamp queries on WebGPU. Where there are no timestamp queries, the times are those of queueing and `milliseconds`
 * is left out.
 * @example const running = trace(device); await crf(unary, guide); const json = chromeTrace(await running.stop(), device);
 */
export function trace(device: Device): Trace {
  const events: TraceEvent[] = [];
  const pending = new Map<Dispatch, number>();
  const start = performance.now();
  let first: number | undefined;
  const observation = device.observe({
    after(dispatch) {
      if (device.kind === "wasm") return;
      pending.set(dispatch, events.push(eventOf(dispatch, performance.now() - start, undefined)) - 1);
    },
    timed(dispatch, begin, end) {
      first ??= begin;
      const event = eventOf(dispatch, begin - first, end - begin);
      const at = pending.get(dispatch);
      if (at === undefined) events.push(event);
      else events[at] = event;
      pending.delete(dispatch);
    },
  });
  const dispose = (): void => observation[Symbol.dispose]();
  return {
    async stop() {
      dispose();
      await device.finish();
      return events;
    },
    [Symbol.dispose]: dispose,
  };
}

function eventOf({ kernel, count, args }: Dispatch, begin: number, milliseconds: number | undefined): TraceEvent {
  const bytes = kernel.bindings.reduce((sum, { name }) => sum + (args[name] as Storage).bytes, 0);
  return { kernel: kernel.id, file: kernel.file, count, unit: kernel.unit, bytes, begin, milliseconds };
}

/** Writes a trace in the JSON that Perfetto and Chrome's tracing open: complete events in microseconds. */
export function chromeTrace(events: readonly TraceEvent[], device: Device): string {
  const traceEvents = events.map(({ kernel, file, count, unit, bytes, begin, milliseconds }) => ({
    name: kernel,
    cat: "kernel",
    ph: milliseconds === undefined ? "i" : "X",
    ts: begin * 1000,
    ...(milliseconds === undefined ? { s: "t" } : { dur: milliseconds * 1000 }),
    pid: 1,
    tid: 1,
    args: { file, count, unit, bytes },
  }));
  const named = (name: string, value: string): object => ({ name, ph: "M", pid: 1, tid: 1, args: { name: value } });
  const names = [named("process_name", `crf-rnn on ${device.kind}`), named("thread_name", device.info.name)];
  return JSON.stringify({ traceEvents: [...names, ...traceEvents], displayTimeUnit: "ms" });
}
