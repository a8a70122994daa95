/** The examples, built and run as their READMEs say, and the declarations of the runtimes that the bridges are for. */
import { execFile } from "node:child_process";
import { cp, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build as vite } from "vite";
import { beforeAll, expect, test } from "vitest";
import { findNewerNode } from "../../scripts/environment.mjs";
import { runInPage } from "../../src/cli/chromium.ts";
import { encodeRgbPng } from "../../src/data/png.ts";
import { root } from "../hosts/folders.ts";
import { makeModel } from "./colorModel.ts";
import { makePicture } from "./colorNetwork.ts";
import { answerOf, useRuntimes, writeColorPipeline } from "./runtimes.ts";

const run = promisify(execFile);
const project = useRuntimes();
const { data, width, height } = makePicture();

beforeAll(async () => {
  await cp(`${root}examples`, join(project.folder, "examples"), { recursive: true });
  await project.write("photograph.png", encodeRgbPng(height, width, data));
  await project.write("examples/onnxruntime/public/model.onnx", makeModel());
  await writeColorPipeline(project);
});

test("the page of ONNX Runtime, built by Vite, draws the labels of a picture", async () => {
  const folder = join(project.folder, "examples/onnxruntime");
  await vite({
    root: folder,
    base: "./",
    configFile: false,
    logLevel: "silent",
    build: { outDir: "out", target: "es2022" },
  });
  const html = await readFile(join(folder, "out/index.html"), "utf8");
  const [, file] = /src="\.\/([^"]+)"/.exec(html)!;
  const told: unknown[] = [];
  await runInPage({
    places: { project: project.folder },
    answer: async (words) => answerOf(project.folder, words),
    isolated: true,
    software: false,
    script: `(async () => {
      const base = document.head.appendChild(document.createElement("base"));
      base.href = "./project/examples/onnxruntime/out/";
      document.body.innerHTML = await (await fetch("index.html")).text();
      await import(new URL("${file}", base.href));
      const input = document.querySelector("input");
      const files = new DataTransfer();
      const photograph = await (await fetch("../../../photograph.png")).blob();
      files.items.add(new File([photograph], "photograph.png", { type: "image/png" }));
      input.files = files.files;
      input.dispatchEvent(new Event("change"));
      const output = document.querySelector("output");
      while (!output.value) await new Promise((resolve) => setTimeout(resolve, 50));
      const { width, height } = document.querySelector("canvas");
      await report([output.value, width, height]);
    })()`,
    report: (value: unknown) => told.push(value),
    silence: 300_000,
  });
  expect(told).toEqual([[expect.stringMatching(/^3 classes, by /), width, height]]);
});

test("the program of transformers.js writes a mask for every class", async () => {
  const program = "examples/transformers/main.ts";
  const { stdout } = await run(findNewerNode()!, [program, "photograph.png", "color"], { cwd: project.folder });
  expect(stdout.trim().split("\n")).toEqual(["reddish", "greenish", "bluish"]);
  expect((await readFile(join(project.folder, "greenish.png"))).subarray(1, 4).toString()).toBe("PNG");
});

test("the bridges take what the runtimes declare, in strict TypeScript", async () => {
  await project.write(
    "declared.ts",
    `import { FilesetResolver, ImageSegmenter } from "@mediapipe/tasks-vision";
    import * as node from "onnxruntime-node";
    import * as web from "onnxruntime-web";
    import { open, refine, type Tensor } from "crf-rnn";
    import { fromMasks, people } from "crf-rnn/mediapipe";
    import { fromOrt, openWith, segmenter, sessionOptions, toOrt } from "crf-rnn/onnxruntime";
    export async function use(image: ImageData, map: Tensor) {
      const device = await openWith(web, { prefer: "auto" });
      const session = await web.InferenceSession.create("model.onnx", sessionOptions(device));
      const fed: web.Tensor = await toOrt(web, map);
      const { logits } = await session.run({ image: fed });
      const { labels } = await refine(device, image, fromOrt(device, logits!, { dispose: true }));
      const segment = await segmenter(node, new Uint8Array(), { device: await open() });
      const other = await segmenter(web, session, { output: "logits" });
      const selfies = await ImageSegmenter.createFromOptions(await FilesetResolver.forVisionTasks("."), {});
      const unary = fromMasks(device, selfies.segment(image).confidenceMasks);
      return [labels, await segment(image), await other(image, { marginals: true }), await refine(device, image, unary, people)];
    }`,
  );
  await symlink(join(root, "node_modules/@types"), join(project.folder, "node_modules/@types"));
  const compilerOptions = {
    strict: true,
    noEmit: true,
    types: ["node"],
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["esnext", "dom", "dom.iterable"],
    skipLibCheck: true,
  };
  const files = ["declared.ts", "examples/onnxruntime/page.ts", "examples/transformers/main.ts"];
  await project.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
  const tsc = [`${root}node_modules/@typescript/native/bin/tsc`, "--project", project.folder];
  const said = await run(process.execPath, tsc).then(
    () => "",
    ({ stdout }: { stdout: string }) => stdout,
  );
  expect(said).toBe("");
});
