import { type Device, imageTensor } from "crf-rnn";
import { fromOrt } from "crf-rnn/onnxruntime";
import * as ort from "onnxruntime-web/wasm";
import runtime from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url&no-inline";
import type { ReadScores } from "./codec.ts";
import type { Guide } from "./service.ts";

// ONNX Runtime, 14 MB of WebAssembly, which is loaded when somebody opens a model.

ort.env.wasm.wasmPaths = { wasm: runtime };
// It would start threads from an address of its own; the lattice has them here.
ort.env.wasm.numThreads = 1;

/** How colors become the numbers that a network wants to see: (color / 255 − mean) / deviation. */
export const preparations = {
  imagenet: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
  share: { mean: [0, 0, 0], deviation: [1, 1, 1] },
  both: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
  levels: { mean: [0, 0, 0], deviation: [1 / 255, 1 / 255, 1 / 255] },
} as const;
export type Preparation = keyof typeof preparations;

/** What a model tells of its input. */
export interface ModelFacts {
  /** The pixels that it is made for; undefined where it takes any. */
  readonly size?: readonly [height: number, width: number];
}

/** A network that was opened. */
export class Model {
  readonly #session: ort.InferenceSession;
  readonly #name: string;
  readonly facts: ModelFacts;
  readonly #layout: "nchw" | "nhwc";

  constructor(session: ort.InferenceSession, name: string) {
    this.#session = session;
    this.#name = name;
    const [input] = session.inputMetadata;
    const shape = input?.isTensor ? input.shape : [];
    this.#layout = shape[3] === 3 && shape[1] !== 3 ? "nhwc" : "nchw";
    const [height, width] = this.#layout === "nhwc" ? shape.slice(1, 3) : shape.slice(2, 4);
    const fixed = typeof height === "number" && typeof width === "number" && height > 0 && width > 0;
    this.facts = fixed ? { size: [height, width] } : {};
  }

  /** Opens a model. @throws Error with a sentence */
  static async open(bytes: Uint8Array, name: string): Promise<Model> {
    try {
      return new Model(await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] }), name);
    } catch (error) {
      throw new Error(`${name} could not be opened as an ONNX model: ${reason(error)}`, { cause: error });
    }
  }

  /** Runs the network on a picture, and brings its scores to the picture's size. @throws Error with a sentence */
  async run(
    device: Device,
    guide: Guide,
    size: readonly [height: number, width: number],
    preparation: Preparation,
  ): Promise<ReadScores> {
    const input = await this.#inputOf(device, guide, size, preparation);
    const results = await this.#session.run({ [this.#session.inputNames[0]!]: input }).catch((error: unknown) => {
      throw new Error(`${this.#name} could not be run on ${size[1]} × ${size[0]} pixels: ${reason(error)}`, {
        cause: error,
      });
    });
    const output = results[this.#session.outputNames[0]!]!;
    const { dims } = output;
    if (dims.length !== 4 || dims[0] !== 1 || dims[1]! < 2 || dims[1]! > 255) {
      const expected = "scores [1, classes, height, width] of 2 to 255 classes";
      throw new Error(`${this.#name} gives an output [${dims.join(", ")}], expected ${expected}.`);
    }
    using scores = fromOrt(device, output, { size: [guide.height, guide.width] });
    const data = (await scores.read()) as Float32Array<ArrayBuffer>;
    return { kind: "scores", layout: "hwc", shape: [guide.height, guide.width, scores.channels], data };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  async #inputOf(
    device: Device,
    guide: Guide,
    [height, width]: readonly [number, number],
    preparation: Preparation,
  ): Promise<ort.Tensor> {
    using picture = imageTensor(device, guide, { size: [height, width], scale: 1 / 255 });
    const colors = await picture.read();
    const { mean, deviation } = preparations[preparation];
    const values = new Float32Array(colors.length);
    const pixels = height * width;
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let c = 0; c < 3; c++) {
        const at = this.#layout === "nhwc" ? pixel * 3 + c : c * pixels + pixel;
        values[at] = (colors[pixel * 3 + c]! - mean[c]!) / deviation[c]!;
      }
    }
    return new ort.Tensor("float32", values, this.#layout === "nhwc" ? [1, height, width, 3] : [1, 3, height, width]);
  }
}

/** The first line of what ONNX Runtime says, as the end of a sentence. */
const reason = (error: unknown): string =>
  `${(error instanceof Error ? error.message : String(error)).split("\n")[0]!.replace(/[.\s]+$/, "")}.`;
