import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { asFloat32, fileSource, openCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { decodeImage } from "../../src/data/images.ts";
import { decodeLabelPng } from "../../src/data/png.ts";
import { checkGuide } from "../../src/diagnosis/guide.ts";
import { checkLabels } from "../../src/diagnosis/labels.ts";
import { checkScores } from "../../src/diagnosis/scores.ts";
import { findFolders } from "../hosts/folders.ts";

/** Photographs, masks and scores of the shared folder. */
const { shared } = findFolders();
/** What some pictures of any set have: one class, or gaps between those that occur. */
const usual = ["one-label", "labels-one", "labels-0-255", "labels-gaps"];
const some = <Thing>(things: readonly Thing[], count: number): Thing[] =>
  things.filter((_, i) => i % Math.ceil(things.length / count) === 0);
const read = (file: string) => new Uint8Array(readFileSync(file));

describe.runIf(shared)("no false alarm", () => {
  test.each(["camvid11", "nuclei-cc0-mini", "voc-animals-320", "coco-cc-demo"])(
    "on masks and photographs of %s",
    async (set) => {
      const folder = `${shared}/data/${set}`;
      for (const name of some(readdirSync(`${folder}/masks`).sort(), 40)) {
        const { labels, ...size } = decodeLabelPng(read(`${folder}/masks/${name}`), name);
        const codes = checkLabels({ file: name, ...size, values: labels }).map(({ code }) => code);
        expect(
          codes.filter((code) => !usual.includes(code)),
          name,
        ).toEqual([]);
      }
      for (const name of some(readdirSync(`${folder}/images`).sort(), 5)) {
        const { values } = await decodeImage(read(`${folder}/images/${name}`), name);
        const grave = checkGuide({ file: name, values, color: 3 }).filter(({ severity }) => severity !== "note");
        expect(grave, name).toEqual([]);
      }
    },
  );

  test.each(["voc-animals-320", "coco-cc-demo"])("on scores of %s, and an alarm on their softmax", async (set) => {
    const source = await fileSource(`${shared}/data/${set}/logits.safetensors`);
    const { tensors } = asFloat32(await openCheckpoint(source));
    for (const [name, tensor] of some([...tensors], 20)) {
      const [classes, height, width] = tensor.shape as [number, number, number];
      const logits = (await tensor.read()) as Float32Array<ArrayBuffer>;
      const codes = (values: Float32Array<ArrayBuffer>): string[] =>
        checkScores({ file: name, values, height, width, classes, layout: "chw", meaning: "logits" })
          .map(({ code }) => code)
          .filter((code) => !usual.includes(code));
      expect(codes(logits), name).toEqual([]);
      const pixels = height * width;
      const sums = new Float64Array(pixels);
      logits.forEach((value, i) => (sums[i % pixels]! += Math.exp(value)));
      expect(codes(logits.map((value, i) => Math.exp(value) / sums[i % pixels]!)), name).toEqual(["probabilities"]);
    }
    await source.close();
  });
});
