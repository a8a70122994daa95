import { encode } from "fast-png";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memorySink, writeSafetensors } from "../../src/checkpoint/checkpoint.ts";
import { readUnary, type ScoresFlags, type UnaryFiles } from "../../src/cli/refine/unary.ts";
import type { AnnotationFlags } from "../../src/cli/refine/annotation.ts";
import type { Photograph } from "../../src/data/images.ts";
import { encodeNpy, type NpyData } from "../../src/data/npy.ts";
import { type Color, vocPalette } from "../../src/data/palette.ts";
import { encodeLabelPng } from "../../src/data/png.ts";
import { openWasm } from "../../src/device/wasm.ts";
import { annotationLogits } from "../../src/pictures/annotationScores.ts";
import { scoresTensor, type ScoresOptions } from "../../src/pictures/scoresTensor.ts";
import { Folder } from "./command.ts";

const [height, width, classes] = [8, 9, 3];
const pixels = height * width;
const image: Photograph = {
  height,
  width,
  values: Float32Array.from({ length: pixels * 3 }, (_, i) => (i * 37) % 256),
  orientation: 1,
  notes: [],
};
const logits = Float32Array.from({ length: pixels * classes }, (_, i) => 3 * Math.sin(i * 1.7));
const probabilities = Float32Array.from(logits, (_, i) => {
  const row = [...logits.subarray(i - (i % classes), i - (i % classes) + classes)].map(Math.exp);
  return row[i % classes]! / row.reduce((a, b) => a + b);
});
const score = logits.slice(0, pixels);

let folder: Folder;
beforeAll(() => void (folder = new Folder()));
afterAll(() => folder[Symbol.dispose]());

const array = (name: string, shape: readonly number[], data: NpyData): string =>
  folder.file(folder.write(name, encodeNpy({ shape, data })));

const plain: ScoresFlags & AnnotationFlags = { layout: "hwc", input: "logits", confidence: 0.7 };
const read = (files: Partial<UnaryFiles>, flags: Partial<ScoresFlags & AnnotationFlags> = {}) =>
  readUnary({ name: "a", ...files }, { ...plain, ...flags }, image);

/** What the library makes of the same numbers. */
async function expected(data: ArrayLike<number>, options: ScoresOptions): Promise<Float32Array> {
  using device = await openWasm();
  return await scoresTensor(device, data, options).read();
}

describe("--input", () => {
  test.each<[ScoresFlags["input"], Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>, number[]]>([
    ["probabilities", probabilities, [height, width, classes]],
    ["probabilities", probabilities.map((p) => (p < 0.05 ? 0 : p)), [height, width, classes]],
    ["probabilities", score.map((s) => 1 / (1 + Math.exp(-s))), [height, width, 1]],
    ["probabilities", Uint8Array.from(probabilities, (p) => Math.round(255 * p)), [height, width, classes]],
    ["log", probabilities.map(Math.log), [height, width, classes]],
    ["sigmoid", score, [height, width, 1]],
  ])("%s gives the logits of the library's scoresTensor", async (input, data, shape) => {
    const unary = await read({ logits: array("scores.npy", shape, data) }, { input });
    const known = await expected(data, { shape, meaning: input });
    expect(unary).toMatchObject({ classes: known.length / pixels, findings: [] });
    unary.logits.forEach((value, i) => expect(value).toBeCloseTo(known[i]!, 4));
  });

  test("takes the logarithm of 0 for that of 1e-5, and a score without an axis for the classes", async () => {
    const logs = probabilities.map(Math.log).with(5, -Infinity).with(7, -50);
    const unary = await read({ logits: array("logs.npy", [height, width, classes], logs) }, { input: "log" });
    expect([unary.logits[5], unary.logits[7]]).toEqual([Math.fround(Math.log(1e-5)), Math.fround(Math.log(1e-5))]);
    const flat = await read({ logits: array("flat.npy", [height, width], score) }, { input: "sigmoid", layout: "chw" });
    expect(flat.classes).toBe(2);
    expect(flat.logits).toEqual(Float32Array.from({ length: 2 * pixels }, (_, i) => (i % 2 ? score[(i - 1) / 2]! : 0)));
  });

  test("left out, probabilities are read as they are, with a warning; a single score is refused", async () => {
    const suspect = await read({ logits: array("p.npy", [height, width, classes], probabilities) });
    expect(suspect.logits).toEqual(probabilities);
    expect(suspect.findings).toMatchObject([{ code: "probabilities", remedy: "add --input probabilities" }]);
    await expect(read({ logits: array("one.npy", [height, width, 1], score) })).rejects.toThrow(
      "expected scores of two classes or more, got one channel: most likely the score of one class against the rest — add --input sigmoid",
    );
  });

  test("axes that were exchanged are told by the shape", async () => {
    const turned = array("turned.npy", [width, height, classes], logits);
    await expect(read({ logits: turned })).rejects.toThrow(
      "got [9, 8, 3] — turn rows and columns: numpy.swapaxes(x, 0, 1)",
    );
  });
});

describe("files of several arrays", () => {
  const zip = (arrays: Record<string, Float32Array>, level: 0 | 9 = 0): Uint8Array =>
    zipSync(
      Object.fromEntries(
        Object.entries(arrays).map(([name, data]) => [
          `${name}.npy`,
          encodeNpy({ shape: [height, width, classes], data }),
        ]),
      ),
      { level },
    );
  const other = new Float32Array(pixels * classes).map((_, i) => Math.cos(i));

  test("give the array of the picture's name, the only one, or the one called logits", async () => {
    const from = async (name: string, bytes: Uint8Array): Promise<Float32Array> =>
      (await read({ logits: folder.file(folder.write(name, bytes)) })).logits;
    expect(await from("named.npz", zip({ b: other, a: logits }))).toEqual(logits);
    expect(await from("one.npz", zip({ arr_0: logits }))).toEqual(logits);
    expect(await from("usual.npz", zip({ labels: other, logits }))).toEqual(logits);
    const sink = memorySink();
    const tensor = (data: Float32Array<ArrayBuffer>) => ({
      shape: [height, width, classes],
      type: "float32" as const,
      read: async () => data,
    });
    const tensors = new Map([
      ["b", tensor(other)],
      ["a", tensor(logits)],
    ]);
    await writeSafetensors({ tensors, metadata: {} }, sink);
    expect(await from("all.safetensors", sink.bytes())).toEqual(logits);
    await expect(from("none.npz", zip({ b: other, c: other }))).rejects.toThrow(
      /none\.npz: expected an array a or logits, got b, c — save the scores of each picture under/,
    );
    await expect(from("packed.npz", zip({ a: logits }, 9))).rejects.toThrow(
      /numpy\.savez in place of numpy\.savez_compressed/,
    );
  });
});

describe("annotations", () => {
  const labels = Uint8Array.from({ length: pixels }, (_, pixel) => (pixel % 7 === 0 ? 255 : pixel % width > 4 ? 1 : 0));
  const unary = annotationLogits(labels, 2, 0.7);
  const colors: Color[] = [
    [10, 20, 30],
    [200, 100, 0],
  ];
  const rgb = Uint8Array.from({ length: pixels * 3 }, (_, i) => {
    const label = labels[Math.floor(i / 3)]!;
    return label === 255 ? 255 : colors[label]![i % 3]!;
  });
  const png = (name: string, data: Uint8Array | Uint16Array, channels: number, depth: 8 | 16 = 8): string =>
    folder.file(folder.write(name, encode({ width, height, data, channels, depth })));

  test("by --labels: the class is the value's place, 255 is void unless listed, in 8 bits and in 16", async () => {
    const values = labels.map((label) => [40, 90][label] ?? 255);
    for (const file of [
      png("values.png", values, 1),
      png("deep.png", Uint16Array.from(values), 1, 16),
      array("values.npy", [height, width], Int32Array.from(values)),
    ]) {
      const known = await read({ annotation: file }, { labels: [40, 90] });
      expect(known).toMatchObject({ classes: 2, findings: [] });
      expect(known.logits).toEqual(unary);
    }
    const both = labels.map((label) => (label === 1 ? 255 : 0));
    const binary = await read({ annotation: png("binary.png", both, 1) }, { labels: [0, 255] });
    expect(binary.logits).toEqual(
      annotationLogits(
        labels.map((label) => Number(label === 1)),
        2,
        0.7,
      ),
    );
    await expect(read({ annotation: png("other.png", values, 1) }, { labels: [0, 128, 255] })).rejects.toThrow(
      /other\.png: expected the values of --labels, got 2 other values at 84\.7 % of the pixels, most often 40: most likely a mask/,
    );
  });

  test("by --palette: colors are classes, other colors void, whatever the indices of the file are", async () => {
    const palette = "#0a141e,#c86400";
    const told = await read({ annotation: png("rgb.png", rgb, 3) }, { palette });
    expect(told.logits).toEqual(unary);
    expect(told).toMatchObject({ classes: 2, palette: colors });
    expect(told.findings).toMatchObject([
      { code: "labels-colors", severity: "warning", seen: "other colors at 15.3 % of the pixels" },
    ]);
    // What a graphics program makes of it: numbers by how often a color occurs.
    const indexed = encodeLabelPng({
      height,
      width,
      labels: labels.map((label) => [1, 2][label] ?? 0),
      palette: [[255, 255, 255], ...colors],
    });
    const file = folder.file(folder.write("indexed.png", indexed));
    expect((await read({ annotation: file }, { palette })).logits).toEqual(unary);
    await expect(read({ annotation: png("rgb2.png", rgb, 3) })).rejects.toThrow(
      /most likely colors in place of classes — add --palette/,
    );
    await expect(read({ annotation: file }, { palette, labels: [0, 1] })).rejects.toThrow(
      "--labels: expected no --palette",
    );
    await expect(read({ annotation: file }, { palette: "#12" })).rejects.toThrow(
      "--palette: expected colors as #3e8e3c",
    );
  });

  test("by their alpha: what is transparent says nothing, and what shines through says less", async () => {
    const alpha = Uint8Array.from({ length: pixels }, (_, pixel) => [0, 100, 255][pixel % 3]!);
    const known = labels.map((label) => (label > 1 ? 255 : label));
    const expected = annotationLogits(known, 2, 0.7, alpha);
    const rgba = Uint8Array.from({ length: pixels * 4 }, (_, i) =>
      i % 4 === 3 ? alpha[i >> 2]! : rgb[(i >> 2) * 3 + (i % 4)]!,
    );
    const palette = "#0a141e,#c86400";
    expect((await read({ annotation: png("rgba.png", rgba, 4) }, { palette })).logits).toEqual(expected);
    const grays = Uint8Array.from({ length: pixels * 2 }, (_, i) => (i % 2 === 1 ? alpha[i >> 1]! : known[i >> 1]!));
    expect((await read({ annotation: png("ga.png", grays, 2) }, { classes: 2 })).logits).toEqual(expected);
  });

  test("logits are drawn in the colors of --palette", async () => {
    const file = array("scores.npy", [height, width, classes], logits);
    const known = await read({ logits: file }, { palette: "#010203,#040506,#070809" });
    expect(known.palette).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    expect((await read({ logits: file })).palette).toBeUndefined();
  });

  test("by VOC's palette, a data set's, and that of a PNG", async () => {
    const voc = vocPalette();
    const inVoc = Uint8Array.from({ length: pixels * 3 }, (_, i) => voc[labels[Math.floor(i / 3)]!]![i % 3]!);
    const known = await read({ annotation: png("voc.png", inVoc, 3) }, { palette: "voc" });
    expect(known).toMatchObject({ classes: 21, findings: [] });
    expect(known.logits).toEqual(annotationLogits(labels, 21, 0.7));
    const classesOf = colors.map((one, id) => ({ id, name: `${id}`, rgb: one }));
    folder.write("manifest.json", JSON.stringify({ classes: classesOf, voidRgb: [255, 255, 255], items: [] }));
    const palettePng = encodeLabelPng({ height, width, labels: new Uint8Array(pixels), palette: colors });
    folder.write("palette.png", palettePng);
    const own = png("own.png", rgb, 3);
    for (const palette of [folder.path, folder.file("manifest.json")]) {
      const set = await read({ annotation: own }, { palette });
      expect(set).toMatchObject({ classes: 2, findings: [] });
      expect(set.logits).toEqual(unary);
    }
    const taken = await read({ annotation: own }, { palette: folder.file("palette.png"), classes: 2 });
    expect(taken.logits).toEqual(unary);
  });

  test("grays in place of classes are warned of, unless --classes or --labels say what they are", async () => {
    const grays = labels.map((label) => (label === 255 ? 255 : 100 * label));
    const file = png("grays.png", grays, 1);
    expect((await read({ annotation: file })).findings).toMatchObject([
      { code: "labels-gray", remedy: "add --labels 0,100,255" },
    ]);
    expect((await read({ annotation: file }, { classes: 101 })).findings).toEqual([]);
    expect((await read({ annotation: file }, { labels: [0, 100] })).logits).toEqual(unary);
  });
});
