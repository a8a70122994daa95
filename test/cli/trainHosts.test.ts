import { readFileSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesSource } from "../../src/checkpoint/checkpoint.ts";
import { openState } from "../../src/train/state.ts";
import { tensorBytes } from "../train/tensorBytes.ts";
import type { Folder } from "./command.ts";
import { readMetrics, shapesFolder, stop, trainWords } from "./training.ts";

let folder: Folder;
beforeAll(() => void (folder = shapesFolder()));
afterAll(() => folder[Symbol.dispose]());

const schedule = "--steps 4 --batch 2 --augment flip --rate 1e-6 --quiet".split(" ");
const losses = (run: string): number[] =>
  readMetrics(folder, run).flatMap((metric) => (metric.event === "step" ? [metric.loss] : []));
const bytesOf = (run: string): Buffer => readFileSync(folder.file(`${run}/checkpoint.safetensors`));
const stateOf = (run: string) => openState(bytesSource(bytesOf(run), run));

describe.each(["deno", "chromium"])("crf-rnn train --host %s", (host) => {
  test("trains as in Node, to the same bits where relaxed SIMD is left out, and resumes with it", async () => {
    const { status, stderr } = folder.run(trainWords(host, ...schedule, "--host", host, "--plain-simd"));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(readdirSync(folder.file(host)).sort()).toEqual([
      "best.safetensors",
      "checkpoint.former.safetensors",
      "checkpoint.safetensors",
      "flags.json",
      "metrics.csv",
      "metrics.jsonl",
      "report.html",
      "samples.safetensors",
    ]);
    folder.run(trainWords(`node-${host}`, ...schedule, "--host", "node", "--plain-simd"));
    expect(losses(host)).toEqual(losses(`node-${host}`));
    const [own, other] = [host, `node-${host}`].map((run) => Buffer.from(tensorBytes(bytesOf(run))));
    expect(own!.equals(other!)).toBe(true);
    expect((await stateOf(host)).made).toMatchObject({
      host: expect.stringMatching(host === "deno" ? /^Deno \d/ : /^Chrome \d/) as string,
      device: "wasm plain",
    });

    const more = schedule.map((word) => (word === "4" ? "5" : word));
    expect(folder.run(trainWords(host, ...more, "--host", host, "--resume"))).toMatchObject({ status: 0, stderr: "" });
    expect((await stateOf(host)).step).toBe(5);
  });

  test("saves and ends with status 130 at Ctrl-C", async () => {
    const long = schedule.map((word) => (word === "4" ? "4000" : word));
    const out = `stopped-${host}`;
    const due = (): boolean =>
      readdirSync(folder.path).includes(out) && readdirSync(folder.file(out)).includes("metrics.jsonl");
    const ended = await stop(folder, trainWords(out, ...long, "--host", host), "SIGINT", due);
    expect(ended).toMatchObject({ status: 130, signal: null, stderr: "" });
    expect((await stateOf(out)).step).toBe(losses(out).length);
  });

  test("refuses what training refuses, in one sentence, with status 2", () => {
    const wild = trainWords(
      `wild-${host}`,
      "--steps",
      "9",
      "--save-every",
      "9",
      "--rate",
      "1e12",
      "--val-images",
      "0",
      "--quiet",
      "--host",
      host,
    );
    const { status, stderr } = folder.run(wild);
    expect(stderr).toMatch(/^crf-rnn: step \d, image shapes-\d+: expected a finite loss, got .* — lower --rate/);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(status).toBe(2);
  });
});
