import { decode } from "fast-png";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../src/data/images.ts";
import { decodeLabelPng } from "../../src/data/png.ts";
import { writePng } from "./pngWriter.ts";

const sizes = Array.from({ length: 81 }, (_, i) => [1 + Math.floor(i / 9), 1 + (i % 9)] as const);
const noise = (count: number, most: number): number[] =>
  Array.from({ length: count }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 11) % (most + 1));

describe.each([1, 2, 4, 8] as const)("interlaced PNGs of %s bits", (depth) => {
  const most = 2 ** depth - 1;
  const colors = Array.from({ length: most + 1 }, (_, i) => [i, 255 - i, (i * 7) % 256]);

  test.each([
    ["gray", undefined],
    ["palette", colors],
  ])("%s, of 1 × 1 to 9 × 9 pixels and all filters, are what the same pixels in one pass are", async (_, palette) => {
    let read = 0;
    for (const [height, width] of sizes) {
      const samples = noise(height * width, most);
      for (const shift of [0, 3]) {
        const filterOf = (row: number): number => (row + shift) % 5;
        const passes = writePng(height, width, samples, { depth, palette, filterOf, interlaced: true });
        const rows = writePng(height, width, samples, { depth, palette, filterOf });
        const labels = decodeLabelPng(passes, "passes.png");
        expect([...labels.labels]).toEqual(samples);
        expect(labels).toEqual(decodeLabelPng(rows, "rows.png"));
        expect(await decodeImage(passes, "passes.png")).toEqual(await decodeImage(rows, "rows.png"));
        read++;
      }
    }
    expect(read).toBe(162);
  });

  test("in one pass are what fast-png reads, so that the writer of these tests is right", () => {
    const samples = noise(11 * 7, most);
    const png = decode(writePng(7, 11, samples, { depth, palette: colors }));
    expect(png.palette).toEqual(colors);
    const { labels } = decodeLabelPng(writePng(7, 11, samples, { depth }), "rows.png");
    expect([...labels]).toEqual(samples);
    if (depth === 8) expect([...png.data]).toEqual(samples);
  });
});

test.each([1, 2, 4] as const)(
  "interlaced PNGs of %s bits that libpng wrote are what libpng reads",
  async (bitdepth) => {
    const [height, width] = [37, 53];
    const gray = noise(height * width * 3, 255).map((_, i, values) => values[i - (i % 3)]);
    const image = sharp(Uint8Array.from(gray), { raw: { width, height, channels: 3 } });
    const bytes = new Uint8Array(
      await image.png({ progressive: true, palette: true, colours: 2 ** bitdepth, dither: 0 }).toBuffer(),
    );
    // The header's depth, color type and interlacing.
    expect([bytes[24], bytes[25], bytes[28]]).toEqual([bitdepth, 3, 1]);
    const expected = await sharp(bytes).toColorspace("srgb").removeAlpha().raw().toBuffer();
    expect([...(await decodeImage(bytes, "libpng.png")).values]).toEqual([...expected]);
  },
);
