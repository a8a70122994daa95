/**
 * Something in device memory that is freed when its owner has disposed of it and nothing holds it any more: a tape holds
 * what pullbacks read, so that a scope may end, or a model let go of an activation, before the gradients are asked for.
 */
export abstract class Held implements Disposable {
  #owned = true;
  #holds = 0;

  /** Gives the memory back; called once. */
  protected abstract free(): void;

  /** Whether the memory is gone. */
  get disposed(): boolean {
    return !this.#owned && this.#holds === 0;
  }

  hold(): void {
    this.#holds++;
  }

  letGo(): void {
    this.#holds--;
    if (this.disposed) this.free();
  }

  /** Frees the device memory, as soon as no tape needs it; harmless when repeated. */
  dispose(): void {
    if (!this.#owned) return;
    this.#owned = false;
    if (this.disposed) this.free();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
