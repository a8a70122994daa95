/**
 * What reading small files costs that are made to exhaust time or memory: `bench/results/trust.md`.
 *
 *   npm run bench:hostile             all of test/hostile/files.ts
 *   npm run bench:hostile -- .h5      those whose name has this in it
 *   npm run bench:hostile -- .h5 100  with so many of what they repeat
 *
 * Each file is read in a process of its own with a heap of 900 MB, one after the other; seconds are of the processor.
 */
import { hostileFiles } from "../../test/hostile/files.ts";
import { buildReader, runHostile } from "../../test/hostile/run.ts";

const [wanted = "", amount] = process.argv.slice(2);
const reader = await buildReader();
const size = (bytes: number): string =>
  bytes < 1e5 ? `${bytes} B` : bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
console.log("| file | size | end | seconds | most memory, MiB |\n| --- | --: | --- | --: | --: |");
for (const file of hostileFiles.filter(({ name }) => name.includes(wanted))) {
  const { end, bytes, seconds, mebibytes } = runHostile(reader, amount ? { ...file, amount: Number(amount) } : file);
  const figures = Number.isNaN(seconds) ? "| |" : `| ${seconds.toFixed(2)} | ${mebibytes.toFixed(0)} |`;
  console.log(`| ${file.name} | ${size(bytes)} | ${end} ${figures}`);
}
