import { tailMask } from "./simd";

/** Copies dense rows to rows of whole quads with zeros behind their channels. Reads up to three values behind the last one. */
export function padRows(from: usize, to: usize, count: u32, channels: u32): void {
  const last = (<usize>((channels - 1) >> 2)) << 4;
  const tail = tailMask(channels);
  for (const end = from + ((<usize>count * channels) << 2); from < end; from += (<usize>channels) << 2) {
    for (let at: usize = 0; at < last; at += 16) v128.store(to + at, v128.load(from + at));
    v128.store(to + last, v128.and(v128.load(from + last), tail));
    to += last + 16;
  }
}

/** Copies rows of whole quads to dense ones. Writes up to three values behind the last one. */
export function trimRows(from: usize, to: usize, count: u32, channels: u32): void {
  const rowBytes = (<usize>((channels + 3) >> 2)) << 4;
  for (const end = from + <usize>count * rowBytes; from < end; from += rowBytes) {
    for (let at: usize = 0; at < rowBytes; at += 16) v128.store(to + at, v128.load(from + at));
    to += (<usize>channels) << 2;
  }
}
