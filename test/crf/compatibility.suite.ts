import { transform as op } from "../../src/crf/compatibility.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { padded } from "../../src/shape.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { checkMemory, memoryOf } from "../memory.ts";
import { transform } from "../reference/crf.ts";
import { type Case, check, close, random } from "../suite.ts";
import { padRows } from "./rows.ts";

const products: Case[] = [false, true].map((add) => ({
  name: `${add ? "adds a matrix's product to another map" : "multiplies the vector of every row by a matrix"}, and back`,
  async run(device) {
    for (const rows of [1, 63, 64, 65, 257]) {
      for (const channels of rows === 257 ? [5] : [1, 3, 4, 5, 21, 68]) {
        using scope = device.scope();
        const numbers = random(rows * 100 + channels);
        const [v, g, a] = [0, 1, 2].map(() => numbers.array(rows * channels, -1, 1)) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        // The second of two matrices, one below the other.
        const m = numbers.array(2 * channels * channels, -1, 1);
        const second = m.subarray(channels * channels);
        const [values, gradient, addend] = [v, g, a].map((data) => scope.tensor([rows, channels], data));
        const matrix = scope.tensor([2 * channels, channels], m);
        const tape = new Tape([values!, matrix, addend!]);
        const result = op(values!, matrix, { set: 1, factor: -2, addend: add ? addend : undefined });
        const what = `${rows} rows of ${channels}`;
        // A sum of L products below 1, doubled: each of L + 2 roundings is at most half a unit of 2L.
        const absolute = 2 * channels * (channels + 2) * 2 ** -24;
        const product = transform(v, second, channels);
        const expected = product.map((value, i) => (add ? a[i]! : 0) - 2 * value);
        close(await result.read(), expected, { absolute }, what);
        const gradients = await tape.gradients(result, gradient);
        const transposed = second.map((_, i) => second[(i % channels) * channels + Math.floor(i / channels)]!);
        const back = transform(g, transposed, channels).map((value) => -2 * value);
        close(await gradients.get(values!)!.read(), back, { absolute }, `${what}: gradient of the values`);
        // Σ over the rows of products below 1, in blocks of 256 rows and a sum of blocks.
        const ofMatrix = m.map((_, i) => {
          const [o, c] = [Math.floor(i / channels) - channels, i % channels];
          let sum = 0;
          for (let row = 0; o >= 0 && row < rows; row++) sum -= 2 * g[row * channels + o]! * v[row * channels + c]!;
          return sum;
        });
        const gradientOfMatrix = await gradients.get(matrix)!.read();
        close(gradientOfMatrix, ofMatrix, { absolute: 2 * rows * 16 * 2 ** -24 }, `${what}: gradient of the matrix`);
        check(gradients.has(addend!) === add, `${what}: a gradient for the addend`);
        if (add) close(await gradients.get(addend!)!.read(), g, {}, `${what}: gradient of the addend`);
      }
    }
  },
}));

const diagonals: Case = {
  name: "a diagonal matrix, given as a row of each set, has the bits that it has as a whole",
  async run(device) {
    for (const rows of [1, 65, 257]) {
      for (const channels of rows === 257 ? [5] : [1, 4, 21, 68]) {
        using scope = device.scope();
        using workspace = new Workspace(device);
        const numbers = random(rows + channels);
        const diagonal = numbers.array(2 * channels, -1, 1);
        const whole = new Float32Array(2 * channels ** 2);
        diagonal.forEach((value, row) => (whole[row * channels + (row % channels)] = value));
        const matrix = scope.tensor([2 * channels, channels], whole);
        const stored = workspace.store(padRows(diagonal, channels));
        const v = numbers.array(rows * channels, -1, 1);
        const [values, addend] = [v, v.map((value) => 3 * value)].map((data) => scope.tensor([rows, channels], data));
        for (const options of [{ set: 1 }, { set: 1, factor: -2, addend }, { set: 0, addend }]) {
          const what = `${rows} rows of ${channels}, ${Object.keys(options).join(" ")}`;
          const result = scope.add(op(values!, matrix, { ...options, diagonals: stored }));
          close(await result.read(), await scope.add(op(values!, matrix, options)).read(), {}, what);
          const { factor = 1, set } = options as { factor?: number; set: number };
          const expected = Float64Array.from(v, (value, i) => {
            const product = factor * diagonal[set * channels + (i % channels)]! * value;
            return product + ("addend" in options ? Math.fround(3 * value) : 0);
          });
          close(await result.read(), expected, { absolute: 6 * 2 ** -24 }, what);
          const all = new Float32Array(await device.read(result.storage));
          check(
            all.every((value, i) => i % padded(channels) < channels || value === 0),
            `${what}: padding`,
          );
        }
      }
    }
  },
};

export const cases: Case[] = [
  ...products,
  diagonals,
  {
    name: "more than 2048 channels, whose panels scratch memory does not hold, are multiplied all the same",
    async run(device) {
      const [rows, channels] = [3, 2053];
      using scope = device.scope();
      const numbers = random(channels);
      const v = numbers.array(rows * channels, -1, 1);
      // A matrix with three numbers a row, so that the reference is quick.
      const m = new Float32Array(channels ** 2);
      for (let i = 0; i < 3 * channels; i++)
        m[(i % channels) * channels + numbers.integer(channels)] = numbers.uniform(1, 2);
      const result = scope.add(op(scope.tensor([rows, channels], v), scope.tensor([channels, channels], m), {}));
      close(await result.read(), transform(v, m, channels), { absolute: 12 * 2 ** -23 }, `${channels} channels`);
    },
  },
  {
    name: "only the gradients that are wanted are computed, and values are held for that of the matrix alone",
    async run(device) {
      using scope = device.scope();
      const numbers = random(1);
      const matrix = scope.tensor([3, 3], numbers.array(9, -1, 1));
      const seed = scope.tensor([64, 3], numbers.array(192, -1, 1));
      for (const wanted of ["values", "matrix"]) {
        const before = device.bytes;
        const values = device.tensor([64, 3], random(2).array(192, -1, 1));
        const { bytes } = values.storage;
        const watched = wanted === "values" ? values : matrix;
        const tape = new Tape([watched]);
        const result = op(values, matrix);
        const held = device.bytes;
        values.dispose();
        check((device.bytes === held) === (wanted === "matrix"), `${wanted}: ${held - device.bytes} of ${bytes} bytes`);
        let gradients: ReadonlyMap<Tensor, Tensor> = new Map();
        const used = await memoryOf(device, "crf/compatibility.transpose", async () => {
          gradients = await tape.gradients(result, seed);
        });
        // The gradient of 64 rows of a quad, and the matrix of three.
        const tables = wanted === "values" ? [["crf/compatibility.transpose", [64 * 16, 3 * 16]] as const] : [];
        checkMemory(device, used, tables, wanted);
        check(gradients.size === 1 && gradients.has(watched), `a gradient of the ${wanted} alone`);
        for (const one of [result, ...gradients.values()]) one.dispose();
        check(device.bytes === before, `${wanted}: ${device.bytes - before} bytes left`);
      }
    },
  },
];
