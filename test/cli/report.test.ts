import { readFileSync, renameSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crfRnnInProcess, type Folder } from "./command.ts";
import { readMetrics, shapesFolder, trainWords } from "./training.ts";

let folder: Folder;
beforeAll(async () => {
  folder = shapesFolder();
  await folder.runInProcess(trainWords("fcn", ..."--steps 2 --quiet".split(" ")));
  const crf = "--stage crf-rnn --iterations 2 --init fcn/checkpoint.safetensors --steps 2 --quiet".split(" ");
  await folder.runInProcess(trainWords("crf", ...crf));
});
afterAll(() => folder[Symbol.dispose]());

const read = (file: string): string => readFileSync(folder.file(file), "utf8");
const run = (...words: readonly string[]) => crfRnnInProcess(["report", ...words], folder.path);

describe("crf-rnn report", () => {
  test("draws a run again, with pictures, errors, confusion and what was learned since the start", async () => {
    const drawn = read("crf/report.html");
    folder.remove("crf/report.html");
    const { status, stdout } = await run("crf");
    expect(status).toBe(0);
    const best = readMetrics(folder, "crf").flatMap((metric) =>
      metric.event === "validation" ? [metric.crf!.meanIU] : [],
    );
    expect(stdout).toContain(`crf: best mean IU ${Math.max(...best).toFixed(4)} after step`);
    const again = read("crf/report.html");
    // The same but for the device, which the folder does not say.
    const withoutDevice = (page: string): string => page.replace(/(<dt>time<\/dt>.*?<small>).*?</s, "$1<");
    expect(withoutDevice(again)).toBe(withoutDevice(drawn));
    expect(again.match(/<img /g)).toHaveLength(10); // two pictures: photograph, truth, network, CRF, errors
    for (const text of ["W_s, less its start", "C, less its start", "Confusion after the CRF", "0, before training"]) {
      expect(again).toContain(text);
    }
    expect(again).toMatch(/· \d+\.\d % right/);
  });

  test("compares runs in a page of its own", async () => {
    const { status, stdout } = await run("fcn", "crf", "--out", "both.html", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      command: "report",
      out: "both.html",
      runs: [{ name: "fcn" }, { name: "crf" }],
    });
    const page = read("both.html");
    const [, table] = /By what they differ(.*?)<\/table>/s.exec(page)!;
    expect(table).toMatch(/<td>stage<\/td>\s*<td>fcn8s<\/td><td>crf-rnn<\/td>/);
    expect(table).not.toContain("<td>seed</td>");
  });

  test("leaves pictures out where the data are gone, and finds them where they are said to be", async () => {
    renameSync(folder.file("shapes"), folder.file("moved"));
    const { status, stdout } = await run("fcn", "--out", "bare.html");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^no pictures are drawn: .*shapes: expected a folder, got nothing there.*--data says/);
    expect(read("bare.html")).not.toContain("<img");
    expect((await run("fcn", "--out", "found.html", "--data", "moved")).status).toBe(0);
    expect(read("found.html").match(/<img /g)).toHaveLength(8);
    renameSync(folder.file("moved"), folder.file("shapes"));
  });

  test("refuses what is no run, and several without a page to write to", async () => {
    await folder.refusesInProcess(
      ["report", "shapes"],
      /shapes: expected a run with checkpoint\.safetensors, got none/,
    );
    await folder.refusesInProcess(
      ["report", "fcn", "crf"],
      /--out: expected a page to write the comparison to, got none/,
    );
    await folder.refusesInProcess(
      ["report", "fcn", "--out", "page.txt"],
      /--out: expected a file name that ends in \.html/,
    );
    await folder.refusesInProcess(
      ["report", ...Array<string>(13).fill("fcn"), "--out", "many.html"],
      /report: expected 12 runs at most, got 13 runs/,
    );
  });
});
