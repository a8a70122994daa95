import { parseArgs } from "node:util";
import { open } from "crf-rnn";
import { labelFrame, orangeLabeler, summary, type Times } from "./labelFrame.ts";
import { madeFrames } from "./madeFrames.ts";
import { framesIn } from "./rawFrames.ts";

const { values, positionals } = parseArgs({
  options: { threads: { type: "string" }, frames: { type: "string", default: "60" } },
  allowPositionals: true,
});
const [file] = positionals;
const size = [256, 256] as const;
const threads = values.threads === undefined ? undefined : Number(values.threads);

const device = await open(threads === undefined ? {} : { prefer: "wasm", threads });
const labeler = orangeLabeler(device, size);
const measured: Times[] = [];
let [frames, orange] = [0, 0];
for await (const frame of file ? framesIn(file, ...size) : madeFrames(Number(values.frames), ...size)) {
  const { refined, times } = await labelFrame(labeler, frame);
  // The first frames make the spatial lattice and warm the engine up.
  if (frames++ >= 5) measured.push(times);
  for (const label of refined.labels) orange += label;
}
const share = ((100 * orange) / (frames * size[0] * size[1])).toFixed(1);
console.log(
  `${frames} frames of ${size.join("×")} on ${device.kind}, threads: ${device.info.threads}, ${share} % orange`,
);
if (measured.length > 0) console.log(summary(measured));
labeler[Symbol.dispose]();
console.log(`${device.bytes} bytes left, ${(device.peakBytes / 2 ** 20).toFixed(0)} MiB at most`);
device.dispose();
