/** What snippets of the guides take for granted: `alone` nothing, since they open a device themselves, `page` what a program has by then. */
import { buildLattice, crfRnn, fcn8sCrfRnn, open, refine } from "./small.ts";
import { memorySink, type StoredTensor, writeSafetensors } from "../../src/checkpoint/checkpoint.ts";
import { encodeLabelPng, encodeNpy, encodeRgbPng } from "../../src/data/data.ts";
import { formatParams } from "../../src/search/params.ts";
import type { Tree } from "../data/trees.ts";

const [height, width, classes] = [6, 8, 21] as const;

const numbers = (count: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: count }, (_, i) => (i * 37) % 101);

export const alone = async (): Promise<object> => ({});

/** A device, and the text of a `params.json`. */
export async function params() {
  const parameters = {
    thetaAlpha: 20,
    thetaBeta: 8,
    thetaGamma: 2,
    spatialWeight: 1,
    bilateralWeight: 3,
    temperature: 1.5,
    iterations: 5,
    normalization: "symmetric",
  } as const;
  return { device: await open({ prefer: "wasm", threads: 1 }), text: formatParams(parameters) };
}

/** A device, a picture, a network's scores of it, and a canvas. */
export async function page() {
  const device = await open({ prefer: "wasm", threads: 1 });
  const scores = { data: numbers(height * width * classes), shape: [height, width, classes] };
  const picture = { data: Uint8Array.from(numbers(height * width * 3)), height, width };
  return {
    device,
    height,
    width,
    picture,
    pictures: [picture, picture],
    scores,
    mask: Uint8Array.from(numbers(height * width), (value) => value % classes),
    classes,
    examples: [{ picture, scores, truth: new Uint8Array(height * width) }],
    crf: crfRnn(device, { classes }),
    unary: device.tensor(scores.shape, scores.data),
    guide: device.tensor([height, width, 3], picture.data),
    result: await refine(device, picture, scores),
    output: numbers(classes * 33 * 33),
    smallScores: device.tensor([3, 4, classes], numbers(3 * 4 * classes)),
    colorsAndDepth: numbers(height * width * 4),
    canvas: canvasOf(),
    signal: new AbortController().signal,
  };
}

/** Points with scores, by themselves and among others. */
export async function cloud() {
  const device = await open({ prefer: "wasm", threads: 1 });
  const n = 40;
  return {
    device,
    n,
    positions: numbers(n * 3),
    everything: numbers(n * 6),
    lattice: await buildLattice(device.tensor([n, 3], numbers(n * 3))),
    features: device.tensor([n, 3], numbers(n * 3)),
    otherFeatures: device.tensor([7, 3], numbers(7 * 3)),
    values: device.tensor([n, 2], numbers(n * 2)),
    scores: device.tensor([n, 2], numbers(n * 2)),
  };
}

/** As much of a canvas as a picture is read from and drawn on. */
function canvasOf(): OffscreenCanvas {
  const image = { data: new Uint8ClampedArray(height * width * 4).fill(90), height, width };
  const context = { getImageData: () => image, putImageData: () => {}, drawImage: () => {} };
  return { height, width, getContext: () => context } as unknown as OffscreenCanvas;
}

/** Files that programs read. */
export async function writeFiles(tree: Tree): Promise<void> {
  const rgb = Uint8Array.from(numbers(height * width * 3));
  const logits = numbers(3 * height * width);
  const labels = Uint8Array.from({ length: height * width }, (_, i) => (i % width < 4 ? 255 : 0));
  tree
    .write("photo.png", encodeRgbPng(height, width, rgb))
    .write("logits.npy", encodeNpy({ shape: [3, height, width], data: logits }))
    .write("photos/colored/a.png", encodeRgbPng(height, width, rgb))
    .write("photos/images/a.png", encodeRgbPng(height, width, rgb))
    .write("photos/masks/a.png", encodeLabelPng({ height, width, labels }));
  const checkpoint = await trained();
  for (const run of ["8s", "crf"]) tree.write(`runs/${run}/checkpoint.safetensors`, checkpoint);
}

/** A checkpoint of a small network with a CRF, and of its optimizer. */
async function trained(): Promise<Uint8Array> {
  using device = await open({ prefer: "wasm", threads: 1 });
  const state = Object.entries(await fcn8sCrfRnn(device, { classes }).state());
  const memory: StoredTensor = { shape: [1], type: "float32", read: async () => Float32Array.of(3) };
  const stored = state.map(([name, { shape, values }]): [string, StoredTensor] => [
    name,
    { shape, type: "float32", read: async () => Float32Array.from(values) },
  ]);
  const sink = memorySink();
  await writeSafetensors({ tensors: new Map([...stored, ["optimizer/steps", memory]]), metadata: {} }, sink);
  return sink.bytes();
}
