import { describeRuns } from "./describe.ts";
import { threadedRunOf } from "./hosts.ts";

// A newer Node has relaxed SIMD. Its WebGPU is the same module of Dawn as in Node 20: test/hosts/newer-node.slow.ts.
describeRuns([threadedRunOf("newer-node")]);
