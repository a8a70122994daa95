import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import type { Choice } from "../../src/nn/tune.ts";
import { program } from "../../src/cli/cli.ts";
import { root } from "../hosts/folders.ts";
import { crfRnn, crfRnnInProcess, Folder } from "./command.ts";

const commands = program().commands.map((command) => command.name());

describe("crf-rnn", () => {
  test("--version prints the package's", () => {
    expect(crfRnn(["--version"])).toEqual({ status: 0, stdout: `${packageJson.version}\n`, stderr: "" });
  });

  test("--help lists every command", async () => {
    const { status, stdout } = await crfRnnInProcess(["--help"]);
    expect(status).toBe(0);
    for (const command of commands) expect(stdout).toContain(`\n  ${command} `);
  });

  test.each(commands)("%s has help with examples and the common flags", async (command) => {
    const { status, stdout } = await crfRnnInProcess(["help", command]);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples:\n  crf-rnn ${command}`));
    for (const flag of ["--device <kind>", "--adapter <name>", "--threads <n>", "--json", "--quiet"])
      expect(stdout).toContain(flag);
    // Defaults are told once, as somebody would give them: no objects and lists of JavaScript.
    const help = stdout.replace(/\s+/g, " ");
    expect(help).not.toMatch(/\(default: [[{]/);
    expect(help).not.toMatch(/\(default: [^()]*\) \(default: /);
  });

  test("README's table has every command", () => {
    const readme = readFileSync(`${root}README.md`, "utf8");
    const rows = [...readme.matchAll(/^\| `crf-rnn (\w+)[^`]*` +\| [^|]+ \|$/gm)].map(([, command]) => command);
    expect(rows.sort()).toEqual([...commands].sort());
  });

  test("ends quietly where nobody reads on, as before `| head`", async () => {
    const child = spawn(process.execPath, [`${root}dist/cli.js`, "bench", "--list"]);
    child.stdout.destroy();
    let told = "";
    child.stderr.on("data", (text: Buffer) => (told += text.toString()));
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect({ status, told }).toEqual({ status: 0, told: "" });
  });

  test("without a command prints help on standard error, status 2", () => {
    const { status, stdout, stderr } = crfRnn([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: crf-rnn/);
  });

  test("refuses unknown commands and flags with one sentence", async () => {
    using folder = new Folder();
    const nowhere = ["doctor", "--adapter", "no such GPU"];
    await folder.refusesInProcess(nowhere, /expected one adapter named no such GPU, got adapters 0: /);
    folder.refuses(["refin"], /^crf-rnn: unknown command 'refin' \(Did you mean refine\?\) — see crf-rnn --help\n$/);
    await folder.refusesInProcess(["refin"], /^crf-rnn: unknown command 'refin' \(Did you mean refine\?\)/);
    await folder.refusesInProcess(["doctor", "--jsno"], /^crf-rnn: unknown option '--jsno' \(Did you mean --json\?\)/);
    await folder.refusesInProcess(["--device"], /unknown option '--device'/);
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
    for (const [index, adapter] of adapters.entries()) {
      expect(adapter).toMatchObject({ index, name: expect.any(String), driver: expect.any(String) });
      expect(adapter).toMatchObject({ vendor: expect.any(String), memoryBytes: expect.any(Number) });
      const { choices } = adapter;
      expect(choices.map(({ kernel }) => kernel)).toEqual(["nn/product", "nn/convolution"]);
      for (const { form, times } of choices) expect(times[form]).toBe(1);
    }
    const text = crfRnn(["doctor", "--adapter", "0"]);
    expect(text.status).toBe(0);
    expect(text.stdout).toMatch(/^WebGPU {4}0: .+, (soft|hard)ware\n {10}.*driver .+, memory \d+ MiB/m);
    expect(text.stdout).toMatch(
      /\n {10}nn\/product: \w+, as the rule \(by [\w ]+, \w+ takes \d+\.\d\d times as long.*\)\n/,
    );
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
      refined.iu.forEach((iu, label) => expect(iu).toBeGreaterThan(rough.iu[label]!));
      expect(refined.meanIU).toBeGreaterThan(0.87);
    }
    expect(outputs).toHaveLength(12);
    const pictures = new Set(outputs);
    expect(folder.names()).toEqual(["made"]);
    expect(lines.map(({ model }) => model)).toEqual(["FCN-8s", "FCN-8s, CRF disconnected", "CRF-RNN, end to end"]);
    const metrics = readFileSync(folder.file("made/pictures/fcn-alone/metrics.jsonl"), "utf8").trimEnd().split("\n");
    const { step, network } = JSON.parse(metrics.at(-1)!) as { step: number; network: { meanIU: number } };
    expect({ step, meanIU: lines[0]!.meanIU }).toEqual({ step: 1, meanIU: network.meanIU });
    for (const { bandAccuracy } of lines) expect(bandAccuracy).toBeGreaterThan(0);
    expect(report).toBe("made/pictures/report.html");
    expect(existsSync(folder.file(report))).toBe(true);
    expect(readdirSync(folder.file("made/pictures/masks"))).toHaveLength(12);
    for (const name of ["allium-sheet.png", "acanthus-refined.png"])
      expect(pictures).toContain(`made/pictures/${name}`);
  });

  test("refuses a folder through a file", async () => {
    using folder = new Folder();
    folder.write("file", "x");
    await folder.refusesInProcess(
      ["demo", "--out", "file/pictures", "--device", "wasm"],
      /a path through something that is no folder/,
    );
  });
});
