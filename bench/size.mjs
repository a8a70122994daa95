// What a page loads, minified and gzipped, and of which parts: `node bench/size.mjs`, after npm run build. With --write it
// brings the figure in pages up to date; test/size.test.ts says when it is stale.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What programs import. The first is the figure that pages tell. */
const programs = ["{ open, crfRnn }", "{ open, buildLattice, filter }", "{ open, fcn8sCrfRnn }", "{ ShapeError }", "*"];

/** What is taken out of the built library to see what a part adds. */
const parts = {
  WebAssembly: /(?<="?deflated"?: )"[^"]*"/g,
  WGSL: /(?<="code": )"(?:[^"\\]|\\.)*"/g,
};

/** What is imported when it is asked for is a file of its own, which a page does not load before. */
const later = {
  name: "later",
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path }) => (kind === "dynamic-import" ? { path, external: true } : undefined));
  },
};

/** What is loaded beside the module is not loaded with it: the file of pruning. */
const unlike = {
  name: "unlike",
  setup({ onResolve }) {
    onResolve({ filter: /[/]prune\.js$/ }, ({ path }) => ({ path, external: true }));
  },
};

/** Bytes of what a program becomes, without some parts: minified, and gzipped as servers do. `apart`: what is loaded later, apart. */
async function bytesOf(names, { without = [], apart = true } = {}) {
  const leftOut = {
    name: "left out",
    setup({ onLoad }) {
      onLoad({ filter: /[/\\]dist[/\\][\w-]+\.js$/ }, async ({ path }) => {
        const text = await readFile(path, "utf8");
        return { contents: without.reduce((rest, part) => rest.replace(parts[part], '""'), text), loader: "js" };
      });
    },
  };
  const what = names === "*" ? "* as all" : names;
  const contents = `import ${what} from "./dist/index.js"; globalThis.used = [${names === "*" ? "all" : names.slice(1, -1)}];`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    logLevel: "error",
    format: "esm",
    target: "es2022",
    plugins: apart ? [later, leftOut] : [unlike, leftOut],
  });
  const [{ contents: bytes }] = outputFiles;
  return { minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
}

/** The bytes of a program at its start, and of each part what it adds; last the module, which is loaded where it runs. */
export async function sizeOf(names = programs[0]) {
  const whole = await bytesOf(names);
  const without = async (part, options) =>
    difference(await bytesOf(names, options), await bytesOf(names, { ...options, without: [part] }));
  return {
    whole,
    WGSL: await without("WGSL"),
    JavaScript: await bytesOf(names, { without: ["WGSL"] }),
    WebAssembly: await without("WebAssembly", { apart: false }),
  };
}

const difference = (a, b) => ({ minified: a.minified - b.minified, gzipped: a.gzipped - b.gzipped });

const kilobytes = (bytes) => (bytes / 1000).toFixed(1);

const rounded = ({ gzipped }) => Math.round(gzipped / 1000);

/** The pages that may have the sentence. */
export const pages = ["README.md", "docs/bundlers.md"];

/** The pages' sentence with today's figures, and a pattern that finds it with any. */
export const sentence = ({ whole, WebAssembly }) =>
  `\`open\` and \`crfRnn\` are ${rounded(whole)} kB of a page, minified and gzipped, and ${rounded(WebAssembly)} kB more where WebAssembly computes`;
export const sentencePattern =
  /`open` and `crfRnn` are \d+ kB of a page, minified and gzipped, and \d+ kB more where WebAssembly computes/;

async function main() {
  for (const names of programs) {
    console.log(`import ${names}`);
    for (const [part, { minified, gzipped }] of Object.entries(await sizeOf(names))) {
      console.log(
        `  ${part.padEnd(12)}${kilobytes(minified).padStart(7)} kB minified${kilobytes(gzipped).padStart(7)} kB gzipped`,
      );
    }
  }
  if (!process.argv.includes("--write")) return;
  const today = sentence(await sizeOf());
  for (const page of pages) {
    const text = await readFile(join(root, page), "utf8");
    await writeFile(join(root, page), text.replace(sentencePattern, today));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
