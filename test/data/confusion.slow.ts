import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { argmax } from "../../src/data/argmax.ts";
import { Confusion } from "../../src/data/confusion.ts";
import { float16ToFloat32 } from "../../src/float16.ts";
import { decodeLabelPng } from "../../src/data/png.ts";
import { resizeBilinear } from "../../src/data/resize.ts";
import { findFolders } from "../hosts/folders.ts";

const { shared } = findFolders();
const animals = `${shared}/data/voc-animals-320`;

describe.runIf(shared !== undefined && existsSync(animals))(
  "the known reference on 100 photographs of VOC's animals",
  () => {
    test("a real network's logits score pixel accuracy 0.893 and mean IU 0.627 over the seven classes", () => {
      const manifest = JSON.parse(readFileSync(`${animals}/manifest.json`, "utf8")) as {
        items: { id: string; mask: string; split: string }[];
      };
      const logits = openLogits(`${animals}/logits.safetensors`);
      const confusion = new Confusion(21);
      for (const { id, mask } of manifest.items.filter(({ split }) => split === "val").slice(0, 100)) {
        const truth = decodeLabelPng(new Uint8Array(readFileSync(`${animals}/${mask}`)), mask);
        const resized = resizeBilinear(logits(id), [33, 33, 21], [truth.height, truth.width], { alignCorners: true });
        confusion.add(truth.labels, argmax(resized, 21));
      }
      const scores = confusion.scores();
      expect(scores.pixelAccuracy.toFixed(3)).toBe("0.893");
      // background, cat, cow, dog, horse, person, sheep: the classes by which the photographs were chosen.
      const seven = [0, 8, 10, 12, 13, 15, 17].map((label) => scores.classes[label]!.iu);
      // The reference resized twice, by way of 257 × 257: that is worth less than a thousandth.
      expect(Math.abs(seven.reduce((sum, iu) => sum + iu, 0) / 7 - 0.627)).toBeLessThan(0.001);
    });
  },
);

/** Reads `[21, 33, 33]` float16 maps by id, as `[33, 33, 21]`. */
function openLogits(path: string): (id: string) => Float32Array {
  const bytes = new Uint8Array(readFileSync(path));
  const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)));
  return (id) => {
    const [from, to] = header[id].data_offsets;
    const values = float16ToFloat32(
      new Uint16Array(bytes.slice(8 + headerLength + from, 8 + headerLength + to).buffer),
    );
    return Float32Array.from(values, (_, i) => values[(i % 21) * 1089 + Math.floor(i / 21)]!);
  };
}
