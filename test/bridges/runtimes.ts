import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";
import { findChromium, vulkanEnvironment } from "../../scripts/environment.mjs";
import { runInPage } from "../../src/cli/chromium.ts";
import type { Reply } from "../../src/cli/pageServer.ts";
import { installPackage } from "../bundles/install.ts";
import { root } from "../hosts/folders.ts";
import { makeModel } from "./colorModel.ts";
import { inputSize, preprocessing } from "./colorNetwork.ts";

const run = promisify(execFile);

/** Where installRuntimes.ts installs the runtimes, before the tests of `npm run test:slow`. */
export const runtimes = `${root}.cache/runtimes/`;

/** A user's folder among the runtimes, with the package in its `node_modules`. */
export interface RuntimeProject {
  readonly folder: string;
  /** Writes a file into the folder. Returns its path. */
  write(file: string, contents: string | Uint8Array): Promise<string>;
  /** Runs a program of `test/bridges/programs` there, and returns what it prints, as JSON. */
  inProcess(program: string, host: string, words: readonly string[], flags?: readonly string[]): Promise<unknown>;
  /** Runs one in a page of Chromium: `call` is an expression with its exports, as `await main("webgpu")`. */
  inPage(program: string, call: string): Promise<unknown>;
}

/** Makes a project for the tests of a file. */
export function useRuntimes(): RuntimeProject {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(runtimes, "project.tmp-"));
    await installPackage(folder);
  });
  afterAll(async () => {
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  const write = async (file: string, contents: string | Uint8Array): Promise<string> => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), contents);
    return join(folder, file);
  };
  return {
    get folder() {
      return folder;
    },
    write,
    async inProcess(program, host, words, flags = []) {
      await bundle(program, folder, "node");
      const env = { ...process.env, ...vulkanEnvironment(await findChromium()) };
      const { stdout } = await run(host, [...flags, `${program}.js`, ...words], { cwd: folder, env });
      return JSON.parse(stdout.trim().split("\n").at(-1)!) as unknown;
    },
    async inPage(program, call) {
      await bundle(program, folder, "browser");
      const results: unknown[] = [];
      await runInPage({
        places: { project: folder },
        answer: async (words) => answerOf(folder, words),
        isolated: true,
        software: true,
        script: `import("./project/${program}.page.js").then(async (program) => report(await program.${call}))`,
        report: (result: unknown) => results.push(result),
        silence: 600_000,
      });
      return results[0];
    },
  };
}

/** Bundles a program of these tests: in a process, packages are found beside it; in a page, they are part of it. */
async function bundle(program: string, folder: string, platform: "node" | "browser"): Promise<void> {
  const source = `${root}test/bridges/programs/${program}.ts`;
  const inPage = platform === "browser";
  await build({
    entryPoints: [source],
    bundle: true,
    format: "esm",
    target: "es2022",
    platform,
    outfile: join(folder, `${program}${inPage ? ".page" : ""}.js`),
    logLevel: "error",
    ...(inPage
      ? { nodePaths: [join(folder, "node_modules"), join(runtimes, "node_modules")] }
      : { packages: "external" }),
    // Without the paths of the repository's own, by which the library would be its sources.
    tsconfigRaw: {},
  });
}

/** Files of the runtimes, with the types that browsers ask for. */
export function answerOf(folder: string, words: readonly string[]): Reply | undefined {
  const file = words.at(-1) ?? "";
  const type = file.endsWith(".wasm") ? "application/wasm" : /\.m?js$/.test(file) ? "text/javascript" : undefined;
  if (words[0] === "runtimes") return { file: join(runtimes, "node_modules", ...words.slice(1)), type };
  return type && words[0] === "project" ? { file: join(folder, ...words.slice(1)), type } : undefined;
}

/** Writes the color network as transformers.js finds it, in the shape of SegFormer, into `models/color`. */
export async function writeColorPipeline(project: RuntimeProject): Promise<void> {
  const [height, width] = inputSize;
  const config = {
    model_type: "segformer",
    architectures: ["SegformerForSemanticSegmentation"],
    id2label: { 0: "reddish", 1: "greenish", 2: "bluish" },
    label2id: { reddish: 0, greenish: 1, bluish: 2 },
  };
  const preprocessor = {
    image_processor_type: "SegformerImageProcessor",
    do_resize: true,
    size: { height, width },
    resample: 2,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: preprocessing.mean,
    image_std: preprocessing.deviation,
  };
  await project.write("models/color/config.json", JSON.stringify(config));
  await project.write("models/color/preprocessor_config.json", JSON.stringify(preprocessor));
  await project.write("models/color/onnx/model.onnx", makeModel());
}
