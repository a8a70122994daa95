import { describeRuns } from "./describe.ts";
import { wasmRunsOf } from "./hosts.ts";

describeRuns(wasmRunsOf("node"));
