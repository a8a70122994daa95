/** Bundles all suites with every mutant of some files compiled in, and the process that runs them. */
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { build, type Plugin } from "esbuild";
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

/** Writes `mutants.js` and `worker.js` into a folder; returns the mutants that are in them. */
export async function bundleMutants(files: readonly string[], folder: string): Promise<readonly Mutant[]> {
  const instrumenter = new Instrumenter();
  const mutate: Plugin = {
    name: "mutants",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const file = relative(root, path);
        if (!files.includes(file)) return undefined;
        return { contents: instrumenter.instrument(file, await readFile(path, "utf8")), loader: "ts" };
      });
    },
  };
  const common = { bundle: true, format: "esm", target: "es2022", platform: "node", logLevel: "warning" } as const;
  await build({
    ...common,
    entryPoints: [`${root}test/mutation/entry.ts`],
    outfile: `${folder}/mutants.js`,
    banner: { js: switches },
    packages: "external",
    plugins: [suiteList, mutate],
  });
  await build({
    ...common,
    entryPoints: [`${root}test/mutation/worker.ts`],
    outfile: `${folder}/worker.js`,
    external: ["./mutants.js"],
  });
  return instrumenter.mutants;
}
