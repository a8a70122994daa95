import { encode } from "fast-png";
import sharp, { type JpegOptions } from "sharp";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../src/data/images.ts";
import { findJpegFault } from "../../src/data/jpegMarkers.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { vocPalette } from "../../src/data/palette.ts";
import { decodeLabelPng, encodeLabelPng, encodeRgbPng } from "../../src/data/png.ts";
import { FormatError } from "../../src/errors.ts";

const rgb = Uint8Array.from({ length: 5 * 7 * 3 }, (_, i) => (i * 37) % 256);
const noise = Uint8Array.from({ length: 40 * 50 * 3 }, (_, i) => ((i * 2654435761) >>> 7) % 256);

describe("decodeImage", () => {
  test("reads back an RGB PNG bit for bit", async () => {
    const { height, width, values } = await decodeImage(encodeRgbPng(5, 7, rgb), "photo.png");
    expect([height, width]).toEqual([5, 7]);
    expect([...values]).toEqual([...rgb]);
  });

  test("spreads gray, drops alpha, scales 16 bits and looks up palettes", async () => {
    const alpha = Uint8Array.from({ length: 5 * 7 * 4 }, (_, i) => (i * 53) % 256);
    for (const channels of [1, 2, 4] as const) {
      const data = alpha.subarray(0, 5 * 7 * channels);
      const { values } = await decodeImage(encode({ width: 7, height: 5, channels, data }), "photo.png");
      expect([...values]).toEqual(
        Array.from({ length: 105 }, (_, i) => data[Math.floor(i / 3) * channels + (channels > 2 ? i % 3 : 0)]),
      );
    }
    const deep = Uint16Array.of(0, 257, 65535);
    const sixteen = encode({ width: 1, height: 1, channels: 3, depth: 16, data: deep });
    expect([...(await decodeImage(sixteen, "deep.png")).values]).toEqual([0, 1, 255]);
    const palette = await sharp({ create: { width: 9, height: 3, channels: 3, background: "#0a141e" } })
      .png({ palette: true })
      .toBuffer();
    expect([...(await decodeImage(palette, "palette.png")).values.subarray(0, 3)]).toEqual([10, 20, 30]);
  });

  test("reads a JPEG as libjpeg decodes it, also a gray one", async () => {
    const jpeg = await sharp(noise, { raw: { width: 50, height: 40, channels: 3 } })
      .jpeg({ quality: 90 })
      .toBuffer();
    const expected = await sharp(jpeg).raw().toBuffer();
    const { height, width, values } = await decodeImage(jpeg, "photo.jpg");
    expect([height, width]).toEqual([40, 50]);
    expect([...values]).toEqual([...expected]);
    const gray = await sharp(noise, { raw: { width: 50, height: 40, channels: 3 } })
      .grayscale()
      .jpeg()
      .toBuffer();
    const flat = (await decodeImage(gray, "gray.jpg")).values;
    expect(flat.length).toBe(6000);
    expect(flat.every((value, i) => value === flat[i - (i % 3)])).toBe(true);
  });

  test("reads [height, width, 3] arrays of any number type", async () => {
    const bytes = encodeNpy({ shape: [5, 7, 3], data: Int32Array.from(rgb) });
    expect([...(await decodeImage(bytes, "photo.npy")).values]).toEqual([...rgb]);
  });

  test("refuses arrays of other shapes, other formats and nothing", async () => {
    for (const shape of [[3, 5, 7], [105], [1, 5, 7, 3], [0, 7, 3]]) {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      await expect(decodeImage(encodeNpy({ shape, data }), "x.npy")).rejects.toThrow(
        /expected an image \[height, width, 3\]/,
      );
    }
    for (const [shape, remedy] of [
      [[5, 7], "numpy.stack([x, x, x], axis=-1)"],
      [[5, 7, 1], "numpy.repeat(x, 3, axis=-1)"],
      [[5, 7, 2], "save three channels"],
      [[5, 7, 4], "choose three of the channels: x[:, :, :3]"],
      [[5, 7, 20], "x[:, :, :3], or give a volume to crf-rnn refine as --volume"],
      [[3, 5, 7], "numpy.moveaxis(x, 0, -1)"],
      [[1, 5, 7, 3], "save image[0]"],
      [[2, 5, 7, 3], "save one image of three channels"],
    ] as const) {
      const bytes = encodeNpy({ shape, data: new Float32Array(shape.reduce((a: number, b) => a * b, 1)) });
      await expect(decodeImage(bytes, "x.npy")).rejects.toMatchObject({
        remedy: expect.stringContaining(remedy) as string,
      });
    }
    await expect(decodeImage(new Uint8Array(0), "x.png")).rejects.toThrow("got an empty file");
    await expect(decodeImage(new TextEncoder().encode("GIF89a"), "x.gif")).rejects.toThrow(FormatError);
  });

  test("refuses a JPEG cut short", async () => {
    const jpeg = await sharp(noise, { raw: { width: 50, height: 40, channels: 3 } })
      .jpeg()
      .toBuffer();
    for (const share of [0.02, 0.2, 0.5, 0.9]) {
      const cut = new Uint8Array(jpeg.subarray(0, Math.floor(jpeg.length * share)));
      await expect(decodeImage(cut, "cut.jpg")).rejects.toMatchObject({ name: "FormatError", offset: cut.length });
    }
  });

  describe("tells where a JPEG goes wrong", async () => {
    const jpeg = async (options: JpegOptions) =>
      new Uint8Array(
        await sharp(noise, { raw: { width: 50, height: 40, channels: 3 } })
          .jpeg(options)
          .toBuffer(),
      );
    const baseline = await jpeg({ quality: 80 });
    const find = (code: number): number => baseline.findIndex((byte, i) => byte === 0xff && baseline[i + 1] === code);
    const [quantization, frame, codes, scan] = [0xdb, 0xc0, 0xc4, 0xda].map(find) as [number, number, number, number];

    test.each<[string, number, number, number, string]>([
      ["something else than a marker", quantization, 0, quantization, "a marker, got 0x00 0xdb"],
      ["a segment of no length", quantization + 3, 1, quantization + 2, "a segment's length, 2 or more, got 1"],
      ["a quantization table 15", quantization + 4, 15, quantization + 4, "a table of the segment DQT, got 0x0f"],
      ["a Huffman table of class 7", codes + 4, 0x70, codes + 4, "a table of the segment DHT, got 0x70"],
      ["a table with more codes than bytes", codes + 5, 200, codes + 4, "a table of the segment DHT, got 2"],
      ["a lossless frame", frame + 1, 0xc3, frame, "a baseline or progressive frame, got 0xff 0xc3"],
      ["no frame", frame + 1, 0xe7, scan, "a frame (SOF) before the scan, got none"],
      ["nine components", frame + 9, 9, frame + 4, "a frame of 6 bytes and 3 a component, got 15"],
      ["a scan of no components", scan + 4, 0, scan + 4, "a scan of 1 to 4 components, got 0 in 10"],
      ["a scan of another component", scan + 5, 77, scan + 5, "a component of 1,2,3, got 77"],
      [
        "a Huffman table that is not there",
        scan + 6,
        0x33,
        scan + 14,
        "compressed pixels from here on that can be decoded",
      ],
    ])("%s", async (_, at, byte, offset, message) => {
      const bytes = baseline.slice();
      bytes[at] = byte;
      const error: unknown = await decodeImage(bytes, "x.jpg").catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(FormatError);
      expect((error as FormatError).message).toContain(`x.jpg at byte ${offset}: expected ${message}`);
    });

    test("no pixels, or too many", async () => {
      for (const size of [
        [0, 0, 0, 50],
        [0xff, 0xff, 0xff, 0xff],
      ] as const) {
        const bytes = baseline.slice();
        bytes.set(size, frame + 5);
        await expect(decodeImage(bytes, "x.jpg")).rejects.toThrow(
          new RegExp(
            `x.jpg at byte ${frame + 5}: expected 1 to 67108864 pixels, .* — ` +
              (size[0] > 0 ? "too large to be read whole: scale it down" : "the file is damaged"),
          ),
        );
      }
    });

    test("more pixels than a file of its size has, before any is decoded", async () => {
      const bytes = baseline.slice();
      bytes.set([0x1f, 0xff, 0x1f, 0xff], frame + 5);
      const error: unknown = await decodeImage(bytes, "x.jpg").catch((reason: unknown) => reason);
      expect((error as FormatError).message).toMatch(
        /pixels of at most 67174400 bytes, or 64 times the file's size, got 201277443/,
      );
      expect((error as FormatError).offset).toBe(frame + 5);
    });

    test("pixels missing in the middle, which libjpeg would make up", async () => {
      const bytes = Uint8Array.from([...baseline.subarray(0, -400), 0xff, 0xd9]);
      const message = `x.jpg at byte ${scan + 14}: expected compressed pixels from here on that can be decoded, got VipsJpeg`;
      await expect(decodeImage(bytes, "x.jpg")).rejects.toThrow(message);
    });

    test("an image without a scan", async () => {
      const bytes = Uint8Array.from([...baseline.subarray(0, scan), 0xff, 0xd9]);
      await expect(decodeImage(bytes, "x.jpg")).rejects.toThrow(`x.jpg at byte ${scan}: expected a scan (SOS)`);
    });

    test("nowhere in a sound one, of several scans, with restarts or fill bytes", async () => {
      expect(findJpegFault(baseline)).toEqual({ pixels: scan + 14 });
      const filled = Uint8Array.from([...baseline.subarray(0, scan), 0xff, 0xff, ...baseline.subarray(scan)]);
      expect(findJpegFault(filled)).toEqual({ pixels: scan + 16 });
      const progressive = await jpeg({ progressive: true });
      const last = progressive.length - 2;
      expect(findJpegFault(progressive)).toEqual({ pixels: expect.any(Number) });
      expect(findJpegFault(progressive.subarray(0, last))).toMatchObject({ offset: last, got: "the end of the file" });
      const restarted = Uint8Array.from([...baseline.subarray(0, last), 0xff, 0xd0, 1, 2, 0xff, 0xd9]);
      expect(findJpegFault(restarted)).toEqual({ pixels: scan + 14 });
    });

    test("cut anywhere, at its end", () => {
      for (let length = 2; length < baseline.length; length++) {
        expect(findJpegFault(baseline.subarray(0, length))).toMatchObject({
          offset: length,
          got: "the end of the file",
        });
      }
    });
  });

  test("refuses a PNG cut anywhere", async () => {
    const png = encodeRgbPng(5, 7, rgb);
    // The last chunk's checksum alone may be missing: every pixel is there.
    for (let length = 1; length < png.length - 4; length++) {
      const offset: unknown = expect.any(Number);
      await expect(decodeImage(png.subarray(0, length), "cut.png")).rejects.toMatchObject({
        name: "FormatError",
        offset,
      });
    }
  });

  test("refuses a PNG with any byte changed, or reads what it read before", async () => {
    const png = encodeRgbPng(5, 7, rgb);
    await fc.assert(
      fc.asyncProperty(fc.nat(png.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = Uint8Array.from(png);
        changed[at]! ^= change;
        const read = await decodeImage(changed, "changed.png").catch((error: unknown) => error);
        if (read instanceof FormatError) expect(read.offset).toBeLessThanOrEqual(png.length);
        else expect([...(read as { values: Float32Array }).values]).toEqual([...rgb]);
      }),
      { numRuns: 400 },
    );
  });

  test("refuses a PNG that declares more pixels than it can hold, or none", async () => {
    for (const [width, height] of [
      [0x7fffffff, 0x7fffffff],
      [100000, 100000],
      [0, 7],
      [5, 0],
    ] as const) {
      const png = encodeRgbPng(5, 7, rgb);
      const view = new DataView(png.buffer, png.byteOffset);
      view.setUint32(16, width);
      view.setUint32(20, height);
      await expect(decodeImage(png, "bomb.png")).rejects.toMatchObject({
        name: "FormatError",
        offset: 16,
        remedy: expect.stringMatching(width * height > 0 ? /^too large/ : /damaged/) as string,
      });
    }
  });
});

describe("label maps", () => {
  const labels = Uint8Array.of(0, 1, 20, 255, 7, 0);

  test("keep their indices and get PASCAL VOC's colors", () => {
    const read = decodeLabelPng(encodeLabelPng({ height: 2, width: 3, labels }), "labels.png");
    expect(read).toMatchObject({ height: 2, width: 3, labels });
    expect(read.palette).toEqual(vocPalette());
    expect([1, 2, 15, 20, 255].map((label) => vocPalette()[label])).toEqual([
      [128, 0, 0],
      [0, 128, 0],
      [192, 128, 128],
      [0, 64, 128],
      [224, 224, 192],
    ]);
  });

  test("keep colors of their own", () => {
    const bytes = encodeLabelPng({
      height: 2,
      width: 3,
      labels,
      palette: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    });
    expect(decodeLabelPng(bytes, "labels.png").palette?.slice(0, 3)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [0, 128, 0],
    ]);
  });

  test("are read from one, two, four and eight bits a pixel", async () => {
    for (const colors of [2, 4, 16, 200]) {
      const indices = Uint8Array.from({ length: 11 * 3 }, (_, i) => i % colors);
      const depth = ([1, 2, 4, 8] as const)[[2, 4, 16, 200].indexOf(colors)]!;
      const rowBytes = Math.ceil((11 * depth) / 8);
      const data = new Uint8Array(rowBytes * 3);
      indices.forEach((index, i) => {
        const bit = (i % 11) * depth;
        data[Math.floor(i / 11) * rowBytes + (bit >> 3)]! |= index << (8 - depth - (bit & 7));
      });
      const palette = Array.from({ length: colors }, (_, i) => [i, i, i]);
      const png = encode({ width: 11, height: 3, channels: 1, depth, data, palette });
      expect(decodeLabelPng(png, "labels.png").labels).toEqual(indices);
    }
  });

  test("are refused as JPEG, as .npy and as anything else, each with what to do", async () => {
    const jpeg = await sharp(noise, { raw: { width: 50, height: 40, channels: 3 } })
      .jpeg()
      .toBuffer();
    for (const [bytes, sentence] of [
      [jpeg, "got a JPEG — a JPEG does not keep the values of pixels"],
      [encodeNpy({ shape: [2, 3], data: labels }), "got a .npy array — save the labels as a PNG"],
      [new TextEncoder().encode("P5 3 2 255"), "got something else — save it as PNG"],
    ] as const) {
      expect(() => decodeLabelPng(bytes, "mask")).toThrow(`mask at byte 0: expected a PNG file, ${sentence}`);
    }
  });

  test("are refused in true color and in 16 bits", () => {
    expect(() => decodeLabelPng(encodeRgbPng(5, 7, rgb), "rgb.png")).toThrow(/expected a palette or gray PNG/);
    const deep = encode({ width: 1, height: 1, channels: 1, depth: 16, data: Uint16Array.of(1) });
    expect(() => decodeLabelPng(deep, "deep.png")).toThrow(/got 1 channels of 16 bits/);
  });
});
