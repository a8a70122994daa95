// npm run suite: bundles test/hosts/suite.ts, which is TypeScript, and runs it.
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const absWorkingDir = join(dirname(fileURLToPath(import.meta.url)), "..");
const outfile = join(absWorkingDir, "build/test/suite.js"); // as deep as the source, so that both find the root
await build({
  absWorkingDir,
  entryPoints: ["test/hosts/suite.ts"],
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
