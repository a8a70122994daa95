import { offHeap, type Transport } from "./mpi.ts";
import type { Progress } from "./progress.ts";

/** Tags of messages. Those of one sender and one tag arrive in the order in which they were sent. */
export const tags = { failure: 1, beat: 2, length: 3, bytes: 4, spreadLength: 5, spread: 6, pieces: 16 } as const;

/** Bytes of a piece of a long message. While one is passed on, the next one comes in. */
export const pieceBytes = 2 ** 20;

/** MPI guarantees tags up to 32767, and each piece of the gradients has two. */
const mostPieces = (32767 - tags.pieces) >> 1;

/** The bytes of a piece where there are so many in all. */
export const pieceBytesFor = (bytes: number): number => Math.max(pieceBytes, Math.ceil(bytes / mostPieces / 4) * 4);

/** How many pieces hold the running sum of the rank before at one time. */
const incoming = 8;

/** The gradients of one draw, all in one array of memory that this thread and the one that computes share. */
export interface Arena {
  readonly values: Float32Array<SharedArrayBuffer>;
  /** Numbers of a piece; the last one may have fewer. */
  readonly piece: number;
  /** Draws of a step. */
  readonly batch: number;
  /** Whether the device that computes takes numbers below 2⁻¹²⁶ for zero when it adds. */
  readonly flushes: boolean;
}

/** Memory for a running sum that comes in. */
type Place = Uint8Array<SharedArrayBuffer>;

/** Hears how far the pieces are. */
export interface ArenaListener {
  /** A draw's piece has been passed on: its place may be written to. */
  passed(piece: number): void;
  /** A piece holds the sum over all draws of the step. */
  summed(piece: number): void;
}

/** What ranks say to each other: bytes to the first rank and from it to all, and the sum of gradients. */
export class Relay {
  readonly #transport: Transport;
  readonly #progress: Progress;
  #arena: Arena | undefined;
  readonly #free: Place[] = [];
  readonly #queue: ((place: Place) => void)[] = [];
  /** Bytes of gradients and their sums that were sent since the beginning. */
  sent = 0;

  constructor(transport: Transport, progress: Progress) {
    this.#transport = transport;
    this.#progress = progress;
  }

  /** The bytes of all ranks, in their order, at the first one; nothing at the others. */
  async gather(own: Uint8Array): Promise<readonly Uint8Array[]> {
    const { rank, size } = this.#transport;
    if (rank > 0) {
      await Promise.all([this.#send(lengthOf(own), 0, tags.length), this.#send(shared(own), 0, tags.bytes)]);
      return [];
    }
    const others = Array.from({ length: size - 1 }, async (_, i) => {
      const length = await this.#receive(offHeap(8), i + 1, tags.length);
      return this.#receive(offHeap(numberIn(length)), i + 1, tags.bytes);
    });
    return [own, ...(await Promise.all(others))];
  }

  /** The bytes that the first rank has, at every rank: each passes on to the next what it gets from the one before. */
  async spread(own: Uint8Array): Promise<Uint8Array> {
    const { rank, size } = this.#transport;
    const next = rank + 1 < size ? rank + 1 : undefined;
    const length = rank === 0 ? lengthOf(own) : await this.#receive(offHeap(8), rank - 1, tags.spreadLength);
    const passing = next === undefined ? [] : [this.#send(length, next, tags.spreadLength)];
    const bytes = rank === 0 ? shared(own) : offHeap(numberIn(length));
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes);
      if (rank > 0) await this.#receive(piece, rank - 1, tags.spread);
      if (next !== undefined) passing.push(this.#send(piece, next, tags.spread));
    }
    await Promise.all(passing);
    return bytes;
  }

  /** Sets out the memory of the gradients. */
  prepare(arena: Arena): void {
    this.#arena = arena;
    for (let i = 0; i < incoming; i++) this.#free.push(offHeap(arena.piece * 4));
  }

  /**
   * Adds a piece of a draw's gradients, which lies in the arena, to the running sum. The sum travels from draw to draw, which is from rank
   * to rank, so that it is added up in the order of draws, as one process adds it up.
   */
  async contribute(draw: number, piece: number, listener: ArenaListener): Promise<void> {
    const { rank, size } = this.#transport;
    const { batch } = this.#arena!;
    const [own, values] = this.#pieceOf(piece);
    const tag = tags.pieces + 2 * piece;
    if (draw > 0) await this.#add(values, own, (rank + size - 1) % size, tag);
    if (draw < batch - 1) await this.#send(own, (rank + 1) % size, tag);
    listener.passed(piece);
    if (draw + size >= batch) await this.distribute(piece, listener);
  }

  /** Hands on the sum of a piece, from the rank that had the last draw on. */
  async distribute(piece: number, listener: ArenaListener): Promise<void> {
    const { rank, size } = this.#transport;
    const [own] = this.#pieceOf(piece);
    const last = (this.#arena!.batch - 1) % size;
    const next = (rank + 1) % size;
    const tag = tags.pieces + 2 * piece + 1;
    if (rank !== last) await this.#receive(own, (rank + size - 1) % size, tag);
    if (next !== last) await this.#send(own, next, tag);
    listener.summed(piece);
  }

  #pieceOf(index: number): readonly [bytes: Uint8Array<SharedArrayBuffer>, values: Float32Array<SharedArrayBuffer>] {
    const { values, piece } = this.#arena!;
    const part = values.subarray(index * piece, (index + 1) * piece);
    return [new Uint8Array(part.buffer, part.byteOffset, part.byteLength), part];
  }

  async #add(values: Float32Array, { length }: Uint8Array, from: number, tag: number): Promise<void> {
    // Whoever comes first is served first: a piece never waits for a later one.
    const place = this.#free.pop() ?? (await new Promise<Place>((resolve) => this.#queue.push(resolve)));
    const before = await this.#receive(place.subarray(0, length), from, tag);
    const sums = new Float32Array(before.buffer, before.byteOffset, values.length);
    addInto(values, sums, this.#arena!.flushes);
    this.#release(place);
  }

  #release(place: Place): void {
    const next = this.#queue.shift();
    if (next) next(place);
    else this.#free.push(place);
  }

  async #send(bytes: Uint8Array, to: number, tag: number): Promise<void> {
    if (tag >= tags.pieces) this.sent += bytes.length;
    await this.#progress.done(this.#transport.send(bytes, to, tag));
  }

  async #receive<Bytes extends Uint8Array>(bytes: Bytes, from: number, tag: number): Promise<Bytes> {
    await this.#progress.done(this.#transport.receive(bytes, from, tag));
    return bytes;
  }
}

/** The least number that is not subnormal. */
const leastNormal = 2 ** -126;

/** `values` = `before` + `values`, rounded as the device that computes rounds. */
function addInto(values: Float32Array, before: Float32Array, flushes: boolean): void {
  if (!flushes) {
    for (let i = 0; i < values.length; i++) values[i] = before[i]! + values[i]!;
    return;
  }
  const flushed = (value: number): number => (Math.abs(value) < leastNormal ? value * 0 : value);
  for (let i = 0; i < values.length; i++) values[i] = flushed(Math.fround(flushed(before[i]!) + flushed(values[i]!)));
}

/** A copy that MPI may read while this thread does something else. */
function shared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const copy = offHeap(bytes.length);
  copy.set(bytes);
  return copy;
}

function lengthOf({ length }: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const bytes = offHeap(8);
  new Float64Array(bytes.buffer)[0] = length;
  return bytes;
}

const numberIn = (bytes: Uint8Array): number => new Float64Array(bytes.buffer, bytes.byteOffset, 1)[0]!;
