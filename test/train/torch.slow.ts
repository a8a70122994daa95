import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { bytesSource, openAsIs } from "../../src/checkpoint/checkpoint.ts";
import { writeShapes } from "../../src/cli/demo/shapesFolder.ts";
import { Folder } from "../cli/command.ts";
import { tiny } from "../cli/training.ts";
import { root } from "../hosts/folders.ts";

// Debian's python3-torch goes with Debian's own Python.
const python = process.env.CRF_RNN_PYTHON ?? "/usr/bin/python3";
const script = `${root}examples/torch/train.py`;

beforeAll(() => {
  try {
    execFileSync(python, ["-c", "import numpy, torch, PIL"], { stdio: "pipe" });
  } catch (cause) {
    const remedy = "apt-get install --no-install-recommends python3-torch python3-pil, or set CRF_RNN_PYTHON";
    throw new Error(`${python} lacks numpy, torch or PIL, which this test needs: ${remedy}`, { cause });
  }
});

async function parametersOf(folder: Folder, name: string): Promise<Map<string, Float32Array>> {
  const { tensors } = await openAsIs(bytesSource(new Uint8Array(readFileSync(folder.file(name))), name));
  const all = new Map<string, Float32Array>();
  for (const [tensor, stored] of tensors) all.set(tensor, (await stored.read()) as Float32Array);
  return all;
}

const distance = (one: Float32Array, other: Float32Array): number =>
  Math.hypot(...one.map((value, i) => value - other[i]!));

// One image and no dropout, so that both draw the same whatever their order. A batch of two is shared by two processes.
test.each([
  ["Adam, one process", ["--optimizer", "adam", "--rate", "1e-3"], 1],
  ["AdamW, one process", ["--optimizer", "adamw", "--rate", "1e-3", "--decay", "0.1"], 1],
  ["SGD, a falling rate", ["--optimizer", "sgd", "--rate", "1e-5", "--momentum", "0.9", "--schedule", "step:4:0.5"], 1],
  [
    "SGD, two processes",
    ["--optimizer", "sgd", "--rate", "1e-5", "--clip", "50", "--batch", "2", "--scales", "at-once"],
    2,
  ],
] as const)("a run goes on in PyTorch and back, to what it would have come to: %s", async (_, flags, processes) => {
  using folder = new Folder();
  writeShapes(folder.file("shapes"), { seed: 3, size: 24, train: 1, val: 1 });
  const train = (out: string, steps: number, ...more: readonly string[]): void => {
    const words = [
      "train",
      "--data",
      "shapes",
      "--out",
      out,
      ...tiny,
      "--dropout",
      "0",
      "--val-images",
      "0",
      "--quiet",
    ];
    const { status, stderr } = folder.run([...words, ...flags, "--steps", `${steps}`, ...more]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  };
  train("alone", 9);
  train("road", 3);
  const before = await parametersOf(folder, "road/checkpoint.safetensors");
  expect(folder.run(["convert", "--for", "torch", "road/checkpoint.safetensors", "run.pth"]).status).toBe(0);
  // torch 1.13 finds no name for its own default, 0, in Python 3.11; so standard error goes to files and here.
  const debian = ["--redirects", "2", "--tee", "2", "--log_dir", "logs"];
  const torchrun = ["-m", "torch.distributed.run", ...debian, "--nproc_per_node", `${processes}`];
  const launcher = processes > 1 ? torchrun : [];
  const said = execFileSync(python, [...launcher, script, "run.pth", "--data", "shapes", "--steps", "6"], {
    cwd: folder.path,
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "1" },
  });
  expect(said).toMatch(/^step 4: loss .*\nstep 5: loss .*\nstep 6: loss .*\n$/);
  expect(folder.run(["convert", "run.pth", "road/checkpoint.safetensors"]).status).toBe(0);
  train("road", 9, "--resume");
  const [alone, road] = await Promise.all(
    ["alone", "road"].map((run) => parametersOf(folder, `${run}/checkpoint.safetensors`)),
  );
  expect([...road!.keys()].sort()).toEqual([...alone!.keys()].sort());
  for (const [name, values] of alone!) {
    const size = Math.hypot(...values);
    expect(distance(values, road!.get(name)!), name).toBeLessThanOrEqual(1e-4 * size + 1e-12);
  }
  // What is compared has come a long way.
  const last = "score_pool3.weight";
  expect(distance(alone!.get(last)!, before.get(last)!)).toBeGreaterThan(1e-2 * Math.hypot(...alone!.get(last)!));
});

test("public networks load, strictly, what is written for them", () => {
  using folder = new Folder();
  writeShapes(folder.file("shapes"), { seed: 3, size: 24, train: 1, val: 1 });
  for (const stage of ["fcn8s", "crf-rnn"]) {
    const words = ["train", "--data", "shapes", "--out", stage, "--stage", stage, ...tiny, "--steps", "1", "--quiet"];
    expect(folder.run(words)).toMatchObject({ status: 0, stderr: "" });
  }
  const files = [
    ["fcn", "crf-rnn"],
    ["crfasrnn", "fcn8s"],
    ["crfasrnn", "crf-rnn"],
  ].map(([program = "", run = ""]) => {
    const file = `${program}.${run}.pth`;
    expect(folder.run(["convert", "--for", program, `${run}/checkpoint.safetensors`, file]).status).toBe(0);
    return folder.file(file);
  });
  const check = `${root}test/train/check_public.py`;
  expect(execFileSync(python, [check, "4", "4", ...files], { encoding: "utf8" })).toMatch(/^3 loaded, /);
});
