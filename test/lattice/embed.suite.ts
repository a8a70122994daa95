import { perform } from "../../src/device/work.ts";
import { coordinateRankWords, embed, keyWords, mostImages } from "../../src/lattice/embed.ts";
import { Memory } from "../memory.ts";
import { embedPoint } from "../reference/lattice.ts";
import { clearPoints } from "../reference/points.ts";
import { type Case, check, close, random } from "../suite.ts";
import { type Key, readEmbedded } from "./tables.ts";

/** √(2/3)·(d + 1)/√((i + 1)(i + 2)), in float64. */
const scale = (d: number, i: number): number => (Math.sqrt(2 / 3) * (d + 1)) / Math.sqrt((i + 1) * (i + 2));

/** Fails unless the keys and weights of every point are those of the reference. */
function checkPoints(
  { keys, weights, ranks }: { keys: readonly Key[]; weights: Float32Array; ranks: readonly number[] },
  features: Float32Array,
  d: number,
  what: string,
): void {
  for (let point = 0; point < features.length / d; point++) {
    const row = features.subarray(point * d, (point + 1) * d);
    const expected = embedPoint(row);
    expected.keys.forEach((key, r) => {
      const own = keys[point * (d + 1) + r]!;
      check(own.remainder === r, `${what}: remainder ${own.remainder} for vertex ${r} of point ${point}`);
      const [actual, wanted] = [own.coordinates.join(), key.join()];
      check(actual === wanted, `${what}: vertex ${r} of point ${point}: expected ${wanted}, got ${actual}`);
    });
    const own = ranks.slice(point * (d + 1), (point + 1) * (d + 1)).join();
    check(own === expected.ranks.join(), `${what}: ranks of point ${point}: expected ${expected.ranks}, got ${own}`);
    // e is a sum of d products, each rounded twice; a weight is the difference of two e, divided by d + 1.
    const reach = Math.max(...row.map((x, i) => Math.abs(x) * scale(d, i))) * d;
    const absolute = (4 * (d + 2) * Math.max(reach, d + 1) * 2 ** -24) / (d + 1);
    close(weights.subarray(point * (d + 1), (point + 1) * (d + 1)), expected.weights, { absolute }, what);
  }
}

export const cases: Case[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 15].map(
    (d) =>
      ({
        name: `vertices and weights of d = ${d}`,
        async run(device) {
          for (const points of d === 5 ? [1, 2, 3, 63, 64, 65, 1500] : [1, 65]) {
            const features = clearPoints(random(d * 1000 + points), points, d);
            using tensor = device.tensor([points, d], features);
            checkPoints(await readEmbedded(tensor), features, d, `${points} points`);
          }
        },
      }) satisfies Case,
  ),
  {
    name: "a pixel at x = 0 ties two coordinates: the lower index takes the lower rank",
    async run(device) {
      for (const d of [2, 5]) {
        const numbers = random(d);
        const rows = Array.from({ length: 300 }, () => [0, ...clearPoints(numbers, 1, d - 1)]);
        const features = Float32Array.from(rows.flat());
        using tensor = device.tensor([300, d], features);
        checkPoints(await readEmbedded(tensor), features, d, `d = ${d}`);
      }
    },
  },
  {
    name: "the origin is a vertex: all its weight lies on remainder 0",
    async run(device) {
      using tensor = device.tensor([1, 5]);
      const { keys, weights } = await readEmbedded(tensor);
      close(weights, [1, 0, 0, 0, 0, 0], {}, "weights");
      check(
        keys[0]!.coordinates.every((x) => x === 0),
        "the origin's key",
      );
    },
  },
  {
    name: "far points: weights sum to 1 and put the vertices' mean where the point is, up to the keys' range",
    async run(device) {
      for (const d of [1, 2, 5]) {
        // 32,000 of the keys' 32,766, at either sign.
        const most = (32_000 * (d + 1)) / (scale(d, d - 1) * d) / 2;
        const features = random(d).array(64 * d, -most, most);
        features[0] = most;
        features[d] = -most;
        using tensor = device.tensor([64, d], features);
        const { keys, weights } = await readEmbedded(tensor);
        for (let point = 0; point < 64; point++) {
          const own = Array.from(weights.subarray(point * (d + 1), (point + 1) * (d + 1)));
          const row = features.subarray(point * d, (point + 1) * d);
          const reach = Math.max(...row.map((x, i) => Math.abs(x) * scale(d, i))) * d;
          // An error in e comes back once through δ and, summed over d + 1 weights, once more through their sum.
          const absolute = 8 * (d + 2) * reach * 2 ** -24;
          const sum = own.reduce((total, weight) => total + weight, 0);
          check(Math.abs(sum - 1) < 1e-5, `weights of point ${point} sum to ${sum}`);
          const exact = embedPoint(row);
          const mean = (simplex: readonly (readonly number[])[], by: readonly number[]): number[] =>
            simplex[0]!.map((_, i) => simplex.reduce((total, key, r) => total + by[r]! * key[i]!, 0));
          const simplex = own.map((_, r) => keys[point * (d + 1) + r]!.coordinates);
          close(mean(simplex, own), mean(exact.keys, exact.weights), { absolute }, `d = ${d}, point ${point}`);
        }
      }
    },
  },
  {
    name: "equal points of different images have keys that differ in the image alone",
    async run(device) {
      for (const d of [2, 3]) {
        const one = clearPoints(random(d), 70, d);
        using batch = device.tensor([3, 70, d], [...one, ...one, ...one]);
        const { keys } = await readEmbedded(batch);
        const entries = 70 * (d + 1);
        keys.forEach(({ coordinates, image }, entry) => {
          check(image === Math.floor(entry / entries), `image ${image} of entry ${entry}`);
          check(coordinates.join() === keys[entry % entries]!.coordinates.join(), `coordinates of entry ${entry}`);
        });
      }
    },
  },
  {
    name: "keys end at ±32,766 in units of d + 1",
    async run(device) {
      const units = [32_700, -32_700, 32_800, -32_800, 39_000];
      for (const [index, unit] of units.entries()) {
        using memory = new Memory(device);
        using tensor = device.tensor([1, 1], [(unit * 2) / scale(1, 0)]);
        const status = memory.zeros(4);
        const tables = {
          keys: memory.zeros(2),
          barycentric: memory.zeros(2),
          coordinateRanks: memory.zeros(1),
          status,
        };
        perform(device, embed(device, tensor, 1, tables));
        const [, outOfRange] = new Uint32Array(await device.read(status));
        check((outOfRange !== 0) === index >= 2, `${unit} units`);
      }
    },
  },
  {
    name: "the first point that is not finite, and the first beyond the keys, are reported",
    async run(device) {
      const data = new Float32Array(130 * 5).fill(0.3);
      data[77 * 5 + 4] = NaN;
      data[78 * 5] = -Infinity;
      data[91 * 5 + 2] = 1e9;
      data[120 * 5] = -1e30;
      using tensor = device.tensor([130, 5], data);
      using memory = new Memory(device);
      const entries = 130 * 6;
      const status = memory.zeros(4);
      const tables = {
        keys: memory.zeros(entries * keyWords(5)),
        barycentric: memory.zeros(entries),
        coordinateRanks: memory.zeros(130),
        status,
      };
      perform(device, embed(device, tensor, 130, tables));
      const [notFinite, outOfRange] = new Uint32Array(await device.read(status));
      check(~notFinite! >>> 0 === 77, `point ${~notFinite! >>> 0} is not finite`);
      check(~outOfRange! >>> 0 === 91, `point ${~outOfRange! >>> 0} is out of range`);
    },
  },
  {
    name: "keys have 16 bits for each coordinate, and what is left of their last word for the remainder and the image",
    async run() {
      for (let d = 1; d <= 15; d++) {
        const words = Math.floor((16 * d) / 32) + 1;
        check(keyWords(d) === words, `${keyWords(d)} words for d = ${d}`);
        const left = 32 * words - 16 * d - 4;
        check(mostImages(d) === 2 ** left, `${mostImages(d)} images for d = ${d}`);
        check(coordinateRankWords(d) === Math.ceil((d + 1) / 8), `${coordinateRankWords(d)} words for d = ${d}`);
      }
    },
  },
];
