import { cpSync, readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memorySink, writeSafetensors, type StoredTensor } from "../../src/checkpoint/checkpoint.ts";
import { decodeLabelPng } from "../../src/data/png.ts";
import type { Folder } from "./command.ts";
import { shapesFolder, trainWords } from "./training.ts";

let folder: Folder;
beforeAll(async () => {
  folder = shapesFolder();
  await folder.runInProcess(trainWords("fcn", "--steps", "3", "--optimizer", "adam", "--rate", "1e-2"));
  const crf = ["--stage", "crf-rnn", "--steps", "2", "--init", "fcn/checkpoint.safetensors", "--theta-beta", "30"];
  await folder.runInProcess(trainWords("crf", ...crf, "--optimizer", "adam", "--iterations", "2"));
  await writeLogits();
});
afterAll(() => folder[Symbol.dispose]());

const manifest = () =>
  JSON.parse(readFileSync(folder.file("shapes/manifest.json"), "utf8")) as {
    items: { id: string; mask: string; split: string }[];
  };

/** Logits [4, 6, 6] that say for each cell of 4 × 4 pixels what its middle is, as half floats and as float32 by turns. */
async function writeLogits(): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const [i, { id, mask }] of manifest().items.entries()) {
    const { labels } = decodeLabelPng(readFileSync(folder.file(`shapes/${mask}`)), mask);
    const certain = (cell: number, label: number): boolean =>
      labels[(Math.floor(cell / 6) * 4 + 2) * 24 + (cell % 6) * 4 + 2] === label;
    const values = Array.from({ length: 144 }, (_, k) => (certain(k % 36, Math.floor(k / 36)) ? 4 : 0));
    // 4 as a half float is 0x4400.
    const half = Uint16Array.from(values, (value) => (value === 4 ? 0x4400 : 0));
    const read = async () => (i % 2 === 0 ? half : Float32Array.from(values));
    tensors.set(id, { shape: [4, 6, 6], type: i % 2 === 0 ? "float16" : "float32", read });
  }
  const sink = memorySink();
  await writeSafetensors({ tensors, metadata: {} }, sink);
  folder.write("logits.safetensors", sink.bytes());
}

const device = "--device wasm --threads 1".split(" ");
const evaluate = (...words: readonly string[]) => {
  const { status, stdout, stderr } = folder.run([
    "evaluate",
    "--data",
    "shapes",
    ...device,
    "--json",
    "--quiet",
    ...words,
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as {
    meanIU: number;
    pixelAccuracy: number;
    bandAccuracy: number;
    images: number;
    notes: { note: string }[];
    crf: string;
    iterations?: number;
  };
};
const fcn = ["--checkpoint", "fcn/checkpoint.safetensors"];
const crf = ["--checkpoint", "crf/checkpoint.safetensors"];

describe("crf-rnn evaluate", () => {
  test("scores what training's validation scored", () => {
    const metrics = readFileSync(folder.file("fcn/metrics.jsonl"), "utf8").trimEnd().split("\n");
    const { network } = JSON.parse(metrics.at(-1)!) as { network: { meanIU: number; pixelAccuracy: number } };
    const scores = evaluate(...fcn);
    expect(scores).toMatchObject({ crf: "none", images: 2 });
    expect(scores.meanIU).toBe(network.meanIU);
    expect(scores.pixelAccuracy).toBe(network.pixelAccuracy);
  });

  test("the trained CRF by default, at training's T and at another; a disconnected one; none", () => {
    const metrics = readFileSync(folder.file("crf/metrics.jsonl"), "utf8").trimEnd().split("\n");
    const last = JSON.parse(metrics.at(-1)!) as { network: { meanIU: number }; crf: { meanIU: number } };
    expect(evaluate(...crf, "--iterations", "2")).toMatchObject({
      crf: "trained",
      iterations: 2,
      meanIU: last.crf.meanIU,
    });
    expect(evaluate(...crf)).toMatchObject({ crf: "trained", iterations: 10 });
    expect(evaluate(...crf, "--crf", "none").meanIU).toBe(last.network.meanIU);
    expect(evaluate(...fcn, "--crf", "disconnected", "--theta-beta", "30", "--images", "1")).toMatchObject({
      crf: "disconnected",
      images: 1,
    });
  });

  test("an untied CRF at as many iterations as it has, at fewer, and not at more; segment likewise", async () => {
    const untied = ["--stage", "crf-rnn", "--steps", "1", "--init", "fcn/checkpoint.safetensors", "--untied"];
    folder.run(trainWords("untied", ...untied, "--iterations", "3"));
    const own = ["--checkpoint", "untied/checkpoint.safetensors"];
    expect(evaluate(...own)).toMatchObject({ crf: "trained", iterations: 3, images: 2 });
    expect(evaluate(...own, "--iterations", "1")).toMatchObject({ crf: "trained", iterations: 1, images: 2 });
    const tooMany = /--iterations: expected at most 3, for each of which the untied CRF .* got 4 — leave the flag out/;
    await folder.refusesInProcess(["evaluate", "--data", "shapes", ...own, ...device, "--iterations", "4"], tooMany);
    const segment = ["segment", "shapes/images/shapes-0003.png", ...own, ...device, "--out", "maps", "--quiet"];
    expect(folder.run(segment)).toMatchObject({ status: 0, stderr: "" });
  });

  test("in half precision: nearly the same scores, of a model that no flag trains", async () => {
    const [single, half] = [[], ["--precision", "half"]].map((words) => evaluate(...fcn, ...words));
    expect(Math.abs(half!.meanIU - single!.meanIU)).toBeLessThan(0.001);
    await folder.refusesInProcess(["evaluate", "--data", "shapes", ...fcn, "--precision", "double"], /single, half/);
    await folder.refusesInProcess(trainWords("half", "--precision", "half"), /unknown option '--precision'/);
  });

  test("photographs as their EXIF orientation shows them, with a note; training says so, too", async () => {
    cpSync(folder.file("shapes"), folder.file("turned"), { recursive: true });
    for (const { id } of manifest().items) {
      const file = folder.file(`turned/images/${id}.png`);
      writeFileSync(
        file,
        await sharp(readFileSync(file)).rotate(-90).withMetadata({ orientation: 6 }).png().toBuffer(),
      );
    }
    const { notes, ...turned } = evaluate(...fcn, "--data", "turned");
    expect(notes.filter(({ note }) => note.includes("EXIF"))).toHaveLength(2);
    const { meanIU, pixelAccuracy, bandAccuracy } = evaluate(...fcn);
    expect(turned).toMatchObject({ meanIU, pixelAccuracy, bandAccuracy });
    const words = trainWords("turned-run", "--steps", "1", "--data", "turned").toSpliced(1, 2);
    expect((await folder.runInProcess(words)).stderr).toMatch(
      /^note: 8 images, the first .*turned as its EXIF orientation, 6, says$/m,
    );
  });

  test("a named split, and a table", async () => {
    const { status, stdout } = await folder.runInProcess(["evaluate", "--data", "shapes@train", ...fcn, ...device]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/network alone: 6 images\nclass +IU +accuracy +boundary F\nground .*\ndisk .*\n/);
    expect(stdout).toMatch(
      /mean IU +0\.\d{4}\npixel accuracy .*\nmean accuracy .*\nwithin 7 px of a boundary +0\.\d{4}/,
    );
  });

  test("in parts, which are put together to what the whole has", async () => {
    const common = ["evaluate", "--data", "shapes@train", ...fcn, ...device, "--json", "--quiet"];
    const part = async (...words: string[]) => (await folder.runInProcess([...common, ...words])).stdout;
    const whole = await part();
    const parts = [await part("--shard", "1/2"), await part("--shard", "2/2")];
    parts.forEach((text, i) => folder.write(`part${i + 1}.json`, text));
    const merged = await folder.runInProcess(["evaluate", "--merge", "part2.json", "part1.json", "--json"]);
    expect(merged).toMatchObject({ status: 0, stderr: "" });
    const { seconds: _, ...facts } = JSON.parse(merged.stdout) as { seconds: number; images: number };
    const { seconds: __, ...expected } = JSON.parse(whole) as { seconds: number };
    expect(facts).toEqual(expected);
    expect(facts.images).toBe(6);
    const { confusion } = facts as unknown as { confusion: number[] };
    expect(confusion.reduce((sum, count) => sum + count, 0)).toBe(6 * 24 * 24);
    const images = parts.map((text) => (JSON.parse(text) as { images: number }).images);
    expect(images).toEqual([3, 3]);
    expect((JSON.parse(await part("--shard", "7/7")) as { images: number }).images).toBe(0);
    expect((await folder.runInProcess(["evaluate", "--merge", "part1.json", "part2.json"])).stdout).toMatch(
      /network alone: 6 images\n/,
    );

    const refused = (words: readonly string[], sentence: RegExp) =>
      folder.refusesInProcess(["evaluate", ...words], sentence);
    await refused(["--merge", "part1.json"], /part1\.json: expected each of the 2 parts once, got none of part 2 —/);
    await refused(["--merge", "part1.json", "part1.json"], /expected each of the 2 parts once, got part 1 again/);
    folder.write("other.json", parts[1]!.replace('"crf":"none"', '"crf":"disconnected"'));
    await refused(["--merge", "part1.json", "other.json"], /other\.json: .* with crf none, got disconnected/);
    folder.write("short.json", parts[1]!.replace('"confusion":[', '"confusion":[0,'));
    await refused(["--merge", "part1.json", "short.json"], /short\.json at byte \d+: expected .*: 16 counts, got 17/);
    await refused(["--merge", "part1.json", "--data", "shapes"], /--data: expected no --merge beside it/);
    await refused(["--data", "shapes"], /--checkpoint: expected what to score, got nothing — add --checkpoint/);
  });

  test("goes on past damaged files, says what is in no score, and scores all once they are mended", async () => {
    cpSync(folder.file("shapes"), folder.file("damaged"), { recursive: true });
    const [image, mask] = ["damaged/images/shapes-0001.png", "damaged/masks/shapes-0002.png"];
    const [wholeImage, wholeMask] = [image, mask].map((name) => readFileSync(folder.file(name)));
    folder.write(image, wholeImage!.subarray(0, 60));
    folder.write(mask, Uint8Array.of(1, 2, 3));
    const words = ["evaluate", "--data", "damaged@train", ...fcn, ...device, "--json", "--quiet"];
    type Facts = Record<string, unknown> & { failures: object[]; pictures: { id: string }[]; confusion: number[] };
    const part = async (...more: readonly string[]) => {
      const { status, stdout, stderr } = await folder.runInProcess([...words, ...more]);
      return { status, stderr, stdout, facts: JSON.parse(stdout) as Facts };
    };
    const lost = [
      { id: "shapes-0001", place: 1, problem: expect.stringContaining("shapes-0001.png at byte") as string },
      { id: "shapes-0002", place: 2, problem: expect.stringContaining("masks/shapes-0002.png") as string },
    ];
    const whole = await part("--report", "damaged.html");
    expect(whole.status).toBe(1);
    expect(whole.stderr).toMatch(/^(crf-rnn: passed over: .*shapes-000[12]\.png.*\n){2}$/);
    expect(whole.facts).toMatchObject({ images: 4, failures: lost });
    expect(whole.facts.confusion.reduce((sum, count) => sum + count, 0)).toBe(4 * 24 * 24);
    expect(readFileSync(folder.file("damaged.html"), "utf8")).toContain("shapes-0001, shapes-0002");

    // Parts carry what they lack, and the pictures come in the order of the set all the same.
    const parts = [await part("--shard", "1/2"), await part("--shard", "2/2")];
    expect(parts.map(({ status, facts }) => [status, facts.failures])).toMatchObject([
      [1, [{ id: "shapes-0002", place: 1 }]],
      [1, [{ id: "shapes-0001", place: 0 }]],
    ]);
    parts.forEach(({ stdout }, i) => folder.write(`lost${i + 1}.json`, stdout));
    const merge = "evaluate --merge lost2.json lost1.json".split(" ");
    const merged = await folder.runInProcess([...merge, "--json"]);
    expect(merged.status).toBe(1);
    const { seconds: _, ...facts } = JSON.parse(merged.stdout) as Facts;
    const { seconds: __, ...expected } = whole.facts;
    expect(facts).toEqual(expected);
    expect((await folder.runInProcess(merge)).stdout).toMatch(
      /: 4 images, 2 passed over\n[^]*\nin no score: shapes-0001, shapes-0002\n/,
    );
    folder.write("wrong.json", parts[1]!.stdout.replace('"place":0', '"place":7'));
    await folder.refusesInProcess(
      ["evaluate", "--merge", "lost1.json", "wrong.json"],
      /wrong\.json.*: places of their own among 3 images, got 7/,
    );

    const strict = await folder.runInProcess([...words, "--strict"]);
    expect(strict).toMatchObject({ status: 2, stdout: "" });
    expect(strict.stderr).toMatch(/^crf-rnn: [^\n]*shapes-0001\.png at byte [^\n]*\n$/);

    folder.write(image, wholeImage!);
    folder.write(mask, wholeMask!);
    const again = await part();
    expect(again).toMatchObject({ status: 0, stderr: "", facts: { images: 6, failures: [] } });
    expect(again.facts.confusion).toEqual((evaluate(...fcn, "--data", "shapes@train") as unknown as Facts).confusion);
  });

  test("draws a page with the worst images, and writes a table of all, of parts that were put together as well", async () => {
    const outputs = ["--report", "page.html", "--pictures", "pictures.csv"];
    const found = evaluate(...crf, "--iterations", "2", ...outputs) as unknown as {
      pictures: { pixelAccuracy: number }[];
    };
    const page = readFileSync(folder.file("page.html"), "utf8");
    expect(page.match(/<img /g)).toHaveLength(10); // photograph, truth, network, CRF and errors of two
    const shares = found.pictures.map(({ pixelAccuracy }) => pixelAccuracy);
    const shown = [...page.matchAll(/· ([\d.]+) % right/g)].map(([, share]) => share);
    expect(shown).toEqual(shares.sort((a, b) => a - b).map((share) => (100 * share).toFixed(1)));
    expect(page).toContain("trained CRF on shapes");
    const rows = readFileSync(folder.file("pictures.csv"), "utf8").trimEnd().split("\n");
    expect(rows).toHaveLength(3);
    folder.write("all.json", JSON.stringify(found));
    const merged = await folder.runInProcess(
      "evaluate --merge all.json --report merged.html --pictures merged.csv --quiet".split(" "),
    );
    expect(merged).toMatchObject({ status: 0, stderr: "" });
    expect(readFileSync(folder.file("merged.csv"), "utf8").trimEnd().split("\n")).toEqual(rows);
    expect(readFileSync(folder.file("merged.html"), "utf8")).not.toContain("<img");
  });

  test("refuses other classes, a CRF that is not there, and files that are none", async () => {
    const words = ["evaluate", "--data", "shapes", ...device];
    await folder.refusesInProcess(
      [...words, ...fcn, "--crf", "trained"],
      /expected a trained CRF: .* got a network alone — train one by/,
    );
    await folder.refusesInProcess(
      [...words, "--checkpoint", "logits.safetensors"],
      /expected a network, with score_fr, or a CRF/,
    );
    await folder.refusesInProcess(
      [...words, ...fcn, "--logits", "logits.safetensors"],
      /--logits: expected a checkpoint of a CRF alone/,
    );
    await folder.refusesInProcess(
      ["evaluate", "--data", "shapes@test", ...fcn, ...device],
      /expected one of the splits train, val, got 'test'/,
    );
  });
});

describe("the CRF alone, over given logits", () => {
  test("learns, and is evaluated", async () => {
    const learn = ["--learn", "weights,compatibility,bandwidths", "--theta-beta", "30", "--theta-alpha", "10"];
    const words = ["--stage", "crf-rnn", "--logits", "logits.safetensors", "--steps", "12", ...learn];
    expect(
      await folder.runInProcess(trainWords("alone", ...words, "--optimizer", "adam", "--rate", "0.05", "--quiet")),
    ).toMatchObject({
      status: 0,
      stderr: "",
    });
    const losses = readFileSync(folder.file("alone/metrics.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string; loss: number })
      .filter(({ event }) => event === "step")
      .map(({ loss }) => loss);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(losses.slice(6))).toBeLessThan(mean(losses.slice(0, 6))); // each half is one epoch
    const alone = ["--checkpoint", "alone/checkpoint.safetensors", "--logits", "logits.safetensors"];
    expect(evaluate(...alone)).toMatchObject({ crf: "trained", images: 2 });
    // A cell's middle says what three quarters of its pixels are, and more.
    for (const which of ["none", "trained"]) {
      expect(evaluate(...alone, "--crf", which).pixelAccuracy, which).toBeGreaterThan(0.75);
    }
    // What it learned is put on any network by params.json, matrices and bandwidths included.
    const [own, other] = [[], ["--params", "alone/params.json"]].map(
      (more) => evaluate(...alone, "--iterations", "5", ...more) as unknown as Record<string, unknown>,
    );
    expect([own!.crf, other!.crf]).toEqual(["trained", "disconnected"]);
    for (const name of ["confusion", "calibrationError"]) expect(other![name], name).toEqual(own![name]);
    expect(readFileSync(folder.file("alone/report.html"), "utf8")).toMatch(/W_s.*W_b.*Bandwidths: θα/s);
  });

  test("goes on past logits that are missing, of other classes or no numbers; training does not", async () => {
    const tensors = new Map<string, StoredTensor>();
    const ids = manifest().items.map(({ id }) => id);
    for (const [i, id] of ids.slice(0, -1).entries()) {
      const classes = i === 1 ? 3 : 4;
      const data = Float32Array.from({ length: classes * 36 }, (_, k) => (i === 0 && k === 7 ? NaN : Math.sin(k)));
      tensors.set(id, { shape: [classes, 6, 6], type: "float32", read: async () => data });
    }
    const sink = memorySink();
    await writeSafetensors({ tensors, metadata: {} }, sink);
    folder.write("some.safetensors", sink.bytes());
    const words = ["evaluate", "--data", "shapes@train,val", "--checkpoint", "alone/checkpoint.safetensors"];
    const { status, stdout } = await folder.runInProcess([
      ...words,
      "--logits",
      "some.safetensors",
      ...device,
      "--json",
      "--quiet",
    ]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      images: ids.length - 3,
      failures: [
        { id: ids[0], problem: expect.stringMatching(/finite .*NaN at \[0, 1, 1\] for image /) as string },
        { id: ids[1], problem: expect.stringMatching(/for image shapes-0001, got \[3, 6, 6\]/) as string },
        { id: ids.at(-1), problem: expect.stringMatching(/, got none/) as string },
      ],
    });
    await folder.refusesInProcess(
      trainWords("refused", "--stage", "crf-rnn", "--steps", "1", "--logits", "some.safetensors"),
      /expected logits \[4, height, width\] for image shapes-0001, got \[3, 6, 6\]/,
    );
  });

  test("refuses logits of other images or classes, and a CRF to segment by", async () => {
    const [first] = manifest().items;
    folder.write("one.safetensors", new Uint8Array());
    const words = trainWords("refused", "--stage", "crf-rnn", "--steps", "1");
    await folder.refusesInProcess([...words, "--logits", "one.safetensors"], /one\.safetensors/);
    await folder.refusesInProcess(
      [...words, "--logits", "fcn/checkpoint.safetensors"],
      new RegExp(`expected logits \\[4, height, width\\] for image ${first!.id}, got none`),
    );
    const segment = [
      "segment",
      "shapes/images",
      "--checkpoint",
      "alone/checkpoint.safetensors",
      "--out",
      "masks",
      ...device,
    ];
    await folder.refusesInProcess(segment, /--checkpoint: expected a network, got a CRF alone — crf-rnn refine/);
  });
});
