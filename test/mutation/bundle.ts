/** Bundles all suites with every mutant of some files compiled in, and the process that runs them. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { relative } from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { bundleWorkerScript, workerScriptNames } from "../../scripts/generate.mjs";
import { suiteList } from "../hosts/bundle.ts";
import { root } from "../hosts/folders.ts";
import { Instrumenter, type Mutant } from "./instrument.ts";

/**
 * What the switches ask. Every mutant that is asked for is reached. One that makes a loop endless asks without end, which
 * is told by counting, on a slow machine as on a fast one.
 */
const switches = `
const mutation = (globalThis.mutation ??= { active: -1, asked: 0, limit: Infinity, reached: new Set() });
const isMutant = (id) => {
  if (++mutation.asked > mutation.limit) throw new Error("endless: " + mutation.asked + " mutants asked for");
  mutation.reached.add(id);
  return id === mutation.active;
};`;

/** The state of the switches in a process that has loaded the bundle. */
export interface Switches {
  active: number;
  asked: number;
  limit: number;
  reached: Set<number>;
}

/** Files of vitest that count beside the suites: what they hold is of one host, or wants a device that no suite is given. */
const testFiles = (): string[] =>
  readdirSync(`${root}test/device`)
    .filter((file) => file.endsWith(".test.ts"))
    .sort();

/** How a test imports a file as a new process has it. */
const anew = /\bimport\("\.\.\/\.\.\/src\/device\/(\w+)\.ts"\)/g;

/** Resolves `virtual:tests` to a module that runs the files of vitest above, which list their tests in vitest.ts. */
const testList: Plugin = {
  name: "tests",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^virtual:tests$/ }, ({ path }) => ({ path, namespace: "tests" }));
    onLoad({ filter: /.*/, namespace: "tests" }, () => {
      const imports = testFiles().map((file) => `import "./device/${file}";`);
      return { contents: imports.join("\n"), loader: "ts", resolveDir: `${root}test` };
    });
    onResolve({ filter: /^vitest$/ }, ({ importer }) =>
      importer.endsWith(".test.ts") ? { path: `${root}test/mutation/vitest.ts` } : undefined,
    );
    onLoad({ filter: /\.test\.ts$/ }, async ({ path }) => {
      const name = relative(`${root}test`, path).replace(/\.ts$/, "");
      const first = `import { beginFile, importAnew } from "vitest"; beginFile(${JSON.stringify(name)});`;
      const text = await readFile(path, "utf8");
      return { contents: `${first}\n${text.replace(anew, 'importAnew("$1")')}`, loader: "ts" };
    });
  },
};

/** The files with their mutants, each behind a switch. A file that two bundles take has the same mutants in both. */
function mutating(files: readonly string[], instrumenter: Instrumenter): Plugin {
  const texts = new Map<string, Promise<string>>();
  const textOf = async (file: string, path: string): Promise<string> =>
    instrumenter.instrument(file, await readFile(path, "utf8"));
  return {
    name: "mutants",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const file = relative(root, path);
        if (!files.includes(file)) return undefined;
        if (!texts.has(file)) texts.set(file, textOf(file, path));
        return { contents: await texts.get(file), loader: "ts" };
      });
    },
  };
}

/** Files that run only in workers. */
const workerFiles = { thread: "src/device/worker.ts", worker: "src/device/serve.ts" } as const;

/**
 * Puts the texts that the build makes for workers, with their mutants, in place of build/thread.ts and build/worker.ts. A
 * worker does not see the switches: its text says which mutant is active, and all of its own count as reached where a worker
 * starts.
 */
const workerTexts = (instrumenter: Instrumenter, mutate: Plugin): Plugin => ({
  name: "workers",
  setup({ onLoad }) {
    for (const name of workerScriptNames)
      onLoad({ filter: new RegExp(`build/${name}\\.ts$`) }, async () => {
        const text = await bundleWorkerScript(name, [mutate]);
        const ids = instrumenter.mutants.filter(({ file }) => file === workerFiles[name]).map(({ id }) => id);
        const contents = `
          // A class, since what is sent to a worker has no methods of its own.
          export const ${name}Source = new (class {
            toString() {
              for (const id of ${JSON.stringify(ids)}) isMutant(id);
              return "const isMutant = (id) => id === " + mutation.active + ";" + ${JSON.stringify(text)};
            }
          })();`;
        return { contents, loader: "js" };
      });
  },
});

/** Bundles the files that tests import anew, each by itself. What they import at run time may be a test's stand-in. */
async function bundleAnew(common: BuildOptions, plugin: Plugin, folder: string): Promise<void> {
  const texts = testFiles().map((file) => readFileSync(`${root}test/device/${file}`, "utf8"));
  const names = new Set(texts.flatMap((text) => [...text.matchAll(anew)].map(([, name]) => name!)));
  const banner = `${switches}
const importOr = (name) => globalThis.standIns.has(name) ? Promise.resolve(globalThis.standIns.get(name)()) : import(name);`;
  for (const name of names) {
    const entryPoints = [`${root}src/device/${name}.ts`];
    const { outputFiles } = await build({ ...common, entryPoints, plugins: [plugin], write: false });
    await mkdir(`${folder}/anew`, { recursive: true });
    await writeFile(
      `${folder}/anew/${name}.js`,
      `${banner}\n${outputFiles[0]!.text.replace(/\bimport\(/g, "importOr(")}`,
    );
  }
}

/** Writes `mutants.js` and `worker.js` into a folder; returns the mutants that are in them. */
export async function bundleMutants(files: readonly string[], folder: string): Promise<readonly Mutant[]> {
  const instrumenter = new Instrumenter();
  const mutate = mutating(files, instrumenter);
  const common = { bundle: true, format: "esm", target: "es2022", platform: "node", logLevel: "warning" } as const;
  await build({
    ...common,
    entryPoints: [`${root}test/mutation/entry.ts`],
    outfile: `${folder}/mutants.js`,
    banner: { js: switches },
    packages: "external",
    // The files of vitest are imported for what they declare alone, and package.json says that nothing has such an effect.
    ignoreAnnotations: true,
    plugins: [suiteList, testList, workerTexts(instrumenter, mutate), mutate],
  });
  await bundleAnew({ ...common, packages: "external" }, mutate, folder);
  await build({
    ...common,
    entryPoints: [`${root}test/mutation/worker.ts`],
    outfile: `${folder}/worker.js`,
    external: ["./mutants.js"],
  });
  return instrumenter.mutants;
}
