import { encode } from "fast-png";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNpy } from "../../src/data/npy.ts";
import { encodeLabelPng, encodeRgbPng } from "../../src/data/png.ts";
import type { Finding } from "../../src/diagnosis/finding.ts";
import { halves, manifest, mask, Tree, writeManifest } from "../data/trees.ts";
import { crfRnnInProcess, Folder } from "./command.ts";

const [height, width] = [10, 14];
const pixels = height * width;
const colors = Uint8Array.from({ length: pixels * 3 }, (_, i) => (i * 83) % 256);
const logits = Float32Array.from({ length: pixels * 2 }, (_, i) => {
  return 4 * Math.cos((Math.floor(i / 2) % width) / 5 + 2 * (i % 2));
});
const probabilities = logits.map((_, i) => 1 / (1 + Math.exp(logits[i ^ 1]! - logits[i]!)));

let folder: Folder;
beforeAll(async () => {
  folder = new Folder();
  folder.write("photo.png", encodeRgbPng(height, width, colors));
  folder.write("unit.npy", encodeNpy({ shape: [height, width, 3], data: Float32Array.from(colors, (v) => v / 255) }));
  const turned = sharp(colors, { raw: { width, height, channels: 3 } }).withMetadata({ orientation: 3 });
  folder.write("turned.png", await turned.png().toBuffer());
  folder.write("cut.png", encodeRgbPng(height, width, colors).subarray(0, 50));
  folder.write("logits.npy", encodeNpy({ shape: [height, width, 2], data: logits }));
  folder.write("softmax.npy", encodeNpy({ shape: [height, width, 2], data: probabilities }));
  folder.write("small.npy", encodeNpy({ shape: [5, 7, 2], data: logits.slice(0, 70) }));
  const labels = Uint8Array.from({ length: pixels }, (_, pixel) => (pixel % width > 6 ? 255 : 0));
  folder.write("binary.png", encodeLabelPng({ height, width, labels }));
  folder.write("color.png", encode({ width, height, data: colors, channels: 3, depth: 8 }));
});
afterAll(() => folder[Symbol.dispose]());

async function check(...words: string[]) {
  const { status, stdout, stderr } = await crfRnnInProcess(["check", ...words, "--json"], folder.path);
  const { findings, ...facts } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
  return { status, stderr, facts, codes: findings.map(({ code, severity }) => `${severity} ${code}`), findings };
}

describe("crf-rnn check", () => {
  test("finds nothing in a photograph with logits as they should be", async () => {
    const { status, stderr, facts, codes } = await check("photo.png", "--logits", "logits.npy");
    expect({ status, stderr, codes }).toEqual({ status: 0, stderr: "", codes: [] });
    expect(facts).toEqual({ command: "check", pictures: 1, items: 0 });
  });

  test.each<[string[], number, string[]]>([
    [["photo.png", "--logits", "softmax.npy"], 0, ["warning probabilities"]],
    [["photo.png", "--logits", "softmax.npy", "--input", "probabilities"], 0, []],
    [["unit.npy", "--logits", "softmax.npy"], 0, ["warning guide-unit", "warning probabilities"]],
    [["unit.npy", "--theta-beta", "0.01"], 0, []],
    [["turned.png"], 0, ["note photograph"]],
    [["photo.png", "--logits", "small.npy"], 2, ["refusal unreadable"]],
    [["photo.png", "--logits", "small.npy", "--resize"], 0, []],
    [["cut.png", "--logits", "softmax.npy"], 2, ["refusal unreadable", "warning probabilities"]],
    [["photo.png", "--annotation", "binary.png"], 2, ["refusal labels-0-255"]],
    [["photo.png", "--annotation", "binary.png", "--labels", "0,255"], 0, []],
    [["photo.png", "--annotation", "color.png"], 2, ["refusal unreadable"]],
    [
      ["photo.png", "turned.png", "--annotation", "binary{name}.png"],
      2,
      ["refusal unreadable", "refusal unreadable", "note photograph"],
    ],
  ])("%s", async (words, status, codes) => {
    expect(await check(...words)).toMatchObject({ status, codes });
  });

  test("prints a line a finding, the gravest first, and the first refusal as an error", async () => {
    const words = ["check", "cut.png", "turned.png", "photo.png", "unit.npy"];
    const { status, stdout, stderr } = await crfRnnInProcess(words, folder.path);
    expect(status).toBe(2);
    expect(stdout.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^refusal: cut\.png: expected .*, got .* at byte \d+ — .*truncated.*$/),
      "warning: unit.npy: colors from 0 to 1: most likely a photograph divided by 255 — multiply it by 255, or add --theta-beta 0.0118",
      "note: turned.png: turned as its EXIF orientation, 3, says",
      "4 pictures looked at: 2 findings.",
    ]);
    expect(stderr).toMatch(/^crf-rnn: cut\.png: expected [^\n]* at byte \d+[^\n]*\n$/);
  });

  test("looks at data sets, by --data or by their folder, as data does", async () => {
    using tree = new Tree();
    await writeManifest(tree);
    expect(await check(tree.path)).toMatchObject({ status: 0, codes: [], facts: { pictures: 0, items: 3 } });
    for (const id of ["a", "b", "c"]) {
      tree.write(`masks/${id}.png`, mask(halves(255)));
    }
    const { status, codes, findings, stderr } = await check("photo.png", "--data", tree.path);
    expect({ status, codes }).toEqual({ status: 2, codes: ["refusal one-class"] });
    expect(findings[0]).toMatchObject({ likely: "masks of 0 and 255, where 255 is void" });
    expect(stderr).toContain(
      `expected pixels of two classes or more, got sky alone, and 255 (void) at 50.0 % of the pixels`,
    );
    // The same masks with their values in the manifest are sound.
    const classes = manifest.classes.map((one, i) => ({ ...one, value: 255 * i }));
    tree.write("manifest.json", { ...manifest, classes });
    expect(await check("--data", tree.path)).toMatchObject({ status: 0, codes: [] });
    // What is known lies under the ids of the images.
    for (const id of ["a", "c"]) {
      tree.write(`p/${id}.npy`, encodeNpy({ shape: [5, 6, 2], data: new Float32Array(60).fill(0.5) }));
    }
    const known = await check("--data", tree.path, "--logits", tree.file("p"));
    expect(known.findings.map(({ code, file }) => [code, file])).toEqual([
      ["probabilities", tree.file("p/a.npy")],
      ["unreadable", tree.file("p/b.npy")],
      ["probabilities", tree.file("p/c.npy")],
    ]);
    tree.write("masks/b.png", "no image");
    const broken = await check("--data", tree.path);
    expect(broken).toMatchObject({ status: 2, codes: ["refusal problem"] });
    expect(broken.findings[0]).toMatchObject({ file: tree.file("masks/b.png"), expected: "a PNG file" });
    tree.write("masks/b.png", mask(halves(128)));
    expect((await check("--data", tree.path)).findings[0]).toMatchObject({
      expected: "the values 0, 255 of the classes",
      seen: "128 at row 0, column 0",
      likely: "grays in place of classes",
      remedy: expect.stringContaining('"value": 128') as string,
    });
  });

  test("refuses what is nothing to look at", async () => {
    await folder.refusesInProcess(["check"], /check: expected something to look at, got nothing/);
    await folder.refusesInProcess(["check", "--logits", "logits.npy"], /got nothing — name an image, a folder/);
    await folder.refusesInProcess(
      ["check", "photo.png", "--logits", "a", "--annotation", "b"],
      /one of --logits and --annotation/,
    );
  });
});
