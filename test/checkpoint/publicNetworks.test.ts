import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StoredTensor } from "../../src/checkpoint/checkpoint.ts";
import { forProgram } from "../../src/checkpoint/publicNetworks.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { fcn8s } from "../../src/models/fcn8s.ts";

const tensorOf = (shape: readonly number[], values: ArrayLike<number>): StoredTensor => ({
  shape,
  type: "float32",
  read: async () => Float32Array.from(values),
});

let device: Device;
beforeAll(async () => void (device = await open({ prefer: "wasm", threads: 1 })));
afterAll(() => device.dispose());

const widths = { widths: [3, 3, 3, 3, 3], fc: 4, classes: 3, dropout: 0 };
type Options = Parameters<typeof fcn8s>[1];

/** The scores of a network of these options with the parameters of a checkpoint, which has them all. */
async function scoresOf(options: Partial<Options>, tensors: ReadonlyMap<string, StoredTensor>): Promise<Float32Array> {
  using network = fcn8s(device, { ...widths, ...options });
  expect([...tensors.keys()].sort()).toEqual(Object.keys(network.parameters).sort());
  for (const [name, { read }] of tensors) network.parameters[name]!.write((await read()) as Float32Array);
  using image = device.tensor(
    [20, 18, 3],
    Float32Array.from({ length: 1080 }, (_, i) => ((i * 37) % 251) - 120),
  );
  using scores = await network(image);
  return await scores.read();
}

/** A network with values in all its parameters. */
async function stored(options: Partial<Options>): Promise<Map<string, StoredTensor>> {
  using network = fcn8s(device, { ...widths, ...options, seed: 5 });
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of Object.entries(network.parameters)) {
    const values = await tensor.read();
    const scattered = values.map(
      (value, i) => value + (name.startsWith("upscore") ? 0 : Math.sin(i + name.length) / 9),
    );
    tensors.set(name, tensorOf(tensor.shape, name === "upscore2.bias" ? [0.5, -1, 2] : scattered));
  }
  return tensors;
}

function expectNear(found: Float32Array, wanted: Float32Array): void {
  const size = Math.max(...wanted.map(Math.abs));
  expect(size).toBeGreaterThan(0);
  expect(Math.max(...found.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(1e-5 * size);
}

const memory = ["optimizer/conv1_1.weight.mean", tensorOf([1], [1])] as const;

describe("a network with the parameters of a public one has the scores that it had", () => {
  test.each(["crfasrnn", "fcn"] as const)("%s, where pooling layers had factors", async (program) => {
    const poolScales = [0.01, 0.0001] as const;
    const own = await stored({ poolScales });
    const { tensors } = forProgram({ tensors: new Map([...own, memory]) }, program, poolScales, "a.safetensors");
    const theirs = await scoresOf({ upscore2Bias: program === "crfasrnn" }, tensors);
    expectNear(theirs, await scoresOf({ poolScales }, own));
  });

  test("fcn, where upscore2 had a bias, and a CRF followed", async () => {
    const own = await stored({ upscore2Bias: true });
    const matrix = tensorOf([3, 3], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
    const crf = ["spatialWeight", "bilateralWeight", "compatibility"].map((name) => [name, matrix] as const);
    const all = new Map([...own, ...crf, ["bandwidths", tensorOf([3], [1, 2, 3])]]);
    const { tensors, notes } = forProgram({ tensors: all }, "fcn", [1, 1], "a.safetensors");
    expectNear(await scoresOf({}, tensors), await scoresOf({ upscore2Bias: true }, own));
    expect(notes).toEqual([
      "spatialWeight, bilateralWeight, compatibility, bandwidths: left out, since pytorch-fcn has no CRF",
      "upscore2.bias was added to score_pool4.bias, since pytorch-fcn's upscore2 has none",
    ]);
  });
});

test("an untied CRF has no place in crfasrnn_pytorch", () => {
  const tensors = new Map([["compatibility", tensorOf([6, 3], new Float32Array(18))]]);
  expect(() => forProgram({ tensors }, "crfasrnn", [1, 1], "a.safetensors")).toThrow(
    /a\.safetensors: expected a CRF whose iterations have one set of matrices.*got an untied one, with \[6, 3\]/,
  );
});
