/**
 * Lattices of clouds of points: to build one, and to filter four values of each point with it, three times.
 *
 *   npm run bench:clouds -- [--threads 2] [--runs 3] [--most 1000000] [--peer ./their-lattice]
 *
 * A cloud lies on a sphere of radius 60 with noise (d = 3), and has an intensity (4) or three colors (6) that follow the place, with
 * noise, all in units of their bandwidths. A peer is run as `PEER FILE d n channels`, where FILE holds n rows of d float32, and
 * prints {"milliseconds": {"build": …, "filter": …}}; its times stand over the least of ours.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Device } from "../src/device/device.ts";
import { open } from "../src/device/open.ts";
import { filter } from "../src/lattice/filter.ts";
import { buildLattice } from "../src/lattice/lattice.ts";
import { randomNumbers } from "../src/shared/random.ts";
import { parsePeer } from "./facts.ts";

const channels = 4;
const radius = 60;
/** A peer filters by one lattice so many times, too, and tells the least: the first finds what was just built in other caches. */
const filtersOfLattice = 3;

const { values: flags } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    runs: { type: "string", default: "3" },
    most: { type: "string", default: "1000000" },
    peer: { type: "string" },
  },
});

interface Times {
  readonly build: number;
  readonly filter: number;
}

const folder = mkdtempSync(join(tmpdir(), "crf-rnn-clouds-"));
try {
  console.log(
    `WebAssembly, threads: ${flags.threads}, node ${process.versions.node}; ${channels} values a point, least milliseconds`,
  );
  console.log("| d | points | vertices | build | filter | peer's build over ours | peer's filter over ours |");
  console.log("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const dimensions of [3, 4, 6]) {
    for (const points of [25_000, 200_000, 1_000_000]) {
      if (points <= Number(flags.most)) console.log(`| ${(await lineOf(dimensions, points)).join(" | ")} |`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function lineOf(dimensions: number, points: number): Promise<(string | number)[]> {
  const features = cloud(dimensions, points);
  // A device of its own, whose memory no larger cloud has made large.
  using device = await open({ prefer: "wasm", threads: Number(flags.threads) });
  const { vertices, ...own } = await measure(device, features, dimensions);
  const peer = flags.peer === undefined ? undefined : timesOfPeer(flags.peer, features, dimensions);
  const over = (name: keyof Times): string => (peer === undefined ? "–" : `${(peer[name] / own[name]).toFixed(2)}×`);
  return [dimensions, points, vertices, own.build.toFixed(1), own.filter.toFixed(1), over("build"), over("filter")];
}

/** Rows of `dimensions` features. */
function cloud(dimensions: number, points: number): Float32Array {
  const next = randomNumbers(dimensions, points);
  const features = new Float32Array(points * dimensions);
  for (let point = 0; point < points; point++) {
    const [z, angle] = [2 * next() - 1, 2 * Math.PI * next()];
    const distance = radius + next() - 0.5;
    const flat = Math.sqrt(1 - z * z);
    const row = [distance * flat * Math.cos(angle), distance * flat * Math.sin(angle), distance * z];
    for (let channel = 3; channel < dimensions; channel++) {
      row.push(10 * Math.sin(3 * z + channel) + 5 * Math.cos(2 * angle - channel) + 3 * (next() - 0.5));
    }
    features.set(row, point * dimensions);
  }
  return features;
}

async function measure(device: Device, rows: Float32Array, dimensions: number): Promise<Times & { vertices: number }> {
  const points = rows.length / dimensions;
  using features = device.tensor([points, dimensions], rows);
  using values = device.tensor([points, channels], new Float32Array(points * channels).fill(1));
  const least = { build: Infinity, filter: Infinity, vertices: 0 };
  for (let run = 0; run <= Number(flags.runs); run++) {
    const began = performance.now();
    using lattice = await buildLattice(features);
    await device.finish();
    const built = performance.now();
    least.vertices = lattice.vertices;
    const filters: number[] = [];
    for (let again = 0; again < filtersOfLattice; again++) {
      const start = performance.now();
      filter(values, lattice).dispose();
      await device.finish();
      filters.push(performance.now() - start);
    }
    if (run === 0) continue; // the first compiles and makes room
    least.build = Math.min(least.build, built - began);
    least.filter = Math.min(least.filter, ...filters);
  }
  return least;
}

function timesOfPeer(command: string, features: Float32Array, dimensions: number): Times {
  const file = join(folder, "features.bin");
  writeFileSync(file, features);
  const points = features.length / dimensions;
  const printed = execFileSync(command, [file, String(dimensions), String(points), String(channels)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { milliseconds } = parsePeer(printed, command);
  const { build, filter: filtered } = milliseconds;
  if (build === undefined || filtered === undefined) throw new Error(`${command}: no times of build and filter`);
  return { build, filter: filtered };
}
