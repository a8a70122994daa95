import { markdown } from "../table.ts";

/** What a step over ranks is made of, as far as the arithmetic goes. */
export interface Scale {
  readonly ranks: number;
  /** Bytes of all gradients. */
  readonly bytes: number;
  /** Bytes a second over a link, in each direction. */
  readonly rate: number;
  /** Seconds until a message arrives, whatever its size. */
  readonly latency: number;
  /** Bytes of a piece. */
  readonly piece: number;
  /** Bytes a second in which a rank adds two arrays. */
  readonly adds: number;
}

/**
 * Seconds from the moment at which every rank has its gradients until each has the sum, with one draw a rank. Over each link go the running
 * sum, no faster than one thread adds to it, and the sum. The last piece leaves the first rank when all before it have, and then makes two rounds.
 */
export function exchangeSeconds({ ranks, bytes, rate, latency, piece, adds }: Scale): number {
  const hop = piece / rate + latency;
  return bytes / Math.min(rate, adds) + bytes / rate + (ranks - 1) * (hop + piece / adds) + (ranks - 2) * hop;
}

/** Gradients of FCN-8s with CRF-RNN at full width. */
const full = 134_491_103 * 4;
/** Assumed: a message of TCP in a data center. Measured: 2.6 GB of sums a second of one core's time, in a busy machine. */
const assumed = { latency: 50e-6, piece: 2 ** 20, adds: 2.6e9 };
/**
 * The share of a draw's time that is left when the gradients of fc7 and fc6, 428 of 538 MB, are known: forward takes a third, and the backward
 * pass of the convolutions before them nearly all of the rest.
 */
const left = 0.55;
const early = 0.8;

const gigabit = 1e9 / 8;

/** Seconds a step waits for sums: what does not fit beside the rest of the backward pass, and at least the last gradients' way. */
export function waitSeconds(scale: Scale, draw: number): number {
  const last = exchangeSeconds({ ...scale, bytes: scale.bytes * (1 - early) });
  return Math.max(last, exchangeSeconds(scale) - left * draw);
}

/** Weak scaling, one draw a rank: the efficiency is the time of a draw over that of a step. */
export function describeModel(): string {
  const rates = [10, 25, 100, 200];
  const rows = [2, 4, 8, 16, 32, 64].map((ranks) => [
    String(ranks),
    ...rates.map((rate) => seconds(exchangeSeconds({ ranks, bytes: full, rate: rate * gigabit, ...assumed }))),
  ]);
  const efficient = [0.2, 1, 10].flatMap((draw) =>
    [8, 64].map((ranks) => [
      `${draw} s`,
      String(ranks),
      ...rates.map((rate) => {
        const wait = waitSeconds({ ranks, bytes: full, rate: rate * gigabit, ...assumed }, draw);
        return `${((100 * draw) / (draw + wait)).toFixed(0)} %`;
      }),
    ]),
  );
  const heads = rates.map((rate) => `${rate} Gbit/s`);
  const rule = (columns: number): string[] => Array.from({ length: columns }, () => "---:");
  return [
    markdown([["ranks", ...heads], rule(5), ...rows]),
    markdown([["a draw takes", "ranks", ...heads], rule(6), ...efficient]),
  ].join("\n\n");
}

const seconds = (value: number): string => `${value.toPrecision(2)} s`;
