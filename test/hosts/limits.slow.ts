import { describeRuns } from "./describe.ts";
import { planRun } from "./hosts.ts";
import { gpuLimits } from "./runner.ts";

describeRuns(gpuLimits.map((limits) => planRun("node", { prefer: "webgpu", limits })));
