/** Entry of dist/mpiWorker.js: the thread that talks to the other ranks while the main thread computes. */
import { parentPort } from "node:worker_threads";
import { CrfRnnError } from "../errors.ts";
import { Alarm } from "./alarm.ts";
import { foreignLibraries } from "./foreign.ts";
import type { Answer, Request } from "./messages.ts";
import { joinMpi, type Transport } from "./mpi.ts";
import { Progress } from "./progress.ts";
import { Relay } from "./relay.ts";

const port = parentPort!;
const answer = (said: Answer): void => port.postMessage(said);

async function join(): Promise<Transport | undefined> {
  try {
    return joinMpi(await foreignLibraries(), process.env);
  } catch (error) {
    if (!(error instanceof CrfRnnError)) throw error;
    const { where, expected, got, remedy } = error;
    answer({ event: "refused", facts: { where, expected, got, remedy } });
    return undefined;
  }
}

function serve(transport: Transport): void {
  const progress = new Progress(transport);
  const relay = new Relay(transport, progress);
  const alarm = new Alarm(
    transport,
    progress,
    (announcement) => answer({ event: "failed", ...announcement }),
    () => answer({ event: "concluded" }),
  );
  const listener = {
    passed: (piece: number) => answer({ event: "passed", piece }),
    summed: (piece: number) => answer({ event: "summed", piece }),
  };
  /** What goes to all or comes from all is done in the order of asking, which is the same at every rank. */
  let before: Promise<unknown> = Promise.resolve();
  const afterOthers = (id: number, work: () => Promise<readonly Uint8Array[]>): void => {
    before = before.then(async () => answer({ event: "bytes", id, bytes: await work() }));
  };
  const finalize = (): void => {
    alarm.stop();
    progress.stop();
    transport.finalize();
    answer({ event: "finalized" });
  };
  port.on("message", (asked: Request) => {
    switch (asked.op) {
      case "gather":
        return afterOthers(asked.id, () => relay.gather(asked.bytes));
      case "spread":
        return afterOthers(asked.id, async () => [await relay.spread(asked.bytes)]);
      case "prepare":
        return relay.prepare(asked);
      case "contribute":
        return void relay.contribute(asked.draw, asked.piece, listener);
      case "distribute":
        return void relay.distribute(asked.piece, listener);
      case "fail":
        return alarm.fail(asked.failure);
      case "rest":
        answer({ event: "resting", sent: relay.sent });
        return alarm.rest();
      case "finalize":
        return finalize();
    }
  });
  const { name, rank, size } = transport;
  answer({ event: "joined", name, rank, size });
}

const transport = await join();
if (transport) serve(transport);
