import { DisposedError, ValueError } from "../../src/errors.ts";
import { filter } from "../../src/lattice/filter.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { type LatticeTables, readLattice } from "../../src/lattice/readLattice.ts";
import { checkMemory, memoryOf } from "../memory.ts";
import { blurAxis, referenceLattice, referenceLatticeAt, slice, splat } from "../reference/lattice.ts";
import { clearPoints } from "../reference/points.ts";
import { type Case, check, close, random, rejects } from "../suite.ts";

const row = <List extends { slice(begin: number, end: number): List }>(values: List, i: number, length: number): List =>
  values.slice(i * length, (i + 1) * length);

/** Fails unless tables are those of the reference, whose vertices may have other numbers. */
function checkTables(
  { coordinates, neighbors, own, at }: LatticeTables,
  expected: ReturnType<typeof referenceLatticeAt>,
  d: number,
): void {
  const size = d + 1;
  const { keys } = expected.own;
  const vertices = coordinates.length / size;
  check(vertices === keys.length, `${vertices} vertices, not ${keys.length}`);
  check(neighbors.length === 2 * size * vertices, `${neighbors.length} neighbors of ${vertices} vertices`);
  const coordinatesOf = (vertex: number): string => row(coordinates, vertex, size).join();
  const full = (key: readonly number[]): string => [...key, -key.reduce((sum, one) => sum + one, 0)].join();
  const numbers = new Map(Array.from({ length: vertices }, (_, vertex) => [coordinatesOf(vertex), vertex]));
  const numberOf = (vertex: number): number => (vertex < vertices ? numbers.get(full(keys[vertex]!))! : vertices);
  for (const [actual, { simplices, weights }] of [
    [own, expected.own],
    [at!, expected.at],
  ] as const) {
    simplices.forEach((simplex, point) => {
      const found = row(actual.vertices, point, size).join();
      check(found === simplex.map(numberOf).join(), `the simplex of point ${point} is ${found}`);
      close(row(actual.weights, point, size), weights[point]!, { absolute: 1e-5 }, `the weights of point ${point}`);
    });
  }
  expected.own.neighbors.forEach((pairs, axis) =>
    pairs.forEach((pair, vertex) => {
      const found = row(neighbors, axis * vertices + numberOf(vertex), 2).join();
      check(found === pair.map(numberOf).join(), `beside vertex ${vertex} on axis ${axis}: ${found}`);
    }),
  );
}

const dimensions: Case[] = [1, 2, 3, 5, 6, 15].map((d) => ({
  name: `d = ${d}: coordinates, neighbors and the simplices of own and other points are the reference's`,
  async run(device) {
    const [ownPoints, otherPoints] = [clearPoints(random(d), 60, d), clearPoints(random(d + 20), 20, d)];
    using features = device.tensor([60, d], ownPoints);
    using others = device.tensor([20, d], otherPoints);
    using lattice = await buildLattice(features, { at: others });
    checkTables(await readLattice(lattice), referenceLatticeAt(ownPoints, otherPoints, d), d);
  },
}));

export const cases: Case[] = [
  ...dimensions,
  {
    name: "a point is the mixture of its vertices' places by its barycentric weights",
    async run(device) {
      for (const d of [1, 2, 5, 8]) {
        const data = random(d).array(40 * d, -3, 3);
        using features = device.tensor([40, d], data);
        using lattice = await buildLattice(features);
        const { own, places, at } = await readLattice(lattice);
        check(at === undefined, "there are no other points");
        check(places.length === lattice.vertices * d, `${places.length} features of ${lattice.vertices} vertices`);
        const mixed = Float64Array.from({ length: 40 * d }, (_, i) => {
          const [point, feature] = [Math.floor(i / d), i % d];
          return Array.from(row(own.vertices, point, d + 1)).reduce(
            (sum, vertex, r) => sum + own.weights[point * (d + 1) + r]! * places[vertex * d + feature]!,
            0,
          );
        });
        close(mixed, data, { absolute: 2e-5 }, `${d} features`);
      }
    },
  },
  {
    name: "images of a batch have vertices of their own, also where their coordinates are the same",
    async run(device) {
      const one = clearPoints(random(4), 30, 2);
      using features = device.tensor([2, 30, 2], new Float32Array([...one, ...one]));
      using lattice = await buildLattice(features);
      const { own, coordinates } = await readLattice(lattice);
      const half = own.vertices.length / 2;
      own.vertices.subarray(0, half).forEach((vertex, entry) => {
        const twin = own.vertices[half + entry]!;
        check(vertex !== twin, `vertex ${vertex} is in two images`);
        check(row(coordinates, vertex, 3).join() === row(coordinates, twin, 3).join(), `coordinates of ${vertex}`);
      });
    },
  },
  {
    name: "splat, blur and slice by what was read are the filter",
    async run(device) {
      const data = clearPoints(random(9), 50, 2);
      const input = random(10).array(50);
      using features = device.tensor([50, 2], data);
      using lattice = await buildLattice(features);
      const { own, coordinates, neighbors } = await readLattice(lattice);
      const all = coordinates.length / 3;
      const read = {
        ...referenceLattice(data, 2),
        keys: Array.from({ length: all }, (_, vertex) => [...row(coordinates, vertex, 3)]),
        simplices: Array.from({ length: 50 }, (_, point) => [...row(own.vertices, point, 3)]),
        weights: Array.from({ length: 50 }, (_, point) => [...row(own.weights, point, 3)]),
        neighbors: [0, 1, 2].map((axis) =>
          Array.from({ length: all }, (_, vertex) => {
            const [first, second] = row(neighbors, axis * all + vertex, 2);
            return [first!, second!] as const;
          }),
        ),
      };
      const blurred = [0, 1, 2].reduce((held, axis) => blurAxis(read, axis, held, 1), splat(read, input, 1));
      using values = device.tensor([50, 1], input);
      using result = filter(values, lattice);
      close(await result.read(), slice(read, blurred, 1), { absolute: 1e-5 }, "the filter");
    },
  },
  {
    name: "coordinates are read by an embedding of its own, whose tables are as large as those of a build",
    async run(device) {
      using features = device.tensor([50, 2], clearPoints(random(9), 50, 2));
      using lattice = await buildLattice(features);
      const used = await memoryOf(device, "lattice/", () => readLattice(lattice));
      // Keys of two words, barycentric weights, the ranks of each point, the status, and the factors of the features.
      checkMemory(device, used, [["lattice/embed", [150 * 8, 150 * 4, 50 * 4, 16, 8]]], "embedding");
    },
  },
  {
    name: "what is no lattice, and one whose features are gone, are refused",
    async run(device) {
      const features = device.tensor([4, 2]);
      using lattice = await buildLattice(features);
      await rejects(readLattice(features as never), ValueError);
      features.dispose();
      const { message } = await rejects<DisposedError>(readLattice(lattice), DisposedError);
      check(message.includes("tensor [4, 2]"), message);
      lattice.dispose();
      await rejects(readLattice(lattice), DisposedError);
    },
  },
];
