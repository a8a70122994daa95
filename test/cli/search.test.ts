import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memorySink, type StoredTensor, writeSafetensors } from "../../src/checkpoint/checkpoint.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { drawShapes, shapeClasses } from "../../src/train/shapes.ts";
import { random } from "../suite.ts";
import { crfRnnInProcess, type Folder } from "./command.ts";
import { shapesFolder, trainWords } from "./training.ts";

const size = 24;
const classes = shapeClasses.length;

let folder: Folder;
beforeAll(async () => {
  folder = shapesFolder();
  const tensors = new Map<string, StoredTensor>();
  mkdirSync(folder.file("logits"));
  for (let index = 0; index < 8; index++) {
    const id = `shapes-${String(index).padStart(4, "0")}`;
    const values = noisy(index);
    tensors.set(id, { shape: [classes, size, size], type: "float32", read: async () => values });
    folder.write(`logits/${id}.npy`, encodeNpy({ shape: [classes, size, size], data: values }));
  }
  const sink = memorySink();
  await writeSafetensors({ tensors, metadata: {} }, sink);
  folder.write("logits.safetensors", sink.bytes());
});
afterAll(() => folder[Symbol.dispose]());

/** Logits `[classes, h, w]` that know the truth, but for noise at every pixel, which a CRF can take away. */
function noisy(index: number): Float32Array<ArrayBuffer> {
  const values = Float32Array.from(random(50 + index).array(size * size * classes, -1.5, 1.5));
  drawShapes(3, index, size).labels.forEach((label, pixel) => (values[label * size * size + pixel]! += 1));
  return values;
}

const device = "--device wasm --threads 1".split(" ");
const quick = "--trials 2 --folds 2 --gradient-steps 1 --shifts 1 --range iterations=1,normalization=after".split(" ");
const words = (...more: readonly string[]): string[] => [
  "search",
  "--data",
  "shapes@train",
  "--images",
  "4",
  ...quick,
  ...device,
  ...more,
];
const logits = ["--logits", "logits.safetensors"];

const run = async (all: readonly string[]) => {
  const { status, stdout, stderr } = await crfRnnInProcess([...all, "--quiet", "--json"], folder.path);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as Record<string, any>;
};

const text = (name: string): string => readFileSync(folder.file(name), "utf8");
const trialsIn = (name: string): number => text(name).trimEnd().split("\n").length;

describe("crf-rnn search", () => {
  let found: Record<string, any>;

  test("writes parameters, trials and a landscape, and says what a CRF gains", async () => {
    found = await run(words(...logits, "--out", "params.json"));
    expect(found).toMatchObject({ command: "search", metric: "meanIU", pictures: 4, helps: true });
    expect(found.folds).toHaveLength(2);
    expect(found.gain.low).toBeGreaterThan(0);
    expect(JSON.parse(text("params.json"))).toMatchObject({
      bilateral: { position: found.parameters.thetaAlpha, weight: found.parameters.bilateralWeight },
      temperature: found.parameters.temperature,
      iterations: 1,
      found: { helps: true },
    });
    expect(text("params.html")).toContain(found.verdict);
    expect(text("params.html")).toContain("θα and θβ");
    // A phone scrolls each table, not the page.
    const tables = text("params.html").match(/<table/g);
    expect(text("params.html").match(/<div class="wide[^"]*">\s*<table/g)).toHaveLength(tables!.length);
    expect(JSON.parse(text("params.trials.jsonl").split("\n")[0]!)).toMatchObject({
      event: "search",
      facts: { metric: "meanIU", classes: String(classes), pictures: "4" },
    });
  });

  test("goes on from what it has, even from half a line, to the same result; another search is refused", async () => {
    const before = trialsIn("params.trials.jsonl");
    await folder.refusesInProcess(
      words(...logits, "--out", "params.json"),
      /^crf-rnn: --out: expected a name beside which no search has left trials, got params\.trials\.jsonl — add --resume/,
    );
    const lines = text("params.trials.jsonl").trimEnd().split("\n");
    folder.write(
      "params.trials.jsonl",
      lines
        .slice(0, 4)
        .map((line) => `${line}\n`)
        .join(""),
    );
    appendFileSync(folder.file("params.trials.jsonl"), lines[4]!.slice(0, 40));
    const again = await run(words(...logits, "--out", "params.json", "--resume"));
    expect(again).toMatchObject({ parameters: found.parameters, gain: found.gain });
    expect(trialsIn("params.trials.jsonl")).toBe(before);
    await folder.refusesInProcess(
      words(...logits, "--out", "params.json", "--resume", "--seed", "5"),
      /^crf-rnn: params\.trials\.jsonl: expected trials of this search, got another: seed: 1 there, 5 here — /,
    );
  });

  test("in parts, put together, finds the same", async () => {
    for (const part of ["1/2", "2/2"]) {
      const done = await run(words(...logits, "--out", "parts.json", "--shard", part));
      expect(done.trials).toBe(`parts.${part.replace("/", "-of-")}.trials.jsonl`);
    }
    const files = ["parts.1-of-2.trials.jsonl", "parts.2-of-2.trials.jsonl"];
    const merged = await run(words(...logits, "--out", "parts.json", "--merge", ...files));
    expect(merged).toMatchObject({ parameters: found.parameters, gain: found.gain });
  });

  test("says what it would cost, and writes nothing", async () => {
    const before = folder.names();
    const { status, stdout } = await crfRnnInProcess(words(...logits, "--out", "dry.json", "--dry-run"), folder.path);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^4 trials on 4 pictures: \d+ inferences at least, .* \d+ at most\n0\.\d\d s each on .*: \d+ s to \d+ s\nNothing was searched or written\.\n$/,
    );
    expect(folder.names()).toEqual(before);
  });

  test("reads logits by names, of any layout", async () => {
    const named = await run(words("--logits", "logits/{name}.npy", "--layout", "chw", "--out", "named.json"));
    expect(named).toMatchObject({ parameters: found.parameters, gain: found.gain });
  });

  test("goes on past damaged files, and with them once they are mended, to what it finds with all", async () => {
    const [image, array] = ["shapes/images/shapes-0004.png", "logits/shapes-0001.npy"];
    const [wholeImage, wholeArray] = [image, array].map((name) => readFileSync(folder.file(name)));
    const named = words("--logits", "logits/{name}.npy", "--layout", "chw", "--out", "some.json");
    const all = words(...logits, "--out", "mended.json");
    const lossy = async (asked: readonly string[]) => {
      const { status, stdout, stderr } = await crfRnnInProcess([...asked, "--quiet", "--json"], folder.path);
      expect(status).toBe(1);
      return { stderr, facts: JSON.parse(stdout) as Record<string, any> };
    };
    folder.write(image, wholeImage!.subarray(0, 60));
    try {
      const first = await lossy(all);
      expect(first.stderr).toMatch(/^crf-rnn: passed over: .*shapes-0004\.png at byte \d+: [^\n]*\n$/);
      expect(first.facts).toMatchObject({ pictures: 3, failures: [{ id: "shapes-0004" }] });
      const again = await lossy([...all, "--resume"]);
      expect(again.facts.gain).toEqual(first.facts.gain);
      folder.write(array, wholeArray!.subarray(0, 100));
      const both = await lossy(named);
      expect(both.facts).toMatchObject({ pictures: 2, failures: [{ id: "shapes-0001" }, { id: "shapes-0004" }] });
      await folder.refusesInProcess([...named, "--strict", "--resume"], /^crf-rnn: logits\/shapes-0001\.npy/);
    } finally {
      folder.write(image, wholeImage!);
      folder.write(array, wholeArray!);
    }
    const mended = await run([...all, "--resume"]);
    expect(mended).toMatchObject({ pictures: 4, parameters: found.parameters, gain: found.gain, failures: [] });
    await folder.refusesInProcess(
      [...named, "--resume"],
      /expected trials of this search, got another: digests\.logits/,
    );
  });

  test("takes a checkpoint's network, whose logits it keeps", async () => {
    await folder.runInProcess(trainWords("fcn", "--steps", "2", "--optimizer", "adam", "--rate", "1e-2"));
    const own = await run(words("--checkpoint", "fcn/checkpoint.safetensors", "--out", "own.json"));
    expect(own.pictures).toBe(4);
    expect(folder.names()).toContain("own.logits.safetensors");
    // What it says of no CRF is what evaluate says of the network alone, over the same pictures.
    const scored = await run([
      "evaluate",
      "--data",
      "shapes@train",
      "--images",
      "4",
      "--checkpoint",
      "fcn/checkpoint.safetensors",
      ...device,
    ]);
    expect(own.network).toBeCloseTo(scored.meanIU, 10);
    const disconnected = await run([
      ..."evaluate --data shapes@train --images 4 --checkpoint fcn/checkpoint.safetensors --params own.json".split(" "),
      ...device,
    ]);
    expect(disconnected).toMatchObject({ crf: "disconnected", iterations: 1 });
    expect(disconnected.meanIU).toBeCloseTo(own.chosen, 10);
  });

  test.each([
    [["--out", "x.json"], /^crf-rnn: search: expected one of --logits and --checkpoint, got neither/],
    [[...logits, "--out", "x.txt"], /^crf-rnn: --out: expected a file name that ends in \.json, got 'x\.txt'/],
    [
      [...logits, "--out", "x.json", "--range", "theta=3"],
      /^crf-rnn: --range: expected NAME=VALUE or NAME=LOW:HIGH, of theta-alpha/,
    ],
    [
      [...logits, "--out", "x.json", "--range", "theta-beta=9:3"],
      /^crf-rnn: --range: expected thetaBeta: a number, or two of which/,
    ],
    [
      [...logits, "--out", "x.json", "--merge", "params.json"],
      /^crf-rnn: params\.json: expected a trial in line 1, got \{/,
    ],
    [
      [...logits, "--out", "x.json", "--merge", "none.jsonl"],
      /^crf-rnn: none\.jsonl: expected the trials of a search, got no readable file/,
    ],
    [
      ["--checkpoint", "logits.safetensors", "--out", "x.json"],
      /^crf-rnn: logits\.safetensors: expected a network, with score_fr/,
    ],
  ])("refuses %j", async (more, sentence) => {
    await folder.refusesInProcess(words(...more), sentence);
  });
});

describe("--params", () => {
  const params = (more: object = {}): string =>
    JSON.stringify({
      format: "crf-rnn params 1",
      bilateral: { position: 9, color: 30, weight: 2 },
      spatial: { position: 2, weight: 1 },
      temperature: 2,
      iterations: 3,
      normalization: "symmetric",
      ...more,
    });
  const flags =
    "--theta-alpha 9 --theta-beta 30 --bilateral-weight 2 --theta-gamma 2 --spatial-weight 1 --iterations 3 --normalize symmetric --temperature 2".split(
      " ",
    );
  const picture = "shapes/images/shapes-0001.png";
  const refine = (out: string, ...more: readonly string[]): Promise<unknown> =>
    run([
      "refine",
      picture,
      "--logits",
      "logits/shapes-0001.npy",
      "--layout",
      "chw",
      "--out-logits",
      out,
      ...device,
      ...more,
    ]);
  const bytes = (name: string): Buffer => readFileSync(folder.file(name));

  test("is to refine what the same flags are, and flags that are given win", async () => {
    folder.write("own.params.json", params());
    await refine("flags.npy", ...flags);
    await refine("params.npy", "--params", "own.params.json");
    expect(bytes("params.npy").equals(bytes("flags.npy"))).toBe(true);
    await refine("other.npy", "--params", "own.params.json", "--temperature", "1");
    await refine("cold.npy", ...flags, "--temperature", "1");
    expect(bytes("other.npy").equals(bytes("cold.npy"))).toBe(true);
    expect(bytes("other.npy").equals(bytes("flags.npy"))).toBe(false);
  });

  test("has weights by class and a compatibility, as .npy files do; those of other classes, and a run to begin by them, are refused", async () => {
    const array = (name: string, shape: readonly number[], data: readonly number[]) =>
      folder.write(name, encodeNpy({ shape, data: Float32Array.from(data) }));
    const weights = [3, 2, 1, 4];
    const matrix = Array.from({ length: classes ** 2 }, (_, at) => (at % (classes + 1) === 0 ? -1 : 0.25 * (at % 2)));
    array("w.npy", [classes], weights);
    array("c.npy", [classes, classes], matrix);
    const rows = weights.map((_, row) => matrix.slice(row * classes, (row + 1) * classes));
    const by = JSON.parse(params()) as Record<string, any>;
    const written = { ...by, bilateral: { ...by.bilateral, weight: weights }, compatibility: rows };
    folder.write("matrices.json", JSON.stringify(written));
    await refine("arrays.npy", ...flags, "--bilateral-weight", "w.npy", "--compatibility", "c.npy");
    await refine("matrices.npy", "--params", "matrices.json");
    expect(bytes("matrices.npy").equals(bytes("arrays.npy"))).toBe(true);
    expect(bytes("matrices.npy").equals(bytes("flags.npy"))).toBe(false);
    folder.write("fewer.json", JSON.stringify({ ...written, compatibility: [[-1]] }));
    await folder.refusesInProcess(
      [
        ...["refine", picture, "--logits", "logits/shapes-0001.npy", "--layout", "chw", "--out", "no.png"],
        ...["--params", "fewer.json", ...device],
      ],
      /^crf-rnn: --params: expected a compatibility for 4 classes, got one for 1 — /,
    );
    await folder.refusesInProcess(
      trainWords("no", "--stage", "crf-rnn", "--steps", "1", "--params", "matrices.json"),
      /^crf-rnn: matrices\.json: expected weights of one number for all classes/,
    );
  });

  test("begins a CRF that train learns, whose temperature its checkpoints keep", async () => {
    folder.write("own.params.json", params());
    const crf = ["--stage", "crf-rnn", "--steps", "1", ...logits, "--optimizer", "adam"];
    for (const [out, more] of [
      ["by-params", ["--params", "own.params.json"]],
      ["by-flags", flags],
    ] as const) {
      expect((await folder.runInProcess(trainWords(out, ...crf, ...more))).status).toBe(0);
    }
    expect(bytes("by-params/checkpoint.safetensors").equals(bytes("by-flags/checkpoint.safetensors"))).toBe(true);
    const evaluated = await run([
      ..."evaluate --data shapes --checkpoint by-params/checkpoint.safetensors --iterations 3".split(" "),
      ...logits,
      ...device,
    ]);
    const metrics = text("by-params/metrics.jsonl")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(evaluated.meanIU).toBe(metrics.findLast(({ event }: any) => event === "validation").crf.meanIU);
  });

  test("notes where a CRF gained nothing for certain", async () => {
    const found = {
      metric: "meanIU",
      pictures: 4,
      folds: 2,
      network: 0.5,
      score: 0.5,
      gain: 0,
      interval: [0, 0],
      helps: false,
    };
    folder.write("useless.json", params({ found }));
    const { stderr } = await crfRnnInProcess(
      [
        "refine",
        picture,
        "--logits",
        "logits/shapes-0001.npy",
        "--layout",
        "chw",
        "--out",
        "x.png",
        ...device,
        "--params",
        "useless.json",
      ],
      folder.path,
    );
    expect(stderr).toBe(
      "note: useless.json: on the pictures that these parameters were found on, a CRF gained nothing for certain\n",
    );
    folder.remove("x.png");
  });

  test.each([
    [
      ["refine", picture, "--logits", "logits/shapes-0001.npy", "--out", "x.png", "--params", "none.json"],
      /^crf-rnn: none\.json: expected /,
    ],
    [
      ["refine", picture, "--logits", "logits/shapes-0001.npy", "--out", "x.png", "--params", "shapes/manifest.json"],
      /^crf-rnn: shapes\/manifest\.json: expected parameters of crf-rnn params 1, got other JSON/,
    ],
    [
      ["evaluate", "--data", "shapes", "--checkpoint", "x", "--crf", "trained", "--params", "own.params.json"],
      /^crf-rnn: --params: expected --crf disconnected, or none of the two, got --crf trained/,
    ],
    [trainWords("x", "--params", "own.params.json"), /^crf-rnn: --params: expected --stage crf-rnn, got fcn8s/],
  ])("is refused by %j", async (all, sentence) => {
    folder.write("own.params.json", params());
    await folder.refusesInProcess(all, sentence);
  });
});
