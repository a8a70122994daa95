import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  bytesSource,
  memorySink,
  openAsIs,
  openCheckpoint,
  writeSafetensors,
} from "../../src/checkpoint/checkpoint.ts";
import { float32ToFloat16 } from "../../src/float16.ts";
import { checkNetwork, crfRnn, type FixtureName } from "../checkpoint/network.ts";
import { Folder } from "./command.ts";

const fixture = (name: FixtureName) => fileURLToPath(new URL(`../fixtures/checkpoint/${name}`, import.meta.url));
const source = (folder: Folder, name: string) => bytesSource(new Uint8Array(readFileSync(folder.file(name))), name);

describe("crf-rnn convert", () => {
  test.each(["crfrnn.v1.caffemodel", "crfrnn.h5", "crfrnn.legacy.pth"] as const)(
    "%s to .safetensors to .pth and back: the same bits",
    async (name) => {
      using folder = new Folder();
      for (const words of [
        [fixture(name), "a.safetensors"],
        ["a.safetensors", "b.pth"],
        ["b.pth", "c.safetensors"],
      ]) {
        expect(await folder.runInProcess(["convert", ...words])).toMatchObject({ status: 0, stderr: "" });
      }
      expect(folder.names()).toEqual(["a.safetensors", "b.pth", "c.safetensors"]);
      expect(readFileSync(folder.file("c.safetensors"))).toEqual(readFileSync(folder.file("a.safetensors")));
      await checkNetwork(await openCheckpoint(source(folder, "a.safetensors")), crfRnn);
      const names = [...(await openAsIs(source(folder, "b.pth"))).tensors.keys()];
      expect(names.filter((name) => name.startsWith("crfrnn."))).toEqual([
        "crfrnn.spatial_ker_weights",
        "crfrnn.bilateral_ker_weights",
        "crfrnn.compatibility_matrix",
      ]);
    },
  );

  test("--list shows names in one line each, cut short and without control characters", async () => {
    using folder = new Folder();
    const names = ["a\u001b[2J\r", "b".repeat(5000)];
    const tensor = { shape: [1], type: "float32" as const, read: async () => Float32Array.of(1) };
    const sink = memorySink();
    await writeSafetensors({ tensors: new Map(names.map((name) => [name, tensor])), metadata: {} }, sink);
    folder.write("hostile.safetensors", sink.bytes());
    const { status, stdout } = await folder.runInProcess(["convert", "--list", "hostile.safetensors"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^a\\u001b\[2J\\u000d +float32 {2}\[1\]\nb+… {2}float32 {2}\[1\]\n/m);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
    expect(Math.max(...stdout.split("\n").map(({ length }) => length))).toBeLessThan(200);
    const listed = JSON.parse(
      (await folder.runInProcess(["convert", "--list", "--json", "hostile.safetensors"])).stdout,
    ) as {
      tensors: { name: string }[];
    };
    expect(listed.tensors.map(({ name }) => name)).toEqual(names);
  });

  test("--list prints names, shapes and notes, and writes nothing", async () => {
    using folder = new Folder();
    const { status, stdout } = await folder.runInProcess(["convert", "--list", fixture("fcn8s.caffemodel")]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^fc6\.weight\s+float32 {2}\[6, 5, 7, 7\]$/m);
    expect(stdout).toMatch(/^note: layer norm \(BatchNorm, 3 blobs\) is of an unknown kind and was skipped$/m);
    expect(folder.names()).toEqual([]);
    const { stdout: json } = await folder.runInProcess(["convert", "--list", "--json", fixture("fcn8s.caffemodel")]);
    expect(JSON.parse(json)).toMatchObject({ command: "convert", format: "caffe", outputs: [] });
    expect(JSON.parse(json).tensors).toContainEqual({ name: "compatibility", shape: [3, 3], type: "float32" });
  });

  test("--float16 narrows the weights of convolutions to the nearest half, and refuses what is beyond, by name", async () => {
    using folder = new Folder();
    const run = (...words: string[]) => folder.runInProcess(["convert", ...words]);
    expect((await run(fixture("crfrnn.h5"), "a.safetensors")).status).toBe(0);
    const single = (await openCheckpoint(source(folder, "a.safetensors"))).tensors;
    for (const file of ["b.safetensors", "b.pth"]) {
      expect(await run("--float16", "a.safetensors", file)).toMatchObject({ status: 0, stderr: "" });
      const half = (await openCheckpoint(source(folder, file))).tensors;
      for (const [name, { shape, type, read }] of half) {
        const values = (await single.get(name)!.read()) as Float32Array;
        expect([name, type]).toEqual([name, shape.length === 4 ? "float16" : "float32"]);
        expect(await read()).toEqual(shape.length === 4 ? float32ToFloat16(values) : values);
      }
    }
    const large = { shape: [1, 1, 1, 2], type: "float32" as const, read: async () => Float32Array.of(1, 7e4) };
    const sink = memorySink();
    await writeSafetensors({ tensors: new Map([["conv1_2.weight", large]]), metadata: {} }, sink);
    folder.write("large.safetensors", sink.bytes());
    const { status, stderr } = await run("--float16", "--partial", "large.safetensors", "c.safetensors");
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/conv1_2\.weight: expected numbers up to 65504.*70000 at 1/),
    ]);
    expect((await run("--float16", "--float32", "a.safetensors", "c.safetensors")).status).toBe(2);
    expect(folder.names()).not.toContain("c.safetensors");
  });

  test("--float32 widens halves", async () => {
    using folder = new Folder();
    expect(folder.run(["convert", "--float32", fixture("half.caffemodel"), "a.safetensors"]).status).toBe(0);
    const { tensors } = await openCheckpoint(source(folder, "a.safetensors"));
    expect(new Set([...tensors.values()].map(({ type }) => type))).toEqual(new Set(["float32"]));
  });

  test("--input torchvision changes conv1_1 alone; without a choice, a note tells of it", async () => {
    using folder = new Folder();
    const file = fixture("vgg16.torchvision.pth");
    const unsaid = await folder.runInProcess(["convert", file, "unsaid.safetensors"]);
    expect(unsaid.stdout).toMatch(/^note: names are torchvision's: .*--input torchvision/m);
    const caffe = await folder.runInProcess(["convert", "--input", "caffe", file, "caffe.safetensors"]);
    expect(caffe.stdout).not.toMatch(/names are torchvision's|was changed/);
    expect(readFileSync(folder.file("caffe.safetensors"))).toEqual(readFileSync(folder.file("unsaid.safetensors")));
    const folded = await folder.runInProcess(["convert", "--input", "torchvision", file, "folded.safetensors"]);
    expect(folded.stdout).toMatch(/^note: conv1_1 was changed from torchvision's input/m);
    const [before, after] = await Promise.all(
      ["caffe", "folded"].map((name) => openCheckpoint(source(folder, `${name}.safetensors`))),
    );
    for (const [name, { read }] of before!.tensors) {
      const same = expect(await after!.tensors.get(name)!.read());
      if (name.startsWith("conv1_1.")) same.not.toEqual(await read());
      else same.toEqual(await read());
    }
  });

  test("names what a network lacks, and goes on only with --partial", async () => {
    using folder = new Folder();
    const part = fixture("latest.h5");
    const sentence =
      /^crf-rnn: \S+ at byte \d+: expected the whole of VGG-16's convolutions, got the end without conv3_1, .*conv5_3 — .*--partial/;
    await folder.refusesInProcess(["convert", part, "a.safetensors"], sentence);
    const note = /^note: not the whole of VGG-16's convolutions: it lacks conv3_1, /m;
    expect(await folder.runInProcess(["convert", "--list", part])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(note),
    });
    expect(folder.names()).toEqual([]);
    const { status, stdout } = await folder.runInProcess(["convert", "--partial", part, "a.safetensors"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(note) });
    expect((await openCheckpoint(source(folder, "a.safetensors"), { partial: true })).tensors.size).toBe(8);
  });

  test("refuses what it cannot read or write in one sentence", async () => {
    using folder = new Folder();
    const whole = readFileSync(fixture("crfrnn.pth"));
    folder.write("cut.pth", whole.subarray(0, whole.length - 100));
    folder.write("page.pth", "<!DOCTYPE html><html></html>");
    // A number of the last tensor, so that it shows only when most of the output is written.
    const spoiled = Buffer.from(whole);
    const name = whole.indexOf("crfrnn/data/42");
    const extra = whole.readUInt16LE(name - 2);
    spoiled[name + "crfrnn/data/42".length + extra + 5]! ^= 1;
    folder.write("spoiled.pth", spoiled);
    for (const [words, sentence] of [
      [["cut.pth", "a.safetensors"], /^crf-rnn: cut\.pth at byte \d+: expected a zip archive, got .+ — .+\n$/],
      [["page.pth", "a.safetensors"], /^crf-rnn: page\.pth at byte 0: expected safetensors, PyTorch.*got bytes 3c,21/],
      [
        ["spoiled.pth", "a.safetensors"],
        /^crf-rnn: spoiled\.pth at byte \d+: expected the bytes of crfrnn\/data\/42, got /,
      ],
      [["none.pth", "a.safetensors"], /^crf-rnn: none\.pth: expected a readable file, got no such file/],
      [["cut.pth", "a.h5"], /^crf-rnn: OUT: expected a file name that ends in \.safetensors or \.pth, got 'a\.h5'/],
      [["cut.pth", "cut.pth"], /^crf-rnn: OUT: expected a file of its own, got cut\.pth, which is read/],
      [["cut.pth"], /^crf-rnn: convert: expected a file to write, got none — name OUT, or pass --list/],
    ] as const) {
      await folder.refusesInProcess(["convert", ...words], sentence);
    }
  });
});
