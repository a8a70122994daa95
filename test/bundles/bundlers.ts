import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build as esbuildBuild } from "esbuild";
import { build as viteBuild } from "vite";
import webpackBuild from "webpack";

/** Minifies `program.js` of a folder into its folder `out`, in the bundler's default way. Returns the bundler's warnings. */
export type Bundler = (folder: string, out: string) => Promise<string[]>;

/** Where every bundler here puts the program. */
export const bundled = "program.js";

export const esbuild =
  (options: Parameters<typeof esbuildBuild>[0] = {}): Bundler =>
  async (folder, out) => {
    const entryPoints = [join(folder, "program.js")];
    const common = { bundle: true, minify: true, format: "esm", logLevel: "silent" } as const;
    const { warnings } = await esbuildBuild({ ...common, ...options, entryPoints, outdir: join(folder, out) });
    return warnings.map(({ text }) => text);
  };

export const vite: Bundler = async (folder, out) => {
  const warnings: string[] = [];
  await writeFile(join(folder, "index.html"), '<!doctype html><script type="module" src="/program.js"></script>');
  await viteBuild({
    root: folder,
    configFile: false,
    logLevel: "silent",
    build: {
      outDir: out,
      rolldownOptions: {
        output: { entryFileNames: bundled },
        onwarn: (warning) => void warnings.push(warning.message ?? String(warning)),
      },
    },
  });
  return warnings;
};

export const webpack =
  (target: string): Bundler =>
  async (folder, out) => {
    const output = { path: join(folder, out), filename: bundled };
    const stats = await new Promise<webpackBuild.Stats>((resolve, reject) => {
      webpackBuild({ mode: "production", target, context: folder, entry: "./program.js", output }, (error, result) =>
        error ? reject(error) : resolve(result!),
      );
    });
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    if (errors?.length) throw new Error(errors.map(({ message }) => message).join("; "));
    return (warnings ?? []).map(({ message }) => message);
  };

/** CommonJS, which webpack writes for `target: node`, in a folder whose package.json says "module". */
export async function asCommonJs(folder: string, out: string): Promise<string> {
  await rename(join(folder, out, bundled), join(folder, out, "program.cjs"));
  return join(out, "program.cjs");
}
