import type { Data, Device, Storage } from "../src/device/device.ts";
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
