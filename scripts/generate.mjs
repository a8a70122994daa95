// kernels/ and assembly/ → build/: typed kernel descriptors (kernels.ts) and inlined WebAssembly (wasm.ts), and the source
// text of workers (worker.ts).
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { deflateSync } from "node:zlib";
import { zlibAsync } from "@gfx/zopfli";
import { build, transform } from "esbuild";
import { differences } from "./differences.mjs";
import { glob } from "./files.mjs";
import { checkTwins, kernelsModule, readKernels, twinned } from "./kernels.mjs";
import { validateKernels } from "./validate.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const run = promisify(execFile);
const compiler = "node_modules/assemblyscript";

/** What is compiled of one source: plain or relaxed SIMD. */
const compilations = { plain: [], relaxed: ["--enable", "relaxed-simd"] };
/** The builds of a compilation: one with a memory of its own, and one with memory that threads share. */
const variantsOf = (name) => [name, `${name}Shared`];
/** The four builds of one source. */
export const variantNames = Object.keys(compilations).flatMap(variantsOf);

const readOr = (file, otherwise) => readFile(join(root, file), "utf8").catch(() => otherwise);

/** Writes a file unless it says so already, so that whoever watches it is not woken for nothing. */
async function writeChanged(file, text) {
  if ((await readOr(file)) !== text) await writeFile(join(root, file), text);
}

/** The entry of the WebAssembly builds: every twin, and what the host needs for handing out memory and for rows that come and go. */
function assemblyEntry(kernels) {
  const exports = twinned(kernels).map(({ id, file }) => {
    const twin = file.replace(/^kernels/, "assembly").replace(/\.wgsl$/, "");
    return `export { ${id} } from "../${twin}";`;
  });
  return `${exports.join("\n")}\nexport { padRows, trimRows } from "../assembly/shared/denseRows";\nexport { heapBase, setScratch } from "../assembly/shared/scratch";\n`;
}

/** A hash of all that each compilation is made from, the sources, the compiler's version and its settings, and one of what is common. */
async function sourceHashes(entry) {
  const files = [...(await glob(join(root, "assembly"), ".ts")), join(root, "asconfig.json")];
  const sources = await Promise.all(files.map(async (file) => [relative(root, file), await readFile(file, "utf8")]));
  const { version } = JSON.parse(await readFile(join(root, compiler, "package.json"), "utf8"));
  const hash = (facts) => createHash("sha256").update(JSON.stringify(facts)).digest("hex");
  const common = hash([version, sectionName, entry, sources]);
  const hashes = Object.entries(compilations).map(([name, flags]) => [name, hash([common, flags])]);
  return { common: common.slice(0, 16), hashes: Object.fromEntries(hashes) };
}

/** The section of a module that says which variant it is, and of which sources. */
const sectionName = "crf-rnn";

/** A custom section: its kind (0), its size, and its name before what it holds. Sizes below 128 are one byte. */
function section(name, text) {
  const body = Buffer.from(`${String.fromCharCode(name.length)}${name}${text}`, "latin1");
  if (body.length > 127) throw new Error(`expected a section of at most 127 bytes, got ${body.length}`);
  return Buffer.from([0, body.length, ...body]);
}

/** Writes both builds of a compilation. */
async function compile(name, common) {
  const file = (variant) => join(root, `build/wasm/${variant}.wasm`);
  const words = ["build/assembly.ts", "--config", "asconfig.json", "--outFile", file(name), ...compilations[name]];
  // Without this flag the compiler starts itself once more, with it.
  await run(process.execPath, ["--enable-source-maps", `${compiler}/bin/asc.js`, ...words], { cwd: root });
  const module = await readFile(file(name));
  const [alone, shared] = variantsOf(name);
  await appendFile(file(alone), section(sectionName, `${alone} ${common}`));
  await writeFile(file(shared), Buffer.concat([withSharedMemory(module), section(sectionName, `${shared} ${common}`)]));
}

/** The import of a memory that has a maximum: the module's name, the memory's, the kind of import, and flags of the memory. */
const memoryImport = Buffer.from("\x03env\x06memory\x02\x01", "latin1");

/**
 * The module for memory that threads share. The compiler makes it of the same instructions, since threads are enabled in both builds: one flag
 * differs.
 */
function withSharedMemory(module) {
  const at = module.indexOf(memoryImport);
  if (at < 0 || module.indexOf(memoryImport, at + 1) >= 0) throw new Error("expected a module with one memory");
  const shared = Buffer.from(module);
  shared[at + memoryImport.length - 1] |= 2;
  return shared;
}

/** Takes some seconds, and 6 % of the bytes off what zlib makes of a module. */
const deflateWell = (bytes) => zlibAsync(bytes, { numiterations: 30 });

/**
 * TypeScript source of build/wasm.ts: one variant deflated, the others as what differs from one of those before, since the
 * four have nearly all of their bytes in common. A stale variant is left out, so that nobody runs kernels of another day.
 */
async function wasmModule(stale, deflate) {
  const fresh = variantNames.filter((name) => !stale.includes(name));
  const files = await Promise.all(fresh.map((name) => readFile(join(root, `build/wasm/${name}.wasm`))));
  const packed = async (bytes) => Buffer.from(await deflate(bytes)).toString("base64");
  const whole = files.length > 0 ? await packed(files[0]) : "";
  const patches = fresh.slice(1).map(async (name, i) => {
    const others = fresh.slice(0, i + 1).map((from, j) => ({ from, patch: differences(files[j], files[i + 1]) }));
    const [{ from, patch }] = others.sort((a, b) => a.patch.length - b.patch.length);
    return `  ${name}: ${JSON.stringify({ from, deflated: await packed(patch) })},\n`;
  });
  return `// Generated by scripts/generate.mjs from assembly/; do not edit.
import type { Patch } from "../src/device/wasmBytes.ts";

/** The module ${fresh[0]}, deflated, in base64; what is stale is in neither, npm run build makes it anew. */
export const whole: { readonly name: string; readonly deflated: string } = { name: "${fresh[0]}", deflated: "${whole}" };
export const patches: Readonly<Record<string, Patch>> = {
${(await Promise.all(patches)).join("")}};
`;
}

/** TypeScript source of build/wasmSources.ts, apart from the modules' bytes, which are loaded only where they run. */
const wasmSourcesModule = (common) => `// Generated by scripts/generate.mjs from assembly/; do not edit.

/** The section in which every module says which one it is, and of which sources. */
export const sectionName = "${sectionName}";
export const commonSources = "${common}";
`;

/** What workers run, by the module in build/ that holds its text: a thread, and a machine for a device elsewhere. */
const workerScripts = {
  thread: 'import { becomeThread } from "./src/device/worker.ts"; becomeThread();',
  worker: 'import { serve } from "./src/device/serve.ts"; serve();',
};
export const workerScriptNames = Object.keys(workerScripts);

/** The text of a script for workers. */
export async function bundleWorkerScript(name, plugins = []) {
  const options = { bundle: true, write: false, minify: true, format: "iife", target: "es2022", plugins };
  const { outputFiles } = await build({ ...options, stdin: { contents: workerScripts[name], resolveDir: root } });
  return outputFiles[0].text.trim();
}

/**
 * TypeScript source of the module that holds that text as a string: the text of a function is what a minifier of the
 * library's users has made of it.
 */
async function workerModule(name) {
  const text = JSON.stringify(await bundleWorkerScript(name));
  return `// Generated by scripts/generate.mjs from src/device/; do not edit.\nexport const ${name}Source: string = ${text};\n`;
}

/**
 * build/synchronous.js: the CRF of src/bridges/tfjs/arrayCrf.ts and all that it needs, with async functions as generators and, in the
 * place of promises, ones that call back at once. So it does not wait where WebAssembly does not, and is written once. What has
 * nothing to await is imported from where it is: errors, so that there is one class of each, kernels and modules.
 */
async function synchronousModule() {
  const shared = /(^|\/)(errors|build\/(kernels|wasm|wasmSources|thread|worker))\.ts$/;
  const shares = {
    name: "shares",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.ts$/ }, ({ path, resolveDir }) => {
        const file = relative(root, join(resolveDir, path));
        return shared.test(file) ? { path: `../${file}`, external: true } : undefined;
      });
      // Nobody can take a turn while a thread is in one task.
      const contents = "export async function breathe() {}\nexport function requireUnaborted() {}";
      onLoad({ filter: /[/\\]src[/\\]turn\.ts$/ }, () => ({ contents }));
    },
  };
  const now = await readFile(join(root, "src/bridges/tfjs/now.ts"), "utf8");
  const { code } = await transform(now.replace("export class", "class"), { loader: "ts", target: "es2022" });
  const { outputFiles } = await build({
    entryPoints: [join(root, "src/bridges/tfjs/arrayCrf.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    treeShaking: true,
    supported: { "async-await": false },
    plugins: [shares],
  });
  const comment = "// Generated by scripts/generate.mjs from src/bridges/tfjs/arrayCrf.ts; do not edit.";
  return `${comment}\n${code}const Promise = Now;\n${outputFiles[0].text}`;
}

/**
 * Brings build/ up to date: all kernel descriptors, and of the WebAssembly variants those that are wanted and were not
 * compiled from today's sources. Returns the variants that are stale afterwards, which build/wasm.ts then has empty.
 * `smallest` is for what is published.
 */
export async function generate(wanted = variantNames, { smallest = false } = {}) {
  await mkdir(join(root, "build/wasm"), { recursive: true });
  const kernels = await readKernels(root);
  await checkTwins(root, kernels);
  const descriptors = kernelsModule(kernels);
  // What was written before was validated before.
  if ((await readOr("build/kernels.ts")) !== descriptors) await validateKernels(kernels);
  await writeChanged("build/kernels.ts", descriptors);
  for (const name of workerScriptNames) await writeChanged(`build/${name}.ts`, await workerModule(name));
  await writeChanged("build/synchronous.js", await synchronousModule());
  await writeChanged("build/synchronous.d.ts", 'export * from "../src/bridges/tfjs/arrayCrf.ts";\n');
  const entry = assemblyEntry(kernels);
  await writeChanged("build/assembly.ts", entry);
  const { common, hashes } = await sourceHashes(entry);
  const built = JSON.parse(await readOr("build/wasm.json", "{}"));
  const isStale = (name) =>
    built[name] !== hashes[name] ||
    variantsOf(name).some((variant) => !existsSync(join(root, `build/wasm/${variant}.wasm`)));
  await Promise.all(
    Object.keys(compilations)
      .filter((name) => variantsOf(name).some((variant) => wanted.includes(variant)) && isStale(name))
      .map(async (name) => {
        await compile(name, common);
        built[name] = hashes[name];
      }),
  );
  await writeChanged("build/wasm.json", JSON.stringify(built, undefined, 2));
  const stale = Object.keys(compilations).filter(isStale).flatMap(variantsOf);
  await writeChanged("build/wasmSources.ts", wasmSourcesModule(common));
  await writeChanged("build/wasm.ts", await wasmModule(stale, smallest ? deflateWell : deflateSync));
  return stale;
}
