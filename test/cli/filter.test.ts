import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeNpy } from "../../src/data/npy.ts";
import { parseNpy } from "../npy.ts";
import { Folder } from "./command.ts";

const array = (...shape: number[]) => {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return encodeNpy({ shape, data: Float32Array.from({ length: count }, (_, i) => Math.sin(i * 7.3)) });
};

const words = [
  "filter",
  "--features",
  "features.npy",
  "--values",
  "values.npy",
  "--out",
  "out.npy",
  "--device",
  "wasm",
];

/** A folder with features [30, 3] and values [30, 2]. */
function prepared(): Folder {
  const folder = new Folder();
  folder.write("features.npy", array(30, 3));
  folder.write("values.npy", array(30, 2));
  return folder;
}

const read = (folder: Folder, name: string) => parseNpy(new Uint8Array(readFileSync(folder.file(name))), name);

describe("crf-rnn filter", () => {
  test("writes [N, C] float32 and one JSON object", () => {
    using folder = prepared();
    const { status, stdout, stderr } = folder.run([...words, "--json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      command: "filter",
      points: 30,
      channels: 2,
      dimensions: 3,
      outputs: ["out.npy"],
    });
    expect(folder.names()).toEqual(["features.npy", "out.npy", "values.npy"]);
    expect(read(folder, "out.npy")).toMatchObject({ shape: [30, 2], data: expect.any(Float32Array) });
  });

  test("of ones, normalized after, is one", async () => {
    using folder = prepared();
    folder.write("values.npy", encodeNpy({ shape: [30, 1], data: new Float32Array(30).fill(1) }));
    expect((await folder.runInProcess([...words, "--normalize", "after"])).status).toBe(0);
    for (const value of read(folder, "out.npy").data) expect(value).toBeCloseTo(1, 5);
  });

  test("has an adjoint: ⟨K x, y⟩ = ⟨x, Kᵀ y⟩", async () => {
    using folder = prepared();
    const inner = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
    const x = read(folder, "values.npy").data;
    const y = Float32Array.from(x, (_, i) => Math.cos(i * 3.1));
    folder.write("y.npy", encodeNpy({ shape: [30, 2], data: y }));
    expect((await folder.runInProcess(words)).status).toBe(0);
    const forward = read(folder, "out.npy").data;
    expect(
      (await folder.runInProcess([...words.map((word) => (word === "values.npy" ? "y.npy" : word)), "--transpose"]))
        .status,
    ).toBe(0);
    const scale = Math.sqrt(inner(forward, forward) * inner(y, y));
    expect(Math.abs(inner(forward, y) - inner(x, read(folder, "out.npy").data)) / scale).toBeLessThan(1e-6);
  });

  test("reads float64 and Fortran order as the same numbers", async () => {
    using folder = prepared();
    const values = Float64Array.from({ length: 60 }, (_, i) => (i % 17) - 8);
    folder.write("values.npy", encodeNpy({ shape: [30, 2], data: values }));
    expect((await folder.runInProcess(words)).status).toBe(0);
    const expected = read(folder, "out.npy").data;
    const fortran = Float64Array.from({ length: 60 }, (_, i) => values[(i % 30) * 2 + Math.floor(i / 30)]!);
    const bytes = encodeNpy({ shape: [30, 2], data: fortran });
    folder.write("values.npy", Buffer.from(Buffer.from(bytes).toString("latin1").replace("False", "True "), "latin1"));
    expect((await folder.runInProcess(words)).status).toBe(0);
    expect(read(folder, "out.npy").data).toEqual(expected);
  });
});

describe("crf-rnn filter refuses", () => {
  test("arrays that do not fit together", async () => {
    using folder = prepared();
    folder.write("values.npy", array(29, 2));
    await folder.refusesInProcess(words, /^crf-rnn: values\.npy: expected 30 rows, as in features\.npy, got 29 — /);
    folder.write("values.npy", array(60));
    await folder.refusesInProcess(words, /values\.npy: expected shape \[N, C\] without zeros, got \[60\]/);
    folder.write("features.npy", array(0, 3));
    await folder.refusesInProcess(words, /features\.npy: expected shape \[N, d\] without zeros, got \[0, 3\]/);
    folder.write("values.npy", array(30, 2));
    folder.write("features.npy", array(30, 16));
    await folder.refusesInProcess(words, /buildLattice: expected features \[n, d\].* with d from 1 to 15/);
  });

  test("NaN, infinity and numbers beyond float32, wherever they stand", async () => {
    using folder = prepared();
    const cases = fc.record({
      file: fc.constantFrom("features.npy", "values.npy"),
      at: fc.nat(59),
      value: fc.constantFrom(NaN, Infinity, -Infinity, 1e39),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ file, at, value }) => {
        const [former, columns] = [readFileSync(folder.file(file)), file === "features.npy" ? 3 : 2];
        const data = Float64Array.from({ length: 30 * columns }, (_, i) => (i === at ? value : i / 10));
        folder.write(file, encodeNpy({ shape: [30, columns], data }));
        const place = `${file}: expected finite float32 numbers, got (NaN|-?Infinity) at \\[${Math.floor(at / columns)}, ${at % columns}\\]`;
        await folder.refusesInProcess(words, new RegExp(place));
        folder.write(file, former);
      }),
      { numRuns: 8 },
    );
  });

  test("features beyond the range of keys", async () => {
    using folder = prepared();
    const data = Float32Array.from({ length: 90 }, (_, i) => (i === 7 ? 1e30 : i));
    folder.write("features.npy", encodeNpy({ shape: [30, 3], data }));
    await folder.refusesInProcess(words, /expected .*got/);
  });

  test("files that are missing, empty, folders, truncated or of another kind", async () => {
    using folder = prepared();
    const whole = readFileSync(folder.file("values.npy"));
    await folder.refusesInProcess(
      words.map((word) => (word === "values.npy" ? "no.npy" : word)),
      /no\.npy: .*got no such file/,
    );
    await folder.refusesInProcess(
      words.map((word) => (word === "values.npy" ? "." : word)),
      /got a folder/,
    );
    folder.write("values.npy", "");
    await folder.refusesInProcess(words, /values\.npy: expected a file with contents, got 0 bytes/);
    folder.write("values.npy", whole.subarray(0, whole.length - 4));
    await folder.refusesInProcess(
      words,
      /values\.npy at byte 364: expected 240 bytes of values for shape \[30, 2\], got 236 — /,
    );
    folder.write("values.npy", "hello, world");
    await folder.refusesInProcess(words, /expected a \.npy file/);
  });

  test("unknown flags and wrong values", async () => {
    using folder = prepared();
    await folder.refusesInProcess(
      [...words, "--normalise", "after"],
      /unknown option '--normalise' \(Did you mean --normalize\?\)/,
    );
    await folder.refusesInProcess(
      [...words, "--normalize", "twice"],
      /--normalize: expected one of none, before, after, symmetric, got 'twice'/,
    );
    await folder.refusesInProcess([...words, "--threads", "0"], /--threads: expected a whole number, 1 to 64, got '0'/);
    await folder.refusesInProcess(
      [...words, "--device", "gpu"],
      /--device: expected one of auto, webgpu, wasm, got 'gpu'/,
    );
    await folder.refusesInProcess(words.slice(0, 5), /required option '--out <O.npy>' not specified/);
    await folder.refusesInProcess([...words, "more"], /too many arguments/);
  });

  test("to write over what it reads, or under another extension", async () => {
    using folder = prepared();
    await folder.refusesInProcess(
      words.map((word) => (word === "out.npy" ? "values.npy" : word)),
      /--out: expected a file of its own, got values\.npy, which is read/,
    );
    await folder.refusesInProcess(
      words.map((word) => (word === "out.npy" ? "out.png" : word)),
      /--out: expected a file name that ends in \.npy/,
    );
  });
});
