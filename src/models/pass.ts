import type { Names } from "../options.ts";
import type { Tensor } from "../tensor.ts";
import { type Abortable, breathe } from "../turn.ts";

/** Per call of a network. */
export interface NetworkCall extends Abortable {
  /** Hears of each layer's result, in order; it is freed after its last use, so read it before you return. */
  readonly onLayer?: (name: string, result: Tensor) => void | Promise<void>;
  /** Fixed masks, multiplied with the results of fc6 and fc7 in place of random dropout, recorded or not. */
  readonly masks?: { readonly fc6: Tensor; readonly fc7: Tensor };
}

/** What a call may be told. */
export const networkCallNames: Names<NetworkCall> = { onLayer: true, masks: true, signal: true };

/** One forward pass: its activations are freed after their last use, and whatever is left when it ends or fails. */
export class Pass implements Disposable {
  readonly call: NetworkCall;
  /** Of dropout; undefined where nothing is dropped. */
  readonly seed: number | undefined;
  readonly #made = new Set<Tensor>();

  constructor(call: NetworkCall, seed: number | undefined) {
    this.call = call;
    this.seed = seed;
  }

  /** Takes charge of a layer's result. */
  async layer(name: string, result: Tensor): Promise<Tensor> {
    this.#made.add(result);
    await this.call.onLayer?.(name, result);
    await breathe(name, this.call);
    return result;
  }

  /** After the last use of an activation; leaves what is no activation alone. */
  free(tensor: Tensor): void {
    if (this.#made.delete(tensor)) tensor.dispose();
  }

  /** Hands the network's result over to its caller. */
  release(result: Tensor): Tensor {
    this.#made.delete(result);
    return result;
  }

  [Symbol.dispose](): void {
    for (const tensor of this.#made) tensor.dispose();
    this.#made.clear();
  }
}
