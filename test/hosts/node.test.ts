import { describeRuns } from "./describe.ts";
import { nodeRuns } from "./hosts.ts";

describeRuns(nodeRuns);
