import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memorySink, writeSafetensors } from "../../src/checkpoint/checkpoint.ts";
import { decodeLabelPng, encodeLabelPng } from "../../src/data/png.ts";
import { halves, height, manifest, mask, photo, Tree, width, writeManifest } from "../data/trees.ts";
import { crfRnnInProcess, type Folder } from "./command.ts";
import { shapesFolder, tiny, trainWords } from "./training.ts";

let folder: Folder;
beforeAll(() => void (folder = shapesFolder()));
afterAll(() => folder[Symbol.dispose]());

/** A set whose masks are 0 and 255. */
async function binarySet(): Promise<Tree> {
  const tree = new Tree();
  await writeManifest(tree);
  for (const { mask: file } of manifest.items) tree.write(file, mask(halves(255)));
  return tree;
}

describe("what is suspect in a data set", () => {
  test("is refused by data and by train where nothing can be learned", async () => {
    using tree = await binarySet();
    const sentence =
      /expected pixels of two classes or more, got sky alone, and 255 \(void\) at 50\.0 % of the pixels: most likely masks of 0 and 255/;
    await folder.refusesInProcess(["train", "--data", tree.path, "--out", "run", "--steps", "1", ...tiny], sentence);
    const { status, stdout, stderr } = await crfRnnInProcess(["data", tree.path, "--json"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(sentence);
    expect(JSON.parse(stdout)).toMatchObject({ problems: [], findings: [{ code: "one-class", severity: "refusal" }] });
  });

  test("is noted by data and by train where something can", async () => {
    using tree = new Tree();
    await writeManifest(tree);
    // Numbers by how often colors occur, as graphics programs make them, and a class in val alone.
    const palette = [
      [4, 5, 6],
      [1, 2, 3],
    ] as const;
    for (const [id, labels] of [
      ["a", halves(0)],
      ["b", halves(0)],
      ["c", halves(1)],
    ] as const) {
      tree.write(
        `masks/${id}.png`,
        encodeLabelPng({ height, width, labels, palette: id === "c" ? palette : undefined }),
      );
    }
    const { status, stdout } = await crfRnnInProcess(["data", tree.path]);
    expect(status).toBe(0);
    expect(stdout).toContain("road in val alone: most likely splits that were drawn without regard to classes");
    expect(stdout).toContain(
      "label 0 (sky) in the color of road, 4 5 6: most likely colors that a graphics program turned",
    );
    expect(stdout).toMatch(/\nNo file is damaged\.\n$/);
    const words = ["train", "--data", tree.path, "--out", folder.file("never"), "--steps", "1", "--dry-run", ...tiny];
    const trained = await crfRnnInProcess(words);
    expect(trained.status).toBe(0);
    expect(trained.stderr).toContain("label 0 (sky) in the color of road");
  });

  test("is noted of masks whose edges alone have some of the classes, once for all", async () => {
    using tree = new Tree();
    const names = Array.from({ length: 11 }, (_, id) => ({ id, name: `class ${id}`, rgb: [id, id, id] }));
    await writeManifest(tree);
    // From 0 to 10 by a quarter, a half and three quarters, as a mask of two classes that was scaled has it.
    const row = [0, 0, 3, 5, 8, 10, 10];
    const labels = Uint8Array.from({ length: 5 * row.length }, (_, pixel) => row[pixel % row.length]!);
    const image = await photo("png", { width: row.length, height: 5 });
    const items = manifest.items.map((one) => ({ ...one, width: row.length }));
    tree.write("manifest.json", { ...manifest, classes: names, items });
    for (const one of manifest.items) {
      tree.write(one.mask, encodeLabelPng({ height: 5, width: row.length, labels })).write(one.image, image);
    }
    const note =
      /note: 3 images, the first .*a\.png: classes that occur along edges alone.*: most likely a mask that was smoothed or scaled — make the masks anew/;
    const { status, stdout } = await crfRnnInProcess(["data", tree.path]);
    expect(status).toBe(0);
    expect(stdout).toMatch(note);
    const words = ["train", "--data", tree.path, "--out", folder.file("never"), "--steps", "1", "--dry-run", ...tiny];
    expect((await crfRnnInProcess(words)).stderr).toMatch(note);
  });

  test("is noted by evaluate, unless it was told to look at some images alone", async () => {
    const words = ["--data", "shapes", "--checkpoint", "run/checkpoint.safetensors", ...tiny.slice(2), "--json"];
    const trained = folder.run(trainWords("run", "--stage", "fcn8s", "--steps", "1", "--json", "--quiet"));
    expect(trained.status).toBe(0);
    const notes = async (...more: string[]): Promise<string> => {
      const { status, stdout } = await folder.runInProcess(["evaluate", ...words, ...more]);
      expect(status).toBe(0);
      return (JSON.parse(stdout) as { notes: { note: string }[] }).notes.map(({ note }) => note).join();
    };
    // Of two images one has a class less.
    const masks = ["0006", "0007"].map((id) => folder.file(`shapes/masks/shapes-${id}.png`));
    const labels = masks.map((file) => decodeLabelPng(readFileSync(file), file));
    for (const [i, map] of labels.entries()) {
      writeFileSync(
        masks[i]!,
        encodeLabelPng({ ...map, labels: map.labels.map((label) => (label === 2 ? 0 : label)) }),
      );
    }
    // A network of one step labels everything alike, which train says, too.
    const alike = "for every pixel: most likely a network that has not learned to tell the classes yet";
    expect(await notes()).toContain(alike);
    expect(JSON.parse(trained.stdout)).toMatchObject({
      findings: [{ code: "one-class-predicted", file: "validation after step 1" }],
    });
    expect(await notes()).toContain("none of triangle: most likely classes that the masks number otherwise");
    expect(await notes("--images", "1")).not.toContain("none of");
    for (const [i, map] of labels.entries()) {
      writeFileSync(masks[i]!, encodeLabelPng({ ...map, labels: map.labels.map(() => 0) }));
    }
    expect(await notes("--images", "1")).toContain("ground alone: most likely masks whose classes were lost");
  });
});

describe("what is suspect in the logits to train a CRF over", () => {
  const write = async (name: string, valueOf: (p: number) => number): Promise<string> => {
    const sink = memorySink();
    const shape = [4, 24, 24];
    const tensors = new Map(
      Array.from({ length: 8 }, (_, i) => {
        const scores = Float32Array.from(
          { length: 4 * 576 },
          (_, j) => 3 * Math.cos((j % 576) / 80 + Math.floor(j / 576)),
        );
        const sums = Float32Array.from({ length: 576 }, (_, pixel) =>
          [0, 1, 2, 3].reduce((sum, c) => sum + Math.exp(scores[576 * c + pixel]!), 0),
        );
        const data = Float32Array.from(scores, (score, j) => valueOf(Math.exp(score) / sums[j % 576]!));
        return [`shapes-000${i}`, { shape, type: "float32" as const, read: async () => data }] as const;
      }),
    );
    await writeSafetensors({ tensors, metadata: {} }, sink);
    return folder.file(folder.write(name, sink.bytes()));
  };
  const words = (logits: string) =>
    trainWords("never", "--stage", "crf-rnn", "--crf-only", "--logits", logits, "--steps", "1", "--dry-run");

  test("is noted or refused, with what mends it here", async () => {
    const probabilities = await crfRnnInProcess(words(await write("p.safetensors", (p) => p)), folder.path);
    expect(probabilities.status).toBe(0);
    expect(probabilities.stderr).toMatch(
      /^note: .*p\.safetensors: rows that are 0 or more and add up to 1: most likely probabilities, .* — save the network's scores before its softmax/,
    );
    const logarithms = await crfRnnInProcess(words(await write("l.safetensors", Math.log)), folder.path);
    expect({ status: logarithms.status, stderr: logarithms.stderr }).toEqual({ status: 0, stderr: "" });
    const energies = await write("e.safetensors", (p) => -Math.log(p));
    await folder.refusesInProcess(words(energies), /most likely energies, .* — save their negative/);
  });
});
