/**
 * A newer Node: what is of the host, and every kernel's forms. It runs the build of WebAssembly that Deno and isolated pages run with
 * all suites (relaxed SIMD, shared memory), in the same engine; the slow suite runs all of them here, too, and with its WebGPU, which is
 * the same module of Dawn as in Node 20.
 */
import { inject } from "vitest";
import { describeRuns } from "./describe.ts";
import { threadedRunOf } from "./hosts.ts";

const rooms = /^(device\/|checkpoint|determinism|twins|turns|held|observe|recovery|stream|crf\/crfRnn|models\/forward)/;

describeRuns(
  [threadedRunOf("newer-node")],
  inject("cases").filter((name) => rooms.test(name)),
);
