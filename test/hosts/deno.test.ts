import { describeRuns } from "./describe.ts";
import { denoRuns } from "./hosts.ts";

describeRuns(denoRuns);
