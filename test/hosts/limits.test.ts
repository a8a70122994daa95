/** Every kernel, and every form of it (twins), on the least device that WebGPU has. The slow suite runs all cases, on the default limits, too. */
import { inject } from "vitest";
import { describeRuns } from "./describe.ts";
import { planRun } from "./hosts.ts";

const rooms = /^(twins|shared\/(scan|sort)|lattice\/hash)/;

describeRuns(
  [planRun("node", { prefer: "webgpu", limits: "compatibility" })],
  inject("cases").filter((name) => rooms.test(name)),
);
