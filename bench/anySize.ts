/**
 * A picture of any size, streamed: seconds of the clock and of the processor, the largest memory of the process and of the device.
 *
 *   npm run bench:any-size -- --megapixels 12 --classes 21
 *   npm run bench:any-size -- --megapixels 40 --classes 2 --device webgpu --iterations 1
 *   npm run bench:any-size -- --megapixels 1 --classes 21 --whole      and the call that holds everything beside it
 *
 * WebGPU has its default limits. The photograph of the benchmarks (CRF_RNN_SHARED, else ../shared) is enlarged, and its logits are those of the benchmarks.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { decodeRgbPng } from "../src/data/png.ts";
import { resizeBilinear } from "../src/data/resize.ts";
import { findGpu } from "../src/device/gpu.ts";
import { open } from "../src/device/open.ts";
import { crfRnn } from "../src/crf/crfRnn.ts";
import { arrayRows, stream } from "../src/stream/stream.ts";

const { values: flags } = parseArgs({
  options: {
    megapixels: { type: "string", default: "12" },
    classes: { type: "string", default: "21" },
    iterations: { type: "string", default: "5" },
    device: { type: "string", default: "wasm" },
    threads: { type: "string", default: "2" },
    rows: { type: "string" },
    channels: { type: "string" },
    whole: { type: "boolean", default: false },
  },
});

const [classes, iterations] = [Number(flags.classes), Number(flags.iterations)];
const folder = process.env.CRF_RNN_SHARED ?? "../shared";
const file = `${folder}/data/bench/raccoon-500x375.png`;
const photograph = decodeRgbPng(readFileSync(file), file);
const scale = Math.sqrt((Number(flags.megapixels) * 1e6) / (photograph.height * photograph.width));
const [height, width] = [Math.round(photograph.height * scale), Math.round(photograph.width * scale)];
const enlarged = resizeBilinear(photograph.values, [photograph.height, photograph.width, 3], [height, width]);
const guide = new Uint8Array(enlarged.length);
for (let i = 0; i < guide.length; i++) guide[i] = Math.round(enlarged[i]!);
const logits = new Float32Array(height * width * classes).fill(Math.log(0.3 / (classes - 1)));
for (let pixel = 0; pixel < height * width; pixel++) {
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  logits[pixel * classes + ((Math.floor(x / 40) * 5 + Math.floor(y / 40) * 3) % classes)] = Math.log(0.7);
}

/** A GPUDevice as programs get it that ask for no limits: 128 MiB a binding, 256 MiB a buffer. */
async function usualGpu(): Promise<GPUDevice> {
  const adapter = await (await findGpu())?.requestAdapter();
  return await adapter!.requestDevice();
}

const device = await open(
  flags.device === "webgpu" ? { gpu: await usualGpu() } : { prefer: "wasm", threads: Number(flags.threads) },
);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const measure = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
  device.resetPeak();
  const [began, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `${name}: ${height}×${width}, ${classes} classes, ${iterations} iterations on ${device.info.name}: ${seconds} s, ` +
      `${((user + system) / 1e6).toFixed(1)} s of the processor; device ${megabytes(device.peakBytes)} at most, ` +
      `${megabytes(device.peakReservedBytes)} reserved; process ${megabytes(process.resourceUsage().maxRSS * 1024)} at most`,
  );
  return result;
};

const kept = flags.whole ? logits.slice() : undefined;
const unary = arrayRows(logits, { height, width, channels: classes });
let last = 0;
const found = await measure("streamed", () =>
  stream(
    device,
    { height, width, guide: arrayRows(guide, { height, width, channels: 3 }), unary, result: unary },
    {
      iterations,
      ...(flags.rows && { rows: Number(flags.rows) }),
      ...(flags.channels && { channels: Number(flags.channels) }),
      onBand: (done, of) => {
        const now = performance.now();
        if (now - last < 10_000) return;
        last = now;
        process.stderr.write(`${done} of ${of} bands, device ${megabytes(device.bytes)}\n`);
      },
    },
  ),
);
console.log(JSON.stringify(found));
if (kept) {
  const whole = await measure("whole", async () => {
    using crf = crfRnn(device, { classes, iterations, warnings: false });
    using one = device.tensor([height, width, classes], kept);
    using picture = device.tensor([height, width, 3], guide);
    using result = await crf(one, picture);
    return await result.read();
  });
  console.log(`equal to the bit: ${whole.every((value, i) => Object.is(value, logits[i]))}`);
}
device.dispose();
