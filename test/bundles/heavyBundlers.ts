import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundled, type Bundler } from "./bundlers.ts";
import { importTool, toolProgram } from "./tools.ts";

const run = promisify(execFile);

interface Rollup {
  rollup(options: object): Promise<{ write(options: object): Promise<unknown> }>;
}

export const rollupWithTerser: Bundler = async (folder, out) => {
  const { rollup }: Rollup = await importTool("rollup");
  const { default: resolve }: { default: () => object } = await importTool("@rollup/plugin-node-resolve");
  const { default: terser }: { default: () => object } = await importTool("@rollup/plugin-terser");
  const warnings: string[] = [];
  const onwarn = ({ message }: { message: string }): unknown => warnings.push(message);
  const bundle = await rollup({ input: join(folder, "program.js"), plugins: [resolve()], onwarn });
  await bundle.write({ file: join(folder, out, bundled), format: "es", plugins: [terser()] });
  return warnings;
};

interface Rspack {
  rspack(options: object, done: (error: Error | null, stats: { toJson(what: object): Messages }) => void): unknown;
}
interface Messages {
  readonly errors: readonly { message: string }[];
  readonly warnings: readonly { message: string }[];
}

export const rspack: Bundler = async (folder, out) => {
  const { rspack: bundle }: Rspack = await importTool("@rspack/core");
  const output = { path: join(folder, out), filename: bundled };
  const options = { mode: "production", target: "web", context: folder, entry: "./program.js", output };
  const messages = await new Promise<Messages>((resolve, reject) => {
    bundle(options, (error, stats) =>
      error ? reject(error) : resolve(stats.toJson({ all: false, errors: true, warnings: true })),
    );
  });
  return [...messages.errors, ...messages.warnings].map(({ message }) => message);
};

/** By a command, whose standard error is what it warns of. */
const byCommand =
  (program: string, words: (out: string) => readonly string[]): Bundler =>
  async (folder, out) => {
    const { stdout, stderr } = await run(toolProgram(program), [...words(out)], { cwd: folder });
    return [stdout, stderr].join("\n").split("\n").filter((line) => /warn|error/i.test(line)); // prettier-ignore
  };

/** Without source maps and the cache, which would lie beside the sources. */
export const parcel = byCommand("parcel", (out) => [
  "build", "program.js", "--dist-dir", out, "--no-cache", "--no-source-maps", "--log-level", "warn",
]); // prettier-ignore

export const bun = (target: "browser" | "bun" | "node"): Bundler =>
  byCommand("bun", (out) => ["build", "program.js", "--minify", "--target", target, "--outdir", out]);
