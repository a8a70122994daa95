import { type CrfRnnError, ShapeError, ValueError } from "../../src/errors.ts";
import { volumeFeatures } from "../../src/lattice/volumeFeatures.ts";
import { type Case, check, rejects, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "the place of every voxel in the unit of the spacing, and its intensities",
    async run(device) {
      const spacing = [3, 0.5, 2] as const;
      using places = volumeFeatures(device, [2, 1, 3], { spacing });
      same(await places.read(), [0, 0, 0, 0, 0, 2, 0, 0, 4, 3, 0, 0, 3, 0, 2, 3, 0, 4], "places");
      using looks = volumeFeatures(device, [1, 2, 1], { intensities: [7, 8, 9, 10] });
      same(looks.shape, [2, 5], "shape");
      same(await looks.read(), [0, 0, 0, 7, 8, 0, 1, 0, 9, 10], "places and intensities");
      using plain = volumeFeatures(device, [2, 2, 2]);
      same((await plain.read()).slice(-6), [1, 1, 0, 1, 1, 1], "a spacing of one");
    },
  },
  {
    name: "what is no volume is refused",
    async run(device) {
      for (const [size, options, kind, text] of [
        [[2, 3], {}, ShapeError, "a size [d, h, w], got [2, 3]"],
        [[1, 2, 0], {}, ShapeError, "got [1, 2, 0]"],
        [[1, 2, 3], { intensities: [1, 2] }, ShapeError, "intensities of 6 voxels, as many of each, got 2 numbers"],
        [[1, 2, 3], { intensities: Array(6).fill("1") }, ValueError, "volumeFeatures: expected "],
        [[1, 2, 3], { spacing: [1, 0, 1] }, ValueError, "a spacing of three numbers above 0, got 0"],
        [[1, 2, 3], { spacing: [1, NaN, 1] }, ValueError, "above 0, got NaN"],
        [[1, 2, 3], { spacing: [1, 1] }, ValueError, "above 0, got 2 numbers"],
        [[1, 2, 3], { spacing: "1" }, ValueError, 'above 0, got the string "1"'],
        [[1, 2, 3], { space: 1 }, ValueError, "expected options spacing, intensities"],
      ] as const) {
        const refused = rejects<CrfRnnError>(() => volumeFeatures(device, size, options as never), kind, text);
        const { message } = await refused;
        check(message.includes(text), message);
      }
      await rejects(() => volumeFeatures({} as never, [1, 2, 3]), ValueError);
    },
  },
];
