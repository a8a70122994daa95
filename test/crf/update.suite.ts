import { perform } from "../../src/device/work.ts";
import { update } from "../../src/crf/update.ts";
import { padded, quadsOf } from "../../src/shape.ts";
import { Memory, pack } from "../memory.ts";
import { activation } from "../reference/crf.ts";
import { type Case, check, close, random, type Random } from "../suite.ts";
import { padRows } from "./rows.ts";

interface Filtered {
  readonly simplices: Uint32Array;
  readonly values: Float32Array;
  /** Σ weight·values[vertex] of every point. */
  readonly sliced: Float64Array;
}

/**
 * Random simplices of `corners` vertices, and random values of the vertices; without those of the last channel if that one `follows`, as what the others
 * leave of the sum that a filter of d = corners − 1 dimensions makes of ones.
 */
function filtered(numbers: Random, points: number, corners: number, channels: number, follows: boolean): Filtered {
  const vertices = 50;
  const values = numbers.array(vertices * channels, -1, 1);
  const vertex = Array.from({ length: points * corners }, () => numbers.integer(vertices));
  const weight = numbers.array(points * corners, 0, 1 / corners);
  const sliced = new Float64Array(points * channels);
  vertex.forEach((v, entry) => {
    const point = Math.floor(entry / corners);
    for (let c = 0; c < channels; c++) sliced[point * channels + c]! += weight[entry]! * values[v * channels + c]!;
  });
  const given = channels - 1;
  if (!follows) return { simplices: pack(vertex, weight), values, sliced };
  for (let first = 0; first < sliced.length; first += channels) {
    sliced[first + given] = sliced
      .subarray(first, first + given)
      .reduce((rest, one) => rest - one, 1 + 2 ** (1 - corners));
  }
  return { simplices: pack(vertex, weight), values: values.filter((_, i) => i % channels < given), sliced };
}

// Each pair of quads and dimensions is a pipeline of its own, which a software adapter takes seconds to compile.
const sizes = [
  { points: 1, channels: 21, dimensions: 5 },
  { points: 63, channels: 3, dimensions: 3 },
  { points: 64, channels: 4, dimensions: 3 },
  { points: 65, channels: 1, dimensions: 3 },
  { points: 65, channels: 5, dimensions: 5 },
  { points: 130, channels: 5, dimensions: 3, follows: true },
  { points: 63, channels: 21, dimensions: 5, follows: true },
];
const wider = [
  ...sizes,
  { points: 100, channels: 28, dimensions: 5 },
  { points: 70, channels: 64, dimensions: 8 },
  ...[9, 13, 17, 25].map((channels) => ({ points: 70, channels, dimensions: 4, follows: true })),
];

export const cases: Case[] = [true, false].flatMap((diagonal) =>
  (["none", "softmax", "relu"] as const).map((next) => ({
    name: `${diagonal ? "diagonal" : "full"} matrices, then ${next}`,
    async run(device) {
      for (const { points, channels, dimensions, follows = false } of device.info.hardware || device.kind === "wasm"
        ? wider
        : sizes) {
        using memory = new Memory(device);
        const numbers = random(points + channels);
        const spatial = filtered(numbers, points, 3, channels, follows);
        const bilateral = filtered(numbers, points, dimensions + 1, channels, follows);
        const unary = numbers.array(points * channels, -4, 4);
        const matrices = [0, 1].map(() => numbers.array(diagonal ? channels : channels ** 2, -2, 2));
        const stride = padded(channels);
        const filled = follows ? channels - 1 : channels;
        const result = memory.result(points * stride);
        const stored = matrices.map((matrix) => padRows(matrix, channels));
        const work = update({
          spatial: { simplices: memory.of(spatial.simplices), values: memory.of(padRows(spatial.values, filled)) },
          bilateral: {
            simplices: memory.of(bilateral.simplices),
            values: memory.of(padRows(bilateral.values, filled)),
            dimensions,
          },
          matrices: { storage: memory.of(Float32Array.of(...stored[0]!, ...stored[1]!)), diagonal },
          unary: memory.of(padRows(unary, channels)),
          result,
          points,
          channels,
          valueQuads: quadsOf(filled),
          activation: next,
        });
        perform(device, work);
        const x = Float64Array.from(unary, (value, i) => {
          const [first, out] = [i - (i % channels), i % channels];
          return [spatial, bilateral].reduce((rest, { sliced }, k) => {
            if (diagonal) return rest - matrices[k]![out]! * sliced[i]!;
            for (let c = 0; c < channels; c++) rest -= matrices[k]![c * channels + out]! * sliced[first + c]!;
            return rest;
          }, value);
        });
        // X: a sum of 2L products below 2, each rounded once. Activated: its error and softmax's own (softmax.suite.ts).
        // A last channel that follows is a sum of all others before.
        const absolute = ((diagonal ? 4 : 2 * channels) + (follows ? 2 * channels : 0)) * 4 * 2 ** -23;
        const all = await memory.floats(result);
        const what = `${points} points of ${channels}`;
        const own = all.filter((_, i) => i % stride < channels);
        if (next === "none") close(own, x, { absolute }, what);
        else close(own, activation(x, channels, next), { relative: absolute + 1e-5, absolute: 2 * absolute }, what);
        check(
          all.every((value, i) => i % stride < channels || value === 0),
          `${what}: padding`,
        );
      }
    },
  })),
);
