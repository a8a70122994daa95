import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bytesSource, memorySink, openCheckpoint, writeSafetensors } from "../../src/checkpoint/checkpoint.ts";
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
] as const;

export type Seed = (typeof seeds)[number];

export async function seedBytes(name: Seed): Promise<Uint8Array> {
  if (name === "safetensors") {
    const sink = memorySink();
    const shapes = { "conv1_1.weight": [2, 3, 3, 3], "conv1_1.bias": [2], compatibility: [3, 3], empty: [0, 4] };
    await writeSafetensors({ ...networkOf(shapes), metadata: { source: "test" } }, sink);
    return sink.bytes();
  }
  const file: FixtureName = name;
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`../fixtures/checkpoint/${file}`, import.meta.url))));
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
