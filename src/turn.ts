import { AbortError, ValueError } from "./errors.ts";
import { kindOf } from "./values.ts";

/** Options of every call that may take long. */
export interface Abortable {
  /** Ends the call soon with an `AbortError`; what it had made is given back. */
  readonly signal?: AbortSignal;
}

/**
 * A call that has computed for this many milliseconds, which is a frame at 60 Hz, lets the event loop take a turn
 * before it goes on. WebAssembly computes on the thread that calls it, so that without turns no timer would fire, no
 * page would paint and no server would answer while an image is computed.
 */
const longestTurn = 16;

/** The time at which this thread's event loop last ran. A thread has one event loop, so one variable suffices. */
let since = -Infinity;

/**
 * Called between two parts of a long call. Lets the event loop take a turn if more than 16 ms have passed since the
 * last one.
 * @throws AbortError if the signal has fired
 */
export async function breathe(where: string, { signal }: Abortable = {}): Promise<void> {
  requireUnaborted(where, signal);
  const passed = performance.now() - since;
  if (passed >= 0 && passed < longestTurn) return;
  await nextTurn();
  since = performance.now();
  requireUnaborted(where, signal);
}

/** @throws AbortError if the signal has fired, ValueError for what is no signal */
export function requireUnaborted(where: string, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  if (typeof (signal as AbortSignal | null)?.aborted !== "boolean") {
    const remedy = "pass the signal of an AbortController";
    throw new ValueError({ where, expected: "an AbortSignal as signal", got: kindOf(signal), remedy });
  }
  if (!signal.aborted) return;
  const { reason } = signal as { reason: unknown };
  const got = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
  throw new AbortError(
    { where, expected: "a signal that has not fired", got: `one that was aborted (${got})` },
    { cause: reason },
  );
}

/** Resolves in a later task of the event loop, not in a microtask, with as little delay as the host can do. */
function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  if (setImmediate) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    // A timer would wait for 4 ms where several are nested.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
