import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bytesSource, memorySink, openCheckpoint, writeSafetensors } from "../../src/checkpoint/checkpoint.ts";
import { writePlain } from "../../src/checkpoint/pytorchWriter.ts";
import { torchRunOf } from "../../src/checkpoint/torchRun.ts";
import { fuzzReader, type Outcome } from "../fuzz.ts";
import { networkOf, type FixtureName } from "./network.ts";

/** One small valid file for every reader and every path through it. */
export const seeds = [
  "kinds.pth",
  "kinds.legacy.pth",
  "vgg16.torchvision.pth",
  "crfrnn.h5",
  "crfrnn.model.h5",
  "latest.h5",
  "crfrnn.v1.caffemodel",
  "fcn8s.caffemodel",
  "unpacked.caffemodel",
  "half.caffemodel",
  "safetensors",
  "run",
] as const;

export type Seed = (typeof seeds)[number];

export async function seedBytes(name: Seed): Promise<Uint8Array> {
  if (name === "safetensors") {
    const sink = memorySink();
    const shapes = { "conv1_1.weight": [2, 3, 3, 3], "conv1_1.bias": [2], compatibility: [3, 3], empty: [0, 4] };
    await writeSafetensors({ ...networkOf(shapes), metadata: { source: "test" } }, sink);
    return sink.bytes();
  }
  if (name === "run") return runBytes();
  const file: FixtureName = name;
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`../fixtures/checkpoint/${file}`, import.meta.url))));
}

/** A run for PyTorch with an optimizer's memory. */
async function runBytes(): Promise<Uint8Array> {
  const sink = memorySink();
  const parameters = { "conv1_1.weight": [2, 3, 3, 3], compatibility: [3, 3], bandwidths: [3] };
  const moments = Object.entries(parameters).flatMap(([parameter, shape]) =>
    ["mean", "square"].map((moment) => [`optimizer/${parameter}.${moment}`, shape] as const),
  );
  const { tensors } = networkOf({ ...parameters, ...Object.fromEntries(moments), "optimizer/steps": [1] });
  const groups = [{ names: Object.keys(parameters), rate: 1e-3, decay: 5e-4, factor: 1 }];
  const metadata = { step: "3", configuration: "{}" };
  await writePlain(torchRunOf({ tensors, metadata }, { kind: "adam", momentum: 0, groups }), sink);
  return sink.bytes();
}

/** Reads `count` mutations of a file, every tensor of each, as `fuzzReader` does. */
export async function fuzz(name: Seed, count: number, seed: number): Promise<Outcome> {
  return fuzzReader({ name, original: await seedBytes(name), read: readAll }, count, seed);
}

async function readAll(bytes: Uint8Array): Promise<void> {
  const { tensors } = await openCheckpoint(bytesSource(bytes, "mutation"), { partial: true });
  let total = 0;
  for (const [name, { shape, read }] of tensors) {
    const data = await read();
    total += data.byteLength;
    const count = shape.reduce((product, extent) => product * extent, 1);
    if (data.length !== count) throw new Error(`${name} [${shape}] has ${data.length} numbers`);
  }
  if (total > 16 * bytes.length + (1 << 20)) throw new Error(`${bytes.length} bytes became ${total}`);
}
