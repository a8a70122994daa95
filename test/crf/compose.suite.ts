import { compose } from "../../build/kernels.ts";
import { padded } from "../../src/shape.ts";
import { alignedBytes } from "../../src/device/device.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { readTogether } from "../../src/device/readTogether.ts";
import { KnownMatrices } from "../../src/crf/knownMatrices.ts";
import type { Tensor } from "../../src/tensor.ts";
import { Memory } from "../memory.ts";
import { type Case, check, close, random } from "../suite.ts";
import { padRows } from "./rows.ts";

export const cases: Case[] = [
  {
    name: "multiplies the compatibility with both weights, transposed, of the set asked for",
    async run(device) {
      for (const channels of [1, 3, 4, 5, 21]) {
        using memory = new Memory(device);
        const numbers = random(channels);
        const [spatial, bilateral, compatibility] = [0, 1, 2].map(() => numbers.array(2 * channels ** 2, -1, 1)) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const stride = padded(channels);
        const matrices = memory.result(2 * channels * stride);
        device.run(compose, {
          spatialWeight: memory.of(padRows(spatial, channels)),
          bilateralWeight: memory.of(padRows(bilateral, channels)),
          compatibility: memory.of(padRows(compatibility, channels)),
          matrices,
          channels,
          matrixRow: channels,
          spatialFactor: 0.5,
          bilateralFactor: 2,
        });
        const at = (matrix: Float32Array, row: number, column: number): number =>
          matrix[(channels + row) * channels + column]!;
        const expected = [spatial, bilateral].flatMap((weight, which) =>
          Array.from({ length: channels * stride }, (_, i) => {
            const [input, output] = [Math.floor(i / stride), i % stride];
            if (output >= channels) return 0;
            let sum = 0;
            for (let j = 0; j < channels; j++) sum += at(compatibility, output, j) * at(weight, j, input);
            return sum * (which === 0 ? 0.5 : 2);
          }),
        );
        // The bound is that of a transform: L + 2 roundings of sums below L, times the factor.
        const absolute = 2 * channels * (channels + 2) * 2 ** -24;
        close(await memory.floats(matrices), expected, { absolute }, `${channels} classes`);
      }
    },
  },
  {
    name: "the matrices of every set are found by the iteration, as diagonals if all of them are diagonal",
    async run(device) {
      for (const sets of [1, 3]) {
        for (const classes of [1, 3, 4, 5]) {
          for (const beside of [undefined, ...(classes === 1 ? [] : [0, sets - 1])]) {
            using scope = device.scope();
            using workspace = new Workspace(device);
            const numbers = random(10 * sets + classes);
            const dense = (): Float32Array => {
              const values = new Float32Array(sets * classes * classes);
              for (let row = 0; row < sets * classes; row++) {
                values[row * classes + (row % classes)] = numbers.uniform(1, 2);
              }
              return values;
            };
            const [spatial, bilateral, compatibility] = [dense(), dense(), dense()];
            // One number beside the diagonal of one set, in the last column of the first row.
            if (beside !== undefined) bilateral[beside * classes * classes + classes - 1] = 1;
            const parameters = {
              spatialWeight: scope.tensor([sets * classes, classes], spatial),
              bilateralWeight: scope.tensor([sets * classes, classes], bilateral),
              compatibility: scope.tensor([sets * classes, classes], compatibility),
            };
            using known = new KnownMatrices(parameters, sets);
            const read = await readTogether(device, known.unread);
            using taken = known.take(workspace, read, { spatialFactor: 0.5, bilateralFactor: 2 });
            const matrices = taken.update!;
            const what = `${sets} sets of ${classes} classes, beside the diagonal of ${beside}`;
            check(matrices.diagonal === (beside === undefined), `${what}: diagonal ${matrices.diagonal}`);
            const stride = padded(classes);
            const rows = matrices.diagonal ? 2 : 2 * classes;
            // A call may have fewer iterations than there are sets, or more if there is one set.
            for (let iteration = 0; iteration < Math.max(sets, 2); iteration++) {
              const set = Math.min(iteration, sets - 1);
              const own = matrices.of(iteration);
              check(own.bytes === rows * stride * 4, `${what}: ${own.bytes} bytes`);
              const at = (matrix: Float32Array, row: number, column: number): number =>
                matrix[(set * classes + row) * classes + column]!;
              const expected = new Float32Array(rows * stride);
              for (const [which, weight] of [spatial, bilateral].entries()) {
                for (let input = 0; input < classes; input++) {
                  for (let output = 0; output < classes; output++) {
                    if (matrices.diagonal && input !== output) continue;
                    const row = matrices.diagonal ? which : which * classes + input;
                    let sum = 0;
                    for (let j = 0; j < classes; j++) sum += at(compatibility, output, j) * at(weight, j, input);
                    expected[row * stride + output] = sum * (which === 0 ? 0.5 : 2);
                  }
                }
              }
              const actual = new Float32Array(await device.read(own));
              close(actual, expected, { relative: 1e-6 }, `${what}, iteration ${iteration}`);
              check(own.offset % alignedBytes(device, 1) === 0, `${what}: an offset that can be bound`);
            }
          }
        }
      }
    },
  },
  {
    name: "matrices are multiplied once, until they are others, and never where a call takes no product or all are diagonal",
    async run(device) {
      let products = 0;
      using _observation = device.observe({ before: ({ kernel }) => void (products += Number(kernel === compose)) });
      const factors = { spatialFactor: 0.5, bilateralFactor: 2 };
      for (const sets of [1, 2]) {
        const classes = 3;
        using scope = device.scope();
        using workspace = new Workspace(device);
        const full = (): Float32Array => random(sets).array(sets * classes ** 2, 1, 2);
        const stacked = (): Tensor => scope.tensor([sets * classes, classes], full());
        const parameters = { spatialWeight: stacked(), bilateralWeight: stacked(), compatibility: stacked() };
        const { bilateralWeight } = parameters;
        using known = new KnownMatrices(parameters, sets);
        const take = async (fused = true): Promise<Float32Array | undefined> => {
          products = 0;
          using taken = known.take(workspace, await readTogether(device, known.unread), fused ? factors : undefined);
          check(
            Object.values(taken.diagonals).every((one) => one === undefined),
            "no diagonals of full matrices",
          );
          return taken.update && new Float32Array(await device.read(taken.update.of(sets - 1)));
        };
        check((await take(false)) === undefined && products === 0, "a call that takes no product");
        const first = (await take())!;
        check(products === sets, `${products} products of ${sets} sets`);
        close((await take())!, first, {}, "the same again");
        check(products === 0, "nothing is multiplied twice");
        const others = full();
        others[others.length - 1]! += 1;
        bilateralWeight.write(others);
        // Who takes products at the same time as another keeps those that it was given.
        using earlier = known.take(workspace, await readTogether(device, known.unread), {
          ...factors,
          bilateralFactor: 1,
        });
        const kept = new Float32Array(await device.read(earlier.update!.of(sets - 1)));
        const second = (await take())!;
        check(products === sets && second.some((value, i) => value !== first[i]), "other matrices, other products");
        close(await device.read(earlier.update!.of(sets - 1)).then((read) => new Float32Array(read)), kept, {}, "kept");
        bilateralWeight.write(full());
        close((await take())!, first, {}, "the first matrices again");
      }
    },
  },
  {
    name: "products that are made after their layer was disposed of go with the call",
    async run(device) {
      using scope = device.scope();
      using workspace = new Workspace(device);
      const parameters = {
        spatialWeight: scope.tensor([2, 2], [1, 2, 3, 4]),
        bilateralWeight: scope.tensor([2, 2], [1, 2, 3, 4]),
        compatibility: scope.tensor([2, 2], [1, 2, 3, 4]),
      };
      const known = new KnownMatrices(parameters, 1);
      const read = await readTogether(device, known.unread);
      known.dispose();
      const before = device.bytes;
      const taken = known.take(workspace, read, { spatialFactor: 1, bilateralFactor: 1 });
      check(device.bytes > before, "products");
      taken[Symbol.dispose]();
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
];
