import { describeRuns } from "./describe.ts";
import { gpuRunOf } from "./hosts.ts";

describeRuns([gpuRunOf("node")]);
