import { compose } from "../../build/kernels.ts";
import { padded } from "../../src/shape.ts";
import { Memory } from "../memory.ts";
import { type Case, close, random } from "../suite.ts";
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
];
