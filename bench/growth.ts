/**
 * How the time a point grows with a picture: bilateral and spatial lattices, and mean-field iterations over them, from 0.1 to 4 megapixels of a photograph that is
 * enlarged (with noise of ±2 levels, as an interpolated one has fewer vertices than any camera's), of the same side by side, and of noise alone, where hardly two pixels
 * share a vertex.
 *
 *   npm run bench:growth -- [--threads 2] [--runs 3] [--seconds 2] [--most 4] [--iterations 2] [--kinds enlarged,tiled,noise]
 *
 * The photograph is that of the benchmarks (CRF_RNN_SHARED, else ../shared). Times are the least of so many runs or more, for so many seconds, in
 * nanoseconds; those of the smallest picture are 1.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { decodeRgbPng } from "../src/data/png.ts";
import { resizeBilinear } from "../src/data/resize.ts";
import type { Device } from "../src/device/device.ts";
import { open } from "../src/device/open.ts";
import { LimitError } from "../src/errors.ts";
import { randomNumbers } from "../src/shared/random.ts";
import { makeScene } from "./scene.ts";
import { repeat, wallClock } from "./stopwatch.ts";
import { Workload } from "./workload.ts";

const { values: flags } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    runs: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
    most: { type: "string", default: "4" },
    iterations: { type: "string", default: "2" },
    kinds: { type: "string", default: "enlarged,tiled,noise" },
  },
});

const file = `${process.env.CRF_RNN_SHARED ?? "../shared"}/data/bench/raccoon-500x375.png`;
const photograph = decodeRgbPng(readFileSync(file), file);

/** The colors of a picture of so many pixels. */
const kinds: Record<string, (height: number, width: number) => Float32Array<ArrayBuffer>> = {
  enlarged(height, width) {
    const values = resizeBilinear(photograph.values, [photograph.height, photograph.width, 3], [height, width]);
    const next = randomNumbers(height, width);
    return Float32Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(value + 4 * next() - 2))));
  },
  tiled: (height, width) =>
    Float32Array.from({ length: height * width * 3 }, (_, i) => {
      const [y, x] = [Math.floor(i / 3 / width) % photograph.height, (Math.floor(i / 3) % width) % photograph.width];
      return photograph.values[3 * (y * photograph.width + x) + (i % 3)]!;
    }),
  noise(height, width) {
    const next = randomNumbers(height, width);
    return Float32Array.from({ length: height * width * 3 }, () => Math.floor(256 * next()));
  },
};

/**
 * The least nanoseconds of some runs. Small pictures have as much time as large ones: three of their runs are over before the optimizing compiler is,
 * and within one disturbance.
 */
async function least(device: Device, work: () => Promise<void>): Promise<number> {
  const stopwatch = wallClock(device);
  const timing = await repeat(() => stopwatch.time(work), { seconds: Number(flags.seconds) }, Number(flags.runs));
  return timing.least * 1e6;
}

/** Nanoseconds a point to build both lattices and for an iteration, and vertices a point. */
async function measure(kind: string, megapixels: number) {
  const scale = Math.sqrt((megapixels * 1e6) / (photograph.height * photograph.width));
  const [height, width] = [Math.round(photograph.height * scale), Math.round(photograph.width * scale)];
  using device = await open({ prefer: "wasm", threads: Number(flags.threads) });
  using work = new Workload(device, makeScene({ height, width, values: kinds[kind]!(height, width) }));
  const building = await least(device, async () => {
    for (const lattice of [await work.buildBilateral(), await work.buildSpatial()]) lattice.dispose();
  });
  using iterations = await work.iterations("potts");
  const iterating = await least(device, () => iterations.run(Number(flags.iterations)));
  const { vertices } = await work.bilateral();
  return {
    points: work.points,
    vertices: vertices / work.points,
    build: building / work.points,
    iterate: iterating / Number(flags.iterations) / work.points,
  };
}

console.log(
  `WebAssembly, threads: ${flags.threads}, node ${process.versions.node}; 21 classes, bandwidths 160/3 and 3, least times`,
);
console.log(
  "| picture | points | vertices a point | build, ns a point | over the smallest | an iteration, ns a point | over the smallest |",
);
console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
for (const kind of flags.kinds.split(",")) {
  let first: Awaited<ReturnType<typeof measure>> | undefined;
  for (const megapixels of [0.1, 0.2, 0.5, 1, 2, 4].filter((each) => each <= Number(flags.most))) {
    const found = await measure(kind, megapixels).catch((error: unknown) => {
      if (!(error instanceof LimitError)) throw error;
      console.log(`\n${kind}, ${megapixels} megapixels: ${error.message}\n`);
    });
    if (!found) break; // larger ones have no room either
    first ??= found;
    const over = (name: "build" | "iterate"): string => `${(found[name] / first![name]).toFixed(2)}×`;
    const figures = [
      found.vertices.toFixed(2),
      found.build.toFixed(0),
      over("build"),
      found.iterate.toFixed(0),
      over("iterate"),
    ];
    console.log(`| ${[kind, found.points, ...figures].join(" | ")} |`);
  }
}
