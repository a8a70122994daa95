import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesSource, type Checkpoint, openAsIs } from "../../src/checkpoint/checkpoint.ts";
import { crfRnnInProcess, type Folder } from "./command.ts";
import { shapesFolder, trainWords } from "./training.ts";

let folder: Folder;
beforeAll(() => {
  folder = shapesFolder();
  run(...words("adam", 3), "--stage", "crf-rnn", "--learn", "weights,compatibility,bandwidths");
  run(...words("sgd", 3), "--optimizer", "sgd", "--rate", "1e-5", "--schedule", "cosine", "--scales", "at-once");
});
afterAll(() => folder[Symbol.dispose]());

const words = (name: string, steps: number): string[] =>
  trainWords(name, "--steps", `${steps}`, "--val-images", "0", "--quiet", "--rate", "1e-4");
const run = (...command: readonly string[]): void => {
  const { status, stderr } = folder.run(command);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
};
/** Conversions need no device, and so no process of their own. */
const convert = async (...command: readonly string[]): Promise<string> => {
  const { status, stdout, stderr } = await crfRnnInProcess(["convert", ...command], folder.path);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
};
const read = (name: string): Promise<Checkpoint> =>
  openAsIs(bytesSource(new Uint8Array(readFileSync(folder.file(name))), name));
const valuesOf = async (name: string): Promise<Record<string, Float32Array>> => {
  const { tensors } = await read(name);
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  const all: Record<string, Float32Array> = {};
  for (const [tensor, stored] of sorted) all[tensor] = (await stored.read()) as Float32Array;
  return all;
};

describe("a run on its way to PyTorch and back", () => {
  test("of Adam, with a CRF, is the same to the bit, and goes on so", async () => {
    await convert("--for", "torch", "adam/checkpoint.safetensors", "adam.pth");
    await convert("adam.pth", "adam.safetensors");
    expect(await valuesOf("adam.safetensors")).toEqual(await valuesOf("adam/checkpoint.safetensors"));
    expect((await read("adam.safetensors")).metadata).toEqual((await read("adam/checkpoint.safetensors")).metadata);
    const { tensors } = await read("adam.pth");
    expect(tensors.has("crfrnn.compatibility_matrix")).toBe(true);
    expect(tensors.has("optimizer/crfrnn.compatibility_matrix.mean")).toBe(true);
  });

  test("of SGD, at the end of its schedule, is the same but for the rounding of velocities", async () => {
    await convert("--for", "torch", "sgd/checkpoint.safetensors", "sgd.pth");
    await convert("sgd.pth", "sgd.safetensors");
    const [there, here] = [await valuesOf("sgd.safetensors"), await valuesOf("sgd/checkpoint.safetensors")];
    expect(Object.keys(there)).toEqual(Object.keys(here));
    for (const [name, values] of Object.entries(here)) {
      if (!name.endsWith(".velocity")) expect(there[name], name).toEqual(values);
      const worst = values.map((value, i) => Math.abs(value - there[name]![i]!) / (Math.abs(value) || 1));
      expect(Math.max(...worst), name).toBeLessThan(2e-7);
    }
    expect(Math.max(...here["optimizer/score_fr.weight.velocity"]!.map(Math.abs))).toBeGreaterThan(0);
  });

  test("may be resumed from where it comes back to", async () => {
    await convert("adam.pth", "adam/checkpoint.safetensors");
    run(...words("adam", 4), "--stage", "crf-rnn", "--learn", "weights,compatibility,bandwidths", "--resume");
  });
});

test("a state dictionary has the names of the program that it is for, and nothing of the optimizer", async () => {
  const said = await convert("--for", "fcn", "adam/checkpoint.safetensors", "fcn.pth");
  expect(said).toMatch(/^note: spatialWeight, .*bandwidths: left out, since pytorch-fcn has no CRF$/m);
  await convert("--for", "crfasrnn", "adam/checkpoint.safetensors", "crf.pth");
  await convert("--for", "crfasrnn", "sgd/checkpoint.safetensors", "fcn8s.pth");
  const namesIn = async (name: string): Promise<string[]> => [...(await read(name)).tensors.keys()].sort();
  const convolutions = [1, 2, 3, 4, 5].flatMap((block) => [1, 2, 3].map((i) => `conv${block}_${i}`));
  const layers = [...convolutions.filter((name) => !/[12]_3/.test(name)), "fc6", "fc7"];
  const scores = ["score_fr", "score_pool3", "score_pool4"];
  const weights = ["upscore2", "upscore8", "upscore_pool4"].map((layer) => `${layer}.weight`);
  const plain = [...[...layers, ...scores].flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]), ...weights];
  const crf = ["spatial_ker_weights", "bilateral_ker_weights", "compatibility_matrix"].map((name) => `crfrnn.${name}`);
  expect(await namesIn("fcn.pth")).toEqual(plain.sort());
  expect(await namesIn("fcn8s.pth")).toEqual([...plain, "upscore2.bias"].sort());
  expect(await namesIn("crf.pth")).toEqual([...plain, "upscore2.bias", ...crf].sort());
});

test("what has no optimizer's memory, and what is no .pth, is refused", async () => {
  await folder.refusesInProcess(
    ["convert", "--for", "torch", "fcn.pth", "again.pth"],
    /fcn\.pth: expected a checkpoint of crf-rnn train with the optimizer's memory.*got one that is no run's — leave --for out/,
  );
  await folder.refusesInProcess(
    ["convert", "--for", "torch", "adam/checkpoint.safetensors", "again.safetensors"],
    /--for: expected a \.pth to write, got 'again\.safetensors'/,
  );
});
