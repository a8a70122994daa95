import { readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeShapes } from "../../src/cli/demo/shapesFolder.ts";
import { crfRnnInProcess, Folder } from "./command.ts";

let folder: Folder;
beforeAll(() => {
  folder = new Folder();
  writeShapes(folder.file("shapes"), { seed: 3, size: 24, train: 10, val: 2 });
});
afterAll(() => folder[Symbol.dispose]());

const words = (...more: readonly string[]): string[] => [
  ..."study --data shapes --steps 2 --more 1 --trials 1 --device wasm --threads 1".split(" "),
  ...["--train", "--widths 4,4,4,4,4,4 --optimizer adam"],
  ...more,
];

const study = async (...more: readonly string[]) => {
  const { status, stdout, stderr } = await crfRnnInProcess([...words(...more), "--json"], folder.path);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as Record<string, any>;
};

const text = (name: string): string => readFileSync(folder.file(name), "utf8");

describe("crf-rnn study", () => {
  test("trains and scores its rows, behind parameters that it searches for on pictures that no run learns from", async () => {
    const { lines } = await study("--out", "one", "--seeds", "1", "--rows", "plain,disconnected,crf-rnn,five");
    expect(lines.map(({ row, seeds }: any) => [row.name, seeds])).toEqual([
      ["plain", 1],
      ["disconnected", 1],
      ["crf-rnn", 1],
      ["five", 1],
    ]);
    const ids = (name: string): string[] => text(`one/${name}.txt`).trimEnd().split("\n");
    expect(ids("search")).toEqual(["shapes-0000", "shapes-0005"]);
    expect(ids("learn")).toHaveLength(8);
    expect(JSON.parse(text("one/seed-1/params.json"))).toMatchObject({ format: "crf-rnn params 1", iterations: 10 });
    expect(text("one/study.md")).toMatch(
      /^\| {2}\| mean IU, % .*\n.*\n\| FCN-8s \| \d+\.\d \| .*\n\| FCN-8s and a CRF, disconnected /,
    );
    expect(text("one/study.html")).toContain("Validation images");

    // What it says of a row is what evaluate says of its checkpoint.
    const { stdout } = await crfRnnInProcess(
      [
        ..."evaluate --data shapes --checkpoint one/seed-1/crf-rnn/checkpoint.safetensors --device wasm --threads 1 --json".split(
          " ",
        ),
      ],
      folder.path,
    );
    expect(lines[2].meanIU.mean).toBeCloseTo(JSON.parse(stdout).meanIU, 10);
    const disconnected = await crfRnnInProcess(
      [
        ..."evaluate --data shapes --checkpoint one/seed-1/plain/checkpoint.safetensors --device wasm --threads 1 --json --params one/seed-1/params.json".split(
          " ",
        ),
      ],
      folder.path,
    );
    expect(lines[1].meanIU.mean).toBeCloseTo(JSON.parse(disconnected.stdout).meanIU, 10);
  });

  test("goes on with what is there, adds rows, and refuses another study", async () => {
    const before = statSync(folder.file("one/seed-1/crf-rnn/checkpoint.safetensors")).mtimeMs;
    const { lines } = await study("--out", "one", "--seeds", "1", "--rows", "plain,crf-rnn,scalar");
    expect(lines.map(({ row }: any) => row.name)).toEqual(["plain", "crf-rnn", "scalar"]);
    expect(statSync(folder.file("one/seed-1/crf-rnn/checkpoint.safetensors")).mtimeMs).toBe(before);
    await folder.refusesInProcess(
      words("--out", "one", "--seeds", "1", "--band", "3"),
      /^crf-rnn: one\/study\.json: expected this study, got another: band: 7 there, 3 here — repeat the command that began it/,
    );
  });

  test("in parts by seeds, put together", async () => {
    folder.write("given.json", text("one/seed-1/params.json"));
    const rows = ["--rows", "plain,disconnected", "--params", "given.json", "--seeds", "2"];
    expect((await study("--out", "two", ...rows, "--shard", "2/2")).lines[0].seeds).toBe(1);
    const { lines } = await study("--out", "two", ...rows);
    expect(lines.map(({ seeds }: any) => seeds)).toEqual([2, 2]);
    expect(lines[0].meanIU.deviation).toBeGreaterThanOrEqual(0);
    expect(text("two/learn.txt").trimEnd().split("\n")).toHaveLength(10);
  });

  test("tells what damaged files leave undone, and does it once they are mended", async () => {
    const damaged = async (file: string, ...more: readonly string[]) => {
      const whole = readFileSync(folder.file(file));
      folder.write(file, whole.subarray(0, 60));
      try {
        const { status, stdout, stderr } = await crfRnnInProcess([...words(...more), "--json"], folder.path);
        expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
        return JSON.parse(stdout) as Record<string, any>;
      } finally {
        folder.write(file, whole);
      }
    };
    // One to search on: what needs no search is done.
    const rows = ["--out", "mended", "--seeds", "1", "--rows", "plain,disconnected"];
    const first = await damaged("shapes/images/shapes-0005.png", ...rows);
    expect(first.lines.map(({ row, seeds }: any) => [row.name, seeds])).toEqual([["plain", 1]]);
    const problem = expect.stringMatching(/shapes-0005\.png at byte/) as string;
    expect(first.failures).toEqual([{ what: "seed 1, scores of disconnected", problem }]);
    // One to score on: the runs that are there stay, and no row is scored on fewer pictures than another.
    const second = await damaged("shapes/images/shapes-0010.png", ...rows);
    expect(second.failures).toMatchObject([{ what: "seed 1, scores of disconnected" }]);
    const { lines, failures } = await study(...rows);
    expect(failures).toEqual([]);
    expect(lines.map(({ seeds }: any) => seeds)).toEqual([1, 1]);
    // One to learn from ends each run.
    const third = await damaged(
      "shapes/images/shapes-0001.png",
      ..."--out unlearned --seeds 1 --rows plain".split(" "),
    );
    expect(third.failures.map(({ what }: any) => what)).toEqual(["seed 1, fcn", "seed 1, plain"]);
  });

  test("says what it would cost, and writes nothing", async () => {
    const before = folder.names();
    const plan = await study("--out", "dry", "--dry-run", "--rows", "plain,crf-rnn");
    expect(plan).toMatchObject({ runs: ["fcn", "plain", "crf-rnn"], seeds: 3, steps: 12 });
    expect(plan.hours).toBeGreaterThan(0);
    expect(folder.names()).toEqual(before);
  });

  test.each([
    [
      ["--out", "x", "--rows", "plain,none"],
      /^crf-rnn: --rows: expected some of plain, disconnected, .*; 'none' is none, got 'plain,none'/,
    ],
    [["--out", "x", "--shard", "1/4"], /^crf-rnn: --shard: expected at most 3 parts, as many as seeds, got 4/],
    [
      ["--out", "x", "--train", "--stage fcn8s"],
      /^crf-rnn: --train: expected flags that are the same for all runs, got --stage/,
    ],
    [["--out", "x", "--train", "--rat 3"], /^crf-rnn: unknown option '--rat'/],
    [["--out", "x", "--params", "none.json"], /^crf-rnn: none\.json: expected a readable file/],
    [["--out", "x", "--val", "shapes@none"], /^crf-rnn: .*shapes: expected one of the splits/],
  ])("refuses %j", async (more, sentence) => {
    await folder.refusesInProcess(words(...more), sentence);
  });
});
