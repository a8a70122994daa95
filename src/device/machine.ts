import { LimitError } from "../errors.ts";
import type { Timed } from "./base.ts";
import type { Data } from "./device.ts";

/** A range of one kernel of the module, with its arguments as the module takes them. */
export interface Call {
  /** The kernel's id, which is the name of the module's function, and its path, for errors. */
  readonly kernel: string;
  readonly file: string;
  readonly values: readonly number[];
  readonly begin: number;
  readonly end: number;
  /** The largest piece that a thread takes at once. 0: all of it runs on the calling thread. */
  readonly chunk: number;
  /** What runs in place of the module's function, for a kernel that has a twin in JavaScript. */
  readonly twin?: (memory: ArrayBuffer, begin: number, end: number) => void;
}

/** Addresses of memory that the threads of a machine have for themselves. */
export interface Places {
  readonly scratch: number;
  /** Undefined for a machine without threads. */
  readonly control?: number;
  readonly scratches: readonly number[];
  /** The text of build/thread.ts, which threads are started with. */
  readonly source: string;
}

/**
 * A linear memory with the kernels that run on it. It knows addresses and nothing of tensors. It is in this thread
 * (`LocalMachine`), or in a worker (`RemoteMachine`): then commands are queued, and what goes wrong is told by the next
 * `read` or `finish`.
 */
export interface Machine {
  /** What the storages of this memory have as their handle. */
  readonly handle: object;
  /** The first address that is free, and the bytes that there are. */
  readonly heapBase: number;
  readonly bytes: number;
  /** The bytes that the memory may grow to. */
  readonly mostBytes: number;
  /** Makes kernels ready to run, and starts as many threads as there are scratches. @throws DeviceError */
  start(places: Places): Promise<void>;
  /** @throws if the memory cannot grow so far */
  grow(pages: number): void;
  /** `own` data are nobody else's, so that a worker can have them without a copy. */
  write(offset: number, data: Data, own?: boolean): void;
  /** Copies bytes out, as they are after all commands before. @throws DeviceError for a kernel that has failed */
  read(offset: number, bytes: number): ArrayBuffer | Promise<ArrayBuffer>;
  /**
   * Moves dense rows of so many channels in to rows of whole quads, `bytes` in all, or out of them; false where rows are longer than scratch memory,
   * and nothing is moved.
   */
  moveRows?(offset: number, bytes: number, dense: Float32Array, channels: number, out?: boolean): boolean;
  copy(from: number, to: number, bytes: number): void;
  clear(offset: number, bytes: number): void;
  run(call: Call, timed?: Timed): void;
  /** @throws DeviceError for a kernel that has failed */
  finish(): void | Promise<void>;
  /** Resolves when it is not far behind with what was queued. */
  caughtUp(): Promise<void> | undefined;
  close(): void;
}

export const pageBytes = 65536;

/** Makes the error for memory that cannot be had. */
export const outOfMemory = (bytes: number, had: number): LimitError =>
  new LimitError({
    where: "wasm",
    expected: "memory within WebAssembly's 4 GiB",
    got: `${bytes} bytes more than ${had}`,
    remedy: "dispose tensors that are no longer needed, or use a smaller image or fewer channels",
  });
