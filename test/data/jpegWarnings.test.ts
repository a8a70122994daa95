import sharp, { type JpegOptions } from "sharp";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../src/data/images.ts";
import { concatenate } from "../../src/data/inflate.ts";

const noise = Uint8Array.from({ length: 40 * 50 * 3 }, (_, i) => ((i * 2654435761) >>> 7) % 256);
const write = async (options: JpegOptions) =>
  new Uint8Array(
    await sharp(noise, { raw: { width: 50, height: 40, channels: 3 } })
      .jpeg(options)
      .toBuffer(),
  );
const baseline = await write({ quality: 80 });
const progressive = await write({ quality: 80, progressive: true });

const find = (bytes: Uint8Array, code: number, from = 0): number =>
  bytes.findIndex((byte, i) => i >= from && byte === 0xff && bytes[i + 1] === code);
const insert = (bytes: Uint8Array, at: number, ...values: number[]): Uint8Array =>
  concatenate([bytes.subarray(0, at), Uint8Array.from(values), bytes.subarray(at)]);
const [frame, scan] = [find(baseline, 0xc0), find(baseline, 0xda)];
/** Codes for the second scan of a progressive file, behind the first one's pixels. */
const secondCodes = find(progressive, 0xc4, find(progressive, 0xda));
const junk = Array.from({ length: 30 }, (_, i) => (i * 7) % 200);
const segment = (code: number, ...body: number[]): number[] => [0xff, code, 0, body.length + 2, ...body];
const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];

/** Gray, 24 × 8: three blocks, each of one value and a restart of its own. 0x3f: no difference, no more coefficients. */
const restarts = (...pieces: readonly number[][]): Uint8Array =>
  Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...new Array<number>(64).fill(8)),
    ...segment(0xc0, 8, 0, 8, 0, 24, 1, 1, 0x11, 0),
    ...segment(0xc4, 0x00, 1, ...new Array<number>(15).fill(0), 0),
    ...segment(0xc4, 0x10, 1, ...new Array<number>(15).fill(0), 0),
    ...segment(0xdd, 0, 1),
    ...segment(0xda, 1, 1, 0, 0, 63, 0),
    ...pieces.flat(),
    ...[0xff, 0xd9],
  ]);
const [first, second] = [
  [0xff, 0xd0],
  [0xff, 0xd1],
];

describe("JPEGs over which libjpeg merely warns are read, with a note", () => {
  const adobe = segment(0xee, ...ascii("Adobe"), 0, 100, 0, 0, 0, 0, 9);
  const jfif = segment(0xe0, ...ascii("JFIF\0"), 3, 2, 0, 0, 1, 0, 1, 0, 0);
  test.each<[string, Uint8Array, Uint8Array, string]>([
    ["bytes between segments", insert(baseline, frame, 1, 2, 3), baseline, "3 extraneous bytes before marker 0xc0"],
    ["0xff00, too", insert(baseline, frame, 0xff, 0, 0xff, 0), baseline, "4 extraneous bytes before marker 0xc0"],
    ["fill bytes among them", insert(baseline, frame, 1, 0xff, 0xff, 0, 3), baseline, "extraneous bytes before marker"],
    [
      "bytes in several places",
      insert(insert(baseline, scan, 9, 9), frame, 1, 2, 3),
      baseline,
      "3 extraneous bytes before marker 0xc0",
    ],
    [
      "bytes behind a scan's pixels",
      insert(progressive, secondCodes, ...junk),
      progressive,
      "24 extraneous bytes before marker 0xc4",
    ],
    [
      "bytes behind the first and the last scan's",
      insert(insert(progressive, progressive.length - 2, ...junk), secondCodes, ...junk),
      progressive,
      "24 extraneous bytes before marker 0xc4",
    ],
    ["parameters of a scan", baseline.with(scan + 4 + 7, 5), baseline, "Invalid SOS parameters for sequential JPEG"],
    ["a version of JFIF", insert(baseline, 2, ...jfif), baseline, "unknown JFIF revision number 3.02"],
    ["a transform of Adobe's", insert(baseline, 2, ...adobe), baseline, "Unknown Adobe color transform code 9"],
    [
      "bytes before a restart",
      restarts([0x3f, ...junk], first, [0x3f], second, [0x3f]),
      restarts([0x3f], first, [0x3f], second, [0x3f]),
      "extraneous bytes before marker 0xd0",
    ],
  ])("%s", async (_, bytes, sound, warning) => {
    const read = await decodeImage(bytes, "photo.jpg");
    expect(read.notes).toEqual([expect.stringContaining(`libjpeg made no pixel up, but warns: `)]);
    expect(read.notes[0]).toContain(warning);
    const expected = await decodeImage(sound, "sound.jpg");
    expect(expected.notes).toEqual([]);
    expect(read).toEqual({ ...expected, notes: read.notes });
  });
});

describe("JPEGs of which libjpeg would make pixels up stay refused, also behind a harmless flaw", () => {
  const cut = (bytes: Uint8Array, count: number): Uint8Array =>
    concatenate([bytes.subarray(0, -count), Uint8Array.of(0xff, 0xd9)]);
  // 0xff as data (0xff00): sixteen ones are no code of any table.
  const ones = new Array<number[]>(8).fill([0xff, 0]).flat();
  test.each<[string, Uint8Array]>([
    ["pixels cut off", cut(baseline, 400)],
    ["pixels cut off behind bytes between segments", cut(insert(baseline, frame, 1, 2, 3), 400)],
    ["pixels cut off behind a scan with bytes to spare", cut(insert(progressive, secondCodes, ...junk), 40)],
    ["a code that is none", insert(baseline, scan + 14 + 100, ...ones)],
    [
      "a code that is none behind bytes between segments",
      insert(insert(baseline, scan + 14 + 100, ...ones), frame, 1, 2),
    ],
    ["tables that are passed over", baseline.with(find(baseline, 0xdb), 0)],
    ["a restart that is missing", restarts([0x3f], first, [0x3f])],
    ["a restart that is missing behind bytes to spare", restarts([0x3f, ...junk], first, [0x3f])],
    ["restarts in the wrong order", restarts([0x3f], second, [0x3f], first, [0x3f])],
    ["no pixels before a restart", restarts([0x3f, ...junk], first, [], second, [0x3f])],
    [
      "more flaws than are worth trying",
      insert(baseline, frame, ...new Array<number[]>(40).fill([9, 0xff, 0x01]).flat()),
    ],
  ])("%s", async (_, bytes) => {
    await expect(decodeImage(bytes, "x.jpg")).rejects.toMatchObject({
      name: "FormatError",
      offset: expect.any(Number) as number,
    });
  });
});
