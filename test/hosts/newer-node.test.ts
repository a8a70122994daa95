import { describeRuns } from "./describe.ts";
import { runsOf } from "./hosts.ts";

describeRuns(runsOf("newer-node"));
