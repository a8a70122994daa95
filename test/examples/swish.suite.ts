/** The example of an op of one's own does on every device what its definition says, forward and back. */
import { swish } from "../../examples/own-op/swish.ts";
import { defineKernel } from "../../src/defineKernel.ts";
import { DeviceError, DisposedError, ValueError } from "../../src/errors.ts";
import { checkOp, uniform } from "../nn/op.ts";
import { type Case, check, rejects } from "../suite.ts";

const kernel = {
  id: "test/nothing",
  code: "@compute @workgroup_size(64) fn main() {}",
  bindings: [],
  params: [{ name: "count", type: "u32" }],
  count: ({ count }: { readonly count: number }) => count,
} as const;

export const cases: Case[] = [
  {
    name: "swish: values and slopes are those of its definition",
    async run(device) {
      for (const shape of [[1], [3, 5], [70, 4]]) {
        const op = {
          inputs: [uniform(shape, 5, -6, 6)],
          run: swish,
          reference: (x: Float64Array) => x.map((value) => value / (1 + Math.exp(-value))),
          // exp of WGSL: 3 + 2|x| units in the last place; then a sum, a quotient and a product.
          tolerance: { relative: 4e-6, absolute: 4e-6 },
          slopeTolerance: 1e-5,
          distance: 1e-3,
        };
        // Its twin is a function of this thread, which no worker can be sent.
        if (device.info.worker) {
          const error = await rejects(checkOp(device, op, `[${shape}]`), DeviceError);
          check(/swish: expected a kernel of the library, got a twin in JavaScript/.test(error.message), error.message);
          continue;
        }
        await checkOp(device, op, `[${shape}]`);
      }
    },
  },
  {
    name: "an op of one's own refuses what every op refuses",
    async run(device) {
      const gone = device.tensor([2, 2]);
      gone.dispose();
      await rejects(() => swish(gone), DisposedError);
      const error = await rejects(() => swish(new Float32Array(3) as never), ValueError);
      check(error.message.includes("swish: expected a tensor as values"), error.message);
    },
  },
  {
    name: "a definition that is none is refused, and a kernel without a twin runs on WebGPU alone",
    async run(device) {
      for (const wrong of [{ code: "fn main() {}" }, { count: 3 }, { unit: "thread" }, { workgroups: 3 }]) {
        await rejects(() => defineKernel({ ...kernel, ...wrong } as never), ValueError);
      }
      const without = defineKernel(kernel);
      if (device.kind === "webgpu") return void device.run(without, { count: 1 });
      const error = await rejects(() => device.run(without, { count: 1 }), DeviceError);
      check(error.message.includes("twin in JavaScript"), error.message);
    },
  },
];
