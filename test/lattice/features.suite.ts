import { bilateralFeatures, spatialFeatures } from "../../src/lattice/features.ts";
import { type Case, check, close, random, same } from "../suite.ts";

const sizes = [
  { shape: [1, 1, 3], position: 160, color: 3 },
  { shape: [7, 9, 1], position: 3, color: 0.7 },
  { shape: [8, 8, 3], position: 80, color: 13 },
  { shape: [5, 13, 3], position: 7, color: 11 },
  { shape: [2, 9, 5, 4], position: 3, color: 25 },
  { shape: [3, 40, 41, 3], position: 160, color: 3 },
];

export const cases: Case[] = [
  {
    name: "bilateral: coordinates and guide divided by their bandwidths",
    async run(device) {
      for (const { shape, position, color } of sizes) {
        const [height, width, channels] = shape.slice(-3) as [number, number, number];
        const points = shape.slice(0, -1).reduce((product, size) => product * size, 1);
        const data = random(points).array(points * channels, -130, 130);
        using guide = device.tensor(shape, data);
        using features = bilateralFeatures(guide, { position, color });
        // Divided, not multiplied by 1/θ: points on a vertex would leave it by one rounding.
        const expected = Array.from({ length: points }, (_, point) => {
          const pixel = point % (height * width);
          const own = Array.from(
            data.subarray(point * channels, (point + 1) * channels),
            (x) => x / Math.fround(color),
          );
          return [(pixel % width) / position, Math.floor(pixel / width) / position, ...own];
        });
        // WGSL divides to 2.5 units of the last place; the correction brings that to one where `fma` is not fused.
        const relative = device.kind === "wasm" ? 0 : 2 ** -23;
        close(await features.read(), Float32Array.from(expected.flat()), { relative }, `guide ${shape.join()}`);
        const rows = shape.length === 4 ? [shape[0], height * width] : [height * width];
        check(features.shape.join() === [...rows, channels + 2].join(), `shape ${features.shape.join()}`);
        // The padding behind a row is zero, as every op relies on.
        const raw = new Float32Array(await device.read(features.storage));
        const stride = raw.length / points;
        check(
          raw.every((value, i) => i % stride < channels + 2 || value === 0),
          "padding",
        );
      }
    },
  },
  {
    name: "spatial: coordinates divided by the bandwidth, for one image and a batch",
    async run(device) {
      using one = spatialFeatures(device, [3, 5], { position: 3 });
      using two = spatialFeatures(device, [2, 3, 5], { position: 3 });
      const expected = Array.from({ length: 15 }, (_, i) => [(i % 5) / 3, Math.floor(i / 5) / 3]).flat();
      same(await one.read(), Float32Array.from(expected), "one image");
      same(await two.read(), Float32Array.from([...expected, ...expected]), "two images");
      check(two.shape.join() === "2,15,2", `shape ${two.shape.join()}`);
    },
  },
];
