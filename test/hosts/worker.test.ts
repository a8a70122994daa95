/** Suites on a device in a worker: what queues, waits, frees and is told. The slow suite runs all of them. */
import { inject } from "vitest";
import { describeRuns } from "./describe.ts";
import { planRun } from "./hosts.ts";

const rooms =
  /^(device\/(?!heap|bufferPool|remote)|tape|held|turns|observe|disposed|crf\/crfRnn|lattice\/lattice|models\/forward)/;

describeRuns(
  [
    planRun("node", { prefer: "wasm", threads: 2, worker: true }),
    // A page without isolation, which has one thread.
    planRun("chromium", { prefer: "wasm", worker: true }),
  ],
  inject("cases").filter((name) => rooms.test(name)),
);
