import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { entries, importName } from "../scripts/entries.mjs";
import { installable } from "./installable.ts";
import { offline } from "./offline.ts";
import { pictures } from "./pictures.ts";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A page that is isolated from other origins may share memory between threads. */
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Browsers that know all that the lab uses, `light-dark()` last of all: from the spring of 2024 on. */
const target = ["chrome123", "firefox121", "safari17.5"];

/** The lab is a user of the package: it imports what is published, by the published names. */
const alias = Object.keys(entries).map((name) => ({
  find: new RegExp(`^${importName(name)}$`),
  replacement: at(`../dist/${name}.js`),
}));

export default defineConfig({
  root: at("."),
  base: "./",
  cacheDir: at("../build/lab/vite"),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: { alias },
  plugins: [pictures(at("../build/lab/pictures")), installable(), offline()],
  worker: { format: "es" },
  build: {
    outDir: at("dist"),
    emptyOutDir: true,
    target,
    assetsInlineLimit: 1024,
    reportCompressedSize: false,
    license: { fileName: "licenses.md" },
    // The first build draws pictures, which takes seconds, as it should.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: { headers, fs: { allow: [at("..")] } },
  preview: { headers },
});
