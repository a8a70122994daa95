import { describeRuns } from "./describe.ts";
import { newerNodeRuns } from "./hosts.ts";

describeRuns(newerNodeRuns);
