/** Pipelines of the shape that transformers.js gives them, whose model is a number of tensors. */
import { makePicture } from "./colorNetwork.ts";

/** What the pipelines read, whatever they are given. */
export const picture = { ...makePicture(32, 48), channels: 3 };

export class Raw {
  constructor(
    readonly data: Uint8ClampedArray,
    readonly width: number,
    readonly height: number,
    readonly channels: number,
  ) {}
}

export class Numbers {
  readonly location = "cpu";
  disposed = false;
  constructor(
    readonly type: string,
    readonly data: Float32Array,
    readonly dims: readonly number[],
  ) {}
  get gpuBuffer(): never {
    throw new Error("no buffer");
  }
  dispose(): void {
    this.disposed = true;
  }
}

/** A pipeline whose model has one output, and whose `_call` makes its result of that. */
export function makePipeline(
  name: string,
  output: Numbers,
  finish: (output: Numbers, words: readonly unknown[]) => unknown,
) {
  const processor = Object.assign(async (pictures: readonly unknown[]) => ({ pixel_values: pictures.length }), {
    image_processor: {},
  });
  const model = Object.assign(async () => ({ [name]: output }), { sessions: { model: { outputNames: [name] } } });
  const whole = Object.assign((...words: unknown[]): Promise<unknown> => whole._call(...words), {
    task: "image-segmentation",
    processor,
    model,
    async _call(this: { processor: typeof processor; model: typeof model }, ...words: unknown[]): Promise<unknown> {
      const inputs = await this.processor([picture]);
      if (inputs.pixel_values !== 1) throw new Error("the processor was left out");
      return finish((await this.model())[name]!, words);
    },
  });
  return whole;
}
