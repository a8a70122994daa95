import { describeRuns } from "./describe.ts";
import { threadedRunOf } from "./hosts.ts";

describeRuns([threadedRunOf("deno")]);
