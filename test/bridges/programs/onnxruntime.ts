/** A user's program with ONNX Runtime: what it finds out on one runtime and one device, to be printed. */
import { crfRnn, type Device, open, refine, scoresTensor } from "crf-rnn";
import { fromOrt, type Ort, openWith, segmenter, sessionOptions, toOrt } from "crf-rnn/onnxruntime";
import { makeModel } from "../colorModel.ts";
import {
  channelsFirst,
  classes,
  makePicture,
  preprocessing,
  referenceInput,
  runColors,
  scoresSize,
} from "../colorNetwork.ts";

/** A network and a CRF that are not too sure, since probabilities of 0 and 1 would hide every difference. */
const temperature = 8;
const layerOptions = { bilateral: { position: 20, color: 20, weight: 1 }, spatial: { position: 3, weight: 0.5 } };
const crf = { ...layerOptions, iterations: 3, marginals: true };
const picture = makePicture();

/** What is expected: scores by definition, refined on the same device. */
async function expectedOn(device: Device): Promise<Float32Array> {
  const scores = runColors(channelsFirst(referenceInput(picture), 3));
  using unary = scoresTensor(device, scores, { shape: [classes, ...scoresSize], layout: "chw", temperature });
  return (await refine(device, picture, unary, crf)).marginals!;
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

export interface Findings {
  readonly kind: string;
  readonly version: string;
  /** Whether the library and ONNX Runtime have one GPUDevice. */
  readonly shared: boolean;
  /** Where scores came from. */
  readonly location: string;
  /** The largest difference of a probability. */
  readonly difference: number;
  /** Bytes that are in use at the end beyond those in use before. */
  readonly kept: number;
}

type Versioned = Ort & { readonly env: { readonly versions: { web?: string; node?: string } } };

const versionOf = ({ env: { versions } }: Versioned): string => versions.web ?? versions.node ?? "";

/** A model is loaded, and its session made, where the device is: the three lines of a user. */
export async function bySegmenter(ort: Versioned, prefer: "wasm" | "webgpu", given: boolean): Promise<Findings> {
  const device = given ? await openWith(ort, { prefer }) : undefined;
  await using segment = await segmenter(ort, makeModel(), {
    input: preprocessing,
    scores: { temperature },
    crf,
    device,
  });
  await segment(picture); // which makes the layer and the spatial lattice that stay
  const before = segment.device.bytes;
  const results = await Promise.all([segment(picture), segment(picture)]);
  const expected = await expectedOn(segment.device);
  await segment.device.finish();
  return {
    kind: segment.device.kind,
    version: versionOf(ort),
    shared: segment.device.gpu !== undefined && (given || segment.device.gpu === (await ort.env.webgpu?.device)),
    location: segment.device.gpu ? "gpu-buffer" : "cpu",
    difference: Math.max(...results.map(({ marginals }) => largestDifference(marginals!, expected))),
    kept: segment.device.bytes - before,
  };
}

/** Step by step, with a session that was there first and a device that joins it, or the other way round. */
export async function byHand(
  ort: Versioned,
  prefer: "wasm" | "webgpu",
  first: "session" | "device",
): Promise<Findings> {
  const make = (options: object): ReturnType<typeof ort.InferenceSession.create> =>
    ort.InferenceSession.create(makeModel() as never, options as never);
  const before = first === "device" ? await openWith(ort, { prefer }) : undefined;
  const provider = prefer === "webgpu" ? "webgpu" : "cpu";
  const session = await make(
    before
      ? sessionOptions(before)
      : { executionProviders: [provider], preferredOutputLocation: prefer === "webgpu" ? "gpu-buffer" : "cpu" },
  );
  using device = before ?? (await openWith(ort, { prefer }));
  const begin = device.bytes;
  // What the network is given goes out, its scores come in, and the scores of the CRF go out and come back once more.
  using input = device.tensor([32, 48, 3], referenceInput(picture));
  const fed = await toOrt(ort, input);
  const { logits } = await session.run({ pixel_values: fed });
  fed.dispose();
  const { location } = logits!;
  using unary = fromOrt(device, logits, { size: [picture.height, picture.width], temperature, dispose: true });
  using guide = device.tensor([picture.height, picture.width, 3], picture.data);
  using layer = crfRnn(device, { classes, ...layerOptions });
  using refined = await layer(unary, guide, { iterations: 3 });
  const exported = await toOrt(ort, refined, { layout: "nhwc" });
  using back = fromOrt(device, exported, { layout: "nhwc", dispose: true });
  const { marginals } = await refine(device, guide, unary, crf);
  const difference = Math.max(
    largestDifference(marginals!, await expectedOn(device)),
    largestDifference(await back.read(), await refined.read()),
  );
  for (const tensor of [input, unary, guide, layer, refined, back]) tensor.dispose();
  const kept = device.bytes - begin;
  const shared = device.gpu !== undefined && (first === "device" || device.gpu === (await ort.env.webgpu?.device));
  await session.release();
  return { kind: device.kind, version: versionOf(ort), shared, location, difference, kept };
}

/** ONNX Runtime on the processor, and the CRF on either device. */
export async function onProcessor(ort: Versioned, prefer: "wasm" | "webgpu"): Promise<Findings> {
  const session = await ort.InferenceSession.create(makeModel() as never);
  using device = await open({ prefer });
  const segment = await segmenter(ort, session, { input: preprocessing, scores: { temperature }, crf, device });
  await segment(picture); // which makes the layer and the spatial lattice that stay
  const before = device.bytes;
  const { marginals } = await segment(picture);
  const difference = largestDifference(marginals!, await expectedOn(device));
  const kept = device.bytes - before;
  await segment.dispose();
  await session.release();
  return { kind: device.kind, version: versionOf(ort), shared: false, location: "cpu", difference, kept };
}

/** Bright letters on a dark wall, five by seven squares each. */
function makeSign(): { data: Uint8Array; width: number; height: number } {
  const letters = ["11111 00100 00100 00100 00100 00100 00100", "11111 10000 10000 11110 10000 10000 11111"];
  const [height, width, square] = [96, 192, 8];
  const data = new Uint8Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const [y, x] = [Math.floor(pixel / width / square) - 2, Math.floor((pixel % width) / square) - 2];
    const inside = y >= 0 && x >= 0 && x < 21;
    const bright = inside && letters[Math.floor(x / 7) % 2]!.split(" ")[y]?.[x % 7] === "1";
    data.fill((bright ? 200 : 50) + ((pixel * 37) % 11), pixel * 3, pixel * 3 + 3);
  }
  return { data, width, height };
}

/**
 * A network that was trained: the text detector of PaddleOCR, which gives the probability of text for each pixel. By the
 * bridge and by hand.
 */
export async function findText(
  ort: Versioned,
  prefer: "wasm" | "webgpu",
  model: Uint8Array,
): Promise<Findings & { text: number }> {
  const session = await ort.InferenceSession.create(model as never);
  using device = await open({ prefer });
  const sign = makeSign();
  const { data, height, width } = sign;
  const [mean, deviation] = [[0.485, 0.456, 0.406] as const, [0.229, 0.224, 0.225] as const];
  const words = { bilateral: { position: 20, color: 20 }, marginals: true, iterations: 3 };
  const input = { mean, deviation, size: [height, width] as const };
  const segment = await segmenter(ort, session, { input, scores: { meaning: "probabilities" }, crf: words, device });
  const result = await segment(sign);
  const planes = channelsFirst(
    Float32Array.from(data, (color, i) => (color / 255 - mean[i % 3]!) / deviation[i % 3]!),
    3,
  );
  const fed = new ort.Tensor("float32", planes, [1, 3, height, width]);
  const output = (await session.run({ [session.inputNames[0]!]: fed }))[session.outputNames[0]!]!;
  const scores = {
    data: output.data as Float32Array,
    shape: output.dims,
    layout: "nchw",
    meaning: "probabilities",
  } as const;
  const expected = await refine(device, sign, scores, words);
  const difference = largestDifference(result.marginals!, expected.marginals!);
  await segment.dispose();
  await session.release();
  const text = result.labels.filter((label) => label === 1).length / result.labels.length;
  return { kind: device.kind, version: versionOf(ort), shared: false, location: "cpu", difference, kept: 0, text };
}

/** In a process: `node onnxruntime.js onnxruntime-web wasm`, with a file of a text detector or without. */
async function main([name, prefer, file]: readonly string[]): Promise<void> {
  const module = (await import(name!)) as Versioned & { default?: Versioned };
  const ort = "InferenceSession" in module ? module : (module as { default: Versioned }).default;
  const kind = prefer as "wasm" | "webgpu";
  if (!file) return void console.log(JSON.stringify(await onProcessor(ort, kind)));
  const fileSystem = "node:fs/promises";
  const { readFile } = (await import(fileSystem)) as { readFile(file: string): Promise<Uint8Array> };
  console.log(JSON.stringify(await findText(ort, kind, new Uint8Array(await readFile(file)))));
}

if (globalThis.process?.argv?.[2]) await main(process.argv.slice(2));

/** In a page. */
export async function inPage(
  build: string,
  work: "bySegmenter" | "byHand",
  ...words: unknown[]
): Promise<Findings | string> {
  const address = new URL(`./runtimes/onnxruntime-web/dist/${build}`, location.href).href;
  const ort = (await import(address)) as Versioned;
  try {
    return await { bySegmenter, byHand }[work](ort, ...(words as ["webgpu", never]));
  } catch (error) {
    return String(error);
  }
}
