import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import webpackBuild from "webpack";
import { type Bundler, withWorker } from "./bundlers.ts";
import { importTool, toolProgram } from "./tools.ts";

const run = promisify(execFile);

export const webpack =
  (target: string): Bundler =>
  async (folder, out, program) => {
    const output = { path: join(folder, out) };
    const entry = { main: { import: `./${program}`, filename: program } };
    const stats = await new Promise<webpackBuild.Stats>((resolve, reject) => {
      webpackBuild({ mode: "production", target, context: folder, entry, output }, (error, result) =>
        error ? reject(error) : resolve(result!),
      );
    });
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    if (errors?.length) throw new Error(errors.map(({ message }) => message).join("; "));
    return (warnings ?? []).map(({ message }) => message);
  };

interface Rollup {
  rollup(options: object): Promise<{ write(options: object): Promise<unknown> }>;
}

export const rollupWithTerser: Bundler = async (folder, out, program) => {
  const { rollup }: Rollup = await importTool("rollup");
  const { default: resolve }: { default: () => object } = await importTool("@rollup/plugin-node-resolve");
  const { default: terser }: { default: () => object } = await importTool("@rollup/plugin-terser");
  const warnings: string[] = [];
  const onwarn = ({ message }: { message: string }): unknown => warnings.push(message);
  const input = withWorker(program).map((file) => join(folder, file));
  const bundle = await rollup({ input, plugins: [resolve()], onwarn });
  await bundle.write({ dir: join(folder, out), format: "es", plugins: [terser()] });
  return warnings;
};

interface Rspack {
  rspack(options: object, done: (error: Error | null, stats: { toJson(what: object): Messages }) => void): unknown;
}
interface Messages {
  readonly errors: readonly { message: string }[];
  readonly warnings: readonly { message: string }[];
}

export const rspack: Bundler = async (folder, out, program) => {
  const { rspack: bundle }: Rspack = await importTool("@rspack/core");
  const output = { path: join(folder, out) };
  const entry = { main: { import: `./${program}`, filename: program } };
  const options = { mode: "production", target: "web", context: folder, entry, output };
  const messages = await new Promise<Messages>((resolve, reject) => {
    bundle(options, (error, stats) =>
      error ? reject(error) : resolve(stats.toJson({ all: false, errors: true, warnings: true })),
    );
  });
  return [...messages.errors, ...messages.warnings].map(({ message }) => message);
};

/** By a command, whose standard error is what it warns of. */
const byCommand =
  (command: string, words: (out: string, program: string) => readonly string[]): Bundler =>
  async (folder, out, program) => {
    const { stdout, stderr } = await run(toolProgram(command), [...words(out, program)], { cwd: folder });
    return [stdout, stderr].join("\n").split("\n").filter((line) => /warn|error/i.test(line)); // prettier-ignore
  };

/** Without source maps and the cache, which would lie beside the sources. */
export const parcel = byCommand("parcel", (out, program) => [
  "build", program, "--public-url", "./", "--dist-dir", out, "--no-cache", "--no-source-maps", "--log-level", "warn",
]); // prettier-ignore

export const bun = (target: "browser" | "bun" | "node"): Bundler =>
  byCommand("bun", (out, program) => [
    "build",
    ...withWorker(program),
    "--minify",
    "--target",
    target,
    "--outdir",
    out,
  ]);
