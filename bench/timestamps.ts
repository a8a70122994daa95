import type { Device } from "../src/device/device.ts";
import { BufferUsage, MapMode } from "../src/device/flags.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** Compute passes that one measurement may span. */
const mostPasses = 64;
/** WebGPU's value of GPUBufferUsage.QUERY_RESOLVE, which Node has no object for. */
const queryResolve = 0x200;

/**
 * Times compute passes by WebGPU's timestamp queries. `gpu` must have the feature `timestamp-query`; its command encoders
 * are given the two queries of each pass that is begun during a measurement, since `Device` has no word for them.
 */
export function timestamps(device: Device, gpu: GPUDevice): Stopwatch {
  const queries = gpu.createQuerySet({ type: "timestamp", count: 2 * mostPasses });
  const bytes = 16 * mostPasses;
  const resolved = gpu.createBuffer({ size: bytes, usage: queryResolve | BufferUsage.copySource });
  const staging = gpu.createBuffer({ size: bytes, usage: BufferUsage.mapRead | BufferUsage.copyDestination });
  let passes: number | undefined;

  const makeEncoder = gpu.createCommandEncoder.bind(gpu);
  gpu.createCommandEncoder = (descriptor) => {
    const encoder = makeEncoder(descriptor);
    const beginPass = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (pass) => {
      if (passes === undefined || passes === mostPasses) return beginPass(pass);
      const first = 2 * passes++;
      const writes = { querySet: queries, beginningOfPassWriteIndex: first, endOfPassWriteIndex: first + 1 };
      return beginPass({ ...pass, timestampWrites: writes });
    };
    return encoder;
  };

  return {
    kind: "timestamp queries",
    async time(queue) {
      await device.finish();
      passes = 0;
      await queue();
      await device.finish();
      const used = passes;
      passes = undefined;
      const encoder = makeEncoder();
      encoder.resolveQuerySet(queries, 0, 2 * used, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
      gpu.queue.submit([encoder.finish()]);
      await staging.mapAsync(MapMode.read);
      const nanoseconds = new BigUint64Array(staging.getMappedRange().slice(0, 16 * used));
      staging.unmap();
      let total = 0n;
      for (let pass = 0; pass < used; pass++) total += nanoseconds[2 * pass + 1] - nanoseconds[2 * pass];
      return Number(total) / 1e6;
    },
  };
}
