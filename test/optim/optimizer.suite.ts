import type { Device } from "../../src/device/device.ts";
import { ShapeError, ValueError } from "../../src/errors.ts";
import { panels } from "../../src/layout.ts";
import { accumulate } from "../../src/optim/accumulate.ts";
import { adam } from "../../src/optim/adam.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { sgd } from "../../src/optim/sgd.ts";
import type { Scope } from "../../src/scope.ts";
import type { Tensor } from "../../src/tensor.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

/** One value; a padded row; 63, 64 and 65 quads; the weights of a convolution. */
const shapes: Record<string, readonly number[]> = {
  "a.bias": [1],
  "b.bias": [3],
  "c.bias": [252],
  "d.weight": [64, 4],
  "e.weight": [65, 3],
  "f.weight": [9, 5, 3, 3],
};

const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

function parametersOn(scope: Scope): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => {
      const values = random(i).array(elements(shape), -1, 1);
      return [name, scope.tensor(shape, values, shape.length === 4 ? panels : undefined)];
    }),
  );
}

/** Gradients of a round for all parameters but those left out. */
function gradientsFor(parameters: Record<string, Tensor>, round: number, without: string[] = []): Map<Tensor, Tensor> {
  return new Map(
    Object.entries(parameters)
      .filter(([name]) => !without.includes(name))
      .map(([name, tensor]) => {
        const values = random(100 * round + name.charCodeAt(0)).array(elements(tensor.shape), -1, 1);
        return [tensor, tensor.scope!.tensor(tensor.shape, values, tensor.layout)];
      }),
  );
}

const read = async (tensors: Record<string, Tensor>): Promise<Record<string, Float32Array>> =>
  Object.fromEntries(await Promise.all(Object.entries(tensors).map(async ([name, t]) => [name, await t.read()])));

const multipliers = { "*.bias": { rate: 2, decay: 0 }, "d.*": { rate: 0 }, "e.weight": { rate: 0.5 } };
const rateOf = (name: string): number => (name.endsWith("bias") ? 2 : name[0] === "d" ? 0 : name[0] === "e" ? 0.5 : 1);
const decayOf = (name: string): number => (name.endsWith("bias") ? 0 : 1);

/** Three steps, of which the second misses a gradient, against `update`, a float64 step of one element. */
async function checkSteps(
  device: Device,
  make: (parameters: Record<string, Tensor>) => Optimizer,
  update: (w: number, g: number, name: string, moments: number[], step: number, rate: number) => number,
): Promise<void> {
  using scope = device.scope();
  const parameters = parametersOn(scope);
  const expected = Object.fromEntries(
    Object.entries(await read(parameters)).map(([name, values]) => [name, Float64Array.from(values)]),
  );
  const before = await read(parameters);
  const moments = new Map(Object.entries(expected).map(([name, w]) => [name, Array.from(w, () => [0, 0])]));
  const step = scope.add(make(parameters));
  for (const [round, rate] of [
    [1, 0.1],
    [2, 0.1],
    [3, 0.02],
  ] as const) {
    const gradients = gradientsFor(parameters, round, round === 2 ? ["b.bias"] : []);
    step.rate = rate;
    step(gradients);
    for (const [name, tensor] of Object.entries(parameters)) {
      const gradient = await gradients.get(tensor)?.read();
      gradient?.forEach((g, i) => {
        expected[name]![i] = update(expected[name]![i]!, g, name, moments.get(name)![i]!, round, rate * rateOf(name));
      });
    }
  }
  const after = await read(parameters);
  for (const name of Object.keys(parameters)) {
    // Three steps of ten roundings of numbers below 2.
    close(after[name]!, expected[name]!, { absolute: 30 * 2 ** -24 }, name);
  }
  same(after["d.weight"]!, before["d.weight"]!, "a parameter of rate 0");
  check(step.steps === 3, `steps: ${step.steps}`);
}

const optimizers = {
  sgd: (parameters: Record<string, Tensor>) =>
    sgd(parameters, { rate: 0.1, momentum: 0.9, decay: 0.05, multipliers, clip: 3 }),
  adam: (parameters: Record<string, Tensor>) => adam(parameters, { rate: 0.1, decay: 0.05, multipliers }),
};

export const cases: Case[] = [
  {
    name: "sgd: velocity, decay and multipliers as Caffe has them",
    run: (device) =>
      checkSteps(
        device,
        (parameters) => sgd(parameters, { rate: 0.1, momentum: 0.9, decay: 0.05, multipliers }),
        (w, g, name, moments, _, rate) => {
          moments[0] = 0.9 * moments[0]! + rate * (g + 0.05 * decayOf(name) * w);
          return w - moments[0];
        },
      ),
  },
  {
    name: "adam with a decay beside the gradient, as in AdamW",
    run: (device) =>
      checkSteps(
        device,
        (parameters) => adam(parameters, { rate: 0.1, decay: 0.05, multipliers, decoupled: true }),
        (w, g, name, moments, step, rate) => {
          moments[0] = 0.9 * moments[0]! + 0.1 * g;
          moments[1] = 0.999 * moments[1]! + 0.001 * g * g;
          const mean = moments[0] / (1 - 0.9 ** step);
          const moved = w - (rate * mean) / (Math.sqrt(moments[1] / (1 - 0.999 ** step)) + 1e-8);
          return moved - rate * 0.05 * decayOf(name) * w;
        },
      ),
  },
  {
    name: "adam: means and squares, corrected for their start",
    run: (device) =>
      checkSteps(device, optimizers.adam, (w, gradient, name, moments, step, rate) => {
        const g = gradient + 0.05 * decayOf(name) * w;
        moments[0] = 0.9 * moments[0]! + 0.1 * g;
        moments[1] = 0.999 * moments[1]! + 0.001 * g * g;
        const mean = moments[0] / (1 - 0.9 ** step);
        return w - (rate * mean) / (Math.sqrt(moments[1] / (1 - 0.999 ** step)) + 1e-8);
      }),
  },
  {
    name: "clipping scales all gradients to the norm, and leaves smaller ones to the bit",
    async run(device) {
      for (const clip of [0.5, 1e6]) {
        using scope = device.scope();
        const [clipped, plain] = [parametersOn(scope), parametersOn(scope)];
        const gradients = gradientsFor(clipped, 1);
        const values = await Promise.all([...gradients.values()].map((gradient) => gradient.read()));
        const norm = Math.sqrt(values.flatMap((own) => [...own]).reduce((sum, value) => sum + value * value, 0));
        const before = await read(clipped);
        scope.add(sgd(clipped, { rate: 1, clip }))(gradients);
        scope.add(sgd(plain, { rate: 1 }))(gradientsFor(plain, 1));
        const [after, other] = [await read(clipped), await read(plain)];
        Object.keys(clipped).forEach((name, i) => {
          if (clip > norm) return void same(after[name]!, other[name]!, name);
          const expected = Array.from(values[i]!, (g, j) => before[name]![j]! - (g * clip) / norm);
          close(after[name]!, expected, { absolute: 2 ** -22 }, name);
        });
      }
    },
  },
  ...(["sgd", "adam"] as const).map((name): Case => ({
    name: `${name}: goes on from a saved state to the same bits`,
    async run(device) {
      using scope = device.scope();
      const [whole, first] = [parametersOn(scope), parametersOn(scope)];
      const through = scope.add(optimizers[name](whole));
      for (const round of [1, 2, 3]) through(gradientsFor(whole, round));
      const interrupted = scope.add(optimizers[name](first));
      for (const round of [1, 2]) interrupted(gradientsFor(first, round));
      const state = await interrupted.state();
      const resumed = scope.add(optimizers[name](first));
      resumed.load(state);
      check(resumed.steps === 2, `steps: ${resumed.steps}`);
      resumed(gradientsFor(first, 3));
      const [a, b] = [await read(whole), await read(first)];
      for (const parameter of Object.keys(whole)) same(b[parameter]!, a[parameter]!, parameter);
      check(!Object.keys(state).some((key) => key.startsWith("d.weight")), "a parameter of rate 0 has no state");
    },
  })),
  {
    name: "a state that does not fit is refused and nothing of it taken",
    async run(device) {
      using scope = device.scope();
      const parameters = parametersOn(scope);
      const step = scope.add(optimizers.sgd(parameters));
      step(gradientsFor(parameters, 1));
      const state = await step.state();
      const { "a.bias.velocity": _, ...missing } = state;
      const error = await rejects(() => step.load(missing), ShapeError);
      check(error.message.includes("a.bias.velocity is missing"), error.message);
      const extra = { ...state, "g.bias.velocity": { shape: [1], values: [0] } };
      check(
        (await rejects(() => step.load(extra), ShapeError)).message.includes("g.bias.velocity is unknown"),
        "extra",
      );
      const other = { ...state, "b.bias.velocity": { shape: [4], values: [0, 0, 0, 0] } };
      check((await rejects(() => step.load(other), ShapeError)).message.includes("b.bias.velocity is [4]"), "shape");
      const after = await step.state();
      for (const [name, { values }] of Object.entries(state)) same(after[name]!.values, values, name);
    },
  },
  {
    name: "accumulated gradients are the sum of all, each summed once and freed",
    async run(device) {
      using scope = device.scope();
      const parameters = parametersOn(scope);
      const rounds = [1, 2, 3].map((round) => gradientsFor(parameters, round, round === 1 ? ["a.bias"] : []));
      const values = await Promise.all(rounds.map((gradients) => read(named(parameters, gradients))));
      const total = new Map<Tensor, Tensor>();
      for (const gradients of rounds) accumulate(total, gradients);
      for (const [name, sum] of Object.entries(await read(named(parameters, total)))) {
        const expected = Array.from(sum, (_, i) => values.reduce((before, own) => before + (own[name]?.[i] ?? 0), 0));
        close(sum, expected, { absolute: 2 ** -22 }, name);
      }
      check(
        [...rounds[2]!.values()].every((gradient) => gradient.disposed),
        "the last gradients are freed",
      );
    },
  },
  {
    name: "rates, decays, norms and gradients that make no sense are refused",
    async run(device) {
      using scope = device.scope();
      const parameters = parametersOn(scope);
      for (const options of [{ rate: -1 }, { rate: NaN }, { rate: 1, decay: -1 }, { rate: 1, clip: 0 }]) {
        await rejects(() => sgd(parameters, options), ValueError);
      }
      await rejects(() => sgd(parameters, { rate: 1, momentum: -1 }), ValueError);
      await rejects(() => adam(parameters, { rate: 1, betas: [0.9, 1] }), ValueError);
      const step = scope.add(sgd(parameters, { rate: 1 }));
      await rejects(() => step(new Map([[parameters["b.bias"]!, parameters["c.bias"]!]])), ShapeError);
      const rows = scope.tensor(shapes["f.weight"]!);
      await rejects(() => step(new Map([[parameters["f.weight"]!, rows]])), ShapeError);
    },
  },
];

function named(parameters: Record<string, Tensor>, gradients: Map<Tensor, Tensor>): Record<string, Tensor> {
  const entries = Object.entries(parameters).flatMap(([name, tensor]) => {
    const gradient = gradients.get(tensor);
    return gradient ? [[name, gradient] as const] : [];
  });
  return Object.fromEntries(entries);
}
