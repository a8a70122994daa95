/** Bundles a program of bench/ and runs it with the arguments that follow: `node scripts/bench.mjs voc --data D`. */
import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import { build } from "esbuild";

const [program, ...flags] = process.argv.slice(2);
if (program === undefined) throw new Error("scripts/bench.mjs: name a program of bench/, as voc or gpu/plan");
const outfile = `build/bench/${basename(program)}.js`;
await build({
  entryPoints: [`bench/${program}.ts`],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "es2022",
  packages: "external",
  logLevel: "warning",
});
const { status, error } = spawnSync(process.execPath, [outfile, ...flags], { stdio: "inherit" });
if (error) throw error;
process.exitCode = status ?? 1;
