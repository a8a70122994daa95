import { type CrfOptions, type CrfRnn, crfRnn } from "../../crf/crfRnn.ts";
import type { CrfParameters } from "../../crf/parameters.ts";
import type { Device } from "../../device/device.ts";
import { openWasm, type WasmOptions } from "../../device/wasm.ts";
import { Tape } from "../../tape.ts";
import type { Tensor } from "../../tensor.ts";

/** Numbers with their shape. */
export interface Numbers {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
}

export type ParameterName = keyof CrfParameters;

/** What a CRF computes from. */
export interface CrfArrays {
  readonly unary: Numbers;
  readonly guide: Numbers;
  readonly parameters: Readonly<Record<ParameterName, ArrayLike<number>>>;
}

/** Gradients of those inputs that they reach. */
export type ArrayGradients = Partial<Record<"unary" | "guide" | ParameterName, Float32Array>>;

export const parameterNames = ["spatialWeight", "bilateralWeight", "compatibility", "bandwidths"] as const;

/** The parameters that gradients reach. */
export const watchedBy = ({ learn = {} }: CrfOptions): readonly ParameterName[] => {
  const { weights = true, compatibility = true, bandwidths = false } = learn;
  const learned = { spatialWeight: weights, bilateralWeight: weights, compatibility, bandwidths };
  return parameterNames.filter((name) => learned[name]);
};

/** The values and shapes of all parameters. */
export async function readParameters({ parameters }: CrfRnn): Promise<Record<ParameterName, Numbers>> {
  const values = await Promise.all(parameterNames.map((name) => parameters[name].read()));
  const numbers = parameterNames.map((name, i) => [name, { values: values[i]!, shape: parameters[name].shape }]);
  return Object.fromEntries(numbers) as Record<ParameterName, Numbers>;
}

/**
 * A CRF of arrays on a WASM device of its own. It is written as all of the library is; in `build/synchronous.js`, where promises
 * call back at once, it is synchronous once it was made.
 */
export class ArrayCrf {
  readonly #device: Device;
  readonly #crf: CrfRnn;
  readonly #options: CrfOptions;

  private constructor(device: Device, options: CrfOptions) {
    this.#device = device;
    this.#options = options;
    this.#crf = crfRnn(device, options);
  }

  static async make(options: CrfOptions, wasm: WasmOptions): Promise<ArrayCrf> {
    const device = await openWasm(wasm);
    try {
      return new ArrayCrf(device, options);
    } catch (error) {
      device.dispose();
      throw error;
    }
  }

  parameters(): Promise<Record<ParameterName, Numbers>> {
    return readParameters(this.#crf);
  }

  async refine(arrays: CrfArrays): Promise<Float32Array> {
    using scope = this.#device.scope();
    const { unary, guide } = this.#take(arrays, (numbers) => scope.tensor(numbers.shape, numbers.values));
    return await scope.add(await this.#crf(unary, guide)).read();
  }

  /** Computes the gradients of Σ refined · seed. */
  async gradients(arrays: CrfArrays, seed: Numbers): Promise<ArrayGradients> {
    using scope = this.#device.scope();
    const { unary, guide } = this.#take(arrays, (numbers) => scope.tensor(numbers.shape, numbers.values));
    const { parameters } = this.#crf;
    const watched: [string, Tensor][] = [
      ["unary", unary],
      ...watchedBy(this.#options).map((name): [string, Tensor] => [name, parameters[name]]),
    ];
    if (this.#options.learn?.guide) watched.push(["guide", guide]);
    using tape = new Tape(watched.map(([, tensor]) => tensor));
    const refined = scope.add(await this.#crf(unary, guide));
    const found = await tape.gradients(refined, scope.tensor(seed.shape, seed.values));
    const gradients: ArrayGradients = {};
    for (const [name, tensor] of watched) {
      using gradient = found.get(tensor);
      if (gradient) gradients[name as ParameterName] = await gradient.read();
    }
    return gradients;
  }

  #take(
    { unary, guide, parameters }: CrfArrays,
    make: (numbers: Numbers) => Tensor,
  ): Record<"unary" | "guide", Tensor> {
    for (const name of parameterNames) this.#crf.parameters[name].write(parameters[name]);
    return { unary: make(unary), guide: make(guide) };
  }

  get bytes(): number {
    return this.#device.bytes;
  }

  dispose(): void {
    this.#crf.dispose();
    this.#device.dispose();
  }
}
