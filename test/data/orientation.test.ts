import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../src/data/images.ts";
import { concatenate } from "../../src/data/inflate.ts";
import { readOrientation, sizeRemedy } from "../../src/data/orientation.ts";
import { decodeLabelPng, encodeLabelPng } from "../../src/data/png.ts";
import { chunk, writePng } from "./pngWriter.ts";

const [height, width] = [5, 7];
const rgb = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 37) % 256);
const raw = { raw: { width, height, channels: 3 as const } };

/** EXIF data of some tags, each a short, in either order of bytes. */
function exifOf(tags: Readonly<Record<number, number>>, little: boolean, type = 3): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(tags);
  const bytes = new Uint8Array(8 + 2 + 12 * entries.length + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, little ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, entries.length, little);
  entries.forEach(([tag, value], i) => {
    view.setUint16(10 + 12 * i, Number(tag), little);
    view.setUint16(12 + 12 * i, type, little);
    view.setUint32(14 + 12 * i, 1, little);
    view.setUint16(18 + 12 * i, value, little);
  });
  return bytes;
}

const exif = (orientation: number, little = true): Uint8Array => exifOf({ 0x010f: 3, 0x0112: orientation }, little);
const all = [1, 2, 3, 4, 5, 6, 7, 8];

describe("a photograph with an EXIF orientation is what sharp makes of it", () => {
  test.each(["jpeg", "png"] as const)("%s, all eight values", async (kind) => {
    for (const orientation of all) {
      const stored = sharp(rgb, raw).withMetadata({ orientation });
      const bytes = new Uint8Array(
        await (kind === "jpeg" ? stored.jpeg({ chromaSubsampling: "4:4:4" }) : stored.png()).toBuffer(),
      );
      const shown = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true });
      const read = await decodeImage(bytes, `photo.${kind}`);
      expect([read.height, read.width]).toEqual([shown.info.height, shown.info.width]);
      expect([read.height, read.width]).toEqual(orientation > 4 ? [width, height] : [height, width]);
      expect([...read.values]).toEqual([...shown.data]);
      const notes = orientation === 1 ? [] : [`turned as its EXIF orientation, ${orientation}, says`];
      expect(read).toMatchObject({ orientation, notes });
    }
  });

  test("a PNG whose EXIF data are of either order of bytes, or have a JPEG's words before them, before or behind the pixels", async () => {
    const gray = [1, 2, 3, 4, 5, 6];
    for (const data of [exif(6, true), exif(6, false), concatenate([new TextEncoder().encode("Exif\0\0"), exif(6)])]) {
      const bytes = writePng(2, 3, gray, { depth: 8, before: [chunk("eXIf", data)] });
      const read = await decodeImage(bytes, "photo.png");
      expect([read.height, read.width]).toEqual([3, 2]);
      expect([0, 3, 6, 9, 12, 15].map((i) => read.values[i])).toEqual([4, 1, 5, 2, 6, 3]);
    }
    const plain = writePng(2, 3, gray, { depth: 8 });
    const behind = concatenate([plain.subarray(0, -12), chunk("eXIf", exif(3)), plain.subarray(-12)]);
    expect((await decodeImage(behind, "photo.png")).orientation).toBe(3);
    const broken = writePng(2, 3, gray, { depth: 8, before: [chunk("eXIf", exif(6)).with(12, 9)] });
    await expect(decodeImage(broken, "photo.png")).rejects.toThrow("expected the checksum of the chunk eXIf");
  });

  test("labels with one are refused, those with 1 or none are read", () => {
    const labels = Uint8Array.of(0, 1, 2, 255, 4, 5);
    const plain = encodeLabelPng({ height: 2, width: 3, labels });
    const tagged = (orientation: number) =>
      concatenate([plain.subarray(0, 33), chunk("eXIf", exif(orientation)), plain.subarray(33)]);
    expect(decodeLabelPng(tagged(1), "mask.png").labels).toEqual(labels);
    for (const orientation of all.slice(1)) {
      expect(() => decodeLabelPng(tagged(orientation), "mask.png")).toThrow(
        `mask.png at byte 33: expected labels without an EXIF orientation, got orientation ${orientation} — remove the tag`,
      );
    }
  });
});

describe("the orientation in EXIF data", () => {
  test("is read in either order of bytes, wherever the tag stands", () => {
    for (const little of [true, false]) {
      for (const orientation of all) expect(readOrientation(exif(orientation, little))).toBe(orientation);
      expect(readOrientation(exifOf({ 0x0100: 5, 0x0112: 8, 0x0132: 2 }, little))).toBe(8);
    }
  });

  test("is 1 where there is none, another number, another type, or the data are cut short", () => {
    expect(readOrientation(exifOf({ 0x0100: 5 }, true))).toBe(1);
    for (const value of [0, 9, 65535]) expect(readOrientation(exif(value))).toBe(1);
    expect(readOrientation(exifOf({ 0x0112: 6 }, false, 4))).toBe(1);
    const whole = exifOf({ 0x0112: 6 }, true);
    for (let length = 0; length < whole.length; length++) {
      expect(readOrientation(whole.subarray(0, length))).toBe(length < 22 ? 1 : 6);
    }
  });

  test("of any bytes is 1 to 8", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, little) => {
        const data = concatenate([exif(6, little).subarray(0, 10), bytes]);
        expect(all).toContain(readOrientation(data));
        expect(all).toContain(readOrientation(bytes));
      }),
    );
  });
});

test("what has the size of the stored pixels is told of the tag, all else is not", () => {
  const stored = { height: 4, width: 6 };
  const photograph = { height: 6, width: 4, orientation: 6 };
  expect(sizeRemedy(photograph, stored, "scale it")).toMatch(/^EXIF orientation 6 turned the image: /);
  expect(sizeRemedy({ ...photograph, orientation: 3 }, stored, "scale it")).toBe("scale it");
  expect(sizeRemedy(photograph, { height: 4, width: 7 }, "scale it")).toBe("scale it");
});
