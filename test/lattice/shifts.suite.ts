/** Random vectors by which the points of a lattice are moved. */
import { ofShares, shiftsOf } from "../../src/lattice/shifts.ts";
import { referenceFilter, referenceLattice } from "../reference/lattice.ts";
import { clearPoints } from "../reference/points.ts";
import { type Case, check, close, random, same } from "../suite.ts";

const movedBy = (features: ArrayLike<number>, shift: ArrayLike<number>): Float64Array =>
  Float64Array.from(features, (value, at) => value + shift[at % shift.length]!);

export const cases: Case[] = [
  {
    name: "whole steps lead from vertex to vertex, so that shares of them reach all of a cell and nothing twice",
    async run() {
      for (const d of [1, 2, 5]) {
        const features = clearPoints(random(d), 40, d);
        const values = random(d + 10).array(40, -1, 1);
        const filter = (given: ArrayLike<number>): Float64Array =>
          referenceFilter(referenceLattice(given, d), values, 1);
        const still = filter(features);
        const apart = (shift: ArrayLike<number>): number =>
          Math.max(...filter(movedBy(features, shift)).map((value, i) => Math.abs(value - still[i]!)));
        for (let k = 0; k < d; k++) {
          const step = (share: number): Float64Array =>
            ofShares(Array.from({ length: d }, (_, i) => (i === k ? share : 0)));
          check(apart(step(1)) < 1e-9, `d = ${d}, a step along axis ${k}: ${apart(step(1))}`);
          check(apart(step(0.5)) > 1e-3, `d = ${d}, half a step along axis ${k}: ${apart(step(0.5))}`);
        }
      }
    },
  },
  {
    name: "of a seed they are the same on every host, to the bit, and other ones of another seed",
    async run() {
      same(shiftsOf(3, 2, 7)[1]!, [-0.22540815193532457, 0.40342169446314724, 0.5778735704884804], "seed 7");
      same(shiftsOf(3, 2, 7)[1]!, shiftsOf(3, 5, 7)[1]!, "however many there are");
      for (const key of [[8], [7, 0], [7, 1]]) {
        check(shiftsOf(3, 1, ...key)[0]![0] !== shiftsOf(3, 1, 7)[0]![0], `key ${key.join()}`);
      }
    },
  },
  {
    name: "a few fill a cell: of eight on a line, no two neighbors are further from each other than two eighths of it",
    async run() {
      const cell = ofShares([1])[0]!;
      for (let seed = 0; seed < 20; seed++) {
        const places = shiftsOf(1, 8, seed)
          .map(([place]) => place! / cell)
          .sort((a, b) => a - b);
        const gaps = places.map((place, i) => (places[i + 1] ?? places[0]! + 1) - place);
        check(Math.max(...gaps) < 0.25 && places[0]! >= 0 && places[7]! < 1, `seed ${seed}: ${gaps.join()}`);
      }
      close([cell], [Math.sqrt(0.75)], { relative: 1e-12 }, "a cell of one dimension");
    },
  },
];
