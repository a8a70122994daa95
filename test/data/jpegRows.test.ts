import sharp, { type JpegOptions } from "sharp";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../src/data/images.ts";
import { concatenate } from "../../src/data/inflate.ts";

const sizes = [
  [1, 30],
  [7, 30],
  [8, 30],
  [9, 30],
  [16, 30],
  [17, 30],
  [24, 5],
  [25, 30],
  [32, 3],
  [33, 30],
  [40, 30],
] as const;

const write = async (height: number, width: number, options: JpegOptions, gray: boolean): Promise<Uint8Array> => {
  const noise = Uint8Array.from({ length: height * width * 3 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 9) % 256);
  const image = sharp(noise, { raw: { width, height, channels: 3 } });
  return new Uint8Array(await (gray ? image.grayscale() : image).jpeg(options).toBuffer());
};

describe.each<[string, JpegOptions, boolean]>([
  ["4:4:4", { chromaSubsampling: "4:4:4" }, false],
  ["4:2:0", { chromaSubsampling: "4:2:0" }, false],
  ["gray", {}, true],
  ["progressive 4:4:4", { chromaSubsampling: "4:4:4", progressive: true }, false],
  ["progressive 4:2:0", { progressive: true }, false],
])("JPEGs, %s", (_, options, gray) => {
  test.each(sizes)(
    "of %s × %s pixels are what sharp reads, and are refused without their last bytes",
    async (height, width) => {
      const whole = await write(height, width, { quality: 95, ...options }, gray);
      const read = await decodeImage(whole, "whole.jpg");
      const expected = [...(await sharp(whole).toColorspace("srgb").raw().toBuffer())];
      expect([read.height, read.width, read.notes]).toEqual([height, width, []]);
      expect([...read.values]).toEqual(expected);
      for (const lost of [2, 3, 10]) {
        const cut = concatenate([whole.subarray(0, -2 - lost), Uint8Array.of(0xff, 0xd9)]);
        await expect(decodeImage(cut, `${lost} lost.jpg`)).rejects.toThrow(/\.jpg at byte \d+: expected .*damaged/);
      }
    },
  );
});
