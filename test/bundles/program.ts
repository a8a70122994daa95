import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { runInPage } from "../../src/cli/chromium.ts";

const run = promisify(execFile);

/** What the program tells of a run. */
export interface Outcome {
  readonly kind: string;
  readonly threads: number;
  readonly variant: string;
  readonly processors: number;
  /** A hash of all bits of the result. */
  readonly bits: number;
  /** What the same computes in a worker of the page. */
  readonly inWorker?: Outcome;
}

/** The default `open()`, and inference on a picture that is large enough to be shared between threads. */
export const INFER = `
import { crfRnn, open } from "crf-rnn";

export const infer = async (options) => {
  const device = await open(options);
  const [height, width, classes] = [64, 80, 3];
  const guide = device.tensor([height, width, 3], Float32Array.from({ length: height * width * 3 }, (_, i) => (i * 37) % 256));
  const logits = device.tensor([height, width, classes], Float32Array.from({ length: height * width * classes }, (_, i) => (i * 53) % 17));
  const refined = await crfRnn(device, { classes })(logits, guide, { iterations: 2 });
  let bits = 0;
  for (const word of new Uint32Array((await refined.read()).buffer)) bits = (Math.imul(bits, 31) + word) >>> 0;
  const { threads, variant } = device.info;
  const outcome = { kind: device.kind, threads, variant, processors: globalThis.navigator?.hardwareConcurrency, bits };
  device.dispose();
  return outcome;
};
`;

/** Programs of a user, by file. The promise of an outcome is a global, for pages, and is printed where there is a process. */
const programs: Readonly<Record<string, string>> = {
  "infer.js": INFER,
  "program.js": `
    import { infer } from "./infer.js";
    const prefer = globalThis.process?.argv?.[2];
    globalThis.outcome = infer(prefer && { prefer });
    if (!globalThis.document) globalThis.outcome.then((outcome) => console.log(JSON.stringify(outcome)));`,
  // A server that reads a PNG, and a JPEG if the package sharp is there.
  "images.js": `
    import { readFile } from "node:fs/promises";
    import { decodeImage, encodeRgbPng } from "crf-rnn/data";
    const widthOf = async (name, bytes) => decodeImage(await bytes, name).then(({ width }) => width, ({ message }) => message);
    const widths = [widthOf("a.png", encodeRgbPng(1, 2, new Uint8Array(6))), widthOf("a.jpg", readFile("a.jpg"))];
    Promise.all(widths).then((told) => console.log(JSON.stringify(told)));`,
  "required.cjs": `
    const { crfRnn, open, ShapeError } = require("crf-rnn");
    const { openCheckpoint } = require("crf-rnn/checkpoint");
    const { openDataset } = require("crf-rnn/data");
    console.log([crfRnn, open, ShapeError, openCheckpoint, openDataset].map((one) => typeof one).join(" "));`,
  "imported.cjs": `
    import("crf-rnn").then(({ open }) => console.log(typeof open));`,
  // Everything of data and checkpoints that is about bytes, and the other entries that pages load: told as numbers and sentences.
  "files.js": `
    import { ShapeError } from "crf-rnn";
    import { benchFacts, names } from "crf-rnn/bench";
    import { blobSource, bytesSource, loadCheckpoint, memorySink, openCheckpoint, writeSafetensors } from "crf-rnn/checkpoint";
    import { argmax, boundaryBand, Confusion, decodeImage, decodeLabelPng, decodeNpy, drawOverlay, encodeLabelPng } from "crf-rnn/data";
    import { encodeNpy, encodeRgbPng, openDataset, resizeBilinear, vocClasses, vocPalette } from "crf-rnn/data";
    import { drawShapes, memorySurroundings, shapeClasses, trainingConfiguration } from "crf-rnn/train";
    const sum = (values) => values.reduce((total, value, i) => (total * 31 + value) % 2147483647, 0);
    const message = ({ message }) => message;
    export const told = async () => {
      const { image, labels } = drawShapes(2, 1, 40);
      const [height, width] = [40, 40];
      const palette = shapeClasses.map(({ rgb }) => rgb);
      const mask = encodeLabelPng({ height, width, labels, palette });
      const map = decodeLabelPng(mask, "mask.png");
      const picture = await decodeImage(encodeRgbPng(height, width, Uint8Array.from(image.values)), "image.png");
      const scores = decodeNpy(encodeNpy({ shape: [40, 40, 3], data: picture.values }), "scores.npy");
      const predicted = argmax(scores.data, 3);
      const confusion = new Confusion(4);
      confusion.add(labels, predicted);
      const sink = memorySink();
      const stored = { shape: [40, 40, 3], type: "float32", read: async () => scores.data };
      await writeSafetensors({ tensors: new Map([["scores", stored]]), metadata: { made: "here" } }, sink);
      const { metadata, tensors } = await openCheckpoint(blobSource(new Blob([sink.bytes()]), "c"), { partial: true });
      const damaged = mask.slice();
      damaged[60] ^= 1;
      const configuration = await trainingConfiguration({ classes: ["a", "b"], images: [{ image, labels }], steps: 2 });
      return {
        labels: sum(labels) === sum(map.labels) && map.palette.slice(0, 4).join() === palette.join(),
        picture: sum(picture.values) === sum(image.values),
        array: scores.shape,
        scores: confusion.scores().meanIU,
        overlay: sum(drawOverlay(picture, map)),
        band: sum(boundaryBand({ height, width, labels }, 3)),
        resized: resizeBilinear(picture.values, [40, 40, 3], [7, 9]).length,
        colors: [vocPalette().length, vocClasses.length],
        metadata,
        read: sum(await tensors.get("scores").read()),
        loaded: (await loadCheckpoint(bytesSource(sink.bytes()), { partial: true })).tensors.size,
        digest: configuration.images.digest,
        lines: [names.length, typeof benchFacts, typeof memorySurroundings, typeof ShapeError],
        damaged: await decodeImage(damaged, "damaged.png").catch(message),
        jpeg: await decodeImage(Uint8Array.of(0xff, 0xd8), "a.jpg").catch(message),
        folder: await openDataset("no-such-folder").catch(message),
      };
    };`,
  "filesHere.js": `
    import { told } from "./files.js";
    told().then((all) => console.log(JSON.stringify(all)));`,
  "filesPage.js": `
    import { told } from "./files.js";
    const inWorker = () => new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./filesWorker.js", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message || "the worker did not load"));
    });
    globalThis.outcome = told().then(async (page) => ({ page, worker: await inWorker() }));`,
  "filesWorker.js": `
    import { told } from "./files.js";
    told().then((all) => postMessage(all));`,
  "page.js": `
    import { infer } from "./infer.js";
    const inWorker = () => new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message || "the worker did not load"));
    });
    globalThis.outcome = infer().then(async (outcome) => ({ ...outcome, inWorker: await inWorker() }));`,
  "worker.js": `
    import { infer } from "./infer.js";
    infer().then((outcome) => postMessage(outcome));`,
};

export async function writePrograms(folder: string): Promise<void> {
  for (const [file, text] of Object.entries(programs)) await writeFile(join(folder, file), text);
}

/**
 * Loads a script or module of a folder into a page of Chromium, and hands out what the program tells. `library` is where an
 * import map finds the package, if the program is not bundled.
 */
export async function outcomeInPage<Told = Outcome>(
  folder: string,
  file: string,
  { isolated, type = "module", library }: { isolated: boolean; type?: "module" | "text/javascript"; library?: string },
): Promise<Told> {
  const outcomes: Told[] = [];
  const map = library && JSON.stringify({ imports: { "crf-rnn": `./bundle/${library}` } });
  const script = `(async () => {
    ${map ? `document.head.append(Object.assign(document.createElement("script"), { type: "importmap", text: ${JSON.stringify(map)} }));` : ""}
    const element = Object.assign(document.createElement("script"), { src: "./bundle/${file}", type: "${type}" });
    await new Promise((resolve, reject) => {
      Object.assign(element, { onload: resolve, onerror: () => reject(new Error("${file} did not load")) });
      document.head.append(element);
    });
    await report(await outcome);
  })()`;
  const report = (outcome: Told): unknown => outcomes.push(outcome);
  await runInPage({ places: { bundle: folder }, isolated, software: false, script, report, silence: 120_000 });
  return outcomes[0]!;
}

/** What Dawn prints whenever it opens a device. */
const chatterOfDawn = /^Warning: maxDynamic.*\n/gm;

/** The same in a process, which must say nothing else. */
export async function outcomeInProcess<Told = Outcome>(
  program: string,
  args: readonly string[],
  folder: string,
): Promise<Told> {
  const { stdout, stderr } = await run(program, [...args], { cwd: folder });
  const said = stderr.replace(chatterOfDawn, "");
  if (said) throw new Error(said);
  return JSON.parse(stdout) as Told;
}
