// npm run build: kernels/ and assembly/ → build/ (typed kernel descriptors, inlined wasm), src/ → dist/.
import { execFile } from "node:child_process";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { mendDeclarations } from "./declarations.mjs";
import { entries } from "./entries.mjs";
import { generate } from "./generate.mjs";
import { withoutUnusedWgsl } from "./kernels.mjs";
import { licensesOf } from "./licenses.mjs";
import { writePhotographs } from "./photographs.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const run = promisify(execFile);
const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));

/** A file that is loaded late and shares no code with what loads it: see test/size.test.ts. */
const bundledApart = {
  name: "bundled apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/prune\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./prune.js", external: true } : undefined,
    );
  },
};

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
  // Libraries are bundled, so that nothing is installed beside the package; what is binary and large, a user installs who needs it.
  const external = ["webgpu", "sharp", "puppeteer", "koffi", "deno", "node:*"];
  const bundled = { ...common, external, metafile: true, mainFields: ["module", "main"] };
  // What several entry points use is in files of its own, so that an error of one is the same class in the other.
  const entryPoints = Object.fromEntries(Object.entries(entries).map(([name, { source }]) => [name, source]));
  const library = await build({
    ...bundled,
    entryPoints,
    outdir: "dist",
    platform: "neutral",
    splitting: true,
    plugins: [bundledApart, withoutUnusedWgsl],
  });
  // It has kernels, which the library has in one file with all others.
  await build({
    ...common,
    entryPoints: { prune: "src/crf/prune.ts" },
    outdir: "dist",
    platform: "neutral",
    plugins: [withoutUnusedWgsl],
  });
  // One file for pages without a bundler, as content delivery networks serve it.
  await build({
    ...common,
    entryPoints: { "crf-rnn.min": entries.index.source },
    outdir: "dist",
    platform: "neutral",
    minify: true,
    sourcemap: false,
    plugins: [withoutUnusedWgsl],
    banner: { js: `/*! crf-rnn ${version}, MIT license */` },
  });
  const maps = process.argv.includes("--maps");
  const program = await build({
    ...bundled,
    entryPoints: { cli: "src/cli/main.ts" },
    splitting: !maps, // `--version` loads what it takes alone
    outdir: "dist",
    platform: "node",
    // `npm run coverage` maps what ran back to the sources. The program does not name the map, since every process that knows it would
    // put it into its report.
    sourcemap: maps && "external",
    // Libraries in CommonJS ask for Node's modules by `require`.
    banner: {
      js: '#!/usr/bin/env node\nimport { createRequire as requireOf } from "node:module";\nconst require = requireOf(import.meta.url);',
    },
  });
  // What a page loads for `crf-rnn train` with `--host chromium`.
  const pages = await build({
    ...common,
    metafile: true,
    entryPoints: { trainPage: "src/cli/train/page.ts" },
    outdir: "dist",
    platform: "browser",
    sourcemap: false,
  });
  // The thread that talks to the other ranks of `crf-rnn train --distributed mpi`.
  await build({
    ...common,
    external: ["koffi", "node:*"],
    entryPoints: { mpiWorker: "src/distributed/worker.ts" },
    outdir: "dist",
    platform: "node",
    sourcemap: process.argv.includes("--maps") && "external",
  });
  await declare(Object.values(entryPoints));
  await writeFile(join(root, "dist/THIRD-PARTY-LICENSES.txt"), await licensesOf([library, program, pages]));
  await writePhotographs(join(root, "dist/demo"));
  await cp(join(root, "kernels"), join(root, "dist/kernels"), { recursive: true });
  await cp(join(root, "src/data/manifest.schema.json"), join(root, "dist/manifest.schema.json"));
  await cp(join(root, "build/wasm"), join(root, "dist/wasm"), { recursive: true });
}

/** Writes the declarations of entries alone: `npm run typecheck` checks the types. */
async function declare(sources) {
  const compilerOptions = {
    noEmit: false,
    noCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: root,
    outDir: join(root, "dist/types"),
  };
  const files = sources.map((source) => join(root, source));
  const project = join(root, "build/tsconfig.types.json");
  await writeFile(project, JSON.stringify({ extends: "../tsconfig.json", compilerOptions, files, include: [] }));
  await run(process.execPath, [join(root, "node_modules/@typescript/native/bin/tsc"), "--project", project]);
  const types = join(root, "dist/types");
  await mendDeclarations(
    types,
    sources.map((source) => join(types, source.replace(/\.ts$/, ".d.ts"))),
  );
}

await generate(undefined, { smallest: true });
await bundle();
