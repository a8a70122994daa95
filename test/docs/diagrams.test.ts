import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { drawAll } from "../../scripts/diagrams.mjs";
import { filtered, lattice as drawn, pixelAt, pixels } from "../../scripts/diagrams/scene.mjs";
import { open } from "../../src/device/open.ts";
import { filter } from "../../src/lattice/filter.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { root } from "../hosts/folders.ts";

const folder = `${root}docs/diagrams/`;
const files = readdirSync(folder).sort();
const textOf = (file: string): string => readFileSync(`${folder}${file}`, "utf8");

describe("the diagrams", () => {
  let now: Readonly<Record<string, string>>;
  beforeAll(() => {
    now = drawAll();
  });

  test("are those that the script draws: node scripts/diagrams.mjs brings them up to date", () => {
    expect(files).toEqual(Object.keys(now).sort());
  });

  test.each(files)("%s is current, small, told to those who cannot see it, and drawn for light and dark", (file) => {
    const svg = textOf(file);
    expect(svg).toBe(now[file]);
    expect(Buffer.byteLength(svg)).toBeLessThanOrEqual(40_000);
    expect(/<title[^>]*>(.+)<\/title>/.exec(svg)?.[1]?.length).toBeGreaterThan(10);
    expect(/<desc[^>]*>(.+)<\/desc>/.exec(svg)?.[1]?.length).toBeGreaterThan(80);
    expect(svg).toContain("prefers-color-scheme:dark");
    // Colors are of the two schemes, and numbers are numbers.
    expect(svg.replace(/<style>.*<\/style>/, "")).not.toMatch(/#[0-9a-f]{3}|rgb\(|NaN|undefined|Infinity/i);
  });

  test.each(files)("%s is shown on a page, with words for those who do not see it", (file) => {
    const pages = readdirSync(`${root}docs`).filter((page) => page.endsWith(".md"));
    const images = pages.flatMap((page) =>
      readFileSync(`${root}docs/${page}`, "utf8").match(/!\[[^\]]{20,}\]\([^)]+\)/g),
    );
    expect(images.filter((image) => image?.endsWith(`](./diagrams/${file})`))).not.toEqual([]);
  });
});

/** Pixels whose weights figures show. */
const places: readonly (readonly [number, number])[] = [
  [10, 10],
  [14, 11],
];

test("the scene that is drawn is what the package computes: vertices, weights, and every pixel's result", async () => {
  using device = await open({ prefer: "wasm", threads: 1 });
  using scope = device.scope();
  const features = scope.tensor([pixels.length, 2], Float32Array.from(pixels.flatMap(({ place }) => [...place])));
  const values = scope.tensor(
    [pixels.length, 1],
    Float32Array.from(pixels, ({ value }) => value),
  );
  const lattice = scope.add(await buildLattice(features));
  expect(lattice.vertices).toBe(drawn.keys.length);
  const result = await filter(values, lattice).read();
  result.forEach((value, i) => expect(value).toBeCloseTo(filtered[i]!, 5));
  const simplices = new Float32Array(await device.read(lattice.own.tables.simplices));
  for (const [x, y] of places) {
    const { number, weights } = pixelAt(x, y);
    weights.forEach((weight, r) => expect(simplices[(number * 3 + r) * 2 + 1]).toBeCloseTo(weight, 5));
  }
});
