import { poolSize } from "../src/device/bufferPool.ts";
import type { Data, Device, Dispatch, Storage } from "../src/device/device.ts";
import { check } from "./suite.ts";

/** What memory that nothing may write to holds. */
const GUARD = 0xdeadbeef;
/** More words than a workgroup's invocations could write beyond the end of a result, a quad each. */
const guardWords = 1024;

/** Device memory of one test, freed at its end. */
export class Memory implements Disposable {
  readonly #device: Device;
  readonly #storages: Storage[] = [];

  constructor(device: Device) {
    this.#device = device;
  }

  of(data: Data): Storage {
    const storage = this.#device.allocate(data.byteLength);
    this.#storages.push(storage);
    this.#device.write(storage, data);
    return storage;
  }

  zeros(words: number): Storage {
    return this.of(new Uint32Array(words));
  }

  /** Room for `words`, behind which `words()` and `floats()` find whatever was written too far. */
  result(words: number): Storage {
    return this.of(new Uint32Array(words + guardWords).fill(GUARD));
  }

  /** @throws AssertionError if something was written behind a result, or not all of it was written. */
  async words(result: Storage): Promise<Uint32Array> {
    const all = new Uint32Array(await this.#device.read(result));
    const end = all.length - guardWords;
    const beyond = all.subarray(end).findIndex((word) => word !== GUARD);
    check(beyond < 0, `word ${end + beyond} was written, ${beyond + 1} behind the result's ${end}`);
    const values = all.slice(0, end);
    const missing = values.indexOf(GUARD);
    check(missing < 0, `word ${missing} of ${end} was not written`);
    return values;
  }

  async floats(result: Storage): Promise<Float32Array> {
    return new Float32Array((await this.words(result)).buffer);
  }

  [Symbol.dispose](): void {
    for (const storage of this.#storages) this.#device.release(storage);
  }
}

/** Float32 values as the words that hold them. */
export const bitsOf = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);

/** [word, bits of float] pairs, as simplices and incidence lists are stored. */
export function pack(words: ArrayLike<number>, floats: ArrayLike<number>): Uint32Array {
  const bits = bitsOf(Float32Array.from(floats));
  return Uint32Array.from({ length: 2 * words.length }, (_, i) => (i % 2 === 0 ? words[i >> 1]! : bits[i >> 1]!));
}

/** The two halves of such pairs. */
export function unpack(pairs: Uint32Array): { words: Uint32Array; floats: Float32Array } {
  const half = (offset: number): Uint32Array => pairs.filter((_, i) => i % 2 === offset);
  return { words: half(0), floats: new Float32Array(half(1).buffer) };
}

/** A kernel as it is about to run, and the bytes that are in use by then, without those that were before. */
export interface Used {
  /** As `lattice/splat`. */
  readonly kernel: string;
  readonly bytes: number;
}

/** What is in use while each kernel of `work` runs, of kernels whose names begin so. */
export async function memoryOf(device: Device, room: string, work: () => unknown): Promise<Used[]> {
  const before = device.bytes;
  const used: Used[] = [];
  const note = ({ kernel }: Dispatch): void => {
    const file = kernel.file.replace(/^kernels\/|\.wgsl$/g, "");
    // Which form of it runs depends on what was measured on the device before.
    const name = kernel.formOf === undefined ? file : file.replace(/\.\w+$/, "");
    if (name.startsWith(room)) used.push({ kernel: name, bytes: device.bytes - before });
  };
  using _observation = device.observe({ before: note });
  await work();
  return used;
}

/** What tables of these sizes take in all; buffers of WebGPU come in the sizes of its pool. */
export const taken = ({ kind }: Device, sizes: readonly number[]): number =>
  sizes.reduce((sum, bytes) => sum + (kind === "webgpu" ? poolSize(bytes) : bytes), 0);

/** Fails unless the kernels ran in this order, each while just these tables were in use, given by their bytes. */
export function checkMemory(
  device: Device,
  used: readonly Used[],
  expected: readonly (readonly [kernel: string, tables: readonly number[]])[],
  what: string,
): void {
  const [own, wanted] = [used.map(({ kernel }) => kernel).join(), expected.map(([kernel]) => kernel).join()];
  check(own === wanted, `${what}: expected the kernels ${wanted}, got ${own}`);
  for (const [i, [kernel, tables]] of expected.entries()) {
    const [actual, bytes] = [used[i]!.bytes, taken(device, tables)];
    check(actual === bytes, `${what}: ${actual} bytes in use while ${kernel} ran, not ${bytes} (kernel ${i})`);
  }
}
