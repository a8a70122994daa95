import { ShapeError, ValueError } from "../../src/errors.ts";
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
    },
  },
  {
    name: "what is no volume is refused",
    async run(device) {
      await rejects(() => volumeFeatures(device, [2, 3]), ShapeError);
      await rejects(() => volumeFeatures(device, [1, 2, 3], { intensities: [1, 2] }), ShapeError);
      const { message } = await rejects(() => volumeFeatures(device, [1, 2, 3], { spacing: [1, 0, 1] }), ValueError);
      check(message.includes("a spacing of three numbers above 0, got 0"), message);
      await rejects(() => volumeFeatures(device, [1, 2, 3], { spacing: [1, 1] as never }), ValueError);
      await rejects(() => volumeFeatures(device, [1, 2, 3], { space: 1 } as never), ValueError);
    },
  },
];
