import { describeRuns } from "./describe.ts";
import { wasmRunsOf } from "./hosts.ts";

// A newer Node has relaxed SIMD. Its WebGPU is the same module of Dawn as in Node 20: test/hosts/newer-node.slow.ts.
describeRuns(wasmRunsOf("newer-node"));
