import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { encodeNpy } from "../../src/data/npy.ts";
import { findDeno } from "../../scripts/environment.mjs";
import { root } from "../hosts/folders.ts";
import { crfRnn, Folder, type Outcome } from "./command.ts";

/** Lines of a kernel and of a whole, on an image of a moment's work. */
const words = [
  "bench",
  "--device",
  "wasm",
  "--size",
  "40x30",
  "--seconds",
  "0.001",
  "--only",
  "lattice/blur|build spatial",
];

const positive = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value) && value > 0;

interface Line {
  readonly name: string;
  readonly [figure: string]: unknown;
}

const inJson = [...words, "--json", "--quiet"];

/** The object that a run with --json printed. */
function figuresOf({
  status,
  stdout,
  stderr,
}: Outcome): Record<string, unknown> & Record<"kernels" | "composites", Line[]> {
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
}

test("prints one JSON object with device, ceilings, lines and memory", async () => {
  using folder = new Folder();
  const found = figuresOf(await folder.runInProcess([...inJson, "--threads", "1"]));
  expect(found).toMatchObject({
    command: "bench",
    image: { file: null, height: 30, width: 40 },
    device: { kind: "wasm", threads: 1, variant: expect.stringMatching(/^(plain|relaxed)$/) },
    timer: "wall clock",
    points: 1200,
    classes: 21,
    choices: [],
    unused: [],
  });
  const { copies, gigaflopsPerSecond } = found.ceilings as { copies: Line[]; gigaflopsPerSecond: number };
  expect([gigaflopsPerSecond, ...copies.map((copy) => copy.gigabytesPerSecond)].every(positive)).toBe(true);
  const { spatial, bilateral } = found.vertices as { spatial: number; bilateral: number };
  expect(found.kernels.map(({ name }) => name)).toEqual(["lattice/blur", "lattice/blur.chains"]);
  // The floors by hand: a pair of neighbors, six quads in and out, and twelve operations a quad, for each vertex and the row of zeros; and of a chain
  // a word a vertex.
  expect(found.kernels[0]).toMatchObject({ bytes: (spatial + 1) * 200, operations: (spatial + 1) * 72 });
  expect(found.kernels[1]).toMatchObject({ bytes: bilateral * 196, operations: bilateral * 72 });
  expect(found.composites.map(({ name }) => name)).toEqual(["build spatial 3"]);
  for (const line of [...found.kernels, ...found.composites]) {
    for (const figure of ["least", "median"]) expect(positive(line[figure])).toBe(true);
    expect(line.least as number).toBeLessThanOrEqual(line.median as number);
  }
});

test("every line runs, and memory stays below three times the bytes in play", async () => {
  using folder = new Folder();
  const found = figuresOf(await folder.runInProcess([...inJson, "--only", "."]));
  const { names } = JSON.parse((await folder.runInProcess(["bench", "--list", "--json"])).stdout) as {
    names: string[];
  };
  const ran = [...found.kernels, ...found.composites].map(({ name }) => name);
  // Kernels that WASM runs for keys of more than 64 bits alone, which no image has, for lattices that are larger than so small an image's, or
  // not at all.
  const packed = ["hash.find", "hash.follow", "hash.move"];
  const unused = [...packed, "splat.near", "incidence.entries", "incidence.fill", "neighbors"];
  expect([...ran, ...unused.map((name) => `lattice/${name}`)].sort()).toEqual(names.sort());
  for (const { name, peakBytes, bytesInPlay } of found.composites) {
    // Convolutions have ranges of tiles of up to 4 MiB of scratch memory: more than the maps of so small an image.
    const scratch = name.startsWith("conv2d") ? 2 ** 22 : 0;
    const peakOverInPlay = ((peakBytes as number) - scratch) / (bytesInPlay as number);
    expect.soft(peakBytes, name).toBeGreaterThanOrEqual(bytesInPlay as number);
    expect.soft(peakOverInPlay, name).toBeLessThan(3);
  }
});

test("prints tables, saves, and compares with what was saved and with a peer", async () => {
  using folder = new Folder();
  const peer = folder.write("peer.json", '{ "name": "theirs", "milliseconds": { "build spatial 3": 1000000 } }');
  expect(await folder.runInProcess([...words, "--save", "old.json", "--quiet"])).toEqual({
    status: 0,
    stdout: "",
    stderr: "",
  });
  const old = JSON.parse(readFileSync(folder.file("old.json"), "utf8"));
  const again = figuresOf(await folder.runInProcess([...inJson, "--compare", "old.json", "--peer", `cat ${peer}`]));
  expect(again.kernels[0]!.oldOverNew).toBeCloseTo(old.kernels[0].least / (again.kernels[0]!.least as number), 6);
  expect(again.kernels[0]!.peerOverOwn).toBeUndefined();
  expect(again.composites[0]!.peerOverOwn).toBeCloseTo(1e6 / (again.composites[0]!.least as number), 6);
  const { stdout } = await folder.runInProcess([...words, "--compare", "old.json", "--peer", `cat ${peer}`]);
  expect(stdout).toMatch(/a made-up image.*40×30: 1200 points/);
  expect(stdout).toMatch(/^kernel +median ms +least ms +GB\/s +GFLOP\/s +ceiling .*old\/new +peer\/own$/m);
  expect(stdout).toMatch(/^lattice\/blur( +[\d.]+){4} +\d+ %/m);
  expect(stdout).toMatch(/^build spatial 3 .*×$/m);
  expect(folder.names()).toEqual(["old.json", "peer.json"]);
});

test("measures as many classes as are asked for, here and in a page", async () => {
  using folder = new Folder();
  for (const host of ["node", "chromium"]) {
    const found = figuresOf(folder.run([...inJson, "--threads", "1", "--classes", "50", "--host", host]));
    expect(found).toMatchObject({ classes: 50 });
    // Thirteen quads in and out in place of six.
    const { bilateral } = found.vertices as { bilateral: number };
    expect(found.kernels[1]).toMatchObject({ bytes: bilateral * (4 + 13 * 32) });
  }
});

test("measures the image it is given", () => {
  using folder = new Folder();
  const data = Float32Array.from({ length: 20 * 10 * 3 }, (_, i) => (i * 37) % 256);
  const image = folder.write("image.npy", encodeNpy({ shape: [20, 10, 3], data }));
  const others = words.filter((word) => !["--size", "40x30"].includes(word));
  const { status, stdout } = folder.run([...others, "--image", image, "--json"]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ image: { file: "image.npy", height: 20, width: 10 }, points: 200 });
});

test("runs in Deno and in Chromium from Node, and in Deno by itself", async () => {
  using folder = new Folder();
  const inDeno = figuresOf(folder.run([...inJson, "--host", "deno", "--classes", "5"]));
  expect(inDeno.host).toMatch(/^deno \d/);
  expect(inDeno.classes).toBe(5);
  expect(figuresOf(folder.run([...inJson, "--host", "chromium"])).host).toMatch(/^chromium \d/);
  const { status, stdout } = folder.run([...words, "--json"], [await findDeno(), "run", "--allow-all"]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout).host).toMatch(/^deno \d/);
});

test("the table in bench/README.md is the one that --list prints", () => {
  const { status, stdout } = crfRnn(["bench", "--list"]);
  expect(status).toBe(0);
  const table = readFileSync(`${root}bench/README.md`, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("|"));
  expect(`${table.join("\n")}\n`).toBe(stdout);
});

test("refuses wrong flags, before anything is measured", async () => {
  using folder = new Folder();
  await folder.refusesInProcess(
    [...words, "--host", "firefox"],
    /--host: expected one of node, deno, chromium, got 'firefox'/,
  );
  await folder.refusesInProcess(
    [...words, "--only", "no such line"],
    /--only: expected a pattern that matches a line, got 'no such line' — /,
  );
  await folder.refusesInProcess([...words, "--only", "("], /--only: expected a regular expression/);
  await folder.refusesInProcess(
    [...words, "--size", "0x4"],
    /--size: expected width x height in pixels, as 500x375, got '0x4'/,
  );
  await folder.refusesInProcess([...words, "--classes", "1"], /--classes: expected a whole number, 2 to 255, got '1'/);
  await folder.refusesInProcess([...words, "--seconds", "0"], /--seconds: expected a number above 0, got '0'/);
  await folder.refusesInProcess([...words, "--image", "x.png"], /--size: expected no --image beside it, got x\.png/);
  await folder.refusesInProcess(["bench", "--image", "x.png"], /x\.png: expected a readable file, got no such file/);
  await folder.refusesInProcess(
    [...words, "--save", "figures.txt"],
    /--save: expected a file name that ends in \.json/,
  );
  await folder.refusesInProcess([...words, "--save", "nowhere/f.json"], /got a folder that does not exist/);
});

test("refuses files and peers that make no sense", async () => {
  using folder = new Folder();
  // Without progress, which a slow machine prints before a peer is asked.
  const quiet = [...words, "--quiet"];
  const compare = (text: string) => [...quiet, "--compare", folder.write("old.json", text)];
  await folder.refusesInProcess(
    [...quiet, "--compare", "old.json"],
    /old\.json: expected a readable file, got no such file/,
  );
  await folder.refusesInProcess(compare("{"), /old\.json at byte 1: expected JSON/);
  await folder.refusesInProcess(
    compare('{ "command": "filter" }'),
    /old\.json at byte \d+: expected command: "bench", got "filter"/,
  );
  const facts = { command: "bench", version: "1", host: "node 20", device: { name: "x", threads: 1 }, kernels: [] };
  await folder.refusesInProcess(
    compare(JSON.stringify({ ...facts, composites: [{ name: "x", least: "y" }] })),
    /expected composites\[0\]\.least: number, got "y"/,
  );
  await folder.refusesInProcess(
    compare(JSON.stringify({ ...facts, composites: [{ name: "x", least: 0 }] })),
    /expected composites\[0\]\.least: >0, got 0/,
  );
  await folder.refusesInProcess(
    [...quiet, "--save", "old.json", "--compare", "old.json"],
    /--save: expected a file of its own, got old\.json, which is read/,
  );
  await folder.refusesInProcess(
    [...quiet, "--peer", "exit 3"],
    /--peer: expected a command that succeeds, got status 3/,
  );
  await folder.refusesInProcess([...quiet, "--peer", "echo hello"], /--peer 'echo hello' at byte 0: expected JSON/);
  await folder.refusesInProcess([...quiet, "--peer", "echo '{}'"], /expected milliseconds: /);
});
