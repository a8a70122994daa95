import { ShapeError, ValueError } from "../../src/errors.ts";
import { crop } from "../../src/nn/crop.ts";
import { cropped } from "../reference/nn.ts";
import { type Case, check, rejects } from "../suite.ts";
import { checkOp, uniform } from "./op.ts";

const windows = [
  { shape: [1, 1, 1], y: 0, x: 0, height: 1, width: 1 },
  { shape: [5, 6, 3], y: 2, x: 1, height: 3, width: 4 },
  { shape: [9, 9, 4], y: 0, x: 0, height: 9, width: 7 },
  { shape: [9, 9, 4], y: 0, x: 0, height: 8, width: 8 },
  { shape: [7, 15, 5], y: 1, x: 2, height: 5, width: 13 },
  { shape: [3, 6, 5, 21], y: 1, x: 0, height: 4, width: 5 },
];

export const cases: Case[] = [
  {
    name: "a window of a map; its gradient is padded with zeros",
    async run(device) {
      for (const { shape, ...window } of windows) {
        const reference = (x: Float64Array): Float64Array => cropped(x, shape, window);
        const run = (x: Parameters<typeof crop>[0]) => crop(x, window);
        await checkOp(
          device,
          { inputs: [uniform(shape, 4)], run, reference },
          `${JSON.stringify(window)} of [${shape}]`,
        );
      }
    },
  },
  {
    name: "a window that reaches beyond the map is refused",
    async run(device) {
      using values = device.tensor([4, 5, 2]);
      const changes = [
        ...[{ y: 2 }, { y: -1 }, { x: -1 }, { width: 6 }, { width: 0 }, { height: 0 }],
        ...[{ x: 0.5, width: 4 }, { y: 0.5 }, { height: 1.5 }],
      ];
      for (const change of changes) {
        const window = { y: 1, x: 0, height: 3, width: 5, ...change };
        const error = await rejects(() => crop(values, window), ShapeError, JSON.stringify(change));
        check(error.message.startsWith("crop: expected"), error.message);
      }
      const misspelled = { y: 0, x: 0, height: 1, width: 1, top: 0 };
      const error = await rejects(() => crop(values, misspelled), ValueError);
      check(error.message.includes("expected options y, x, height, width"), error.message);
    },
  },
];
