/** What goes to another runtime: the numbers of a map one after the other, channels first or last. */
import { ShapeError } from "../../src/errors.ts";
import { dense, denseShape } from "../../src/nn/dense.ts";
import { mapSize } from "../../src/nn/mapSize.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";

/** The definition, number by number. */
function reference(values: Float32Array, shape: readonly number[], layout: "nhwc" | "nchw"): Float64Array {
  const [n, h, w, c] = [...Array<number>(4 - shape.length).fill(1), ...shape] as [number, number, number, number];
  const result = new Float64Array(n * h * w * c);
  for (let image = 0; image < n; image++) {
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        for (let k = 0; k < c; k++) {
          const last = ((image * h + y) * w + x) * c + k;
          const first = ((image * c + k) * h + y) * w + x;
          result[layout === "nhwc" ? last : first] = values[last]!;
        }
      }
    }
  }
  return result;
}

export const cases: Case[] = [
  {
    name: "holds every number once, in either order, and nothing of the padding",
    async run(device) {
      for (const shape of [
        [1, 1, 1],
        [3, 5, 3],
        [7, 6, 4],
        [2, 3, 5, 6],
        [9, 8, 21],
      ]) {
        const values = random(shape.length).array(shape.reduce((a, b) => a * b));
        using map = device.tensor(shape, values);
        for (const layout of ["nhwc", "nchw"] as const) {
          using result = dense(map, layout);
          same(await result.read(), reference(values, shape, layout), `[${shape.join()}] as ${layout}`);
          const words = new Float32Array(await device.read(result.storage));
          check(
            words.subarray(values.length).every((word) => word === 0),
            "numbers behind the last one",
          );
        }
      }
    },
  },
  {
    name: "tells the sizes of the axes in the same order, and refuses what is no map",
    async run(device) {
      using map = device.tensor([2, 3, 5, 6]);
      same(denseShape(mapSize("test", map), "nchw"), [2, 6, 3, 5], "channels first");
      same(denseShape(mapSize("test", map), "nhwc"), [2, 3, 5, 6], "channels last");
      using matrix = device.tensor([3, 5]);
      await rejects(() => dense(matrix, "nchw"), ShapeError);
    },
  },
];
