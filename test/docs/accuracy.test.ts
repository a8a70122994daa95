import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { filter } from "../../src/lattice/filter.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { root } from "../hosts/folders.ts";
import { random } from "../suite.ts";

/** The row of docs/accuracy.md that says what K·1 is over the exact sum, for d = 1 to 6. */
const stated = readFileSync(`${root}docs/accuracy.md`, "utf8")
  .match(/^\| K·1 over the exact sum, full lattice \|(.*)\|$/m)![1]!
  .split("|")
  .map(Number);

describe("K·1 over the exact sum where the lattice has no holes, as docs/accuracy.md says", () => {
  test("follows from the geometry of the lattice", () => {
    stated.forEach((share, i) => {
      const d = i + 1;
      const gain = 2 ** (d + 1) / (1 + 2 ** -d);
      const volume = 1.5 ** (d / 2) / Math.sqrt(d + 1);
      expect(share).toBeCloseTo((gain * volume) / (2 * Math.PI) ** (d / 2), 3);
    });
    expect(stated.length).toBe(6);
  });

  let device: Device;
  beforeAll(async () => {
    device = await open({ prefer: "wasm", threads: 1 });
  });
  afterAll(() => device.dispose());

  test.each([
    [1, 8000, 10],
    [2, 40_000, 10],
    [3, 120_000, 9],
  ])("is what the package gives, d = %i: %i points at random in a box of %i bandwidths", async (d, points, side) => {
    using scope = device.scope();
    const features = random(d).array(points * d, 0, side);
    const lattice = scope.add(await buildLattice(scope.tensor([points, d], features)));
    const sums = await filter(scope.tensor([points, 1], new Float32Array(points).fill(1)), lattice).read();
    const exact = (point: number): number => {
      let sum = 0;
      for (let other = 0; other < points; other++) {
        let squares = 0;
        for (let k = 0; k < d; k++) squares += (features[point * d + k]! - features[other * d + k]!) ** 2;
        sum += Math.exp(-squares / 2);
      }
      return sum;
    };
    // Away from the border of the box, behind which there is nothing.
    const isInside = (point: number): boolean =>
      features.subarray(point * d, point * d + d).every((feature) => Math.abs(feature - side / 2) < side / 8);
    const inside = [...sums.keys()].filter(isInside).slice(0, 25);
    const shares = inside.map((point) => sums[point]! / exact(point));
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    expect(inside.length).toBe(25);
    expect(Math.abs(mean - stated[d - 1]!)).toBeLessThan(0.01);
  });
});
