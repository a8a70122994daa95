import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listJobs } from "../../src/cli/refine/jobs.ts";
import type { RefineFlags } from "../../src/cli/refine/flags.ts";
import { readGiven, Refiner } from "../../src/cli/refine/refiner.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { encodeLabelPng, encodeRgbPng } from "../../src/data/png.ts";
import { openWasm } from "../../src/device/wasm.ts";
import { Folder } from "./command.ts";

const names = ["a", "b", "c"];
const sizes = [
  [10, 12],
  [10, 12],
  [9, 14],
] as const;

let folder: Folder;
beforeAll(async () => {
  folder = new Folder();
  for (const name of ["photos", "logits", "rough"]) mkdirSync(folder.file(name));
  for (const [k, name] of names.entries()) {
    const [height, width] = sizes[k]!;
    const rgb = Uint8Array.from(
      { length: height * width * 3 },
      (_, i) => (Math.floor(i / 3) % width > 5 ? 200 : 40) + (i % 7),
    );
    if (name === "b") {
      const webp = await sharp(rgb, { raw: { width, height, channels: 3 } })
        .webp({ lossless: true })
        .toBuffer();
      folder.write(`photos/${name}.webp`, webp);
    } else {
      folder.write(`photos/${name}.png`, encodeRgbPng(height, width, rgb));
    }
    const data = Float32Array.from({ length: height * width * 2 }, (_, i) => Math.sin(i * 1.7 + k));
    folder.write(`logits/${name}.npy`, encodeNpy({ shape: [height, width, 2], data }));
    const labels = Uint8Array.from({ length: height * width }, (_, i) => (i % 9 ? 255 : Number(i % width > 6)));
    folder.write(`rough/${name}.png`, encodeLabelPng({ height, width, labels }));
  }
});
afterAll(() => folder[Symbol.dispose]());

const device = ["--device", "wasm", "--threads", "1"];
const refine = (...words: string[]) => folder.runInProcess(["refine", ...words, ...device]);
const bytes = (name: string): Buffer => readFileSync(folder.file(name));
const lines = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("crf-rnn refine on many pictures", () => {
  test("writes for each what it writes for it alone, and tells of each and of all", async () => {
    const { status, stdout, stderr } = await refine(
      "photos",
      "--logits",
      "logits/{name}.npy",
      "--out",
      "labels",
      "--out-logits",
      "x/{name}.npy",
      "--json",
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const told = lines(stdout);
    expect(told.slice(0, 3)).toMatchObject(
      names.map((name, k) => ({
        image: `photos/${name}.${name === "b" ? "webp" : "png"}`,
        height: sizes[k]![0],
        width: sizes[k]![1],
        outputs: [`labels/${name}.png`, `x/${name}.npy`],
        findings: [],
      })),
    );
    expect(told.slice(3)).toMatchObject([
      { command: "refine", pictures: 3, part: 3, refined: 3, skipped: 0, failures: [] },
    ]);
    for (const [file, extension] of [
      ["a", "png"],
      ["b", "webp"],
    ] as const) {
      const alone = await refine(
        `photos/${file}.${extension}`,
        "--logits",
        `logits/${file}.npy`,
        "--out",
        "l.png",
        "--out-logits",
        "l.npy",
      );
      expect(alone.status).toBe(0);
      expect(bytes(`labels/${file}.png`).equals(bytes("l.png"))).toBe(true);
      expect(bytes(`x/${file}.npy`).equals(bytes("l.npy"))).toBe(true);
    }
  });

  test("goes on past what cannot be refined, with status 1; --resume does the rest, and --strict stops", async () => {
    folder.write("photos/bad.png", bytes("photos/a.png").subarray(0, 60));
    const words = ["photos", "--logits", "logits", "--out", "some/{name}.labels.png"];
    // Parts take turns: of a, b, bad and c the first has a and bad.
    const first = await refine(...words, "--shard", "1/2");
    expect(first.status).toBe(1);
    expect(first.stdout).toMatch(
      /^1 of 4 pictures refined, part 1 of 2, 1 passed over; [\d.]+ % of the labels changed, /,
    );
    expect(first.stderr).toMatch(/^crf-rnn: passed over: photos\/bad\.png at byte \d+: expected .*truncated.*\n$/);
    expect(folder.names()).toContain("some");
    const made = statSync(folder.file("some/a.labels.png")).mtimeMs;
    folder.write("some/c.labels.png", bytes("some/a.labels.png").subarray(0, -20)); // cut off, and so not done
    const rest = await refine(...words, "--resume", "--json");
    expect(rest.status).toBe(1);
    const told = lines(rest.stdout);
    expect(told.map(({ image }) => image)).toEqual(["photos/b.webp", "photos/bad.png", "photos/c.png", undefined]);
    expect(told[1]).toMatchObject({ problem: expect.stringContaining("truncated") as string });
    expect(told[3]).toMatchObject({ pictures: 4, refined: 2, skipped: 1, failures: [{ image: "photos/bad.png" }] });
    expect(statSync(folder.file("some/a.labels.png")).mtimeMs).toBe(made);
    const strict = await refine(...words.slice(0, -1), "strict", "--strict");
    expect({ status: strict.status, stdout: strict.stdout }).toEqual({ status: 2, stdout: "" });
    expect(strict.stderr).toMatch(/^crf-rnn: photos\/bad\.png at byte \d+: [^\n]*\n$/);
    expect(["a", "b", "bad", "c"].filter((name) => existsSync(folder.file(`strict/${name}.png`)))).toEqual(["a", "b"]);
    rmSync(folder.file("photos/bad.png"));
  });

  test("counts a picture whose logits are missing or do not fit", async () => {
    rmSync(folder.file("some"), { recursive: true, force: true });
    folder.write("photos/d.png", bytes("photos/a.png"));
    const { status, stdout } = await refine(
      "photos/[ad].png",
      "photos/c.png",
      "--logits",
      "logits/{name}.npy",
      "--out",
      "some",
      "--json",
    );
    expect(status).toBe(1);
    const { failures } = lines(stdout).at(-1) as { failures: { image: string; problem: string }[] };
    expect(failures).toMatchObject([
      { image: "photos/d.png", problem: expect.stringMatching(/logits\/d\.npy: expected a readable file/) as string },
    ]);
    const dry = await refine(
      "photos/[ad].png",
      "--logits",
      "logits/{name}.npy",
      "--out",
      "some",
      "--resume",
      "--dry-run",
    );
    expect(dry.stdout).toBe(
      "2 pictures, 2 in this part, 1 of them done; 1 files are missing, the first logits/d.npy; nothing was written\n",
    );
    rmSync(folder.file("photos/d.png"));
  });

  test("takes lists, and annotations beside the pictures, which are none themselves", async () => {
    mkdirSync(folder.file("beside"));
    for (const name of ["a", "c"]) {
      folder.write(`beside/${name}.png`, bytes(`photos/${name}.png`));
      folder.write(`beside/${name}.rough.png`, bytes(`rough/${name}.png`));
    }
    folder.write("list.txt", "beside/c.png\n\nbeside/a.png\n");
    const words = ["--annotation", "beside/{name}.rough.png", "--out", "from"];
    expect(lines((await refine("beside", ...words, "--json")).stdout).map(({ image }) => image)).toEqual([
      "beside/a.png",
      "beside/c.png",
      undefined,
    ]);
    expect(lines((await refine("list.txt", ...words, "--json")).stdout)[0]).toMatchObject({ image: "beside/c.png" });
  });
});

describe("crf-rnn refine refuses on many pictures", () => {
  const refuses = (words: readonly string[], sentence: RegExp): Promise<void> =>
    folder.refusesInProcess(["refine", ...words, ...device], sentence);

  test("one file for all, what is none, and outputs that are read or are one", async () => {
    const logits = ["--logits", "logits"];
    await refuses(
      ["photos", ...logits, "--out", "all.png"],
      /--out: expected a folder, or a name with \{name\} in it, .* — write \{name\}\.png/,
    );
    await refuses(["photos", "--logits", "logits/a.npy", "--out", "o"], /--logits: .* — write logits\/\{name\}\.npy/);
    await refuses(["photos", "--out", "o"], /expected one of --logits and --annotation, got neither/);
    await refuses(
      ["photos", ...logits],
      /expected --out, --out-logits, --out-overlay, --out-confidence or --out-entropy, got none of them/,
    );
    await refuses(
      ["photos/*.gif", ...logits, "--out", "o"],
      /photos\/\*\.gif: expected an image or a folder, got nothing there/,
    );
    await refuses(
      ["photos", ...logits, "--out", "photos"],
      /a name of its own for what --out writes, got that of photos\/a\.png, which is read/,
    );
    await refuses(
      ["photos", ...logits, "--out", "o", "--out-overlay", "o"],
      /for what --out-overlay writes, got that of photos\/a\.png — rename/,
    );
    await refuses(
      ["photos/a.png", "--logits", "logits/a.npy", "--out", "o.png", "--resume"],
      /--resume: expected several pictures, got one/,
    );
    await refuses(
      ["photos/a.png", "--logits", "logits/a.npy", "--out", "o.png", "--shard", "1/2"],
      /--shard: expected several pictures/,
    );
    await refuses(
      ["photos", ...logits, "--out", "o", "--labels", "0"],
      /--labels: expected two to 255 different whole numbers/,
    );
  });
});

test("a lattice of positions is built once for pictures of one size", async () => {
  using wasm = await openWasm();
  const flags = {
    logits: folder.file("logits"),
    out: folder.file("unused"),
    iterations: 1,
    thetaAlpha: 160,
    thetaBeta: 3,
    thetaGamma: 3,
    temperature: 1,
    spatialWeight: 3,
    bilateralWeight: 5,
    compatibility: "potts",
    normalize: "after",
    mean: [0, 0, 0],
    order: "rgb",
    layout: "hwc",
    input: "logits",
    confidence: 0.7,
  } as unknown as RefineFlags;
  const { jobs } = listJobs([folder.file("photos")], flags);
  const refiner = new Refiner(wasm, flags);
  const built: number[] = [];
  for (const job of jobs) {
    let count = 0;
    using _observation = wasm.observe({
      before: ({ kernel }) => void (count += Number(/^(embed|packedEmbed|planeEmbed)$/.test(kernel.id))),
    });
    await refiner.refine(await readGiven(job, flags), () => {});
    built.push(count);
  }
  expect(built).toEqual([2, 1, 2]);
});
