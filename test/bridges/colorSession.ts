/** Sessions of ONNX Runtime's interface with its real tensors (onnxruntime-common), whose network is a function. */
import { Tensor } from "onnxruntime-common";
import type { OrtSession } from "../../src/bridges/onnxruntime.ts";
import { classes, inputSize, runColors, scoresSize } from "./colorNetwork.ts";

/** A network of ONNX Runtime's interface that runs the definition, and refuses a second run meanwhile, as browsers do. */
export class ColorSession implements OrtSession {
  readonly inputNames = ["pixel_values"];
  readonly outputNames = ["logits"];
  readonly inputMetadata = [
    { name: "pixel_values", isTensor: true, type: "float32", shape: [1, 3, ...inputSize] },
  ] as const;
  readonly inputs: Tensor[] = [];
  /** The input of the last run. */
  planes = new Float32Array();
  released = 0;
  #running = false;

  async run({ pixel_values: input }: Record<string, Tensor>): Promise<Record<string, Tensor>> {
    if (this.#running) throw new Error("Session already started");
    this.#running = true;
    this.inputs.push(input!);
    this.planes = (await input!.getData()) as Float32Array<ArrayBuffer>;
    this.#running = false;
    return { logits: new Tensor("float32", runColors(this.planes), [1, classes, ...scoresSize]) };
  }

  async release(): Promise<void> {
    this.released++;
  }
}

/** The module, with sessions that run the definition. */
export function makeOrt(gpu?: GPUDevice) {
  const sessions: { model: unknown; options: unknown; session: ColorSession }[] = [];
  const create = async (model: unknown, options?: unknown): Promise<ColorSession> => {
    const session = new ColorSession();
    sessions.push({ model, options, session });
    return session;
  };
  return { env: { webgpu: { device: gpu } }, Tensor, InferenceSession: { create }, sessions };
}
