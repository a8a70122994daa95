import { constants, crc32, deflateRawSync } from "node:zlib";
import { encode } from "fast-png";
import fc from "fast-check";
import { zlibSync } from "fflate";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../src/data/images.ts";
import { concatenate, inflate } from "../../src/data/inflate.ts";
import { openDataset } from "../../src/data/openDataset.ts";
import { decodeLabelPng, decodeRgbPng, encodeLabelPng } from "../../src/data/png.ts";
import { FormatError } from "../../src/errors.ts";
import { instances, manifest, Tree } from "./trees.ts";

const word = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
const place = { file: "x", offset: (position: number) => 100 + position };

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = concatenate([new TextEncoder().encode(type), data]);
  return concatenate([word(data.length), body, word(crc32(body))]);
}

/** A gray PNG of 8 bits from its parts, all checksums right. */
function png(width: number, height: number, data: Uint8Array, ...before: Uint8Array[]): Uint8Array {
  return concatenate([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", concatenate([word(width), word(height), Uint8Array.of(8, 0, 0, 0, 0)])),
    ...before,
    chunk("IDAT", data),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** A zlib stream of `mebibytes` of zeros, a thousandth of it in size, made without inflating it anywhere. */
function bombOf(mebibytes: number): Uint8Array {
  const one = deflateRawSync(new Uint8Array(2 ** 20), { level: 9, finishFlush: constants.Z_SYNC_FLUSH });
  const blocks = Array.from({ length: mebibytes }, () => one);
  return concatenate([Uint8Array.of(0x78, 0xda), ...blocks, Uint8Array.of(3, 0), word(1)]);
}

/** Bytes by which the greatest memory that the process ever held grows. */
async function growth(call: () => unknown): Promise<number> {
  const before = process.resourceUsage().maxRSS;
  await call();
  return (process.resourceUsage().maxRSS - before) * 1024;
}

describe("zlib streams", () => {
  test("inflate to what went in, and to nothing where it is nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
        expect(inflate(zlibSync(bytes), bytes.length, place)).toEqual(bytes);
        if (bytes.length > 0) expect(() => inflate(zlibSync(bytes), bytes.length - 1, place)).toThrow("at most");
      }),
    );
  });

  test("are refused when cut, changed in their checksum, or empty", () => {
    const bytes = zlibSync(Uint8Array.from({ length: 9000 }, (_, i) => (i * i) >> 5));
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => inflate(bytes.subarray(0, length), 9000, place)).toThrow(FormatError);
    }
    bytes[bytes.length - 1]! ^= 1;
    expect(() => inflate(bytes, 9000, place)).toThrow(`x at byte ${100 + bytes.length - 4}: expected the checksum`);
  });

  test("stop at the limit: a megabyte does not become a gigabyte", async () => {
    const bomb = bombOf(1024);
    expect(bomb.length).toBeLessThan(2 ** 21);
    const most = await growth(() => expect(() => inflate(bomb, 1000, place)).toThrow("at most 1000 inflated bytes"));
    expect(most).toBeLessThan(2 ** 26);
  });
});

describe("PNG", () => {
  test("indices survive, whatever the palette", () => {
    const color = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(
        fc.array(fc.nat(255), { minLength: 1, maxLength: 99 }),
        fc.array(color, { maxLength: 256 }),
        (values, palette) => {
          const labels = Uint8Array.from(values);
          const read = decodeLabelPng(encodeLabelPng({ height: 1, width: labels.length, labels, palette }), "x.png");
          expect(read.labels).toEqual(labels);
          expect(read.palette!.slice(0, palette.length)).toEqual(palette);
        },
      ),
    );
  });

  test.each([1, 2, 4, 8])("indices of %s bits and in seven passes read as they were written", (depth) => {
    const [width, height] = [11, 9];
    const values = Array.from({ length: width * height }, (_, i) => (i * 7) % 2 ** depth);
    const rowBytes = Math.ceil((width * depth) / 8);
    const rows = new Uint8Array(height * (rowBytes + 1));
    values.forEach((value, i) => {
      const bit = (i % width) * depth;
      rows[Math.floor(i / width) * (rowBytes + 1) + 1 + (bit >> 3)]! |= value << (8 - depth - (bit & 7));
    });
    const bytes = concatenate([
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      chunk("IHDR", concatenate([word(width), word(height), Uint8Array.of(depth, 3, 0, 0, 0)])),
      chunk(
        "PLTE",
        Uint8Array.from({ length: 3 * 2 ** depth }, (_, i) => i & 255),
      ),
      chunk("IDAT", zlibSync(rows)),
      chunk("IEND", new Uint8Array(0)),
    ]);
    expect([...decodeLabelPng(bytes, "x.png").labels]).toEqual(values);
    const passes = encode({ width, height, channels: 1, data: Uint8Array.from(values) }, { interlace: "Adam7" });
    expect([...decodeLabelPng(passes, "x.png").labels]).toEqual(values);
  });

  test("a small image that inflates without end is refused early", async () => {
    const bomb = png(2, 2, bombOf(1024));
    const refused = "bomb.png at byte 41: expected at most 6 inflated bytes";
    const most = await growth(() => expect(() => decodeLabelPng(bomb, "bomb.png")).toThrow(refused));
    expect(most).toBeLessThan(2 ** 26);
  });

  test("too few bytes for the pixels, or too many pixels, are refused with the byte", () => {
    expect(() => decodeLabelPng(png(2, 3, zlibSync(new Uint8Array(6))), "x.png")).toThrow(
      "x.png at byte 33: expected 9 bytes for 2×3 pixels, got 6",
    );
    expect(() => decodeLabelPng(png(2 ** 20, 2 ** 20, zlibSync(new Uint8Array(6))), "x.png")).toThrow(
      "x.png at byte 16: expected 1 to 67108864 pixels",
    );
  });

  test("a chunk with another checksum, a header or a palette that is not allowed: the byte", () => {
    const header = (...last: number[]) => chunk("IHDR", concatenate([word(2), word(1), Uint8Array.from(last)]));
    const colors = (bytes: number) => chunk("PLTE", new Uint8Array(bytes));
    const pixels = chunk("IDAT", zlibSync(Uint8Array.of(0, 1, 0)));
    const of = (...chunks: Uint8Array[]) =>
      concatenate([png(2, 1, zlibSync(new Uint8Array(3))).subarray(0, 8), ...chunks, chunk("IEND", new Uint8Array(0))]);
    const indexed = header(8, 3, 0, 0, 0);
    const flipped = Uint8Array.from(pixels);
    flipped[flipped.length - 5]! ^= 1;
    for (const [bytes, message] of [
      [
        of(indexed, colors(6), flipped),
        `byte ${33 + 18 + pixels.length - 4}: expected the checksum of the chunk IDAT at byte 51`,
      ],
      [
        of(header(16, 3, 0, 0, 0), colors(6), pixels),
        "byte 24: expected a depth of 1, 2, 4, 8 bits for color type 3, got 16",
      ],
      [of(header(8, 5, 0, 0, 0), pixels), "byte 25: expected a color type of 0, 2, 3, 4 or 6, got 5"],
      [of(header(8, 0, 1, 0, 0), pixels), "byte 26: expected compression method 0, got 1"],
      [of(header(8, 0, 0, 1, 0), pixels), "byte 27: expected filter method 0, got 1"],
      [of(header(8, 0, 0, 0, 2), pixels), "byte 28: expected interlace 0 or 1, got 2"],
      [of(indexed, indexed, colors(6), pixels), "byte 33: expected one header, got a second"],
      [of(indexed, pixels), "byte 33: expected a palette (PLTE) before the pixels, got none"],
      [of(indexed, pixels, colors(6)), "byte 33: expected a palette (PLTE) before the pixels, got none"],
      [of(indexed, colors(5), pixels), "byte 33: expected 1 to 256 colors of 3 bytes, got 5 bytes"],
      [of(indexed, colors(0), pixels), "byte 33: expected 1 to 256 colors of 3 bytes, got 0 bytes"],
      [of(header(8, 0, 0, 0, 0), colors(6), pixels), "byte 33: expected no palette beside gray, got one"],
      [of(indexed, colors(6), colors(6), pixels), "byte 51: expected one palette, got a second"],
      [
        of(header(8, 0, 0, 0, 0), chunk("IDAT", zlibSync(Uint8Array.of(9, 1, 0)))),
        "byte 33: expected filters 0…4 in the rows",
      ],
      [
        of(header(8, 2, 0, 0, 0), chunk("IDAT", zlibSync(new Uint8Array(7)))),
        "byte 24: expected a palette or gray PNG",
      ],
    ] as const) {
      expect(() => decodeLabelPng(bytes, "x.png")).toThrow(`x.png at ${message}`);
    }
    expect(() => decodeRgbPng(of(indexed, colors(3), pixels), "x.png")).toThrow(
      "x.png at byte 48: expected palette indices below 1 in the pixels compressed from here on, got 1",
    );
  });

  test("a fault in the second of two pieces of the compressed pixels lies in that chunk", () => {
    const stream = zlibSync(new Uint8Array(3));
    stream[stream.length - 1]! ^= 1;
    const [first, second] = [chunk("IDAT", stream.subarray(0, 4)), chunk("IDAT", stream.subarray(4))];
    const bytes = concatenate([png(2, 1, stream).subarray(0, 33), first, second, chunk("IEND", new Uint8Array(0))]);
    const checksum = 33 + first.length + 8 + stream.length - 4 - 4;
    expect(() => decodeLabelPng(bytes, "x.png")).toThrow(
      `x.png at byte ${checksum}: expected the checksum of the inflated`,
    );
  });

  test("a palette beside true colors does not color them", () => {
    const header = chunk("IHDR", concatenate([word(1), word(1), Uint8Array.of(8, 2, 0, 0, 0)]));
    const [colors, pixels] = [chunk("PLTE", new Uint8Array(6)), chunk("IDAT", zlibSync(Uint8Array.of(0, 10, 20, 30)))];
    const start = png(1, 1, zlibSync(new Uint8Array(2))).subarray(0, 8);
    const bytes = concatenate([start, header, colors, pixels, chunk("IEND", new Uint8Array(0))]);
    expect([...decodeRgbPng(bytes, "x.png").values]).toEqual([10, 20, 30]);
  });

  test("other chunks are not even read: a color profile that would fill the memory", async () => {
    const profile = concatenate([new TextEncoder().encode("icc\0\0"), bombOf(1024)]);
    const bytes = png(2, 1, zlibSync(Uint8Array.of(0, 7, 9)), chunk("iCCP", profile));
    const most = await growth(async () => {
      expect([...decodeLabelPng(bytes, "x.png").labels]).toEqual([7, 9]);
      expect([...(await decodeImage(bytes, "x.png")).values]).toEqual([7, 7, 7, 9, 9, 9]);
    });
    expect(most).toBeLessThan(2 ** 26);
    expect(() => decodeLabelPng(png(2, 1, zlibSync(new Uint8Array(3)), chunk("EVIL", profile)), "x.png")).toThrow(
      "critical chunk EVIL",
    );
  });
});

describe("JSON", () => {
  const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

  test.each([
    ["nested without end", deep(2_000_000)],
    ["nested and broken", "[".repeat(2_000_000)],
    ["nested in a value", JSON.stringify(manifest).replace('"images/a.png"', deep(500_000))],
    ["a number that is no number", JSON.stringify(manifest).replace('"width":6', '"width":1e999')],
    ["nothing", ""],
    ["not UTF-8", Uint8Array.of(0xff, 0xfe, 0x7b)],
    ["a foreign prototype", '{"__proto__": {"classes": []}, "items": []}'],
  ])("of a manifest, %s, is refused", async (_, text) => {
    using tree = new Tree();
    tree.write("manifest.json", text);
    await expect(openDataset(tree.path)).rejects.toThrow(FormatError);
  });

  test.each([
    [20, "annotations[0].segmentation[0]: a polygon of three points or more"],
    [500_000, "expected JSON of at most 64 levels"],
  ])("of annotations, nested by %s where a polygon should be, is refused", async (levels, message) => {
    using tree = new Tree();
    const text = JSON.stringify(instances).replace("[[0,0,3,0,3,5,0,5]]", `[${deep(levels)}]`);
    tree.write("annotations/instances_x.json", text);
    await expect(openDataset(tree.path)).rejects.toThrow(message);
  });
});
