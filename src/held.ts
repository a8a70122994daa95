import type { Device } from "./device/device.ts";
import { DisposedError } from "./errors.ts";
import type { Scope } from "./scope.ts";

/**
 * Something in device memory that belongs to whoever made it, until `dispose()`. Others may hold it for a while: a tape
 * holds what pullbacks read, and a call holds what it computes with. The memory is given back when the owner has
 * disposed of the object and nobody holds it any more.
 */
export abstract class Held implements Disposable {
  readonly device: Device;
  /** The scope that disposes of this object at its end, if there is one. */
  scope: Scope | undefined;
  readonly #free: () => void;
  #owned = true;
  #holds = 0;

  /** `free` gives the memory back and is called once. It must not refer to this object, which would never be collected. */
  constructor(device: Device, free: () => void) {
    this.device = device;
    this.#free = free;
    forgotten?.register(this, free, this);
  }

  /** Describes the object for error messages, for example `tensor [3, 4]`. */
  abstract describe(): string;

  /** Whether its owner has disposed of it. */
  get disposed(): boolean {
    return !this.#owned;
  }

  /** @throws DisposedError if its memory was given back */
  protected requireMemory(): void {
    if (!this.#owned && this.#holds === 0) throw disposedError(this.describe());
  }

  /** @throws DisposedError if its owner has disposed of it */
  requireLive(): void {
    if (!this.#owned) throw disposedError(this.describe());
  }

  /** Keeps the memory until `letGo`. @throws DisposedError if it was given back already */
  hold(): void {
    this.requireMemory();
    this.#holds++;
  }

  letGo(): void {
    this.#holds--;
    this.#freeUnlessNeeded();
  }

  /** Gives the device memory back as soon as no tape and no call needs it. A second call does nothing. */
  dispose(): void {
    if (!this.#owned) return;
    this.#owned = false;
    this.scope?.forget(this);
    this.scope = undefined;
    this.#freeUnlessNeeded();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #freeUnlessNeeded(): void {
    if (this.#owned || this.#holds > 0) return;
    forgotten?.unregister(this);
    this.#free();
  }
}

/**
 * Gives back the memory of objects that are no longer reachable although nobody disposed of them. Do not rely on it:
 * engines collect late or never, because a tensor is a small object to them whatever its size on the device.
 */
const forgotten =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : /* @__PURE__ */ new FinalizationRegistry<() => void>((free) => free());

/**
 * Holds all arguments that are not undefined until the end of a `using` block.
 * @throws DisposedError if one of them was disposed of; it holds none then
 */
export function holding(...all: readonly (Held | undefined)[]): Disposable {
  const held: Held[] = [];
  const dispose = (): void => {
    for (const one of held.splice(0)) one.letGo();
  };
  try {
    for (const one of all) {
      one?.hold();
      if (one) held.push(one);
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return { [Symbol.dispose]: dispose };
}

/**
 * Makes the error for something that was disposed of: `what` it is, such as `guide, tensor [8, 8, 3]`, and `where` that
 * was noticed.
 */
export function disposedError(where: string, what = "it"): DisposedError {
  return new DisposedError({
    where,
    expected: `${what} to be live`,
    got: "one that was disposed of",
    remedy: "use it before dispose(), or keep it from its scope with scope.keep(…)",
  });
}
