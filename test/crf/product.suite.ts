import { product } from "../../src/crf/product.ts";
import { Tape } from "../../src/tape.ts";
import { taken } from "../memory.ts";
import { type Case, check, close, random } from "../suite.ts";

/** Σ_j a[i][j]·b[j][k] of every set, in float64. */
function multiplied(a: Float32Array, b: Float32Array, channels: number): Float64Array {
  return Float64Array.from(a, (_, at) => {
    const [row, column] = [Math.floor(at / channels), at % channels];
    const set = row - (row % channels);
    let sum = 0;
    for (let j = 0; j < channels; j++) sum += a[row * channels + j]! * b[(set + j) * channels + column]!;
    return sum;
  });
}

function transposed(matrices: Float32Array, channels: number): Float32Array {
  return matrices.map((_, at) => {
    const [row, column] = [Math.floor(at / channels), at % channels];
    const set = row - (row % channels);
    return matrices[(set + column) * channels + (row - set)]!;
  });
}

export const cases: Case[] = [
  {
    name: "multiplies the matrices of every set, and back to both",
    async run(device) {
      for (const sets of [1, 3]) {
        for (const channels of [1, 3, 4, 5, 21]) {
          using scope = device.scope();
          const numbers = random(sets * 100 + channels);
          const [c, w, g] = [0, 1, 2].map(() => numbers.array(sets * channels ** 2, -1, 1)) as [
            Float32Array,
            Float32Array,
            Float32Array,
          ];
          const shape = [sets * channels, channels];
          const [compatibility, weight, gradient] = [c, w, g].map((data) => scope.tensor(shape, data));
          const tape = new Tape([compatibility!, weight!]);
          const result = scope.add(product(compatibility!, weight!));
          const what = `${sets} sets of ${channels}`;
          // Sums of L products below 1: each of L roundings is at most half a unit of L.
          const absolute = channels ** 2 * 2 ** -24;
          close(await result.read(), multiplied(c, w, channels), { absolute }, what);
          const gradients = await tape.gradients(result, gradient);
          const ofC = multiplied(g, transposed(w, channels), channels);
          const ofW = multiplied(transposed(c, channels), g, channels);
          close(await gradients.get(compatibility!)!.read(), ofC, { absolute }, `${what}: gradient of C`);
          close(await gradients.get(weight!)!.read(), ofW, { absolute }, `${what}: gradient of W`);
          for (const one of gradients.values()) one.dispose();
        }
      }
    },
  },
  {
    name: "of one matrix alone only its gradient is computed, and nothing else is kept",
    async run(device) {
      using scope = device.scope();
      const [compatibility, weight] = [1, 2].map((seed) => scope.tensor([4, 4], random(seed).array(16, -1, 1)));
      for (const watched of [compatibility!, weight!]) {
        const before = device.bytes;
        const tape = new Tape([watched]);
        const result = product(compatibility!, weight!);
        check(
          device.bytes === before + taken(device, [result.storage.bytes]),
          `${device.bytes - before} bytes in use after the product`,
        );
        const gradients = await tape.gradients(result, weight);
        check(gradients.size === 1 && gradients.has(watched), `${gradients.size} gradients`);
        result.dispose();
        for (const one of gradients.values()) one.dispose();
        check(device.bytes === before, `${device.bytes - before} bytes left`);
      }
    },
  },
];
