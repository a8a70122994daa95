import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build as bundle } from "esbuild";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { madeFrames } from "../../examples/video/madeFrames.ts";
import { root } from "../hosts/folders.ts";
import { serving, visit } from "./visit.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crf-rnn-video-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A disk of a fifth of the side as radius covers 4π % of a picture. */
const diskShare = 4 * Math.PI;

const measured = "picture \\d+\\.\\d, scores \\d+\\.\\d, lattice \\d+\\.\\d, iterations \\d+\\.\\d, labels \\d+\\.\\d";
const rate = `${measured}: \\d+\\.\\d ms a frame, \\d+\\.\\d frames a second`;

test("frames are labeled in Node, made ones as those of a file of raw pixels, and leave no memory behind", async () => {
  const outfile = join(folder, "video.mjs");
  await bundle({
    entryPoints: [`${root}examples/video/main.ts`],
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    alias: { "crf-rnn": `${root}dist/index.js` },
    outfile,
    logLevel: "error",
  });
  const run = async (...words: string[]): Promise<string> => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [outfile, "--threads", "2", ...words]);
    expect(stderr).toBe("");
    return stdout;
  };
  const told = new RegExp(
    `^(\\d+) frames of 256×256 on wasm, threads: 2, ([\\d.]+) % orange\\n${rate}\\n0 bytes left, \\d+ MiB at most\\n$`,
  );
  const [, count, share] = told.exec(await run("--frames", "7"))!;
  expect(Number(count)).toBe(7);
  expect(Math.abs(Number(share) - diskShare)).toBeLessThan(0.2);

  const file = join(folder, "frames.rgb");
  const bytes = [...madeFrames(7, 256, 256)].map(({ data }) => Buffer.from(data as Uint8ClampedArray));
  await writeFile(file, Buffer.concat([...bytes, Buffer.alloc(100)])); // the beginning of one more
  expect(told.exec(await run(file))!.slice(1)).toEqual([count, share]);
});

test("the page, built by Vite, labels its example, a file that was chosen, and the camera", async () => {
  await build({
    root: `${root}examples/video`,
    base: "./",
    configFile: false,
    logLevel: "silent",
    resolve: { alias: { "crf-rnn": `${root}dist/index.js` } },
    build: { outDir: join(folder, "out"), target: "es2022" },
  });
  // A recording of two halves is the file, and a canvas, all of it orange, stands for the camera.
  const work = `async () => {
    const told = async (name) => {
      const output = document.querySelector("output");
      while (!output.textContent.startsWith(name)) {
        if (/Error/.test(output.textContent)) throw new Error(output.textContent);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return output.textContent;
    };
    const drawn = (left, right) => {
      const context = Object.assign(document.createElement("canvas"), { width: 320, height: 240 }).getContext("2d");
      const draw = () => {
        context.fillStyle = left;
        context.fillRect(0, 0, 160, 240);
        context.fillStyle = right;
        context.fillRect(160, 0, 160, 240);
        requestAnimationFrame(draw);
      };
      draw();
      return context.canvas.captureStream(30);
    };
    const texts = [await told("example: ")];
    const corner = [...document.querySelector("canvas").getContext("2d").getImageData(2, 2, 1, 1).data];

    const recorder = new MediaRecorder(drawn("#ee8833", "#667788"), { mimeType: "video/webm" });
    const piece = new Promise((resolve) => (recorder.ondataavailable = ({ data }) => resolve(data)));
    recorder.start();
    setTimeout(() => recorder.stop(), 700);
    const files = new DataTransfer();
    files.items.add(new File([await piece], "halves.webm", { type: "video/webm" }));
    const input = document.querySelector("input");
    input.files = files.files;
    input.dispatchEvent(new Event("change"));
    texts.push(await told("file: "));

    navigator.mediaDevices.getUserMedia = async () => drawn("#ee8833", "#ee8833");
    document.querySelector("button").click();
    texts.push(await told("camera: "));
    return { texts, corner };
  }`;
  // Begins the work when it is first asked, and has a value once that is done.
  const asked = `(globalThis.work ??= (${work})().then((done) => (globalThis.done = done), (error) => (globalThis.done = { error: String(error) })), globalThis.done)`;
  const done = await serving(join(folder, "out"), true, (url) => visit(url, asked));
  expect(done).not.toHaveProperty("error");
  const { texts, corner } = done as { readonly texts: string[]; readonly corner: number[] };
  const line = new RegExp(`^\\w+: ([\\d.]+) % orange on wasm, threads: [2-9]\\d*; ${rate}$`);
  for (const text of texts) expect(text).toMatch(line);
  const shares = texts.map((text) => Number(line.exec(text)![1]));
  expect(Math.abs(shares[0]! - diskShare)).toBeLessThan(0.5);
  expect(Math.abs(shares[1]! - 50)).toBeLessThan(1);
  expect(shares[2]).toBe(100);
  expect(corner).toEqual([0x66, 0x77, 0x88, 255]);
});
