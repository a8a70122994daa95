import { describe, expect, test } from "vitest";
import { bytesSource, memorySink, openCheckpoint, type StoredTensor } from "../../src/checkpoint/checkpoint.ts";
import { Budget } from "../../src/budget.ts";
import { readRun } from "../../src/checkpoint/torchRun.ts";
import { type Plain, writePlain } from "../../src/checkpoint/pytorchWriter.ts";

const tensorOf = (shape: readonly number[], ...values: readonly number[]): StoredTensor => ({
  shape,
  type: "float32",
  read: async () => Float32Array.from(values),
});
const dictionary = (items: Readonly<Record<string, Plain>>): Plain => new Map(Object.entries(items));

const names = ["score_fr.bias", "crfrnn.compatibility_matrix"];
const group = { params: [0, 1], names, lr: 0.5, momentum: 0.9 };

/** A run as a program in PyTorch may have saved it. */
async function open(groups: readonly Plain[], state: ReadonlyMap<number, Plain>) {
  const sink = memorySink();
  const run = dictionary({
    model_state_dict: dictionary({
      "score_fr.bias": tensorOf([2], 1, 2),
      "crfrnn.compatibility_matrix": tensorOf([2, 2], 1, 0, 0, 1),
    }),
    optimizer_state_dict: dictionary({ state, param_groups: groups }),
    crf_rnn: dictionary({
      metadata: dictionary({ step: "7", epoch: 3 }),
      others: dictionary({ bandwidths: tensorOf([3], 160, 3, 3) }),
    }),
  });
  await writePlain(run, sink);
  const { tensors, metadata, notes } = await openCheckpoint(bytesSource(sink.bytes(), "run.pth"), { partial: true });
  const values: Record<string, number[]> = {};
  for (const [name, { read }] of tensors) values[name] = [...(await read())].map(Number);
  return { values, metadata, notes };
}

describe("a run that was saved in PyTorch", () => {
  test("of SGD has velocities with the rate in them, and our sign; what PyTorch has not made yet is zero", async () => {
    const state = new Map([[1, dictionary({ momentum_buffer: tensorOf([2, 2], 2, -4, 6, 8) })]]);
    const { values, metadata } = await open([dictionary(group)], state);
    expect(values).toEqual({
      "score_fr.bias": [1, 2],
      compatibility: [-1, -0, -0, -1],
      "optimizer/score_fr.bias.velocity": [0, 0],
      "optimizer/compatibility.velocity": [-1, 2, -3, -4],
      "optimizer/steps": [7],
      bandwidths: [160, 3, 3],
    });
    expect(metadata).toEqual({ step: "7" });
  });

  test.each([
    ["a number", 5],
    ["a tensor", tensorOf([], 5)],
  ])("of Adam counts its steps by %s, and squares keep their sign", async (_, step) => {
    const moments = { exp_avg: tensorOf([2, 2], 1, 2, 3, 4), exp_avg_sq: tensorOf([2, 2], 5, 6, 7, 8) };
    const state = new Map([[0, dictionary({ step, ...moments })]]);
    const adam = dictionary({ params: [0], names: names.slice(1), lr: 1e-3, betas: [0.9, 0.999] });
    const { values } = await open([adam], state);
    expect(values["optimizer/compatibility.mean"]).toEqual([-1, -2, -3, -4]);
    expect(values["optimizer/compatibility.square"]).toEqual([5, 6, 7, 8]);
    expect(values["optimizer/steps"]).toEqual([5]);
  });

  const none = new Map<number, Plain>();
  test.each<[string, readonly Plain[], ReadonlyMap<number, Plain>, RegExp]>([
    [
      "a group without names",
      [dictionary({ params: [0, 1], lr: 1 })],
      none,
      /groups with lr, and as many names as params/,
    ],
    ["fewer names than parameters", [dictionary({ ...group, names: names.slice(1) })], none, /as many names as params/],
    [
      "a name that is no parameter's",
      [dictionary({ ...group, names: ["a", "b"] })],
      none,
      /parameters of the network .*got a/,
    ],
    ["a number beyond the parameters", [dictionary({ ...group, params: [0, 2] })], none, /as many names as params/],
    ["a state beyond the parameters", [dictionary(group)], new Map([[9, null]]), /states of at most 2 parameters/],
  ])("is refused with %s", async (_, groups, state, sentence) => {
    await expect(open(groups, state)).rejects.toThrow(sentence);
  });
});

test("a list of names that stands in many groups is paid for in each", () => {
  const list = Array<string>(1000).fill("score_fr.bias");
  const one = new Map<string, unknown>(Object.entries({ names: list, params: list.map(() => 0), lr: 1 }));
  const object = new Map<string, unknown>([
    ["optimizer_state_dict", new Map(Object.entries({ state: new Map(), param_groups: Array(10_000).fill(one) }))],
    ["crf_rnn", new Map()],
  ]);
  const source = bytesSource(new Uint8Array(4000), "run.pth");
  const parameters = new Map([["score_fr.bias", tensorOf([2], 1, 2)]]);
  const refuse = () => {
    throw new Error("there is no tensor");
  };
  expect(() => readRun(source, new Budget(source.name, source.size), object, parameters, refuse)).toThrow(/run\.pth/);
  expect(parameters.size).toBe(1);
});
