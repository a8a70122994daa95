import { compose } from "../../build/kernels.ts";
import { padded } from "../../src/shape.ts";
import { alignedBytes } from "../../src/device/device.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { composeMatrices, readMatrices, updateMatrixBytes } from "../../src/crf/compose.ts";
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
              bandwidths: scope.tensor([3]),
            };
            const storage = workspace.zeros(updateMatrixBytes(device, classes, sets));
            composeMatrices(device, parameters, storage, sets, { spatialFactor: 0.5, bilateralFactor: 2 });
            const values = new Float32Array(await device.read(storage));
            const matrices = readMatrices(device, workspace, storage, values, classes, sets);
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
];
