import { describeRuns } from "./describe.ts";
import { singleRunOf } from "./hosts.ts";

describeRuns([singleRunOf("deno"), singleRunOf("newer-node")]);
