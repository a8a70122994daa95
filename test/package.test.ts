import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { findDeno, findNewerNode } from "../scripts/environment.mjs";
import { encodeLabelPng, encodeRgbPng } from "../src/data/png.ts";
import { filesBelow, installPackage } from "./bundles/install.ts";
import { root } from "./hosts/folders.ts";
import { fences } from "./snippets/extract.ts";

const run = promisify(execFile);

/** A user's program: nothing but the package, in strict TypeScript that is JavaScript as well. */
const PROGRAM = `
import { bilateralFeatures, buildLattice, filter, open, ShapeError } from "crf-rnn";
const device = await open({ prefer: "wasm", threads: 1 });
const guide = device.tensor([4, 5, 3], new Float32Array(60).fill(1));
const lattice = await buildLattice(bilateralFeatures(guide, { position: 160, color: 3 }));
const values = device.tensor([20, 1], new Float32Array(20).fill(2));
const filtered = await (await filter(values, lattice, { normalization: "after" })).read();
if (Math.abs(filtered[0] - 2) > 1e-5) throw new ShapeError({ where: "program", expected: "2", got: String(filtered[0]) });
console.log("filtered", filtered.length);
device.dispose();
`;

/** The same for checkpoints, data sets, training and benchmarks: errors are of one class in all entry points. */
const READERS = `
import { FormatError, open } from "crf-rnn";
import { bytesSource, openCheckpoint } from "crf-rnn/checkpoint";
import { checkDataset, decodeImage, openDataset } from "crf-rnn/data";
import { checkpointFile, drawShapes, memorySurroundings, openState, runTraining, shapeClasses } from "crf-rnn/train";
import { trainingConfiguration, trainingTimetable } from "crf-rnn/train";
import { makeScene, runBench } from "crf-rnn/bench";
const census = await checkDataset(await openDataset("set"));
console.log(census.items, census.classes[1].share, census.problems.length);
const jpeg = () => decodeImage(Uint8Array.of(0xff, 0xd8), "a.jpg");
const page = () => openCheckpoint(bytesSource(Uint8Array.of(1)));
for (const refused of [jpeg, page]) {
  const error = await refused().catch((reason) => reason);
  console.log(error instanceof FormatError && error.offset);
}
const train = [drawShapes(1, 0, 24)];
const options = { classes: shapeClasses.map(({ name }) => name), images: train, width: 1 / 64, steps: 1 };
const surroundings = memorySurroundings({ train });
const device = await open({ prefer: "wasm", threads: 1 });
await runTraining(device, await trainingConfiguration(options), trainingTimetable(options), surroundings);
console.log((await openState(bytesSource(surroundings.files.get(checkpointFile) ?? new Uint8Array()))).step);
const scene = makeScene(undefined, { height: 6, width: 8 });
console.log((await runBench(scene, { device, only: "lattice/blur$", seconds: 0.001 })).kernels.length);
device.dispose();
`;

let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crf-rnn-package-"));
  files = await installPackage(folder);
  await writeFile(join(folder, "program.js"), PROGRAM);
  await writeFile(join(folder, "program.ts"), PROGRAM);
  await writeFile(join(folder, "readers.js"), READERS);
  await writeFile(join(folder, "readers.ts"), READERS);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const prints = async (program: string, args: readonly string[]): Promise<void> => {
  const { stdout, stderr } = await run(program, [...args], { cwd: folder });
  expect({ stdout, stderr }).toEqual({ stdout: "filtered 20\n", stderr: "" });
};

test("holds what is built and nothing else", async () => {
  const [built, others] = [true, false].map((is) => files.filter((file) => file.startsWith("dist/") === is));
  expect(built!.sort()).toEqual((await filesBelow(join(root, "dist"))).map((file) => `dist/${file}`).sort());
  expect(others!.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
  for (const file of ["dist/index.js", "dist/cli.js", "dist/types/src/index.d.ts", "dist/wasm/plain.wasm"]) {
    expect(files).toContain(file);
  }
  expect(files.filter((file) => file.endsWith(".wgsl")).length).toBeGreaterThan(10);
});

test("every entry point exists", () => {
  const targets = (value: unknown): string[] =>
    typeof value === "string" ? [value] : Object.values(value!).flatMap(targets);
  for (const target of [...targets(packageJson.exports), ...targets(packageJson.bin)]) {
    const pattern = target.replace(/^\.\//, "");
    const [start, end] = pattern.split("*");
    const found = files.some((file) =>
      end === undefined ? file === pattern : file.startsWith(start!) && file.endsWith(end),
    );
    expect(found, target).toBe(true);
  }
});

/** The command line of the package, as `npx crf-rnn` runs it. */
const crfRnn = (...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
  run(process.execPath, [join(folder, "node_modules/crf-rnn/dist/cli.js"), ...words], { cwd: folder }).then(
    ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ status: code as number, stdout, stderr }),
  );

test("is all that is installed: nothing is required", () => {
  expect(packageJson).not.toHaveProperty("dependencies");
  const optional = Object.entries(packageJson.peerDependenciesMeta).filter(([, meta]) => meta.optional);
  expect(optional.map(([name]) => name).sort()).toEqual(Object.keys(packageJson.peerDependencies).sort());
});

test("demo runs from it alone, on photographs that it carries", async () => {
  const { status, stdout } = await crfRnn("demo", "--steps", "0", "--out", "demo", "--json", "--quiet");
  expect(status).toBe(0);
  const { photographs } = JSON.parse(stdout) as { photographs: { refined: { meanIU: number } }[] };
  expect(photographs.map(({ refined }) => refined.meanIU > 0.85)).toEqual([true, true]);
});

test("says in a line which package a command lacks, and doctor lists them", async () => {
  await writeFile(join(folder, "a.jpg"), Uint8Array.of(0xff, 0xd8, 0xff));
  const jpeg = await crfRnn("refine", "a.jpg", "--logits", "l.npy", "--out", "o.png");
  expect(jpeg).toEqual({
    status: 2,
    stdout: "",
    stderr:
      "crf-rnn: a.jpg: expected the package sharp, which decodes JPEGs (PNGs need none), got none — npm install sharp\n",
  });
  const gpu = await crfRnn("demo", "--device", "webgpu", "--out", "gpu");
  expect([gpu.status, gpu.stderr]).toEqual([2, expect.stringMatching(/^crf-rnn: open: .*npm install webgpu.*\n$/)]);
  const { packages, advice } = JSON.parse((await crfRnn("doctor", "--json")).stdout) as {
    packages: object;
    advice: string[];
  };
  expect(packages).toEqual({ webgpu: false, sharp: false, puppeteer: false, koffi: false });
  for (const name of Object.keys(packages)) expect(advice.join("\n")).toContain(`: npm install ${name}`);
});

test("runs in Node without any dependency installed", () => prints(process.execPath, ["program.js"]));

test.each(["README.md", "docs/start.md"])(
  "the first program of %s runs as it stands, and prints what follows it",
  async (page) => {
    const [program] = fences(page, ["js"]);
    const [printed] = fences(page, ["text"]);
    await writeFile(join(folder, "first.mjs"), program!.text);
    const { stdout, stderr } = await run(process.execPath, ["first.mjs"], { cwd: folder });
    expect({ stdout, stderr }).toEqual({ stdout: printed!.text, stderr: "" });
  },
);

test("runs in a newer Node", () => prints(findNewerNode()!, ["program.js"]));

test("runs in Deno, from TypeScript", async () =>
  prints(await findDeno(), ["run", "--allow-all", "--quiet", "program.ts"]));

test("reads checkpoints and data sets in Node and Deno, and JPEGs once sharp is installed", async () => {
  const sharp = join(folder, "node_modules/sharp");
  await symlink(join(root, "node_modules/sharp"), sharp);
  await mkdir(join(folder, "set"));
  await writeFile(join(folder, "set", "a.png"), encodeRgbPng(1, 2, Uint8Array.of(1, 2, 3, 4, 5, 6)));
  const mask = encodeLabelPng({ height: 1, width: 2, labels: Uint8Array.of(0, 1) });
  await writeFile(join(folder, "set", "m.png"), mask);
  const classes = ["ground", "thing"].map((name, id) => ({ id, name, rgb: [id, id, id] }));
  const items = [{ id: "a", image: "a.png", mask: "m.png", split: "train" }];
  await writeFile(join(folder, "set", "manifest.json"), JSON.stringify({ classes, items }));
  for (const [program, args] of [
    [process.execPath, ["readers.js"]],
    [await findDeno(), ["run", "--allow-all", "--quiet", "readers.js"]],
  ] as const) {
    const { stdout, stderr } = await run(program, [...args], { cwd: folder });
    expect({ stdout, stderr }).toEqual({ stdout: "1 0.5 0\n2\n0\n1\n1\n", stderr: "" });
  }
  await rm(sharp);
});

test("its declarations hold in strict TypeScript, without skipLibCheck", async () => {
  const compilerOptions = { strict: true, noEmit: true, types: [], target: "es2022", lib: ["esnext", "dom"] };
  for (const resolution of [{ module: "nodenext" }, { module: "esnext", moduleResolution: "bundler" }]) {
    const config = { compilerOptions: { ...compilerOptions, ...resolution }, files: ["program.ts", "readers.ts"] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = [`${root}node_modules/@typescript/native/bin/tsc`, "--project", folder];
    const output = await run(process.execPath, tsc).then(
      () => "",
      ({ stdout }: { stdout: string }) => stdout,
    );
    expect(output).toBe("");
  }
});

test("resolvers that know no exports find main and the types of all entry points", async () => {
  expect(packageJson.main).toBe(packageJson.exports["."].default);
  expect(packageJson.types).toBe(packageJson.exports["."].types);
  // TypeScript 7 has no such resolver any more; 6 still has the one of Node 10.
  const compilerOptions = { strict: true, noEmit: true, types: [], target: "es2022", lib: ["esnext", "dom"] };
  const old = { module: "esnext", moduleResolution: "node10", ignoreDeprecations: "6.0" };
  const config = { compilerOptions: { ...compilerOptions, ...old }, files: ["program.ts", "readers.ts"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = [`${root}node_modules/typescript/bin/tsc`, "--project", folder];
  const output = await run(process.execPath, tsc).then(
    () => "",
    ({ stdout }: { stdout: string }) => stdout,
  );
  expect(output).toBe("");
});
