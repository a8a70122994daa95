import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bytesSource, memorySink, openCheckpoint, writeSafetensors } from "../../src/checkpoint/checkpoint.ts";
import { FormatError } from "../../src/errors.ts";
import { random, type Random } from "../suite.ts";
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

/** What became of the mutations of one file. */
export interface Outcome {
  /** Ended in a FormatError with file and offset. */
  refused: number;
  /** Read to the end: the mutation hit a number, a name or nothing that counts. */
  read: number;
  /** Of the slowest one. */
  milliseconds: number;
}

/** No mutation may take longer; the slowest takes a fiftieth of it on two cores. */
const mostMilliseconds = 5000;

/**
 * Reads `count` mutations of a file, every tensor of each.
 * @throws Error that names seed and number of the first that ends in anything but a FormatError or sound tensors
 */
export async function fuzz(name: Seed, count: number, seed: number): Promise<Outcome> {
  const original = await seedBytes(name);
  const outcome: Outcome = { refused: 0, read: 0, milliseconds: 0 };
  for (let i = 0; i < count; i++) {
    const bytes = mutate(original, random(seed * 1_000_003 + i));
    const began = performance.now();
    const failure = await readAll(bytes, outcome).catch((error: unknown) => error);
    const took = performance.now() - began;
    outcome.milliseconds = Math.max(outcome.milliseconds, took);
    if (failure === undefined && took < mostMilliseconds) continue;
    throw new Error(`${name}, seed ${seed}, mutation ${i}, after ${took.toFixed(0)} ms: ${failure}`, {
      cause: failure,
    });
  }
  return outcome;
}

async function readAll(bytes: Uint8Array, outcome: Outcome): Promise<void> {
  try {
    const { tensors } = await openCheckpoint(bytesSource(bytes, "mutation"));
    let total = 0;
    for (const [name, { shape, read }] of tensors) {
      const data = await read();
      total += data.byteLength;
      const count = shape.reduce((product, extent) => product * extent, 1);
      if (data.length !== count) throw new Error(`${name} [${shape}] has ${data.length} numbers`);
    }
    if (total > 16 * bytes.length + (1 << 20)) throw new Error(`${bytes.length} bytes became ${total}`);
    outcome.read++;
  } catch (error) {
    if (!(error instanceof FormatError) || error.file === "" || !hasPlace(error)) throw error;
    outcome.refused++;
  }
}

/** The offset; where names or shapes of a sound file do not fit together, there is none, and the message names them. */
function hasPlace(error: FormatError): boolean {
  return error.offset !== undefined || /check which network/.test(error.remedy ?? "");
}

/** One to four random changes: of bits, bytes, counts, runs and the end. */
export function mutate(original: Uint8Array, dice: Random): Uint8Array {
  let bytes: Uint8Array = original.slice();
  for (let changes = 1 + dice.integer(4); changes > 0 && bytes.length > 0; changes--) bytes = changeOnce(bytes, dice);
  return bytes;
}

const extremes = [0n, 1n, 0x7fn, 0xffn, 0xffffn, 0x7fffffffn, 0xffffffffn, 0x1fffffffffffffn, 0xffffffffffffffffn];

function changeOnce(bytes: Uint8Array, dice: Random): Uint8Array {
  const at = place(bytes.length, dice);
  const run = 1 + dice.integer(Math.min(64, bytes.length - at));
  switch (dice.integer(8)) {
    case 0:
      bytes[at] ^= 1 << dice.integer(8);
      return bytes;
    case 1:
      bytes[at] = dice.integer(256);
      return bytes;
    case 2: {
      const extreme = extremes[dice.integer(extremes.length)];
      const width = 1 << dice.integer(4);
      for (let i = 0; i < width && at + i < bytes.length; i++)
        bytes[at + i] = Number((extreme >> BigInt(8 * i)) & 255n);
      return bytes;
    }
    case 3:
      return bytes.slice(0, at);
    case 4:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + run)]);
    case 5:
      return Uint8Array.from([...bytes.subarray(0, at + run), ...bytes.subarray(at)]);
    case 6:
      bytes.copyWithin(at, place(bytes.length, dice), place(bytes.length, dice));
      return bytes;
    default:
      for (let i = 0; i < run; i++) bytes[at + i] = dice.integer(256);
      return bytes;
  }
}

/** Half of the places lie in the first or last two kilobytes, where most structure is. */
function place(length: number, dice: Random): number {
  const edge = Math.min(length, 2048);
  const from = [0, length - edge][dice.integer(2)];
  return dice.integer(2) ? dice.integer(length) : from + dice.integer(edge);
}
