import { alignedBytes } from "../../src/device/device.ts";
import { axisOf, neighborBytes } from "../../src/lattice/neighbors.ts";
import { Memory } from "../memory.ts";
import { referenceLattice } from "../reference/lattice.ts";
import { clearPoints } from "../reference/points.ts";
import { type Case, check, random } from "../suite.ts";
import { readTables } from "./tables.ts";

const tables: Case[] = [1, 2, 3, 4, 5, 6, 7, 8, 15, 0].map((each) => ({
  // The last is of keys that reach too far to be packed: see order.ts.
  name: `d = ${each || "15, far apart"}: vertices, simplices and both neighbors on every axis are the reference's, whatever their numbers`,
  async run(device) {
    const [images, points] = [3, 50];
    const d = each || 15;
    const data = clearPoints(random(d), images * points, d, each ? 2 : 30);
    using features = device.tensor([images, points, d], data);
    const own = await readTables(features);
    const expected = referenceLattice(data, d, points);
    check(own.keys.length === expected.keys.length, `${own.keys.length} vertices, not ${expected.keys.length}`);
    // Images share no vertex, so the simplices pair off the numbers one to one.
    const numbers = new Map<number, number>([[expected.keys.length, own.keys.length]]);
    expected.simplices.forEach((simplex, point) =>
      simplex.forEach((vertex, r) => {
        const actual = own.simplices[point]![r]!;
        check((numbers.get(vertex) ?? actual) === actual, `vertex ${r} of point ${point}`);
        numbers.set(vertex, actual);
        check(own.keys[actual]!.join() === expected.keys[vertex]!.join(), `key of vertex ${r} of point ${point}`);
      }),
    );
    check(new Set(numbers.values()).size === numbers.size, "two vertices have one number");
    expected.neighbors.forEach((pairs, axis) =>
      pairs.forEach((pair, vertex) => {
        const actual = own.neighbors[axis]![numbers.get(vertex)!]!.join();
        const wanted = pair.map((neighbor) => numbers.get(neighbor)).join();
        check(actual === wanted, `axis ${axis} of ${expected.keys[vertex]}: expected ${wanted}, got ${actual}`);
      }),
    );
  },
}));

export const cases: Case[] = [
  ...tables,
  {
    name: "an axis begins where it can be bound, and has a pair for each vertex and for the row of zeros",
    async run(device) {
      for (const vertices of [1, 31, 32, 33]) {
        using memory = new Memory(device);
        const bytes = alignedBytes(device, 8 * (vertices + 1));
        check(neighborBytes(device, vertices, 2) === 3 * bytes, `${neighborBytes(device, vertices, 2)} bytes`);
        const all = memory.zeros((3 * bytes) / 4);
        for (const axis of [0, 1, 2]) {
          const own = axisOf(device, all, axis, vertices);
          check(own.offset - all.offset === axis * bytes, `axis ${axis} at ${own.offset - all.offset}`);
          check(own.bytes === 8 * (vertices + 1), `${own.bytes} bytes for ${vertices} vertices`);
        }
      }
    },
  },
];
