import { describeRuns } from "./describe.ts";
import { gpuRunOf, threadedRunOf } from "./hosts.ts";

describeRuns([gpuRunOf("newer-node"), threadedRunOf("newer-node")]);
