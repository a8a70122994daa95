/** A user's program with transformers.js: a pipeline, refined, beside the same by hand, to be printed. */
import { crfRnn, open, scoresTensor } from "crf-rnn";
import { refined } from "crf-rnn/transformers";
import { makePicture } from "../colorNetwork.ts";

interface Mask {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}
interface Segment {
  readonly label: string | null;
  readonly mask: Mask;
}
type Pipeline = {
  (picture: unknown, options?: object): Promise<Segment[]>;
  _call(...words: never[]): Promise<unknown>;
  model: (inputs: unknown) => Promise<{ logits: { data: Float32Array; dims: number[] } }>;
  processor: (pictures: unknown[]) => Promise<unknown>;
  dispose(): Promise<void>;
};

/** The module of transformers.js, by what is used here. */
interface Transformers {
  readonly env: {
    version: string;
    allowRemoteModels: boolean;
    localModelPath: string;
    useBrowserCache: boolean;
    useWasmCache: boolean;
    backends: { onnx: { wasm?: { wasmPaths?: unknown } } };
  };
  readonly RawImage: new (data: Uint8Array, width: number, height: number, channels: number) => object;
  pipeline(task: string, model: string, options: object): Promise<Pipeline>;
}

export interface Findings {
  readonly kind: string;
  readonly version: string;
  readonly labels: readonly (string | null)[];
  /** Pixels of all masks that differ from those by hand, and from those before the CRF. */
  readonly differing: number;
  readonly refinedPixels: number;
  readonly size: readonly [number, number];
  readonly kept: number;
}

const options = { bilateral: { position: 20, color: 20 }, iterations: 3 };

async function findings(
  library: Transformers,
  prefer: "wasm" | "webgpu",
  models: string,
  device: string,
): Promise<Findings> {
  const { env, RawImage } = library;
  Object.assign(env, {
    allowLocalModels: true,
    allowRemoteModels: false,
    localModelPath: models,
    useBrowserCache: false,
    useWasmCache: false,
  });
  const plain = await library.pipeline("image-segmentation", "color", { dtype: "fp32", device });
  const { data, width, height } = makePicture();
  const picture = new RawImage(data, width, height, 3);
  using own = await open({ prefer });
  const segment = refined(plain, own, options);
  const before = own.bytes;
  const [segments, rough] = [await segment(picture), await plain(picture)];
  const kept = own.bytes - before;

  // The same by hand, from the model's own scores.
  const { logits } = await plain.model(await plain.processor([picture]));
  const classes = logits.dims[1]!;
  using unary = scoresTensor(own, logits.data, { shape: logits.dims, layout: "nchw", size: [height, width] });
  using guide = own.tensor([height, width, 3], data);
  using layer = crfRnn(own, { classes, bilateral: options.bilateral });
  using result = await layer(unary, guide, { iterations: 3 });
  const numbers = await result.read();
  const labels = Array.from({ length: width * height }, (_, pixel) => {
    const row = numbers.subarray(pixel * classes, (pixel + 1) * classes);
    return row.indexOf(Math.max(...row));
  });
  const pixels = (all: Segment[], expected: (label: string) => (pixel: number) => boolean): number =>
    all.reduce((sum, { label, mask }) => {
      const is = expected(label!);
      return sum + mask.data.reduce((wrong, value, pixel) => wrong + Number((value === 255) !== is(pixel)), 0);
    }, 0);
  const names = ["reddish", "greenish", "bluish"];
  const differing = pixels(segments, (label) => (pixel) => labels[pixel] === names.indexOf(label));
  const refinedPixels = pixels(segments, (label) => {
    const before = rough.find((one) => one.label === label)!.mask.data;
    return (pixel) => before[pixel] === 255;
  });
  await segment.dispose();
  const size = [segments[0]!.mask.width, segments[0]!.mask.height] as const;
  return {
    kind: own.kind,
    version: env.version,
    labels: segments.map(({ label }) => label),
    differing,
    refinedPixels,
    size,
    kept,
  };
}

if (globalThis.process?.argv?.[2]) {
  const name = "@huggingface/transformers";
  const library = (await import(name)) as Transformers;
  console.log(JSON.stringify(await findings(library, process.argv[2] as "wasm", "./models/", "cpu")));
}

/** In a page. */
export async function inPage(prefer: "wasm" | "webgpu"): Promise<Findings | string> {
  const from = (path: string): string => new URL(`./runtimes/@huggingface/transformers/${path}`, location.href).href;
  try {
    const library = (await import(from("dist/transformers.min.js"))) as Transformers;
    const file = "ort-wasm-simd-threaded.asyncify";
    const wasm = (suffix: string): string => from(`node_modules/onnxruntime-web/dist/${file}.${suffix}`);
    library.env.backends.onnx.wasm!.wasmPaths = { mjs: wasm("mjs"), wasm: wasm("wasm") };
    return await findings(library, prefer, new URL("./project/models/", location.href).pathname, prefer);
  } catch (error) {
    return String((error as Error).stack);
  }
}
