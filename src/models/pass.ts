import type { Names } from "../options.ts";
import type { Tensor } from "../tensor.ts";
import { type Abortable, breathe } from "../turn.ts";

/** Options of one call of a network. */
export interface NetworkCall extends Abortable {
  /**
   * Called with the name and result of each layer, in order. The result is freed after its last use, so read it before
   * you return.
   */
  readonly onLayer?: (name: string, result: Tensor) => void | Promise<void>;
  /**
   * Fixed masks by which the results of fc6 and fc7 are multiplied instead of random dropout, whether the pass is
   * recorded or not.
   */
  readonly masks?: { readonly fc6: Tensor; readonly fc7: Tensor };
}

/** The names of a call's options. */
export const networkCallNames: Names<NetworkCall> = { onLayer: true, masks: true, signal: true };

/** One forward pass: its activations are freed after their last use, and whatever is left when it ends or fails. */
export class Pass implements Disposable {
  readonly call: NetworkCall;
  /** The seed of dropout, or undefined if nothing is dropped. */
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

  /** Frees an activation after its last use. A tensor that is no activation of this pass is left alone. */
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
