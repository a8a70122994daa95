import { readdirSync } from "node:fs";
import { build, type Plugin } from "esbuild";
import { entries, importName } from "../../scripts/entries.mjs";
import { root } from "./folders.ts";

/** Where the bundles go, for processes and for the page's server. */
export const bundleFolder = `${root}build/test`;

/** Resolves `virtual:suites` to a module that maps each suite's path to its cases. */
export const suiteList: Plugin = {
  name: "suites",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^virtual:suites$/ }, ({ path }) => ({ path, namespace: "suites" }));
    onLoad({ filter: /.*/, namespace: "suites" }, () => {
      const files = readdirSync(`${root}test`, { recursive: true, encoding: "utf8" });
      const paths = files.filter((file) => file.endsWith(".suite.ts")).sort();
      if (paths.length === 0) throw new Error("no *.suite.ts under test/");
      const imports = paths.map((path, i) => `import { cases as suite${i} } from "./${path}";`);
      const entries = paths.map((path, i) => `${JSON.stringify(path.replace(/\.suite\.ts$/, ""))}: suite${i}`);
      const contents = `${imports.join("\n")}\nexport const suites = { ${entries.join(", ")} };`;
      return { contents, loader: "ts", resolveDir: `${root}test` };
    });
  },
};

/**
 * Bundles the suites and the library once for all hosts, without Node's built-ins (`platform: "browser"` makes them an
 * error), and beside it the entry for hosts that are a process.
 */
export async function bundleSuites(): Promise<void> {
  const common = {
    bundle: true,
    format: "esm",
    target: "es2022",
    outdir: bundleFolder,
    logLevel: "warning",
    // Examples import the library by its name.
    alias: Object.fromEntries(
      Object.entries(entries).map(([name, { source }]) => [importName(name), `${root}${source}`]),
    ),
  } as const;
  await build({
    ...common,
    entryPoints: { suites: `${root}test/hosts/entry.ts` },
    platform: "browser",
    sourcemap: "inline",
    plugins: [suiteList],
  });
  await build({
    ...common,
    entryPoints: { process: `${root}test/hosts/process.ts` },
    platform: "node",
    external: ["./suites.js"],
  });
}
