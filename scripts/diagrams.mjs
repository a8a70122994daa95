// Draws docs/diagrams/*.svg: `node scripts/diagrams.mjs`. Places, weights and values of lattices in them are computed, by the one in
// float64 that tests hold the kernels against; test/docs/diagrams.test.ts says when a file is stale.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { edge } from "./diagrams/edge.mjs";
import { blurring, slicing, splatting } from "./diagrams/filter.mjs";
import { footprint } from "./diagrams/footprint.mjs";
import { incidence } from "./diagrams/incidence.mjs";
import { iteration, unrolled } from "./diagrams/iteration.mjs";
import { simplex } from "./diagrams/simplex.mjs";
import { turns } from "./diagrams/turns.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../docs/diagrams");

/** The figures by the names of their files. */
const figures = {
  simplex,
  splat: splatting,
  blur: blurring,
  slice: slicing,
  edge,
  incidence,
  footprint,
  iteration,
  unrolled,
  turns,
};

/** The text of every diagram, by its file. */
export const drawAll = () => Object.fromEntries(Object.entries(figures).map(([name, draw]) => [`${name}.svg`, draw()]));

async function main() {
  await mkdir(folder, { recursive: true });
  for (const [file, svg] of Object.entries(drawAll())) {
    await writeFile(join(folder, file), svg);
    console.log(`docs/diagrams/${file}: ${(svg.length / 1000).toFixed(1)} kB`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
