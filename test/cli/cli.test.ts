import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import type { Choice } from "../../src/nn/tune.ts";
import { crfRnn, Folder } from "./command.ts";

const commands = ["refine", "filter", "train", "evaluate", "segment", "doctor", "demo"];

describe("crf-rnn", () => {
  test("--version prints the package's", () => {
    expect(crfRnn(["--version"])).toEqual({ status: 0, stdout: `${packageJson.version}\n`, stderr: "" });
  });

  test("--help lists every command, and each command has help with examples and the common flags", () => {
    const { status, stdout } = crfRnn(["--help"]);
    expect(status).toBe(0);
    for (const command of commands) {
      expect(stdout).toContain(`\n  ${command} `);
      const help = crfRnn(["help", command]);
      expect(help.status).toBe(0);
      expect(help.stdout).toMatch(new RegExp(`Examples:\n  crf-rnn ${command}`));
      for (const flag of ["--device <kind>", "--threads <n>", "--json", "--quiet"]) expect(help.stdout).toContain(flag);
    }
  });

  test("without a command prints help on standard error, status 2", () => {
    const { status, stdout, stderr } = crfRnn([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: crf-rnn/);
  });

  test("refuses unknown commands and flags with one sentence", () => {
    using folder = new Folder();
    folder.refuses(["refin"], /^crf-rnn: unknown command 'refin' \(Did you mean refine\?\) — see crf-rnn --help\n$/);
    folder.refuses(["doctor", "--jsno"], /^crf-rnn: unknown option '--jsno' \(Did you mean --json\?\)/);
    folder.refuses(["--device"], /unknown option '--device'/);
  });

  test("reports a fault of its own with status 1", () => {
    const broken = "data:text/javascript,performance.now=()=>{throw new TypeError('a fault')}";
    using folder = new Folder();
    const { status, stdout, stderr } = folder.run(["demo"], [process.execPath, "--import", broken]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^crf-rnn: internal failure: TypeError: a fault\n +at /);
    expect(folder.names()).toEqual([]);
  });
});

describe("crf-rnn doctor", () => {
  test("tells what is here, as text and as JSON", () => {
    const { status, stdout } = crfRnn(["doctor", "--json"]);
    expect(status).toBe(0);
    const facts = JSON.parse(stdout) as Record<string, unknown>;
    expect(facts).toMatchObject({
      command: "doctor",
      version: packageJson.version,
      host: { name: "node", platform: process.platform, architecture: process.arch },
      hosts: { node: process.versions.node },
      wasm: { threads: expect.any(Number), variant: expect.stringMatching(/^(plain|relaxed)(Shared)?$/) },
      webgpu: { available: true, adapters: expect.any(Array) },
      auto: expect.stringMatching(/^(webgpu|wasm)$/),
      advice: expect.any(Array),
    });
    const { adapters } = facts.webgpu as { adapters: { choices: Choice[] }[] };
    expect(adapters.length).toBeGreaterThan(0);
    for (const { choices } of adapters) {
      expect(choices.map(({ kernel }) => kernel)).toEqual(["nn/product", "nn/convolution"]);
      for (const { form, times } of choices) expect(times[form]).toBe(1);
    }
    const text = crfRnn(["doctor"]);
    expect(text.status).toBe(0);
    expect(text.stdout).toMatch(/\n {10}nn\/product: \w+ \((\w+ takes \d+\.\d\d times as long(, )?)+\)\n/);
    expect(text.stdout).toContain(`Node      ${process.versions.node}\n`);
  });
});

describe("crf-rnn demo", () => {
  test("writes its pictures, and refining helps every class of every photograph", () => {
    using folder = new Folder();
    const { status, stdout } = folder.run([
      "demo",
      "--out",
      "made/pictures",
      "--json",
      "--device",
      "wasm",
      "--steps",
      "3",
    ]);
    expect(status).toBe(0);
    const { photographs, outputs, lines, report } = JSON.parse(stdout) as {
      lines: { model: string; meanIU: number; bandAccuracy: number }[];
      report: string;
      photographs: { name: string; rough: { iu: number[] }; refined: { iu: number[]; meanIU: number } }[];
      outputs: string[];
    };
    expect(photographs.map(({ name }) => name)).toEqual(["allium", "acanthus"]);
    for (const { rough, refined } of photographs) {
      refined.iu.forEach((iu, label) => expect(iu).toBeGreaterThan(rough.iu[label]));
      expect(refined.meanIU).toBeGreaterThan(0.87);
    }
    expect(outputs).toHaveLength(12);
    const pictures = new Set(outputs);
    expect(folder.names()).toEqual(["made"]);
    expect(lines.map(({ model }) => model)).toEqual(["FCN-8s", "FCN-8s, CRF disconnected", "CRF-RNN, end to end"]);
    const metrics = readFileSync(folder.file("made/pictures/fcn-alone/metrics.jsonl"), "utf8").trimEnd().split("\n");
    const { step, network } = JSON.parse(metrics.at(-1)!) as { step: number; network: { meanIU: number } };
    expect({ step, meanIU: lines[0].meanIU }).toEqual({ step: 1, meanIU: network.meanIU });
    for (const { bandAccuracy } of lines) expect(bandAccuracy).toBeGreaterThan(0);
    expect(report).toBe("made/pictures/report.html");
    expect(existsSync(folder.file(report))).toBe(true);
    expect(readdirSync(folder.file("made/pictures/masks"))).toHaveLength(12);
    for (const name of ["allium-sheet.png", "acanthus-refined.png"])
      expect(pictures).toContain(`made/pictures/${name}`);
  });

  test("refuses a folder through a file", () => {
    using folder = new Folder();
    folder.write("file", "x");
    folder.refuses(
      ["demo", "--out", "file/pictures", "--device", "wasm"],
      /a path through something that is no folder/,
    );
  });
});
