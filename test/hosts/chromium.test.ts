import { describeRuns } from "./describe.ts";
import { chromiumRuns } from "./hosts.ts";

describeRuns(chromiumRuns);
