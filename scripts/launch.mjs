// Runs a script of the tests, which is TypeScript: bundles it first.
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const absWorkingDir = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Runs `file`, which stands in a folder of test/. */
export async function launch(file) {
  const outfile = join(absWorkingDir, "build/test", `${basename(file, ".ts")}.js`); // as deep: both find the root
  await build({
    absWorkingDir,
    entryPoints: [file],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    packages: "external",
    external: ["../../scripts/*"],
    logLevel: "warning",
  });
  await import(pathToFileURL(outfile).href);
}
