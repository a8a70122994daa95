import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesSource } from "../../src/checkpoint/checkpoint.ts";
import { encodeLabelPng, encodeRgbPng } from "../../src/data/png.ts";
import { freeFlags, settings } from "../../src/train/goingOn.ts";
import { openState } from "../../src/train/state.ts";
import { tensorBytes } from "../train/tensorBytes.ts";
import { crfRnn, type Folder } from "./command.ts";
import { readMetrics, shapesFolder, stop, trainWords } from "./training.ts";

let folder: Folder;
beforeAll(() => {
  folder = shapesFolder();
  const { status, stderr } = folder.run(trainWords("whole", ...schedule));
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
afterAll(() => folder[Symbol.dispose]());

/** Four epochs and more, of three steps each. */
const steps = 14;

/** Dropout, augmentation, order and accumulation: all that a resumed run has to draw again. */
const schedule = [
  ...`--steps ${steps} --batch 2 --save-every 5 --validate-every 7 --seed 4 --quiet`.split(" "),
  ..."--optimizer sgd --rate 1e-6 --momentum 0.9 --augment flip,scale=1.2,rotation=10,color=0.2".split(" "),
];

const bytesOf = (run: string, name = "checkpoint"): Buffer => readFileSync(folder.file(`${run}/${name}.safetensors`));
const withoutTimes = (run: string) => readMetrics(folder, run).map((metric) => ({ ...metric, seconds: undefined }));
const stepsIn = (run: string): number =>
  existsSync(folder.file(`${run}/metrics.jsonl`))
    ? readFileSync(folder.file(`${run}/metrics.jsonl`), "utf8").split("\n").length
    : 0;

describe("crf-rnn train", () => {
  test("writes checkpoint, metrics and report, and nothing else", () => {
    expect(readdirSync(folder.file("whole")).sort()).toEqual([
      "best.safetensors",
      "checkpoint.former.safetensors",
      "checkpoint.safetensors",
      "flags.json",
      "metrics.csv",
      "metrics.jsonl",
      "report.html",
      "samples.safetensors",
    ]);
    const metrics = readMetrics(folder, "whole");
    expect(metrics.filter(({ event }) => event === "step").map(({ step }) => step)).toEqual(
      Array.from({ length: steps }, (_, i) => i + 1),
    );
    expect(metrics.filter(({ event }) => event === "validation").map(({ step }) => step)).toEqual([7, steps]);
    const report = readFileSync(folder.file("whole/report.html"), "utf8");
    expect(report.match(/<img /g)).toHaveLength(8); // two pictures: photograph, truth, network, errors
    expect(report).toContain("fcn8s on shapes");
  });

  test("says in its help what may differ when a run goes on", async () => {
    const help = (await folder.runInProcess(["help", "train"])).stdout.replace(/\s+/g, " ");
    const [, may] = /Those that are given anew count\. (.*?) All other flags must be as before/.exec(help)!;
    for (const flag of [...Object.values(settings).map((each) => each.flag), ...freeFlags]) expect(may).toContain(flag);
  });

  test("keeps step, seed, configuration and the optimizer's memory in the checkpoint", async () => {
    const state = await openState(bytesSource(bytesOf("whole")));
    expect(state.step).toBe(steps);
    expect(state.configuration).toMatchObject({
      stage: "fcn8s",
      seed: 4,
      batch: 2,
      classes: ["ground", "disk", "triangle", "square"],
    });
    expect(state.parameters.get("conv1_1.weight")!.shape).toEqual([4, 3, 3, 3]);
    expect(state.optimizer.get("conv1_1.weight.velocity")!.shape).toEqual([4, 3, 3, 3]);
  });

  test("goes on without a flag repeated, from anywhere, and with those that are given anew", async () => {
    const early = schedule.map((word, i) => (schedule[i - 1] === "--steps" ? "8" : word));
    await folder.runInProcess(trainWords("forgetful", ...early));
    // From another folder, as the paths of the data are kept whole; with more steps, which a run without --resume would have had.
    const out = folder.file("forgetful");
    const { status, stderr } = crfRnn(["train", "--out", out, "--resume", "--steps", `${steps}`]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    // It was validated after eight steps as well, which its header tells.
    const [own, whole] = ["forgetful", "whole"].map((run) => Buffer.from(tensorBytes(bytesOf(run))));
    expect(own!.equals(whole!)).toBe(true);
    // The last command's steps are remembered, so that there is nothing left to do.
    expect(crfRnn(["train", "--out", out, "--resume"])).toMatchObject({ status: 0, stderr: "" });
    expect((await openState(bytesSource(bytesOf("forgetful")))).step).toBe(steps);
    await folder.refusesInProcess(
      ["train", "--out", "dataless"],
      /--data: expected images to train on, got none — name a folder/,
    );
  });

  test("tells by what a checkpoint was computed, goes on elsewhere with a note, and refuses to by --exact", async () => {
    const { made } = await openState(bytesSource(bytesOf("whole")));
    expect(made).toMatchObject({ host: `Node ${process.versions.node}`, device: "wasm plain" });
    cpSync(folder.file("whole"), folder.file("foreign"), { recursive: true });
    const foreign = `Node ${"0".repeat(process.versions.node.length)}`;
    const file = folder.file("foreign/checkpoint.safetensors");
    const text = readFileSync(file).toString("latin1");
    // On another build of WebAssembly, of a name as long.
    writeFileSync(file, text.replace(made!.host, foreign).replace("wasm plain", "wasm other"), "latin1");
    const words = ["train", "--out", "foreign", "--resume", "--steps", `${steps + 1}`, "--json"];
    await folder.refusesInProcess(
      [...words, "--exact"],
      new RegExp(
        `expected the build, host and device .*, got crf-rnn .* on ${foreign}, wasm other there, crf-rnn .*wasm plain here`,
      ),
    );
    const { status, stdout } = await folder.runInProcess(words);
    expect(status).toBe(0);
    const { notes } = JSON.parse(stdout) as { notes: string[] };
    expect(notes).toEqual([expect.stringMatching(/^bits may differ from an unbroken run's: .* wasm other there/)]);
  });

  test("killed at any moment, any number of times, ends in the same bits when resumed", async () => {
    const words = trainWords("killed", ...schedule, "--resume");
    const first = trainWords("killed", ...schedule);
    let kills = 0;
    for (let lines = 2; lines < steps + 2; lines += 4) {
      const begun = existsSync(folder.file("killed"));
      const { signal } = await stop(folder, begun ? words : first, "SIGKILL", () => stepsIn("killed") >= lines);
      if (signal === "SIGKILL") kills++;
      const { step } = await openState(bytesSource(bytesOf("killed")));
      expect(step % 5 === 0 || step === 7, `${step}`).toBe(true); // every five, and where the first validation is the best so far
    }
    expect(kills).toBeGreaterThan(2);
    for (const name of [
      "checkpoint.safetensors.12345.new",
      "checkpoint.former.safetensors.7.new",
      "lock.json.1.claim",
    ]) {
      writeFileSync(folder.file(`killed/.${name}.tmp`), "half a file");
    }
    expect(folder.run(words)).toMatchObject({ status: 0, stderr: "" });
    expect(bytesOf("killed").equals(bytesOf("whole"))).toBe(true);
    expect(bytesOf("killed", "best").equals(bytesOf("whole", "best"))).toBe(true);
    expect(withoutTimes("killed")).toEqual(withoutTimes("whole"));
    expect(readdirSync(folder.file("killed"))).toEqual(readdirSync(folder.file("whole")));
  });

  test("killed between a checkpoint and the best parameters in it, has both when resumed", async () => {
    const words = trainWords("between", ..."--steps 2 --validate-every 2 --save-every 2 --quiet".split(" "));
    await folder.runInProcess(words);
    folder.remove("between/best.safetensors");
    expect(await folder.runInProcess([...words, "--resume"])).toMatchObject({ status: 0, stderr: "" });
    expect(bytesOf("between", "best").equals(bytesOf("between"))).toBe(true);
  });

  test("is not failed by a report that cannot be drawn, which a note tells", async () => {
    const words = trainWords("undrawn", ..."--steps 2 --quiet".split(" "));
    await folder.runInProcess(words);
    folder.write("undrawn/samples.safetensors", "no predictions");
    const { status, stdout } = await folder.runInProcess([...words, "--resume", "--json"]);
    expect(status).toBe(0);
    const { notes } = JSON.parse(stdout) as { notes: string[] };
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/^the report could not be drawn: .*samples\.safetensors/);
  });

  test("ends by its patience with status 0, and wants images for it", async () => {
    // A rate of next to nothing changes no label, so that no validation is better than the first.
    const words = "--steps 9 --validate-every 1 --patience 2 --optimizer sgd --rate 1e-30 --json".split(" ");
    const { status, stdout } = await folder.runInProcess(trainWords("patient", ...words));
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ending: "patience", validation: { step: 3 }, best: { step: 1 } });
    await folder.refusesInProcess(
      trainWords("blind", ...words, "--val-images", "0"),
      /--patience: expected images to validate by, got --val-images 0 — name some by --val/,
    );
  });

  test("killed before its first checkpoint, resumes from the beginning", async () => {
    const { signal } = await stop(folder, trainWords("early", ...schedule), "SIGKILL", () =>
      existsSync(folder.file("early")),
    );
    expect(signal).toBe("SIGKILL");
    expect(folder.run(trainWords("early", ...schedule, "--resume"))).toMatchObject({ status: 0 });
    expect(bytesOf("early").equals(bytesOf("whole"))).toBe(true);
  });

  test("saves and ends with status 130 at Ctrl-C, and goes on from there", async () => {
    const ended = await stop(folder, trainWords("stopped", ...schedule), "SIGINT", () => stepsIn("stopped") >= 7);
    expect(ended).toMatchObject({ status: 130, signal: null, stderr: "" });
    const { step } = await openState(bytesSource(bytesOf("stopped")));
    expect(step).toBe(readMetrics(folder, "stopped").filter(({ event }) => event === "step").length);
    expect(step).toBeGreaterThan(5);
    expect(existsSync(folder.file("stopped/report.html"))).toBe(true);
    expect(await folder.runInProcess(trainWords("stopped", ...schedule, "--resume"))).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(bytesOf("stopped").equals(bytesOf("whole"))).toBe(true);
  });

  test("resumes a finished run without another step, and goes on with more of them", async () => {
    const before = bytesOf("stopped");
    expect(await folder.runInProcess(trainWords("stopped", ...schedule, "--resume"))).toMatchObject({ status: 0 });
    expect(bytesOf("stopped").equals(before)).toBe(true);
    const more = schedule.map((word, i) => (schedule[i - 1] === "--steps" ? `${steps + 2}` : word));
    expect(await folder.runInProcess(trainWords("stopped", ...more, "--resume"))).toMatchObject({ status: 0 });
    expect(readMetrics(folder, "stopped").at(-1)!.step).toBe(steps + 2);
  });

  test("the same seed gives the same bits, another seed others", async () => {
    await folder.runInProcess(trainWords("other", ...schedule, "--seed", "5"));
    expect(bytesOf("other").equals(bytesOf("whole"))).toBe(false);
  });

  test("--dry-run says what would be done and writes nothing", async () => {
    const { status, stdout } = await folder.runInProcess(trainWords("dry", "--epochs", "2", "--dry-run", "--json"));
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      command: "train",
      images: { train: 6, val: 2 },
      steps: 12,
      epochs: 2,
      optimizer: "adam",
      rate: 0.001,
      largest: { height: 24, width: 24 },
    });
    expect(existsSync(folder.file("dry"))).toBe(false);
  });

  test("stage after stage: 32s, 16s, 8s, and CRF-RNN, each from the one before", async () => {
    let init: string[] = [];
    for (const stage of ["fcn32s", "fcn16s", "fcn8s", "crf-rnn"]) {
      const words = ["--stage", stage, "--steps", "2", "--rate", "1e-9", "--json", ...init];
      const { status, stdout, stderr } = await folder.runInProcess(trainWords(stage, ...words));
      const { notes } = JSON.parse(stdout) as { notes: string[] };
      // What is not taken is said before the first step as well, and without one.
      expect({ status, stderr }).toEqual({ status: 0, stderr: notes.map((note) => `note: ${note}\n`).join("") });
      expect((await folder.runInProcess(trainWords(`${stage}-dry`, ...words, "--dry-run"))).stderr).toBe(stderr);
      if (stage === "fcn16s") expect(notes[0]).toContain("score_pool4.weight");
      if (stage === "crf-rnn") expect(notes[0]).toContain("spatialWeight");
      init = ["--init", `${stage}/checkpoint.safetensors`];
    }
    const [validation] = readMetrics(folder, "crf-rnn").filter((metric) => metric.event === "validation");
    expect(validation!.crf!.meanIU).toBeGreaterThan(0);
    expect(readFileSync(folder.file("crf-rnn/report.html"), "utf8")).toMatch(/W_s.*W_b.*compatibility/s);
  });
});

describe("crf-rnn train refuses", () => {
  const refuses = (words: readonly string[], sentence: RegExp): Promise<void> =>
    folder.refusesInProcess(trainWords("refused", "--steps", "2", ...words), sentence);

  test("a folder that holds a run, and one to resume that holds none", async () => {
    await folder.refusesInProcess(
      trainWords("whole", "--steps", "2"),
      /--out: expected a folder without a run, got whole, which holds one — add --resume/,
    );
    await refuses(["--resume"], /--resume: expected a run's folder, got refused, where nothing is/);
  });

  test("to resume with other options, and says which", async () => {
    const before = bytesOf("whole");
    await folder.refusesInProcess(
      trainWords("whole", ...schedule, "--rate", "2e-6", "--resume", "--seed", "9", "--loss", "mean"),
      /another: loss: sum there, mean here; seed: 4 there, 9 here — repeat the command/,
    );
    expect(bytesOf("whole").equals(before)).toBe(true);
  });

  test("a folder that another process trains in, but not one whose process is gone", async () => {
    const long = trainWords("held", "--steps", "100000", "--quiet");
    let refused = "";
    await stop(folder, long, "SIGKILL", () => {
      if (stepsIn("held") < 2) return false;
      refused = folder.run([...long, "--resume"]).stderr;
      return true;
    });
    expect(refused).toMatch(
      /^crf-rnn: --out: expected a folder that no other process trains in, got held, where process \d+ does — wait/,
    );
    expect(existsSync(folder.file("held/lock.json"))).toBe(true);
    expect(await folder.runInProcess(trainWords("held", "--steps", "1", "--resume"))).toMatchObject({ status: 0 });
    expect(existsSync(folder.file("held/lock.json"))).toBe(false);
  });

  test("to resume where both checkpoints are damaged, or the only one is", async () => {
    await folder.runInProcess(trainWords("cut", "--steps", "1"));
    for (const name of ["checkpoint.safetensors", "checkpoint.former.safetensors"]) {
      const file = folder.file(`cut/${name}`);
      truncateSync(file, statSync(file).size - 100);
    }
    const names = readdirSync(folder.file("cut"));
    const again = trainWords("cut", "--steps", "1", "--resume");
    await folder.refusesInProcess(
      again,
      /checkpoint\.safetensors at byte \d+: expected .* — checkpoint\.former\.safetensors is damaged, too; name another --out/,
    );
    expect(readdirSync(folder.file("cut"))).toEqual(names);
    folder.remove("cut/checkpoint.former.safetensors");
    await folder.refusesInProcess(again, /checkpoint\.safetensors at byte \d+: expected .* the file is truncated/);
  });

  test("a checkpoint to begin from of another class count or width, or with nothing that fits, or none", async () => {
    const init = ["--init", "whole/checkpoint.safetensors", "--device", "wasm"];
    await refuses([...init, "--widths", "4,8,4,4,4,4"], /conv2_1\.weight.*\[4, 4, 3, 3\].*\[8, 4, 3, 3\]/);
    await refuses(["--init", "nothing.pth"], /nothing\.pth: expected a readable file, got no such file/);
    folder.write("text.pth", "<html>not found</html>");
    await refuses(["--init", "text.pth"], /text\.pth at byte 0: expected safetensors/);
  });

  test("flags that exclude each other", async () => {
    await refuses(["--epochs", "2"], /--epochs: expected no --steps beside it/);
    await refuses(["--logits", "x.safetensors"], /--logits: expected --stage crf-rnn, got fcn8s/);
    await refuses(["--freeze", "conv1"], /--freeze: expected layers to leave as they are, got none/);
    await refuses(["--crf-only", "--stage", "crf-rnn"], /--crf-only: expected a network to leave as it is, got none/);
    await refuses(["--augment", "flip,zoom=2"], /--augment: expected flip, scale=1…8, .* 'zoom=2' is not/);
    await refuses(["--schedule", "step:0:1"], /--schedule: expected fixed, step:EVERY:FACTOR/);
    await refuses(["--widths", "4,4"], /--widths: expected six whole numbers/);
  });

  test("a loss that is not finite, with step, layer and advice; the last checkpoint stands", async () => {
    const words = trainWords(
      "wild",
      ..."--steps 9 --optimizer sgd --rate 1e12 --save-every 5 --val-images 0 --quiet".split(" "),
    );
    const { status, stderr } = folder.run(words);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^crf-rnn: step \d, image shapes-\d+: expected a finite loss, got (NaN|-?Infinity), which first appears in the (layer|parameter) \w+.* — lower --rate \(it is 1000000000000; a tenth/,
    );
    expect((await openState(bytesSource(bytesOf("wild")))).step).toBe(0);
  });
});

describe("crf-rnn train, gone wrong, goes on by what it advises", () => {
  const stepsOf = (run: string) => readMetrics(folder, run).filter(({ event }) => event === "step");

  test.each([
    [
      "a lower --rate",
      ["--rate", "1e-7"],
      /^went on from step 0 with rate 1e-7 instead of 1, the optimizer's memory begun anew;/,
    ],
    [
      "--clip",
      ["--rate", "1", "--clip", "1e-6"],
      /^went on from step 0 with clip 0\.000001 instead of none, the optimizer's/,
    ],
  ])("with --resume and %s after a run that diverged", async (_, remedy, note) => {
    const run = `diverged${remedy.length}`;
    const words = "--optimizer sgd --steps 6 --save-every 1 --val-images 0".split(" ");
    const diverged = await folder.runInProcess(trainWords(run, ...words, "--rate", "1", "--quiet"));
    expect(diverged.status).toBe(2);
    expect(diverged.stderr).toMatch(
      /lower --rate \(it is 1; .*, or add --clip; the last checkpoint, of step 0, stands, --resume/,
    );
    const { status, stdout, stderr } = await folder.runInProcess(
      trainWords(run, ...words, ...remedy, "--resume", "--json"),
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect((JSON.parse(stdout) as { notes: string[] }).notes[0]).toMatch(note);
    expect(stepsOf(run).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(readMetrics(folder, run)[0]).toMatchObject({ event: "change", step: 0 });
    expect(readFileSync(folder.file(`${run}/report.html`), "utf8")).toMatch(/Changed on the way.*After step 0: /s);
  });

  test("settings that were changed hold from their step on, also where later commands leave them out", async () => {
    const words = schedule.filter((word, i) => word !== "--rate" && schedule[i - 1] !== "--rate");
    const until = (steps: number) => words.map((word, i) => (words[i - 1] === "--steps" ? `${steps}` : word));
    await folder.runInProcess(trainWords("slower", ...until(5), "--rate", "1e-6"));
    await folder.runInProcess(
      trainWords("slower", ...until(10), "--rate", "1e-7", "--schedule", "step:8:0.1", "--resume"),
    );
    expect(await folder.runInProcess(trainWords("slower", ...until(12), "--resume"))).toMatchObject({
      status: 0,
      stderr: "",
    });
    const metrics = readMetrics(folder, "slower");
    expect(metrics.flatMap((metric) => (metric.event === "step" ? [metric.rate] : []))).toEqual([
      ...Array<number>(5).fill(1e-6),
      ...Array<number>(3).fill(1e-7),
      ...Array<number>(4).fill(1e-7 * 0.1),
    ]);
    expect(metrics.filter(({ event }) => event === "change")).toEqual([
      {
        event: "change",
        step: 5,
        settings: [
          { path: "optimizer.rate", there: "0.000001", here: "1e-7" },
          { path: "optimizer.schedule.kind", there: "fixed", here: "step" },
          { path: "optimizer.schedule.every", here: "8" },
          { path: "optimizer.schedule.factor", here: "0.1" },
        ],
      },
    ]);
    const { configuration } = await openState(bytesSource(bytesOf("slower")));
    expect(configuration.optimizer).toMatchObject({ rate: 1e-7, schedule: { kind: "step" } });
  });

  test("by other beginnings, where no step was taken; then there is nothing to resume", async () => {
    const bytes = bytesOf("whole");
    const start = 8 + Number(bytes.readBigUInt64LE());
    folder.write("nan.safetensors", Buffer.concat([bytes.subarray(0, start), Buffer.alloc(bytes.length - start, 255)]));
    const words = trainWords("unborn", ..."--steps 2 --quiet --init nan.safetensors".split(" "));
    await folder.refusesInProcess(
      words,
      /^crf-rnn: validation after step 0, image shapes-\d+: .* first appears in the parameter conv1_1\.weight — no step was taken, so it is what the run began from: check --init/,
    );
    await folder.refusesInProcess(
      [...words, "--resume"],
      /--resume: expected a run's folder, got unborn, where nothing is/,
    );
  });

  test("in the sentence of a run that diverged, where validation is the first to see it", async () => {
    const words = "--stage crf-rnn --rate 1e6 --optimizer sgd --steps 3 --validate-every 1 --quiet".split(" ");
    const { status, stderr } = await folder.runInProcess(trainWords("unseen", ...words));
    expect(stderr).toMatch(
      /^crf-rnn: (step|validation after step) \d, image shapes-\d+: expected (a finite loss|finite scores), got NaN, which first appears in the (layer|parameter) .* — lower --rate \(it is 1000000; .*, of step 0, stands/,
    );
    expect(status).toBe(2);
    const lower = words.map((word) => (word === "1e6" ? "1e-9" : word));
    expect(await folder.runInProcess(trainWords("unseen", ...lower, "--resume"))).toMatchObject({
      status: 0,
      stderr: "",
    });
  });

  test("and where a bandwidth falls to 0 or below", async () => {
    const words =
      "--stage crf-rnn --learn bandwidths --rate 1e-9 --steps 4 --val-images 0 --save-every 1 --quiet".split(" ");
    const { status, stderr } = await folder.runInProcess(
      trainWords("narrow", ...words, "--multipliers", "bandwidths=1e12"),
    );
    expect(stderr).toMatch(
      /^crf-rnn: step \d, image shapes-\d+: expected bandwidths above 0, got θ[αβγ] = -[\d.]+.* — lower --rate \(it is 1e-9; .*, of step \d, stands/,
    );
    expect(status).toBe(2);
    expect(
      await folder.runInProcess(trainWords("narrow", ...words, "--multipliers", "bandwidths=1", "--resume")),
    ).toMatchObject({
      status: 0,
    });
  });

  test.each([
    [
      "truncated",
      (file: string) => truncateSync(file, statSync(file).size - 100),
      /is damaged \(.*truncated.*\) and was set aside as/,
    ],
    ["overwritten", (file: string) => writeFileSync(file, "OVERWRITTEN"), /is damaged \(.*\) and was set aside as/],
    ["missing", (file: string) => rmSync(file), /was missing/],
  ])("from the former checkpoint where the last one is %s, to the same bits", async (state, damage, note) => {
    cpSync(folder.file("whole"), folder.file(state), { recursive: true });
    damage(folder.file(`${state}/checkpoint.safetensors`));
    const { status, stdout, stderr } = await folder.runInProcess(trainWords(state, ...schedule, "--resume", "--json"));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(note);
    expect(stdout).toContain("went on from step 10, of the checkpoint before it");
    expect(bytesOf(state).equals(bytesOf("whole"))).toBe(true);
    expect(withoutTimes(state)).toEqual(withoutTimes("whole"));
    expect(existsSync(folder.file(`${state}/checkpoint.damaged.safetensors`))).toBe(state !== "missing");
  });
});

describe("crf-rnn train refuses data", () => {
  const size = { height: 24, width: 24 };
  const black = encodeRgbPng(24, 24, new Uint8Array(24 * 24 * 3));

  async function refusesData(break_: (folder: Folder) => void, sentence: RegExp): Promise<void> {
    using broken = shapesFolder();
    break_(broken);
    await broken.refusesInProcess(trainWords("run", "--steps", "1"), sentence);
  }

  test("a folder that is missing, empty, or without images to train on", async () => {
    await refusesData(
      (data) => data.remove("shapes"),
      /shapes: expected a folder, got nothing there — name the folder/,
    );
    await refusesData((data) => {
      data.remove("shapes/manifest.json");
      data.remove("shapes/masks");
    }, /expected a data set: manifest \(manifest\.json\)/);
    await refusesData((data) => {
      const classes = [{ id: 0, name: "ground", rgb: [0, 0, 0] }];
      data.write("shapes/manifest.json", JSON.stringify({ classes, items: [] }));
    }, /--data: expected images to train on, got none in .*shapes/);
  });

  test("an image without its mask, of another size than its mask, or damaged", async () => {
    const mask = "shapes/masks/shapes-0003.png";
    await refusesData((data) => data.remove(mask), /shapes-0003\.png: expected a file, got no such file — fetch/);
    await refusesData(
      (data) => void data.write("shapes/images/shapes-0003.png", encodeRgbPng(20, 24, new Uint8Array(20 * 24 * 3))),
      /24 × 24 labels for an image of 24 × 20/,
    );
    await refusesData(
      (data) => void data.write("shapes/images/shapes-0003.png", black.subarray(0, 60)),
      /shapes-0003\.png at byte \d+: expected/,
    );
  });

  test("labels outside the classes, and a mask that is all ignored", async () => {
    const labels = (label: number) => encodeLabelPng({ ...size, labels: new Uint8Array(24 * 24).fill(label) });
    await refusesData(
      (data) => void data.write("shapes/masks/shapes-0003.png", labels(4)),
      /labels 0…3, or 255 to ignore, got label 4/,
    );
    await refusesData(
      (data) => void data.write("shapes/masks/shapes-0007.png", labels(255)),
      /every pixel is ignored \(255\)/,
    );
  });
});
