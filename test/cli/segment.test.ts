import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNpy } from "../../src/data/npy.ts";
import { decodeLabelPng, encodeRgbPng } from "../../src/data/png.ts";
import { shapeClasses } from "../../src/train/shapes.ts";
import type { Folder } from "./command.ts";
import { shapesFolder, trainWords } from "./training.ts";

let folder: Folder;
beforeAll(() => {
  folder = shapesFolder();
  const { status, stderr } = folder.run(trainWords("crf", "--stage", "crf-rnn", "--steps", "1", "--quiet"));
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
afterAll(() => folder[Symbol.dispose]());

const device = "--device wasm --threads 1".split(" ");
const crf = ["--checkpoint", "crf/checkpoint.safetensors", "--iterations", "2"];

/** A folder of photographs, some of the shapes under these names. */
function photographs(name: string, ...names: readonly string[]): string {
  mkdirSync(folder.file(name));
  names.forEach((photo, i) =>
    copyFileSync(folder.file(`shapes/images/shapes-000${i}.png`), folder.file(`${name}/${photo}`)),
  );
  return name;
}

interface Facts {
  readonly images: string[];
  readonly failures: { readonly file: string; readonly problem: string }[];
  readonly notes: { readonly file: string; readonly note: string }[];
}
const read = (file: string): Buffer => readFileSync(folder.file(file));

describe("crf-rnn segment", () => {
  test("labels folders and files, in parts, with overlays", async () => {
    const words = ["segment", "shapes/images", ...crf, ...device];
    for (const part of ["1/2", "2/2"]) {
      const { status, stdout } = folder.run([...words, "--out", "masks", "--shard", part, "--json"]);
      expect(status).toBe(0);
      expect((JSON.parse(stdout) as { images: string[] }).images).toHaveLength(4);
    }
    const names = readdirSync(folder.file("masks"));
    expect(names).toHaveLength(16);
    const { height, width, labels, palette } = decodeLabelPng(
      readFileSync(folder.file("masks/shapes-0000.png")),
      "mask",
    );
    // The colors of the shapes, not VOC's; or those that are asked for.
    expect(palette!.slice(0, 4)).toEqual(shapeClasses.map(({ rgb }) => rgb));
    const named = ["segment", "shapes/images/shapes-0001.png", ...crf, ...device, "--palette", "#010203,#040506"];
    await folder.runInProcess([...named, "--out", "colored", "--no-overlays"]);
    const colored = decodeLabelPng(readFileSync(folder.file("colored/shapes-0001.png")), "mask");
    expect(colored.palette!.slice(0, 2)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect({ height, width }).toEqual({ height: 24, width: 24 });
    expect(Math.max(...labels)).toBeLessThan(4);
    expect(names).toContain("shapes-0007.overlay.png");

    // What a second run finds whole stays as it is; what a full disk cut off is made again.
    const whole = read("masks/shapes-0002.png");
    folder.write("masks/shapes-0002.png", whole.subarray(0, -20));
    const again = await folder.runInProcess([...words, "--out", "masks", "--resume", "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ images: ["shapes/images/shapes-0002.png"], skipped: 7 });
    expect(read("masks/shapes-0002.png").equals(whole)).toBe(true);

    await folder.runInProcess([
      "segment",
      "shapes/images/shapes-0001.png",
      ...crf,
      ...device,
      "--out",
      "one",
      "--no-overlays",
    ]);
    expect(readdirSync(folder.file("one"))).toEqual(["shapes-0001.png"]);
    expect(
      readFileSync(folder.file("one/shapes-0001.png")).equals(readFileSync(folder.file("masks/shapes-0001.png"))),
    ).toBe(true);
  });

  test("refuses nothing to label, two images of one name, and parts that are none", async () => {
    const words = [...crf, ...device, "--out", "refused"];
    await folder.refusesInProcess(
      ["segment", "nowhere", ...words],
      /nowhere: expected an image or a folder, got nothing there/,
    );
    await folder.refusesInProcess(["segment", "crf", ...words], /crf: expected images \(\.png, .*\), got none/);
    const twice = ["segment", "shapes/images", "shapes/masks", ...words];
    await folder.refusesInProcess(
      twice,
      /masks\/shapes-0000\.png: expected a name of its own for its label map, got that of shapes\/images/,
    );
    await folder.refusesInProcess(
      ["segment", "shapes/images", ...words, "--shard", "3/2"],
      /--shard: expected i\/n with i from 1 to n/,
    );
    await folder.refusesInProcess(
      ["segment", "shapes/images", ...words, "--shard", "auto"],
      /--shard: expected one of the variables SLURM_ARRAY_TASK_ID, .*, got 'auto'/,
    );
  });
});

describe("crf-rnn segment writes over nothing that it reads", () => {
  const refuses = (words: readonly string[], sentence: RegExp): Promise<void> =>
    folder.refusesInProcess(["segment", ...words, ...crf, ...device], sentence);

  test("into the folder of the photographs, by any name of it", async () => {
    photographs("photos", "holiday.png", "winter.png");
    symlinkSync("photos", folder.file("album"));
    const before = read("photos/holiday.png");
    for (const out of ["photos", "./photos/../photos", folder.file("photos"), "album"]) {
      await refuses(
        ["photos", "--out", out],
        /photos\/holiday\.png: expected a name of its own for its label map, got that of photos\/holiday\.png, which is read/,
      );
    }
    await refuses(["photos/winter.png", "album/holiday.png", "--out", "photos"], /which is read/);
    expect(read("photos/holiday.png").equals(before)).toBe(true);
    expect(readdirSync(folder.file("photos"))).toEqual(["holiday.png", "winter.png"]);
  });

  test("through a hard link, a symbolic link, or an overlay's name", async () => {
    photographs("linked", "a.png", "b.overlay.png");
    for (const out of ["hard", "soft", "overlays"]) mkdirSync(folder.file(out));
    linkSync(folder.file("linked/a.png"), folder.file("hard/a.png"));
    symlinkSync("../linked/a.png", folder.file("soft/a.overlay.png"));
    for (const out of ["hard", "soft"])
      await refuses(["linked", "--out", out], /got that of linked\/a\.png, which is read/);
    copyFileSync(folder.file("linked/a.png"), folder.file("linked/b.png"));
    await refuses(
      ["linked", "--out", "overlays"],
      /linked\/b\.png: .*got that of linked\/b\.overlay\.png — rename one/,
    );
  });

  test("of the other parts of a job array neither", async () => {
    photographs("parts", "0.png", "1.jpg");
    for (const part of ["1/2", "2/2"])
      await refuses(["parts", "--out", "parts", "--shard", part], /parts\/0\.png, which is read/);
  });
});

describe("crf-rnn segment goes on past what it cannot read", () => {
  beforeAll(() => {
    photographs("mixed", "a.png", "d.png");
    writeFileSync(folder.file("mixed/b.png"), read("mixed/a.png").subarray(0, 90));
    writeFileSync(folder.file("mixed/c.npy"), encodeNpy({ shape: [1, 1, 3], data: Float32Array.of(1, NaN, 2) }));
    const latin = Buffer.concat([Buffer.from(folder.file("mixed/gr")), Buffer.from([0xfc]), Buffer.from("n.png")]);
    copyFileSync(folder.file("mixed/a.png"), latin);
    writeFileSync(folder.file("mixed/e\u001b[31m.png"), "no image");
  });
  const words = ["segment", "mixed", ...crf, ...device, "--no-overlays"];

  test("naming it, counting it, and ending with status 1", async () => {
    const { status, stdout, stderr } = folder.run([...words, "--out", "some"]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^some: 2 of 6 images labeled, 4 passed over, [\d.]+ s on /);
    const lines = stderr.split("\n").filter((line) => line.startsWith("crf-rnn: passed over: "));
    expect(lines).toHaveLength(4);
    for (const [i, words] of [
      /mixed\/b\.png at byte \d+: expected a chunk .* truncated/,
      /mixed\/c\.npy: expected finite float32 numbers, got NaN at \[0, 0, 1\]/,
      /mixed\/e\\u001b\[31m\.png at byte 0: expected a PNG, a JPEG, a WebP, a TIFF or/,
      /mixed\/gr.n\.png: expected a name in UTF-8, got another encoding — rename the file/u,
    ].entries()) {
      expect(lines[i]).toMatch(words);
    }
    expect(readdirSync(folder.file("some"))).toEqual(["a.png", "d.png"]);

    // The next run tries what was passed over again, and nothing else.
    const damaged = read("mixed/b.png");
    folder.write("mixed/b.png", read("mixed/a.png"));
    const again = await folder.runInProcess([...words, "--out", "some", "--resume", "--json"]);
    folder.write("mixed/b.png", damaged);
    expect(again.status).toBe(1);
    const facts = JSON.parse(again.stdout) as Facts;
    expect(facts).toMatchObject({ images: ["mixed/b.png"], skipped: 2 });
    expect(facts.failures).toHaveLength(3);
    expect(read("some/b.png").equals(read("some/a.png"))).toBe(true);
  });

  test("with a list of it in --json, which --quiet leaves", async () => {
    const { status, stdout } = await folder.runInProcess([...words, "--out", "json", "--json", "--quiet"]);
    expect(status).toBe(1);
    const facts = JSON.parse(stdout) as Facts;
    expect(facts.images).toEqual(["mixed/a.png", "mixed/d.png"]);
    expect(facts.failures.map(({ file }) => file)).toEqual([
      "mixed/b.png",
      "mixed/c.npy",
      "mixed/e\u001b[31m.png",
      "mixed/gr\ufffdn.png",
    ]);
    expect(facts.failures[0]!.problem).toContain("truncated");
  });

  test("but --strict stops at once, and so does a folder in a map's place", async () => {
    const { status, stdout, stderr } = await folder.runInProcess([...words, "--out", "strict", "--strict", "--quiet"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^crf-rnn: mixed\/b\.png at byte \d+: expected a chunk .*\n$/);
    expect(readdirSync(folder.file("strict"))).toEqual(["a.png"]);
    mkdirSync(folder.file("taken/a.png"), { recursive: true });
    await folder.refusesInProcess(
      [...words, "--out", "taken", "--quiet"],
      /taken\/a\.png: expected a place to write to, got a folder/,
    );
  });
});

test("crf-rnn segment labels a photograph as its EXIF orientation shows it, and says so", async () => {
  const turned = new Uint8Array(24 * 16 * 3).map((_, i) => (i * 31) % 256);
  const raw = { raw: { width: 16, height: 24, channels: 3 as const } };
  mkdirSync(folder.file("camera"));
  for (const orientation of [6, 3]) {
    const jpeg = await sharp(turned, raw).withMetadata({ orientation }).jpeg().toBuffer();
    folder.write(`camera/${orientation}.jpg`, jpeg);
    const { data, info } = await sharp(jpeg).autoOrient().raw().toBuffer({ resolveWithObject: true });
    mkdirSync(folder.file("upright"), { recursive: true });
    folder.write(`upright/${orientation}.png`, encodeRgbPng(info.height, info.width, new Uint8Array(data)));
  }
  copyFileSync(folder.file("camera/6.jpg"), folder.file("camera/7.jpg"));
  const { status, stdout } = await folder.runInProcess([
    "segment",
    "camera",
    ...crf,
    ...device,
    "--out",
    "camera-maps",
  ]);
  expect(status).toBe(0);
  expect(stdout).toContain("note: camera/3.jpg: turned as its EXIF orientation, 3, says\n");
  expect(stdout).toContain("note: 2 images, the first camera/6.jpg: turned as its EXIF orientation, 6, says\n");
  await folder.runInProcess(["segment", "upright", ...crf, ...device, "--out", "upright-maps"]);
  for (const name of ["3.png", "6.png", "3.overlay.png", "6.overlay.png"]) {
    expect(read(`camera-maps/${name}`).equals(read(`upright-maps/${name}`)), name).toBe(true);
  }
  expect(decodeLabelPng(read("camera-maps/6.png"), "map")).toMatchObject({ height: 16, width: 24 });
});
