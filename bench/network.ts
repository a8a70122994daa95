/**
 * FCN-8s, measured: inference at full width, a training step at a chosen width, and ONNX Runtime Web on the same network.
 *
 *   npm run bench:network                                       forward, 256×256, 21 classes, all threads
 *   npm run bench:network -- --peer                             and ONNX Runtime Web after it; install it first:
 *                                                               npm i --no-save onnxruntime-web@1.30.0
 *   npm run bench:network -- --step --width 0.25                forward, backward and SGD
 *   npm run bench:network -- --step --size 500 --runs 1         with the peak of device memory; --recompute lowers it
 */
import { parseArgs } from "node:util";
import type { Device } from "../src/device/device.ts";
import { open, type OpenOptions } from "../src/device/open.ts";
import { fcn8s } from "../src/models/fcn8s.ts";
import { describeChoice } from "./choices.ts";
import { withDefaults } from "../src/description.ts";
import { sizesOf } from "../src/models/layers.ts";
import type { Network } from "../src/models/network.ts";
import { layersOf, networkOptions, trunkOptions } from "../src/models/specification.ts";
import { crossEntropy } from "../src/nn/crossEntropy.ts";
import { tune } from "../src/nn/tune.ts";
import { sgd } from "../src/optim/sgd.ts";
import type { Values } from "../src/optim/optimizer.ts";
import { elementsOf } from "../src/shape.ts";
import { Tape } from "../src/tape.ts";
import { modelOfDevice, predictRun } from "./gpu/predictions.ts";
import { fcn8sModel } from "./network/onnx.ts";

const classes = 21;

/** Multiply-adds ×2 of FCN-8s's convolutions for an image of `size`² at `width`, counted as direct convolutions. */
function operations(size: number, width: number): number {
  const { widths, fc } = trunkOptions;
  const scaled = { widths: widths.default.map((full) => full * width), fc: fc.default * width };
  const layers = layersOf("fcn8s", { classes, ...withDefaults("bench", networkOptions.fcn8s, scaled) });
  const sizes = sizesOf(layers, { height: size, width: size });
  // A transposed convolution reads each of its pixels as often as a convolution makes one.
  const pixelsOf = (name: string): number => {
    const { height, width } = sizes.get(name) ?? { height: 0, width: 0 };
    return height * width;
  };
  return layers.reduce((sum, layer) => {
    const { kind, name, channels, from } = layer;
    if (kind === "convolution") return sum + 2 * pixelsOf(name) * layer.kernel ** 2 * layer.inputs * channels;
    if (kind !== "upsampling") return sum;
    return sum + 2 * pixelsOf(from.join()) * layer.kernel ** 2 * channels ** 2;
  }, 0);
}

interface Setting {
  readonly size: number;
  readonly width: number;
  readonly runs: number;
  readonly recompute: boolean;
}

/** Numbers in the range of an image minus its mean, the same in every run, for `size`² pixels. */
function pixelsOf(size: number): Float32Array {
  let state = 1;
  const next = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  return Float32Array.from({ length: size * size * 3 }, () => next() * 255 - 115);
}

async function timed(device: Device, work: () => Promise<unknown>): Promise<number> {
  await device.finish();
  const begin = performance.now();
  await work();
  await device.finish();
  return performance.now() - begin;
}

function makeNetwork(device: Device, { width, recompute }: Setting): Network {
  const widths = [64, 128, 256, 512, 512].map((full) => full * width) as [number, number, number, number, number];
  const network = fcn8s(device, { classes, widths, fc: 4096 * width, recompute });
  // They begin at zero, and so would all scores.
  for (const name of ["score_fr", "score_pool4", "score_pool3"]) {
    const weight = network.parameters[`${name}.weight`]!;
    weight.write(
      pixelsOf(256)
        .slice(0, elementsOf(weight.shape))
        .map((value) => value * 1e-4),
    );
  }
  return network;
}

/** Prints one line of the least and the median of `times`. */
function report(name: string, times: readonly number[], giga: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  const [least, median] = [sorted[0]!, sorted[sorted.length >> 1]!];
  console.log(
    `${name}: least ${(least / 1000).toFixed(3)} s, median ${(median / 1000).toFixed(3)} s of ${times.length}; ${((giga / least) * 1000).toFixed(1)} GFLOP/s`,
  );
  return least;
}

/** Prints what the model of this GPU says of `run`, where there is one: see bench/gpu. */
async function reportModel(device: Device, run: () => Promise<unknown>): Promise<void> {
  const model = modelOfDevice(device);
  if (model) console.log(`modeled for ${model.name}: ${((await predictRun(model, device, run)) / 1000).toFixed(3)} s`);
}

async function measureForward(device: Device, setting: Setting): Promise<{ least: number; peer: Peer }> {
  const { size, runs, width } = setting;
  using network = makeNetwork(device, setting);
  const pixels = pixelsOf(size);
  using image = device.tensor([size, size, 3], pixels);
  const own: number[] = [];
  let scores: Float32Array = new Float32Array();
  const forward = async (): Promise<void> => {
    using result = await network(image);
    scores = await result.read();
  };
  device.resetPeak();
  for (let i = 0; i <= runs; i++) {
    const time = await timed(device, forward);
    if (i > 0) own.push(time); // the first run only warms up
  }
  const giga = operations(size, width) / 1e9;
  console.log(
    `forward, ${size}×${size}, ${classes} classes, width ${width}: ${giga.toFixed(1)} GFLOP as direct convolutions`,
  );
  const least = report("crf-rnn", own, giga);
  await reportModel(device, forward);
  console.log(`peak of device memory ${(device.peakBytes / 2 ** 20).toFixed(0)} MiB`);
  return { least, peer: { state: await network.state(), pixels, scores, threads: device.info.threads } };
}

/** What the peer needs to do the same. */
interface Peer {
  readonly state: Readonly<Record<string, Values>>;
  readonly pixels: Float32Array;
  readonly scores: Float32Array;
  readonly threads: number;
}

/** The same network in ONNX Runtime Web's WASM, after our threads are gone: its own keep a processor busy between runs. */
async function measurePeer({ state, pixels, scores, threads }: Peer, { size, runs, width }: Setting): Promise<number> {
  const name = "onnxruntime-web";
  const runtime = await import(/* @vite-ignore */ name);
  runtime.env.wasm.numThreads = threads;
  const network = await runtime.InferenceSession.create(fcn8sModel(size, classes, state));
  const planes = pixels.map((_, i) => pixels[(i % (size * size)) * 3 + Math.floor(i / (size * size))]!);
  const image = new runtime.Tensor("float32", planes, [1, 3, size, size]);
  const times: number[] = [];
  for (let i = 0; i <= runs; i++) {
    const begin = performance.now();
    const results = await network.run({ image });
    const time = performance.now() - begin;
    if (i > 0) times.push(time);
    else checkScores(scores, results[network.outputNames[0]].data as Float32Array);
  }
  return report(`${name} ${runtime.env.versions.web}`, times, operations(size, width) / 1e9);
}

/** Both must compute the same, or the times say nothing. */
function checkScores(own: Float32Array, planes: Float32Array): void {
  const pixels = own.length / classes;
  let [largest, difference] = [0, 0];
  own.forEach((value, i) => {
    const other = planes[(i % classes) * pixels + Math.floor(i / classes)]!;
    largest = Math.max(largest, Math.abs(other));
    difference = Math.max(difference, Math.abs(value - other));
  });
  console.log(`scores differ by ${(difference / largest).toExponential(1)} of the largest at most`);
  if (!(difference <= 1e-4 * largest)) throw new Error("the peer computes something else");
}

async function measureStep(device: Device, setting: Setting): Promise<void> {
  const { size, runs, width } = setting;
  using network = makeNetwork(device, setting);
  const labels = device.labels(
    [size, size],
    pixelsOf(size)
      .subarray(0, size * size)
      .map((value) => Math.floor(Math.abs(value)) % classes),
  );
  using image = device.tensor([size, size, 3], pixelsOf(size));
  const step = sgd(network.parameters, { rate: 1e-10, momentum: 0.99, decay: 5e-4 });
  const run = async (): Promise<void> => {
    using tape = new Tape(Object.values(network.parameters));
    using scores = await network(image);
    using loss = crossEntropy(scores, labels);
    const gradients = await tape.gradients(loss);
    step(gradients);
    for (const gradient of gradients.values()) gradient.dispose();
    await loss.read();
  };
  const times: number[] = [];
  device.resetPeak();
  for (let i = 0; i <= runs; i++) {
    const time = await timed(device, run);
    if (i > 0 || runs === 1) times.push(time);
    if (i === 0 && runs === 1) break;
  }
  const giga = (3 * operations(size, width)) / 1e9;
  console.log(
    `training step, ${size}×${size}, ${classes} classes, width ${width}: ${giga.toFixed(1)} GFLOP as direct convolutions`,
  );
  report("crf-rnn", times, giga);
  await reportModel(device, run);
  console.log(`peak of device memory ${(device.peakBytes / 2 ** 20).toFixed(0)} MiB`);
}

const { values: flags } = parseArgs({
  options: {
    device: { type: "string", default: "wasm" },
    threads: { type: "string" },
    size: { type: "string", default: "256" },
    width: { type: "string", default: "1" },
    runs: { type: "string", default: "5" },
    step: { type: "boolean", default: false },
    recompute: { type: "boolean", default: false },
    peer: { type: "boolean", default: false },
  },
});
const setting = {
  size: Number(flags.size),
  width: Number(flags.width),
  runs: Number(flags.runs),
  recompute: flags.recompute,
};

async function measure(): Promise<{ least: number; peer: Peer } | undefined> {
  using device = await open({
    prefer: flags.device as OpenOptions["prefer"],
    threads: flags.threads ? Number(flags.threads) : undefined,
  });
  const { name, variant, threads } = device.info;
  console.log(`${name}, ${variant}, threads: ${threads}, node ${process.versions.node}`);
  for (const choice of await tune(device)) console.log(describeChoice(choice));
  if (!flags.step) return await measureForward(device, setting);
  await measureStep(device, setting);
}

const forward = await measure();
if (forward && flags.peer) {
  const peerLeast = await measurePeer(forward.peer, setting);
  console.log(`crf-rnn takes ${(forward.least / peerLeast).toFixed(3)} of the peer's time, least over least`);
}
