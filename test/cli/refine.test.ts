import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { decode } from "fast-png";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { findDeno } from "../../scripts/environment.mjs";
import { Refiner } from "../../src/cli/refine/refiner.ts";
import { crfRnn } from "../../src/crf/crfRnn.ts";
import { decodeNpy, encodeNpy } from "../../src/data/npy.ts";
import { vocPalette } from "../../src/data/palette.ts";
import { encodeLabelPng, encodeRgbPng } from "../../src/data/png.ts";
import { resizeBilinear } from "../../src/data/resize.ts";
import { openWasm } from "../../src/device/wasm.ts";
import { LimitError } from "../../src/errors.ts";
import { parseNpy } from "../npy.ts";
import { Folder } from "./command.ts";

const [height, width, classes] = [18, 26, 3];
const pixels = height * width;

/** A dark and a light half that meet along a slanted line, with a little texture. */
const photo = Uint8Array.from({ length: pixels * 3 }, (_, i) => {
  const pixel = Math.floor(i / 3);
  return (isRight(pixel) ? 190 : 40) + ((pixel * 7 + i) % 5);
});
const logits = Float32Array.from({ length: pixels * classes }, (_, i) => Math.sin(i * 1.7) + Math.cos(i / 29));

function isRight(pixel: number): boolean {
  return (pixel % width) + Math.floor(pixel / width) / 3 > 15;
}

const words = ["refine", "photo.png", "--logits", "logits.npy", "--device", "wasm", "--out-logits", "x.npy"];

function prepared(): Folder {
  const folder = new Folder();
  folder.write("photo.png", encodeRgbPng(height, width, photo));
  folder.write("logits.npy", encodeNpy({ shape: [height, width, classes], data: logits }));
  return folder;
}

function read(folder: Folder, name: string) {
  return parseNpy(new Uint8Array(readFileSync(folder.file(name))), name);
}

/** What `words`, with some of them replaced and some added, gives for logits. */
async function refined(
  folder: Folder,
  more: readonly string[] = [],
  replaced: Record<string, string> = {},
): Promise<Float32Array> {
  const { status, stderr } = await folder.runInProcess([...words.map((word) => replaced[word] ?? word), ...more]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return read(folder, "x.npy").data as Float32Array;
}

/** The library's own answer for this guide. */
async function expected(guide: Float32Array, unary = logits): Promise<Float32Array> {
  using device = await openWasm();
  const crf = crfRnn(device, {
    classes,
    iterations: 5,
    bilateral: { position: 160, color: 3, weight: 5 },
    spatial: { position: 3, weight: 3 },
  });
  const result = await crf(device.tensor([height, width, classes], unary), device.tensor([height, width, 3], guide));
  return result.read();
}

describe("crf-rnn refine", () => {
  let folder: Folder;
  beforeAll(() => {
    folder = prepared();
    return () => folder[Symbol.dispose]();
  });

  test("gives the library's X_T with the defaults of CRF-RNN, and one JSON object", async () => {
    const { status, stdout, stderr } = folder.run([...words, "--json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      command: "refine",
      height,
      width,
      classes,
      iterations: 5,
      device: "wasm",
      outputs: ["x.npy"],
    });
    expect(read(folder, "x.npy")).toEqual({
      shape: [height, width, classes],
      data: await expected(Float32Array.from(photo)),
    });
  });

  test("takes the same image as PNG and as .npy, and the same logits in both layouts", async () => {
    const plain = await refined(folder);
    folder.write("photo.npy", encodeNpy({ shape: [height, width, 3], data: photo }));
    expect(await refined(folder, [], { "photo.png": "photo.npy" })).toEqual(plain);
    const turned = Float32Array.from(logits, (_, i) => logits[(i % pixels) * classes + Math.floor(i / pixels)]!);
    folder.write("chw.npy", encodeNpy({ shape: [classes, height, width], data: turned }));
    expect(await refined(folder, ["--layout", "chw"], { "logits.npy": "chw.npy" })).toEqual(plain);
  });

  test("turns the channels round and subtracts the mean, blue first", async () => {
    const mean = [104.5, 116.25, -3];
    const guide = Float32Array.from(photo, (_, i) => photo[i - (i % 3) + 2 - (i % 3)]! - mean[i % 3]!);
    expect(await refined(folder, ["--order", "bgr", "--mean", mean.join(",")])).toEqual(await expected(guide));
    const back = Float32Array.from(photo, (value, i) => value - mean[2 - (i % 3)]!);
    expect(await refined(folder, ["--mean", mean.join(",")])).toEqual(await expected(back));
  });

  test("resizes coarse logits bilinearly when asked to", async () => {
    const coarse = Float32Array.from({ length: 6 * 9 * classes }, (_, i) => Math.sin(i));
    folder.write("coarse.npy", encodeNpy({ shape: [6, 9, classes], data: coarse }));
    const unary = resizeBilinear(coarse, [6, 9, classes], [height, width]);
    expect(await refined(folder, ["--resize"], { "logits.npy": "coarse.npy" })).toEqual(
      await expected(Float32Array.from(photo), unary),
    );
  });

  test("takes weights as a number, one a class or a matrix, and potts as a matrix", async () => {
    const diagonal = (value: number) =>
      Float32Array.from({ length: classes * classes }, (_, i) => (i % (classes + 1) === 0 ? value : 0));
    folder.write("vector.npy", encodeNpy({ shape: [classes], data: new Float32Array(classes).fill(5) }));
    folder.write("matrix.npy", encodeNpy({ shape: [classes, classes], data: diagonal(3) }));
    folder.write("potts.npy", encodeNpy({ shape: [classes, classes], data: diagonal(-1) }));
    const flags = [
      "--bilateral-weight",
      "vector.npy",
      "--spatial-weight",
      "matrix.npy",
      "--compatibility",
      "potts.npy",
    ];
    const plain = await refined(folder);
    (await refined(folder, flags)).forEach((value, i) => expect(value).toBeCloseTo(plain[i]!, 4));
    (await refined(folder, ["--bilateral-weight", "0.5"])).forEach((value) =>
      expect(Number.isFinite(value)).toBe(true),
    );
    expect(await refined(folder, ["--bilateral-weight", "0.5"])).not.toEqual(plain);
  });

  test("ends where an iteration changes little, tells after how many, and does none if that is asked for", async () => {
    const ended = JSON.parse(
      (await folder.runInProcess([...words, "--until", "0.05", "--iterations", "50", "--json"])).stdout,
    );
    const till = read(folder, "x.npy").data;
    expect(ended.iterations).toBeGreaterThan(1);
    expect(ended.iterations).toBeLessThan(50);
    expect(await refined(folder, ["--iterations", String(ended.iterations)])).toEqual(till);
    expect(await refined(folder, ["--iterations", "0", "--until", "0.05"])).toEqual(read(folder, "logits.npy").data);
  });

  test("leaves out classes that stay unlikely, tells which, and by how much that changes logits at the most", async () => {
    // The three classes, and six that are unlikely everywhere.
    const data = Float32Array.from({ length: height * width * 9 }, (_, at) =>
      at % 9 < classes ? logits[Math.floor(at / 9) * classes + (at % 9)]! : -12 - (at % 9),
    );
    folder.write("nine.npy", encodeNpy({ shape: [height, width, 9], data }));
    const nine = { "logits.npy": "nine.npy" };
    const whole = await refined(folder, [], nine);
    const run = (more: readonly string[]) =>
      folder.runInProcess([...words.map((word) => (word === "logits.npy" ? "nine.npy" : word)), "--prune", ...more]);
    const { pruned } = JSON.parse((await run(["0.01", "--json"])).stdout);
    expect(pruned.classes).toEqual([3, 4, 5, 6, 7, 8]);
    expect(pruned.bound).toBeGreaterThan(0);
    expect(pruned.bound).toBeLessThan(0.01);
    const less = read(folder, "x.npy").data as Float32Array;
    for (const [at, value] of less.entries()) expect(Math.abs(value - whole[at]!)).toBeLessThan(pruned.bound + 1e-4);
    expect((await run(["0.01"])).stdout).toMatch(
      / iterations, the classes 3, 4, 5, 6, 7, 8 left out, which changes no logit by more than [\d.e-]+, [\d.]+ s on /,
    );
    expect((await run(["0"])).stdout).toMatch(/ iterations, no class left out, [\d.]+ s on /);
    expect(read(folder, "x.npy").data).toEqual(whole);
    expect((await run(["2"])).stderr).toMatch(/prune: expected a marginal from 0 to 1, got 2/);
    expect((await run(["0.1", "--rows", "5"])).stderr).toMatch(
      /--prune: expected a picture that the device holds at once/,
    );
  });

  test("writes labels, overlay and logits that belong together", async () => {
    const { status, stdout } = await folder.runInProcess([
      ...words,
      "--out",
      "labels.png",
      "--out-overlay",
      "overlay.png",
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^labels\.png, x\.npy, overlay\.png: 18×26 pixels, 3 classes; [\d.]+ % of the labels changed in 5 iterations, [\d.]+ s on .*\n$/,
    );
    const x = read(folder, "x.npy").data;
    const labels = decode(readFileSync(folder.file("labels.png")));
    expect(labels.palette?.map((color) => [...color])).toEqual(vocPalette());
    labels.data.forEach((label, pixel) => {
      for (let other = 0; other < classes; other++)
        expect(x[pixel * classes + other]).toBeLessThanOrEqual(x[pixel * classes + label]!);
    });
    const overlay = decode(readFileSync(folder.file("overlay.png")));
    for (let pixel = 0; pixel < pixels; pixel++) {
      const label = labels.data[pixel]!;
      const edge = [pixel % width < width - 1 ? 1 : 0, pixel < pixels - width ? width : 0].some(
        (step) => labels.data[pixel + step] !== label,
      );
      for (let k = 0; k < 3; k++) {
        const value = photo[pixel * 3 + k]!;
        const drawn = edge ? 255 : label === 0 ? value : (value + vocPalette()[label]![k]!) / 2;
        expect(Math.abs(overlay.data[pixel * 3 + k]! - drawn)).toBeLessThanOrEqual(0.5);
      }
    }
  });

  test("writes how sure it is of each pixel, as numbers or as a picture of 16 bits", async () => {
    const outputs = ["--out-confidence", "sure.npy", "--out-entropy", "entropy.png"];
    expect(await folder.runInProcess([...words, ...outputs])).toMatchObject({ status: 0, stderr: "" });
    const x = read(folder, "x.npy").data;
    const sure = read(folder, "sure.npy");
    expect(sure.shape).toEqual([height, width]);
    const entropy = decode(readFileSync(folder.file("entropy.png")));
    expect([entropy.depth, entropy.channels, entropy.data.length]).toEqual([16, 1, pixels]);
    for (let pixel = 0; pixel < pixels; pixel += 7) {
      const powers = Array.from({ length: classes }, (_, k) => Math.exp(x[pixel * classes + k]!));
      const sum = powers.reduce((total, power) => total + power, 0);
      const shares = powers.map((power) => power / sum);
      expect(sure.data[pixel]).toBeCloseTo(Math.max(...shares), 5);
      const expected = shares.reduce((total, p) => total - p * Math.log(p), 0) / Math.log(classes);
      expect(Math.abs(entropy.data[pixel]! / 65535 - expected)).toBeLessThan(2e-5);
    }
    await folder.refusesInProcess(
      [...words, "--out-confidence", "sure.tiff"],
      /--out-confidence: expected a file name that ends in \.png/,
    );
  });

  test("moves a rough annotation onto the edge of the photograph and keeps its colors", async () => {
    const palette = [
      [9, 9, 9],
      [10, 200, 30],
    ] as const;
    const rough = Uint8Array.from({ length: pixels }, (_, pixel) =>
      pixel % 11 === 0 ? 255 : pixel % width > 10 ? 1 : 0,
    );
    folder.write("rough.png", encodeLabelPng({ height, width, labels: rough, palette }));
    const flags = [
      "--annotation",
      "rough.png",
      "--out",
      "labels.png",
      "--theta-alpha",
      "20",
      "--theta-beta",
      "20",
      "--bilateral-weight",
      "10",
    ];
    expect(
      (await folder.runInProcess(["refine", "photo.png", "--device", "wasm", "--confidence", "0.6", ...flags])).status,
    ).toBe(0);
    const { data, palette: written } = decode(readFileSync(folder.file("labels.png")));
    expect([...data]).toEqual(Array.from({ length: pixels }, (_, pixel) => Number(isRight(pixel))));
    expect(written?.slice(0, 3).map((color) => [...color])).toEqual([...palette, [0, 128, 0]]);
  });

  test("takes labels as .npy of any number type, as those of a PNG", async () => {
    const labels = Uint8Array.from({ length: pixels }, (_, pixel) =>
      pixel % 11 === 0 ? 255 : Number(pixel % width > 10),
    );
    folder.write("labels.png", encodeLabelPng({ height, width, labels }));
    const from = (annotation: string): Promise<Float32Array> =>
      refined(folder, [], { "--logits": "--annotation", "logits.npy": annotation });
    const expected = await from("labels.png");
    for (const data of [labels, Int32Array.from(labels), Float64Array.from(labels)]) {
      folder.write("labels.npy", encodeNpy({ shape: [height, width], data }));
      expect(await from("labels.npy")).toEqual(expected);
    }
  });

  test("turns a photograph as its EXIF orientation says, and notes it", async () => {
    const stored = sharp(photo, { raw: { width, height, channels: 3 } })
      .rotate(-90)
      .withMetadata({ orientation: 6 });
    folder.write("turned.png", await stored.png().toBuffer());
    expect(await refined(folder, ["--quiet"], { "photo.png": "turned.png" })).toEqual(
      await refined(folder, ["--quiet"]),
    );
    const turned = words.map((word) => (word === "photo.png" ? "turned.png" : word));
    const note = "turned as its EXIF orientation, 6, says";
    for (const more of [[], ["--dry-run"]]) {
      const { stdout } = await folder.runInProcess([...turned, ...more]);
      expect(stdout).toMatch(new RegExp(`^note: turned\\.png: ${note}\\n[xt].*18×26 pixels.*\\n$`));
    }
    expect(JSON.parse((await folder.runInProcess([...turned, "--json"])).stdout)).toMatchObject({
      height,
      width,
      notes: [note],
    });
    expect(JSON.parse((await folder.runInProcess([...words, "--json"])).stdout)).toMatchObject({ notes: [] });
  });

  test("notes what is suspect in its files, once each, and says nothing of what --input mends", async () => {
    const sums = Float32Array.from({ length: pixels }, (_, pixel) =>
      logits.subarray(pixel * classes, (pixel + 1) * classes).reduce((sum, value) => sum + Math.exp(value), 0),
    );
    const probabilities = logits.map((value, i) => Math.exp(value) / sums[Math.floor(i / classes)]!);
    folder.write("softmax.npy", encodeNpy({ shape: [height, width, classes], data: probabilities }));
    folder.write("unit.npy", encodeNpy({ shape: [height, width, 3], data: Float32Array.from(photo, (v) => v / 255) }));
    const suspect = words.map((word) => ({ "photo.png": "unit.npy", "logits.npy": "softmax.npy" })[word] ?? word);
    const { status, stdout, stderr } = await folder.runInProcess(suspect);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).not.toMatch(/at every pixel/);
    const [guide, scores] = stdout.split("\n");
    expect(guide).toMatch(/^note: unit\.npy: colors from 0\.157 to 0\.753: most likely a photograph divided by 255 — /);
    expect(scores).toMatch(/^note: softmax\.npy: rows .* most likely probabilities, .* — add --input probabilities$/);
    // A kernel that reaches all pixels alike, with a weight above all scores, leaves the class that is most probable on average.
    const blurred = await folder.runInProcess([...words, "--theta-gamma", "999", "--spatial-weight", "999", "--json"]);
    expect(JSON.parse(blurred.stdout)).toMatchObject({ findings: [{ code: "result-one-label", file: "photo.png" }] });
    const json = await folder.runInProcess([...suspect, "--theta-beta", "0.01", "--input", "probabilities", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ findings: [], notes: [] });
    // log p differs from the logits by a number for each pixel, which the softmax takes away again.
    const plain = await refined(folder);
    const same = await refined(folder, ["--input", "probabilities"], { "logits.npy": "softmax.npy" });
    for (let i = 0; i < plain.length; i += classes) {
      for (let c = 1; c < classes; c++) expect(same[i + c]! - same[i]!).toBeCloseTo(plain[i + c]! - plain[i]!, 3);
    }
  });

  test("says with --dry-run what it would do, and does nothing", async () => {
    const before = folder.names();
    const { status, stdout } = await folder.runInProcess([...words.slice(0, -1), "dry.npy", "--dry-run"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^photo\.png: 18×26 pixels, 3 classes, 5 iterations over \d+ spatial and \d+ bilateral vertices on .*, about \d+ MiB; would write dry\.npy\n$/,
    );
    expect(folder.names()).toEqual(before);
  });

  test("goes by bands where it is told so, to the same bits, and says so beforehand", async () => {
    const folders = { "--normalize": "symmetric", "--order": "bgr", "--mean": "1,2,3", "--iterations": "2" };
    const more = Object.entries(folders).flat();
    expect(await refined(folder, [...more, "--rows", "5"])).toEqual(await refined(folder, more));
    const dry = await folder.runInProcess([...words.slice(0, -1), "dry.npy", "--rows", "5", "--dry-run"]);
    expect(dry.stdout).toMatch(
      /^photo\.png: 18×26 pixels, 3 classes, 5 iterations by bands of 5 rows on .*, 8 times over the picture, at most about \d+ MiB there, about \d+ s; would write dry\.npy\n$/,
    );
    const json = await folder.runInProcess([...words.slice(0, -1), "dry.npy", "--rows", "5", "--dry-run", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ rows: 5, blocks: 1, passes: 8, hostBytes: 0 });
    const until = await folder.runInProcess([...words, "--rows", "5", "--until", "0.1"]);
    expect(until).toMatchObject({ status: 2, stdout: "" });
    expect(until.stderr).toMatch(
      /--until: expected a picture that the device holds at once, got 18×26 pixels of 3 classes/,
    );
  });

  test("goes by bands where a picture was thought to have room on the device and has none", async () => {
    using device = await openWasm();
    const flags = { order: "rgb", mean: [0, 0, 0], iterations: 2, normalize: "after", thetaAlpha: 160, thetaBeta: 3 };
    const more = { thetaGamma: 3, spatialWeight: 3, bilateralWeight: 5, compatibility: "potts", temperature: 1.7 };
    const refiner = new Refiner(device, { ...flags, ...more } as never);
    const image = { height, width, values: Float32Array.from(photo) };
    const given = () =>
      ({
        job: { file: "photo", outputs: [{ flag: "--out-logits", file: "x" }] },
        image,
        findings: [],
        unary: { classes, logits: logits.slice() },
      }) as never;
    const refine = async () => {
      const parts: string[] = [];
      const { outputs } = await refiner.refine(given(), (done, of) => parts.push(`${done} of ${of}`));
      return { parts, values: decodeNpy(outputs[0]!.bytes, "x").data };
    };
    const whole = await refine();
    expect(whole.parts).toEqual(["1 of 2", "2 of 2"]);
    // The first large table is refused once.
    let refused = 0;
    const allocate = device.allocate.bind(device);
    device.allocate = (bytes) => {
      if (bytes > 10_000 && refused++ === 0) throw new LimitError({ where: "wasm", expected: "room", got: "none" });
      return allocate(bytes);
    };
    const bands = await refine();
    expect(refused).toBeGreaterThan(1);
    expect(bands).toEqual({ parts: ["1 of 5", "2 of 5", "3 of 5", "4 of 5", "5 of 5"], values: whole.values });
  });

  test("tells of its iterations as they are done", async () => {
    using device = await openWasm();
    const crf = crfRnn(device, { classes, iterations: 3 });
    const done: number[] = [];
    const onIteration = async (count: number) => void done.push(count);
    const tensors = [
      device.tensor([height, width, classes], logits),
      device.tensor([height, width, 3], photo),
    ] as const;
    const told = await (await crf(...tensors, { onIteration })).read();
    expect(done).toEqual([1, 2, 3]);
    expect(told).toEqual(await (await crf(...tensors)).read());
  });

  test("prints nothing with --quiet", async () => {
    expect(await folder.runInProcess([...words, "--quiet"])).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("gives the same in Deno, to the rounding of fused multiply-adds", async () => {
    const inNode = await refined(folder);
    const { status, stderr } = folder.run(words, [await findDeno(), "run", "-A"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    read(folder, "x.npy").data.forEach((value, i) => expect(value).toBeCloseTo(inNode[i]!, 4));
  });
});

describe("crf-rnn refine refuses", () => {
  let folder: Folder;
  beforeAll(() => {
    folder = prepared();
    return () => folder[Symbol.dispose]();
  });

  const refuses = (more: readonly string[], sentence: RegExp, replaced: Record<string, string> = {}): Promise<void> =>
    folder.refusesInProcess([...words.map((word) => replaced[word] ?? word), ...more], sentence);

  test("images that are missing, empty, cut short or of another kind", async () => {
    const png = readFileSync(folder.file("photo.png"));
    const raw = { raw: { width, height, channels: 3 as const } };
    const jpeg = await sharp(photo, raw).jpeg().toBuffer();
    const array = encodeNpy({ shape: [height, width, 3], data: photo });
    folder.write("empty.png", "");
    folder.write("cut.png", png.subarray(0, png.length / 2));
    folder.write("cut.jpg", jpeg.subarray(0, jpeg.length / 2));
    folder.write("cut.npy", array.subarray(0, -5));
    folder.write("flat.npy", encodeNpy({ shape: [height, width], data: new Uint8Array(pixels) }));
    folder.write("nan.npy", encodeNpy({ shape: [height, width, 3], data: new Float32Array(pixels * 3).fill(NaN) }));
    folder.write("text.png", "not a picture");
    await refuses([], /missing\.png: expected a readable file, got no such file/, { "photo.png": "missing.png" });
    await refuses([], /empty\.png: expected a file with contents, got 0 bytes/, { "photo.png": "empty.png" });
    await refuses([], /cut\.png at byte \d+: expected a chunk .* the file is truncated/, { "photo.png": "cut.png" });
    await refuses([], /cut\.jpg at byte \d+: expected .*, got the end of the file/, { "photo.png": "cut.jpg" });
    await refuses([], /cut\.npy at byte \d+: expected 1404 bytes of values for shape \[18, 26, 3\], got 1399/, {
      "photo.png": "cut.npy",
    });
    await refuses([], /flat\.npy: expected an image \[height, width, 3\], got shape \[18, 26\]/, {
      "photo.png": "flat.npy",
    });
    await refuses([], /nan\.npy: expected finite float32 numbers, got NaN at \[0, 0, 0\]/, { "photo.png": "nan.npy" });
    await refuses([], /text\.png at byte 0: expected a PNG, a JPEG, a WebP, a TIFF or a \.npy array/, {
      "photo.png": "text.png",
    });
  });

  test("a pipe or a device in place of an image, which may have no end", async () => {
    execFileSync("mkfifo", [folder.file("pipe.png")]);
    await refuses([], /pipe\.png: expected a readable file, got a pipe or a device/, { "photo.png": "pipe.png" });
    await refuses([], /\/dev\/zero: expected a readable file, got a pipe or a device/, { "photo.png": "/dev/zero" });
    folder.remove("pipe.png");
  });

  test("logits that do not fit, or hold NaN or infinity", async () => {
    const [nan, infinite] = [NaN, -Infinity].map((value) => logits.with(40, value)) as [
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
    ];
    folder.write("nan-logits.npy", encodeNpy({ shape: [height, width, classes], data: nan }));
    folder.write("infinite.npy", encodeNpy({ shape: [height, width, classes], data: infinite }));
    folder.write("chw.npy", encodeNpy({ shape: [classes, height, width], data: logits }));
    folder.write("batch.npy", encodeNpy({ shape: [1, height, width, classes], data: logits }));
    folder.write("coarse.npy", encodeNpy({ shape: [6, 9, classes], data: new Float32Array(162) }));
    await refuses([], /nan-logits\.npy: .*got NaN at \[0, 13, 1\]/, { "logits.npy": "nan-logits.npy" });
    await refuses([], /infinite\.npy: .*got -Infinity at \[0, 13, 1\]/, { "logits.npy": "infinite.npy" });
    await refuses([], /got \[3, 18, 26\] — add --layout chw/, { "logits.npy": "chw.npy" });
    folder.write("flat.npy", encodeNpy({ shape: [height, width], data: new Float32Array(pixels) }));
    folder.write("one.npy", encodeNpy({ shape: [height, width, 1], data: new Float32Array(pixels) }));
    folder.write("two.npy", encodeNpy({ shape: [2, height, width, classes], data: new Float32Array(6 * pixels) }));
    const axes = "expected logits \\[height, width, classes\\]";
    const single = "add --input sigmoid, or --input probabilities if it is from 0 to 1";
    await refuses([], new RegExp(`${axes}, got \\[18, 26\\] — ${single}`), { "logits.npy": "flat.npy" });
    await refuses(
      [],
      new RegExp(`one\\.npy: expected scores of two classes or more, got one channel: .* — ${single}`),
      {
        "logits.npy": "one.npy",
      },
    );
    await refuses([], new RegExp(`${axes}, got \\[2, 18, 26, 3\\] — save one map`), { "logits.npy": "two.npy" });
    await refuses([], /got \[1, 18, 26, 3\] — save logits\[0\]/, { "logits.npy": "batch.npy" });
    await refuses([], /of the image's 18 by 26 pixels, got \[6, 9, 3\] — add --resize/, { "logits.npy": "coarse.npy" });
  });

  test("weights and matrices of the wrong size", async () => {
    folder.write("five.npy", encodeNpy({ shape: [5, 5], data: new Float32Array(25) }));
    folder.write("vector.npy", encodeNpy({ shape: [3], data: new Float32Array(3) }));
    await refuses(
      ["--bilateral-weight", "five.npy"],
      /five\.npy: expected a weight \[3\] or \[3, 3\] for 3 classes, got \[5, 5\]/,
    );
    await refuses(["--spatial-weight", "five.npy"], /five\.npy: expected a weight/);
    await refuses(
      ["--compatibility", "five.npy"],
      /expected a compatibility matrix \[3, 3\] for 3 classes, got \[5, 5\]/,
    );
    await refuses(
      ["--compatibility", "vector.npy"],
      /expected a compatibility matrix \[3, 3\] for 3 classes, got \[3\]/,
    );
    await refuses(["--compatibility", "none.npy"], /none\.npy: expected a readable file/);
  });

  test.each(["--theta-alpha", "--theta-beta", "--theta-gamma"])("%s of 0, below, and no number", async (flag) => {
    for (const value of ["0", "-3", "nan", "Infinity", ""]) {
      await refuses([flag, value], new RegExp(`${flag}: expected a number above 0, got '${value}'`));
    }
  });

  test("bandwidths so small that the keys would overflow", async () => {
    await refuses(["--theta-beta", "1e-12"], /expected .*, got /);
  });

  test("annotations that do not fit", async () => {
    const flags = ["refine", "photo.png", "--device", "wasm", "--out", "labels.png", "--annotation"];
    const label = (value: number, size = width) =>
      encodeLabelPng({ height, width: size, labels: new Uint8Array(height * size).fill(value) });
    folder.write("small.png", label(1, width - 1));
    folder.write("void.png", label(255));
    folder.write("seven.png", label(7));
    await folder.refusesInProcess(
      [...flags, "small.png"],
      /small\.png: expected the image's 18 by 26 pixels, got 18 by 25/,
    );
    await folder.refusesInProcess([...flags, "void.png"], /void\.png: expected labels .*, got 255 everywhere/);
    await folder.refusesInProcess([...flags, "photo.png"], /photo\.png at byte 24: expected a palette or gray PNG/);
    const array = (name: string, shape: number[], values: ArrayLike<number>) =>
      folder.write(name, encodeNpy({ shape, data: Float32Array.from(values) }));
    array("stacked.npy", [height, width, 3], new Float32Array(pixels * 3));
    array("half.npy", [height, width], new Float32Array(pixels).with(27, 0.5));
    array("large.npy", [height, width], new Float32Array(pixels).with(27, 256));
    await folder.refusesInProcess(
      [...flags, "stacked.npy"],
      /stacked\.npy: expected labels \[height, width\], got shape \[18, 26, 3\]/,
    );
    await folder.refusesInProcess(
      [...flags, "half.npy"],
      /expected whole numbers 0…255, one label a pixel, got 0\.5 at row 1, column 1/,
    );
    await folder.refusesInProcess(
      [...flags, "large.npy"],
      /got 256 at row 1, column 1 — save the index of each pixel's class/,
    );
    folder.write("mask.jpg", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0));
    await folder.refusesInProcess(
      [...flags, "mask.jpg"],
      /mask\.jpg at byte 0: expected a PNG file, got a JPEG — a JPEG does not keep/,
    );
    await folder.refusesInProcess(
      [...flags, "seven.png", "--classes", "4"],
      /expected labels 0…3.*, got label 7 — raise --classes/,
    );
    for (const value of ["1", "0.125", "2", "many"]) {
      await folder.refusesInProcess(
        [...flags, "seven.png", "--confidence", value],
        /--confidence: expected a probability between 1\/8/,
      );
    }
  });

  test("maps of the size in which a turned photograph is stored, naming its orientation", async () => {
    const stored = sharp(photo, { raw: { width, height, channels: 3 } }).withMetadata({ orientation: 8 });
    folder.write("turned.jpg", await stored.jpeg().toBuffer());
    const remedy = /EXIF orientation 8 turned the image: turn this likewise, or remove the tag from the image/;
    await refuses([], remedy, { "photo.png": "turned.jpg" });
    folder.write("mask.png", encodeLabelPng({ height, width, labels: new Uint8Array(pixels) }));
    await refuses([], remedy, { "photo.png": "turned.jpg", "--logits": "--annotation", "logits.npy": "mask.png" });
  });

  test("words that contradict each other or lead nowhere", async () => {
    await refuses(["--annotation", "photo.png"], /refine: expected one of --logits and --annotation, got both/);
    await folder.refusesInProcess(
      ["refine", "photo.png", "--out", "l.png"],
      /expected one of --logits and --annotation, got neither/,
    );
    await folder.refusesInProcess(
      words.slice(0, 4),
      /refine: expected --out, --out-logits, --out-overlay, --out-confidence or --out-entropy, got none of them/,
    );
    await folder.refusesInProcess(
      ["refine"],
      /^crf-rnn: refine: expected pictures, --volume or --features, got none of them/,
    );
    await refuses(["--iterations", "-1"], /--iterations: expected a whole number, 0 to 1000, got '-1'/);
    await refuses(["--until", "0"], /--until: expected a number above 0, got '0'/);
    await refuses(["--mean", "1,2"], /--mean: expected three numbers with commas between, blue,green,red, got '1,2'/);
    await refuses(["--out", "x.jpg"], /--out: expected a file name that ends in \.png/);
    await refuses(["--out", "photo.png"], /--out: expected a file of its own, got photo\.png, which is read/);
    await refuses(["--out", "missing/labels.png"], /got a folder that does not exist — create the folder first/);
    await refuses(["--out", "photo.png/labels.png"], /got a path through something that is no folder/);
  });

  test("more classes than a PNG can number", async () => {
    folder.write(
      "many.npy",
      encodeNpy({ shape: [height, width, 256], data: new Float32Array(pixels * 256).map((_, i) => i % 7) }),
    );
    await refuses(["--out", "labels.png"], /--out: expected at most 255 classes in a PNG, got 256/, {
      "logits.npy": "many.npy",
    });
  });
});
