import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { encodeNpy } from "../../src/data/npy.ts";
import { crfRnnInProcess, Folder } from "./command.ts";

afterEach(() => vi.unstubAllEnvs());

const flags = ["--features", "f.npy", "--values", "v.npy", "--out", "o.npy", "--device", "wasm"];

function prepared(): Folder {
  const folder = new Folder();
  const array = (columns: number): Float32Array => Float32Array.from({ length: 30 * columns }, (_, i) => Math.sin(i));
  folder.write("f.npy", encodeNpy({ shape: [30, 3], data: array(3) }));
  folder.write("v.npy", encodeNpy({ shape: [30, 2], data: array(2) }));
  return folder;
}

/** Names of the kernels in a trace, in order. */
function kernelsIn(folder: Folder, file: string): string[] {
  const { traceEvents } = JSON.parse(readFileSync(folder.file(file), "utf8")) as {
    traceEvents: { ph: string; name: string; ts: number; dur: number }[];
  };
  const events = traceEvents.filter(({ ph }) => ph === "X");
  expect(events.every(({ ts, dur }) => ts >= 0 && dur >= 0)).toBe(true);
  return events.map(({ name }) => name);
}

test("--trace writes every kernel that a command ran, and says where", async () => {
  using folder = prepared();
  const { status, stderr } = await crfRnnInProcess(["filter", ...flags, "--trace", "t.json"], folder.path);
  expect(status).toBe(0);
  expect(stderr).toContain("trace: t.json");
  const kernels = kernelsIn(folder, "t.json");
  expect(kernels.slice(0, 3)).toEqual(["featuresRanges", "fill", "packedEmbed"]);
  expect(kernels.slice(-6)).toEqual(["splat", ...Array<string>(4).fill("blurChains"), "slice"]);
});

test("CRF_RNN_TRACE does the same, by a name or by 1", async () => {
  for (const [value, file] of [
    ["own.json", "own.json"],
    ["1", "crf-rnn-trace.json"],
  ] as const) {
    using folder = prepared();
    vi.stubEnv("CRF_RNN_TRACE", value);
    expect((await crfRnnInProcess(["filter", ...flags, "--quiet"], folder.path)).stderr).toBe("");
    expect(kernelsIn(folder, file)).toContain("splat");
  }
});

test("a trace that cannot be written is refused before anything runs", async () => {
  using folder = prepared();
  const run = (file: string) => crfRnnInProcess(["filter", ...flags, "--trace", file], folder.path);
  for (const [file, says] of [
    ["t.txt", "ends in .json"],
    ["nowhere/t.json", "folder"],
  ] as const) {
    const { status, stderr } = await run(file);
    expect([status, stderr.trim().split("\n").length]).toEqual([2, 1]);
    expect(stderr).toContain(says);
    expect(folder.names()).toEqual(["f.npy", "v.npy"]);
  }
});
