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

/** A gray JPEG of components with these sampling factors: each block is two bits of zero, no difference and no more coefficients. */
function flat(height: number, width: number, factors: readonly number[]): Uint8Array {
  const segment = (code: number, ...body: number[]): number[] => [0xff, code, 0, body.length + 2, ...body];
  const [across, down] = [4, 0].map((shift) => Math.max(...factors.map((factor) => (factor >> shift) & 15))) as [
    number,
    number,
  ];
  const blocks = factors.reduce((sum, factor) => sum + (factor >> 4) * (factor & 15), 0);
  const units = Math.ceil(width / 8 / across) * Math.ceil(height / 8 / down) * blocks;
  // A component alone is not interleaved, whatever its factors.
  const bits = 2 * (factors.length > 1 ? units : Math.ceil(width / 8) * Math.ceil(height / 8));
  const pixels = new Array<number>(Math.ceil(bits / 8)).fill(0);
  if (bits % 8) pixels[pixels.length - 1] = 0xff >> (bits % 8);
  const code = [1, ...new Array<number>(15).fill(0), 0];
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...new Array<number>(64).fill(8)),
    ...segment(0xc0, 8, 0, height, 0, width, factors.length, ...factors.flatMap((factor, i) => [i + 1, factor, 0])),
    ...segment(0xc4, 0x00, ...code),
    ...segment(0xc4, 0x10, ...code),
    ...segment(0xda, factors.length, ...factors.flatMap((_, i) => [i + 1, 0]), 0, 63, 0),
    ...pixels,
    ...[0xff, 0xd9],
  ]);
}

test.each([
  ["4:4:4", [0x11, 0x11, 0x11]],
  ["4:2:2", [0x21, 0x11, 0x11]],
  ["4:1:1", [0x41, 0x11, 0x11]],
  ["4:2:0", [0x22, 0x11, 0x11]],
  ["4:4:0", [0x12, 0x11, 0x11]],
  ["4:1:0", [0x14, 0x11, 0x11]],
  ["four components", [0x11, 0x11, 0x11, 0x11]],
  ["gray", [0x11]],
  ["gray with factors that say nothing", [0x22]],
])("%s of any height: whole it is read, without its last byte it is refused", async (_, factors) => {
  for (const width of [9, 50]) {
    for (const height of [1, 7, 8, 9, 16, 17, 32, 33]) {
      const whole = flat(height, width, factors);
      expect(await decodeImage(whole, "whole.jpg")).toMatchObject({ height, width, notes: [] });
      const cut = concatenate([whole.subarray(0, -3), whole.subarray(-2)]);
      await expect(decodeImage(cut, "cut.jpg"), `${width} × ${height}`).rejects.toThrow(
        /premature end of data segment/,
      );
    }
  }
});
