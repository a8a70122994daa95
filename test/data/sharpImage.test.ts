import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../src/data/images.ts";

const [height, width] = [7, 11];
const raw = { raw: { width, height, channels: 3 as const } };
const colors = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 37) % 256);

describe("photographs that sharp decodes", () => {
  test("WebP without loss and TIFF have the pixels of the PNG", async () => {
    const image = sharp(colors, raw);
    for (const bytes of [
      await image.clone().webp({ lossless: true }).toBuffer(),
      await image.clone().tiff({ compression: "deflate" }).toBuffer(),
      await image.clone().tiff({ compression: "none", bigtiff: true }).toBuffer(),
    ]) {
      const read = await decodeImage(bytes, "photo");
      expect(read).toEqual({ height, width, values: Float32Array.from(colors), orientation: 1, notes: [] });
    }
  });

  test("a gray TIFF has its gray in three channels, and transparency is dropped", async () => {
    const gray = Uint8Array.from({ length: height * width }, (_, i) => i * 3);
    const tiff = await sharp(gray, { raw: { width, height, channels: 1 } })
      .toColorspace("b-w")
      .tiff({ compression: "none" })
      .toBuffer();
    const { values } = await decodeImage(tiff, "gray.tif");
    expect([...values]).toEqual([...gray].flatMap((value) => [value, value, value]));
    const clear = await sharp(colors, raw).ensureAlpha(0.5).webp({ lossless: true, exact: true }).toBuffer();
    expect((await decodeImage(clear, "clear.webp")).values).toEqual(Float32Array.from(colors));
  });

  test("16 bits keep their fraction of 0…255", async () => {
    const samples = Uint16Array.from({ length: height * width * 3 }, (_, i) => (i * 997) % 65536);
    for (const channels of [3, 1] as const) {
      const given = samples.slice(0, height * width * channels);
      const options = { raw: { width, height, channels, depth: "ushort" as const } };
      const space = channels === 3 ? "rgb16" : "grey16";
      const tiff = await sharp(given, options).toColorspace(space).tiff({ compression: "none" }).toBuffer();
      expect((await sharp(tiff).metadata()).depth).toBe("ushort");
      const { values } = await decodeImage(tiff, "deep.tif");
      const expected = channels === 3 ? [...given] : [...given].flatMap((value) => [value, value, value]);
      expect(values).toEqual(Float32Array.from(expected, (value) => value / 257));
    }
  });

  test("both are turned as their EXIF orientation says", async () => {
    for (const format of ["webp", "tiff"] as const) {
      const stored = sharp(colors, raw).withMetadata({ orientation: 6 });
      const bytes = await stored.toFormat(format, { lossless: true, compression: "none" }).toBuffer();
      const { data } = await sharp(colors, raw).rotate(90).raw().toBuffer({ resolveWithObject: true });
      const notes = ["turned as its EXIF orientation, 6, says"];
      const expected = { height: width, width: height, values: Float32Array.from(data), orientation: 6, notes };
      expect(await decodeImage(bytes, format)).toEqual(expected);
    }
  });

  test("what is cut short, of other samples, or larger than its file can be is refused by name", async () => {
    const webp = await sharp(colors, raw).webp({ lossless: true }).toBuffer();
    const tiff = await sharp(colors, raw).tiff({ compression: "none" }).toBuffer();
    await expect(decodeImage(webp.subarray(0, 40), "cut.webp")).rejects.toThrow(/^cut\.webp: expected a WebP that can/);
    await expect(decodeImage(tiff.subarray(0, 90), "cut.tif")).rejects.toThrow(/^cut\.tif: expected a TIFF that can/);
    const floats = Float32Array.from(colors);
    const deep = await sharp(floats, { raw: { width, height, channels: 3 } }).tiff({
      compression: "none",
    });
    const bytes = await deep.toColorspace("scrgb").toBuffer();
    await expect(decodeImage(bytes, "float.tif")).rejects.toThrow(
      "float.tif: expected a TIFF of 8 or 16 bits, got samples of type float — save it with 8 or 16 bits",
    );
    const flat = sharp({ create: { width: 8000, height: 8000, channels: 3, background: "#336699" } });
    const bomb = await flat.webp({ lossless: true }).toBuffer();
    await expect(decodeImage(bomb, "flat.webp")).rejects.toThrow(/or 64 times the file's size, got 192000000/);
  });
});
