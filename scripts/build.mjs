// npm run build: kernels/ and assembly/ → build/ (typed kernel descriptors, inlined wasm), src/ → dist/.
import { execFile } from "node:child_process";
import { cp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { generate } from "./generate.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const run = promisify(execFile);

async function bundle() {
  const common = {
    bundle: true,
    format: "esm",
    target: "es2022",
    sourcemap: true,
    logLevel: "warning",
    absWorkingDir: root,
  };
  await rm(join(root, "dist"), { recursive: true, force: true });
  // What several entry points use is in files of its own, so that an error of one is the same class in the other.
  const entryPoints = {
    index: "src/index.ts",
    checkpoint: "src/checkpoint/checkpoint.ts",
    data: "src/data/data.ts",
  };
  await build({ ...common, entryPoints, outdir: "dist", platform: "neutral", packages: "external", splitting: true });
  await build({
    ...common,
    entryPoints: { cli: "src/cli/main.ts" },
    outdir: "dist",
    platform: "node",
    packages: "external",
    banner: { js: "#!/usr/bin/env node" },
  });
  // What a page loads for `crf-rnn bench` and `crf-rnn train` with `--host chromium`.
  await build({
    ...common,
    entryPoints: { bench: "bench/page.ts", train: "src/cli/train/page.ts" },
    outdir: "dist",
    platform: "browser",
    sourcemap: false,
  });
  // Declarations only: `npm run typecheck` checks the types.
  await run(
    process.execPath,
    [join(root, "node_modules/@typescript/native/bin/tsc"), "--project", "tsconfig.types.json"],
    {
      cwd: root,
    },
  );
  await cp(join(root, "kernels"), join(root, "dist/kernels"), { recursive: true });
  await cp(join(root, "build/wasm"), join(root, "dist/wasm"), { recursive: true });
}

await generate();
await bundle();
