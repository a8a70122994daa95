import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build as esbuildBuild } from "esbuild";
import { build as viteBuild } from "vite";

/** Minifies a program of a folder into its folder `out`, under its own name, in the bundler's default way. Returns the bundler's warnings. */
export type Bundler = (folder: string, out: string, program: string) => Promise<string[]>;

/** For bundlers that leave `new Worker(new URL(…))` as it is, as esbuild and Rollup do: a worker is bundled by its own name. */
export const withWorker = (program: string): string[] => {
  const workers: Readonly<Record<string, string>> = { "page.js": "worker.js", "filesPage.js": "filesWorker.js" };
  return [program, ...(workers[program] ? [workers[program]] : [])];
};

export const esbuild =
  (options: Parameters<typeof esbuildBuild>[0] = {}): Bundler =>
  async (folder, out, program) => {
    const entryPoints = withWorker(program).map((file) => join(folder, file));
    const common = { bundle: true, minify: true, format: "esm", logLevel: "silent" } as const;
    const { warnings } = await esbuildBuild({ ...common, ...options, entryPoints, outdir: join(folder, out) });
    return warnings.map(({ text }) => text);
  };

export const vite: Bundler = async (folder, out, program) => {
  const warnings: string[] = [];
  await writeFile(join(folder, "index.html"), `<!doctype html><script type="module" src="/${program}"></script>`);
  await viteBuild({
    root: folder,
    base: "./",
    configFile: false,
    logLevel: "silent",
    build: {
      outDir: out,
      // It warns of programs of more than half a megabyte: one of the tests' has everything.
      chunkSizeWarningLimit: 1000,
      rolldownOptions: {
        // It warns of a slow machine.
        checks: { bundlerTimings: false },
        output: { entryFileNames: program },
        onLog: (level, { message }) => void (level === "warn" && warnings.push(message)),
      },
    },
  });
  return warnings;
};

/** CommonJS, which webpack writes for `target: node` and esbuild on request, in a folder whose package.json says "module". */
export async function asCommonJs(folder: string, out: string, program: string): Promise<string> {
  await writeFile(join(folder, out, "package.json"), '{ "type": "commonjs" }');
  return join(out, program);
}
