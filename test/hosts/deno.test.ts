/** Deno looks every 10 ms whether a buffer is mapped, so that reading results takes it three quarters of a run. */
import { describeShares } from "./describe.ts";
import { gpuRunOf } from "./hosts.ts";

describeShares(gpuRunOf("deno"), 3);
