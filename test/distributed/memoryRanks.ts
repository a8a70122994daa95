import { ArenaSum } from "../../src/distributed/arenaSum.ts";
import type { Transfer, Transport } from "../../src/distributed/mpi.ts";
import { Progress } from "../../src/distributed/progress.ts";
import { Relay, tags } from "../../src/distributed/relay.ts";
import type { Ranks } from "../../src/train/ranks.ts";

interface Half {
  readonly bytes: Uint8Array;
  readonly transfer: Transfer;
}

/** Messages among ranks of one process, as MPI matches them: in the order of sending for each sender and tag. A send is done when it was received. */
export function memoryTransports(size: number): Transport[] {
  const [sends, receipts] = [new Map<string, Half[]>(), new Map<string, Half[]>()];
  const done = new Set<Transfer>();
  const waitingIn = (halves: Map<string, Half[]>, key: string): Half[] => {
    if (!halves.has(key)) halves.set(key, []);
    return halves.get(key)!;
  };
  const match = (key: string): void => {
    const [from, to] = [waitingIn(sends, key), waitingIn(receipts, key)];
    while (from.length > 0 && to.length > 0) {
      const [sent, received] = [from.shift()!, to.shift()!];
      if (sent.bytes.length > received.bytes.length) throw new Error(`${key}: a message longer than its place`);
      received.bytes.set(sent.bytes);
      done.add(sent.transfer).add(received.transfer);
    }
  };
  const begin = (halves: Map<string, Half[]>, key: string, bytes: Uint8Array): Transfer => {
    const transfer = { request: new Uint8Array(), bytes };
    waitingIn(halves, key).push({ bytes, transfer });
    match(key);
    return transfer;
  };
  // Word of a failure is received from whoever sends it.
  const keyOf = (from: number | undefined, to: number, tag: number): string =>
    `${tag === tags.failure ? "any" : from} to ${to}, tag ${tag}`;
  return Array.from({ length: size }, (_, rank) => ({
    name: "memory",
    rank,
    size,
    send: (bytes, to, tag) => begin(sends, keyOf(rank, to, tag), bytes),
    receive: (bytes, from, tag) => begin(receipts, keyOf(from, rank, tag), bytes),
    isDone: (transfer) => done.has(transfer),
    cancel() {},
    finalize() {},
    abort() {},
  }));
}

/** Ranks of one process, which talk to each other as those of MPI do. */
export function memoryRanks(size: number): Ranks[] {
  return memoryTransports(size).map((transport): Ranks => {
    const { rank } = transport;
    const relay = new Relay(transport, new Progress(transport));
    const spread = async (own: Uint8Array): Promise<Uint8Array> => (await relay.spread(own)).slice();
    return {
      rank,
      size,
      build: "this one",
      host: "here",
      spread,
      async exchange(own) {
        const all = await relay.gather(own);
        const text = await spread(new TextEncoder().encode(JSON.stringify(all.map((bytes) => [...bytes]))));
        return (JSON.parse(new TextDecoder().decode(text)) as number[][]).map((bytes) => Uint8Array.from(bytes));
      },
      sum(layout) {
        const listener = { passed: (piece: number) => sum.passed(piece), summed: () => sum.summed() };
        const sum: ArenaSum = new ArenaSum(
          {
            rank,
            size,
            post(asked) {
              if (asked.op === "prepare") relay.prepare(asked);
              if (asked.op === "contribute") void relay.contribute(asked.draw, asked.piece, listener);
              if (asked.op === "distribute") void relay.distribute(asked.piece, listener);
            },
          },
          layout,
        );
        return sum;
      },
    };
  });
}
