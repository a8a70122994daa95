import type { Device } from "./device/device.ts";
import { ValueError } from "./errors.ts";
import { disposedError, type Held } from "./held.ts";
import type { Labels } from "./labels.ts";
import type { Tensor } from "./tensor.ts";
import { kindOf, remedyFor } from "./values.ts";

/**
 * Disposes, on `dispose()` or at the end of a `using` block, of everything that was made through it and of everything
 * that ops computed from that. An op finds the scope on its inputs, as it finds the tape. Nothing is ambient, so calls
 * that overlap never free each other's tensors.
 * @example
 * using scope = device.scope();
 * const logits = await crf(scope.tensor([h, w, 21], scores), scope.tensor([h, w, 3], image));
 * return await logits.read();
 */
export class Scope implements Disposable {
  readonly device: Device;
  /** The number of scopes so far. A result that comes from two scopes goes to the younger, which is the inner one. */
  readonly #age = ages++;
  readonly #members = new Set<Disposable>();
  #open = true;

  /** Called by devices only; users call `device.scope()`. */
  constructor(device: Device) {
    this.device = device;
  }

  /** Does what `device.tensor` does. @throws DisposedError once the scope has ended */
  tensor(...args: Parameters<Device["tensor"]>): Tensor {
    this.#requireOpen();
    return this.add(this.device.tensor(...args));
  }

  /** Does what `device.labels` does. @throws DisposedError once the scope has ended */
  labels(...args: Parameters<Device["labels"]>): Labels {
    this.#requireOpen();
    return this.add(this.device.labels(...args));
  }

  /**
   * Adds anything disposable (a layer, a lattice, another scope) to this scope and returns it.
   * @throws DisposedError, ValueError
   */
  add<Added extends Disposable>(added: Added): Added {
    this.#requireOpen();
    requireDisposable(added);
    const held = added as Partial<Held>;
    if (held.hold) {
      held.scope?.forget(added);
      held.scope = this;
    }
    this.#members.add(added);
    return added;
  }

  /** Takes something out of the scope and returns it. It belongs to the caller from now on. @throws ValueError */
  keep<Kept extends Disposable>(kept: Kept): Kept {
    requireDisposable(kept);
    this.forget(kept);
    const held = kept as Partial<Held>;
    if (held.scope === this) held.scope = undefined;
    return kept;
  }

  /** Forgets a member that was disposed of before the scope ends. */
  forget(member: Disposable): void {
    this.#members.delete(member);
  }

  dispose(): void {
    this.#open = false;
    // Members are disposed of from the youngest on, as `using` does.
    for (const member of [...this.#members].reverse()) member[Symbol.dispose]();
    this.#members.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Hands `result` to the youngest open scope among those of `inputs`. A result that already has a scope or another
   * owner keeps it.
   */
  static inherit<Result extends Held>(result: Result, inputs: readonly (Held | undefined)[]): Result {
    let youngest: Scope | undefined;
    for (const input of inputs) {
      const scope = input?.scope;
      if (scope && scope.#open && (!youngest || scope.#age > youngest.#age)) youngest = scope;
    }
    if (youngest && !result.scope && !result.disposed && !inputs.includes(result)) youngest.add(result);
    return result;
  }

  #requireOpen(): void {
    if (!this.#open) throw disposedError("scope");
  }
}

let ages = 0;

/** @throws ValueError */
function requireDisposable(value: unknown): void {
  if (typeof (value as Partial<Disposable> | null | undefined)?.[Symbol.dispose] === "function") return;
  throw new ValueError({
    where: "scope",
    expected: "something disposable: a tensor, a layer, a lattice",
    got: kindOf(value),
    remedy: remedyFor(value, "leave it out"),
  });
}
