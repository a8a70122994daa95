import { type Device, open } from "crf-rnn";
import type { DeviceChoice, DeviceFacts } from "./choice.ts";

/**
 * Opens a device in a worker. Threads are asked for only where a page may have them: a link that names four opens on one
 * where the host sends no headers, and the facts say so.
 * @throws DeviceError of the package, whose message is a sentence for the reader
 */
export async function openDevice(choice: DeviceChoice, onWarning: (sentence: string) => void): Promise<Device> {
  const threads = globalThis.crossOriginIsolated ? choice.threads : undefined;
  // Which SIMD it is, is asked of WebAssembly alone.
  const simd = choice.prefer === "wasm" ? choice.simd : undefined;
  return open({ prefer: choice.prefer, threads, simd, onWarning: ({ message }) => onWarning(message) });
}

/** What the chip in the header tells of a device. */
export function factsOf({ kind, info }: Device): DeviceFacts {
  const { name, hardware, threads, variant, subgroupSize, fallbacks } = info;
  const host = { isolated: globalThis.crossOriginIsolated, processors: navigator.hardwareConcurrency };
  return { kind, name, hardware, threads, variant, subgroupSize, fallbacks: [...fallbacks], ...host };
}
