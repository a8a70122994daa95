import { InternalError } from "../errors.ts";
import type { GradientLayout, GradientSum } from "../train/ranks.ts";
import type { Request } from "./messages.ts";
import { pieceBytesFor } from "./relay.ts";

/** What a sum needs of the connection to the other ranks. */
export interface Post {
  readonly rank: number;
  readonly size: number;
  post(asked: Request): void;
}

/**
 * The sum of gradients, in one array that the other thread shares. It is cut into pieces, which go as soon as they are full, while the rest is
 * still being computed: gradients of the last layers are known first.
 */
export class ArenaSum implements GradientSum {
  readonly #post: Post;
  readonly #batch: number;
  readonly #values: Float32Array<SharedArrayBuffer>;
  /** Where each gradient begins, and where the last one ends. */
  readonly #begins: readonly number[];
  readonly #piece: number;
  readonly #pieces: number;
  /** 1 for each piece whose place may be written to, since what was there has been passed on. */
  readonly #free: Uint8Array;
  #summed = 0;
  #draw: number | undefined;
  /** Numbers of the draw that are in place. */
  #filled = 0;
  #contributed = 0;
  #copying: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};
  #failure: Error | undefined;
  /** Milliseconds that `finish` and full places were waited for. */
  waited = 0;

  constructor(post: Post, { lengths, batch, flushes }: GradientLayout) {
    this.#post = post;
    this.#batch = batch;
    const begins = [0];
    for (const length of lengths) begins.push(begins.at(-1)! + length);
    this.#begins = begins;
    const total = begins.at(-1)!;
    this.#values = new Float32Array(new SharedArrayBuffer(Math.max(4, total * 4)));
    this.#piece = pieceBytesFor(total * 4) / 4;
    this.#pieces = Math.ceil(total / this.#piece);
    this.#free = new Uint8Array(this.#pieces).fill(1);
    post.post({ op: "prepare", values: this.#values, piece: this.#piece, batch, flushes });
  }

  begin(): void {
    this.#summed = 0;
    this.#draw = undefined;
    if (this.#post.rank < this.#batch) return;
    for (let piece = 0; piece < this.#pieces; piece++) this.#post.post({ op: "distribute", piece });
  }

  add(draw: number, index: number, values: Promise<ArrayBuffer>): void {
    this.#copying = this.#copying.then(async () => this.#place(draw, index, new Float32Array(await values)));
    this.#copying.catch(() => {}); // `finish` tells
  }

  async finish(): Promise<readonly Float32Array[]> {
    await this.#copying;
    if (this.#draw !== undefined && this.#contributed < this.#pieces) throw unexpected("all gradients", "some of them");
    await this.#until(() => this.#summed === this.#pieces);
    return this.#begins.slice(0, -1).map((begin, i) => this.#values.subarray(begin, this.#begins[i + 1]));
  }

  /** Called when the other thread has passed a piece on. */
  passed(piece: number): void {
    this.#free[piece] = 1;
    this.#wake();
  }

  /** Called when a piece holds the sum. */
  summed(): void {
    this.#summed++;
    this.#wake();
  }

  /** Called when another rank has failed: nobody waits any more. */
  fail(error: Error): void {
    this.#failure = error;
    this.#wake();
  }

  async #place(draw: number, index: number, values: Float32Array): Promise<void> {
    if (draw !== this.#draw) this.#next(draw);
    const [begin, end] = [this.#begins[index]!, this.#begins[index + 1]!];
    if (begin !== this.#filled || values.length !== end - begin) {
      throw unexpected(`${end - begin} numbers from ${this.#filled} on`, `${values.length} from ${begin} on`);
    }
    for (let at = begin; at < end;) {
      const piece = Math.floor(at / this.#piece);
      const stop = Math.min(end, (piece + 1) * this.#piece);
      if (this.#free[piece] === 0) await this.#until(() => this.#free[piece] === 1);
      this.#values.set(values.subarray(at - begin, stop - begin), at);
      at = stop;
    }
    this.#filled = end;
    const full = end === this.#values.length ? this.#pieces : Math.floor(end / this.#piece);
    while (this.#contributed < full) this.#contribute(draw, this.#contributed++);
  }

  #contribute(draw: number, piece: number): void {
    this.#free[piece] = 0;
    this.#post.post({ op: "contribute", draw: draw % this.#batch, piece });
  }

  #next(draw: number): void {
    if (this.#draw !== undefined && this.#contributed < this.#pieces) throw unexpected("all gradients", "some of them");
    this.#draw = draw;
    this.#filled = 0;
    this.#contributed = 0;
  }

  async #until(isSo: () => boolean): Promise<void> {
    const began = performance.now();
    while (!isSo()) {
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.waited += performance.now() - began;
  }
}

const unexpected = (expected: string, got: string): InternalError =>
  new InternalError({ where: "the sum of gradients", expected, got });
