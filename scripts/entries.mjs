// What users import: the one list of entry points. The build bundles them and writes their declarations, the tests of the layout
// read it, and package.json repeats it for resolvers: `node scripts/entries.mjs --write` brings that up to date.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * The source of each entry by its name behind `crf-rnn/`; `index` is `crf-rnn` itself. None imports a built-in module of a host, so that
 * they load wherever JavaScript does; what needs one asks for it when it is called. Those that are `alone` reach no other package either,
 * whose parts would be bundled into them. One with an `effect` is imported for it, so that no bundler may leave it out.
 */
export const entries = {
  index: { source: "src/index.ts", alone: true },
  checkpoint: { source: "src/checkpoint/checkpoint.ts", alone: false },
  data: { source: "src/data/data.ts", alone: false },
  train: { source: "src/train/train.ts", alone: false },
  search: { source: "src/search/search.ts", alone: false },
  bench: { source: "bench/bench.ts", alone: false },
  tfjs: { source: "src/bridges/tfjs.ts", alone: true },
  stream: { source: "src/stream/stream.ts", alone: true },
  worker: { source: "src/worker.ts", alone: true, effect: true },
  onnxruntime: { source: "src/bridges/onnxruntime.ts", alone: true },
  transformers: { source: "src/bridges/transformers.ts", alone: true },
  mediapipe: { source: "src/bridges/mediapipe.ts", alone: true },
};

/** The name that a program imports. */
export const importName = (name) => (name === "index" ? "crf-rnn" : `crf-rnn/${name}`);

/** The whole library in one minified module. */
const minified = "dist/crf-rnn.min.js";

const typesOf = ({ source }) => `./dist/types/${source.replace(/\.ts$/, ".d.ts")}`;
const targets = (name) => ({ types: typesOf(entries[name]), default: `./dist/${name}.js` });

/**
 * The fields of package.json that say where the entries are. `main`, `types` and `typesVersions` are for resolvers that know no exports, `unpkg`
 * and `jsdelivr` for content delivery networks, which read them instead of `main`.
 */
export function packageFields() {
  const others = Object.keys(entries).filter((name) => name !== "index");
  const effects = Object.entries(entries).filter(([, { effect }]) => effect);
  return {
    sideEffects: effects.flatMap(([name, { source }]) => [`./dist/${name}.js`, `./${source}`]),
    main: targets("index").default,
    unpkg: minified,
    jsdelivr: minified,
    types: targets("index").types,
    typesVersions: { "*": Object.fromEntries(others.map((name) => [name, [targets(name).types]])) },
    exports: {
      ".": targets("index"),
      ...Object.fromEntries(others.map((name) => [`./${name}`, targets(name)])),
      "./kernels/*": "./dist/kernels/*",
      "./wasm/*": "./dist/wasm/*",
      "./manifest.schema.json": "./dist/manifest.schema.json",
      "./package.json": "./package.json",
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href && process.argv.includes("--write")) {
  const file = join(root, "package.json");
  const fields = { ...JSON.parse(await readFile(file, "utf8")), ...packageFields() };
  await writeFile(file, `${JSON.stringify(fields, null, 2)}\n`);
}
