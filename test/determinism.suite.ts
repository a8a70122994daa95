import { crfRnn } from "../src/crf/crfRnn.ts";
import type { Device } from "../src/device/device.ts";
import { canShareMemory, openWasm } from "../src/device/wasm.ts";
import { DeviceError } from "../src/errors.ts";
import { filter } from "../src/lattice/filter.ts";
import { bandsOf } from "../src/lattice/incidence.ts";
import { buildLattice } from "../src/lattice/lattice.ts";
import { argmax } from "../src/nn/argmax.ts";
import { mean } from "../src/nn/mean.ts";
import { scoresTensor } from "../src/pictures/scoresTensor.ts";
import { Tape } from "../src/tape.ts";
import { convolvedTwice } from "./nn/convolutions.ts";
import { type Case, check, random, rejects, same } from "./suite.ts";

const [height, width, classes] = [60, 80, 5];

/** Enough points that every kernel splits its range between threads, and that their insertions race. */
async function results(device: Device): Promise<Float32Array[]> {
  const points = height * width;
  const numbers = random(1);
  using features = device.tensor([points, 5], numbers.array(points * 5, -4, 4));
  using values = device.tensor([points, 3], numbers.array(points * 3, -1, 1));
  using lattice = await buildLattice(features);
  using after = filter(values, lattice, { normalization: "after" });
  using adjoint = filter(values, lattice, { normalization: "symmetric", transpose: true });
  using others = device.tensor([900, 5], numbers.array(900 * 5, -4, 4));
  using wider = await buildLattice(features, { at: others });
  using elsewhere = filter(values, wider, { normalization: "after", at: wider.at });
  using back = filter(elsewhere, wider, { at: wider.at, transpose: true });
  using unary = device.tensor([height, width, classes], numbers.array(points * classes, -2, 2));
  using guide = device.tensor([height, width, 3], numbers.array(points * 3, -100, 100));
  using crf = crfRnn(device, { classes, iterations: 3 });
  using logits = await crf(unary, guide);
  return [
    await after.read(),
    await adjoint.read(),
    await elsewhere.read(),
    await back.read(),
    await filteredInBands(device),
    await logits.read(),
    ...(await convolvedTwice(device, [34, 42, 20], [24, 40])),
    ...(await formed(device, numbers.array(points * 9, 0.1, 0.9))),
  ];
}

/** Many points to a vertex, which WASM splats in bands; others have none. */
async function filteredInBands(device: Device): Promise<Float32Array> {
  if (device.kind !== "wasm") return new Float32Array();
  const points = 33_000;
  const numbers = random(2);
  using features = device.tensor([points, 5], numbers.array(points * 5, -2.2, 2.2));
  using values = device.tensor([points, 3], numbers.array(points * 3, -1, 1));
  using lattice = await buildLattice(features);
  check(bandsOf(lattice.parts.incidence, lattice.vertices) === 2, `no bands of ${lattice.vertices} vertices`);
  using result = filter(values, lattice, { normalization: "symmetric" });
  return await result.read();
}

/** Probabilities of nine classes, channels first, as scores of another size; the labels, the mean and the gradient. */
async function formed(device: Device, probabilities: Float32Array): Promise<Float32Array[]> {
  using scope = device.scope();
  const given = scope.tensor([9, height, width], probabilities);
  const tape = new Tape([given]);
  const options = { layout: "chw", meaning: "probabilities", size: [48, 100] } as const;
  const scores = scoresTensor(device, given, options);
  const average = mean(scores);
  const labels = Float32Array.from(await argmax(scores));
  const [read, one] = [await scores.read(), await average.read()];
  return [read, labels, one, await (await tape.gradients(scores, scores)).get(given)!.read()];
}

const convolutions = ["convolution", "gradient", "of 3×3 weight", "of 2×2 weight"];
const names = [
  "filter",
  "adjoint",
  "filter elsewhere",
  "and back",
  "filter in bands",
  "logits",
  ...convolutions,
  "scores",
  "labels",
  "mean",
  "gradient of scores",
];

function sameResults(actual: readonly Float32Array[], expected: readonly Float32Array[], what: string): void {
  names.forEach((name, i) => same(actual[i]!, expected[i]!, `${what}: ${name}`));
}

export const cases: Case[] = [
  {
    name: "every run gives the same bits",
    async run(device) {
      const first = await results(device);
      for (let round = 1; round < 4; round++) sameResults(await results(device), first, `run ${round}`);
    },
  },
  {
    name: "any number of WASM threads, and the build without shared memory, give the same bits",
    async run(device) {
      if (!canShareMemory()) {
        // A page that is not isolated has one thread, and says so to whoever asks for more.
        await rejects(openWasm({ threads: 2 }), DeviceError, "threads without shared memory");
        return;
      }
      // WebGPU's host runs it, too: each engine compiles the modules its own way.
      for (const relaxed of device.info.variant.startsWith("relaxed") ? [true, false] : [false]) {
        using alone = await openWasm({ threads: 1, relaxed });
        const expected = await results(alone);
        for (const threads of [2, 3]) {
          using several = await openWasm({ threads, relaxed });
          sameResults(await results(several), expected, `${several.info.variant}, ${threads} threads`);
        }
      }
    },
  },
];
