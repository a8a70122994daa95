import { type Device, ownedBy, type Storage } from "./device/device.ts";
import { Held } from "./held.ts";
import type { Layout } from "./layout.ts";
import { elementsOf, formatShape, rowsOf } from "./shape.ts";
import { Scope } from "./scope.ts";
import { requireNumbers } from "./values.ts";

/** The part of a tape that a tensor knows, so that tapes can know tensors and the kernels that add them up. */
export interface Recorder {
  /** Whether what is computed from its tensors is recorded. */
  readonly recording: boolean;
}

/**
 * An array of float32 in device memory, row-major. Rows (the last axis) are padded with zeros to a multiple of four;
 * every op relies on the zeros and keeps them. The weights of convolutions lie in another order (see layout.ts), which
 * `read` undoes.
 */
export class Tensor extends Held {
  readonly shape: readonly number[];
  readonly layout: Layout;
  /** The tape that watches this tensor or recorded how it was made. */
  tape: Recorder | undefined;
  readonly #storage: Storage;

  /** Called by devices only; users call `device.tensor`. `free`: see `Held`. */
  constructor(device: Device, shape: readonly number[], layout: Layout, storage: Storage, free: () => void) {
    super(device, free);
    this.shape = [...shape];
    this.layout = layout;
    this.#storage = ownedBy(storage, this);
  }

  describe(): string {
    return `tensor ${formatShape(this.shape)}`;
  }

  /**
   * The memory behind this tensor, padding included. On WebGPU `storage.handle` is the GPUBuffer, which is used again
   * for other tensors once this one is disposed of or collected. To hand the memory to another runtime, use
   * `device.export`.
   * @throws DisposedError if the memory was given back
   */
  get storage(): Storage {
    this.requireMemory();
    return this.#storage;
  }

  /** The size of the last axis. */
  get channels(): number {
    return this.shape[this.shape.length - 1]!;
  }

  /** The number of rows: the product of all sizes but the last. */
  get rows(): number {
    return rowsOf(this.shape);
  }

  /**
   * Reads the values, dense and row-major.
   * @throws DisposedError; DeviceError for anything that went wrong on the device before
   */
  async read(): Promise<Float32Array> {
    this.requireLive();
    const { device, layout, shape, storage, channels } = this;
    if (device.moveRows && layout.padsRows && channels % 4 > 0) {
      // Before anything is awaited, since what others write later is not to show.
      const values = new Float32Array(elementsOf(shape));
      if (device.moveRows(storage, values, channels, true)) {
        await device.finish();
        return values;
      }
    }
    return layout.unpack(shape, new Float32Array(await device.read(storage)));
  }

  /**
   * Replaces the values, which are dense and row-major. A call that is under way computes with the old values, the new ones, or
   * some of each, so await it first.
   * @throws ShapeError for another number of them, ValueError for what are no numbers, DisposedError
   */
  write(values: ArrayLike<number>): void {
    this.requireLive();
    requireNumbers(this.describe(), values, elementsOf(this.shape));
    this.layout.require?.(this.describe(), values);
    this.store(values);
  }

  /** Writes values that were checked. */
  store(values: ArrayLike<number>): void {
    const { device, layout, shape, storage, channels } = this;
    const floats = floatsOf(values, elementsOf(shape));
    if (layout.padsRows && channels % 4 > 0 && device.moveRows?.(storage, floats, channels)) return;
    const packed = layout.pack(shape, floats);
    device.write(storage, packed, packed !== values);
  }

  /** Makes a tensor of this shape and layout, with undefined contents. @throws DisposedError */
  like(): Tensor {
    this.requireLive();
    return Scope.inherit(emptyLike(this), [this]);
  }

  /**
   * Returns a tensor with the same values through which no gradient flows. The memory lives until both tensors are
   * disposed of.
   * @throws DisposedError
   */
  detached(): Tensor {
    this.requireLive();
    const alias = this.alias();
    alias.scope = undefined;
    return Scope.inherit(alias, [this]);
  }

  /**
   * Makes another tensor on the same memory that no tape knows. A call uses it to go on computing with a tensor that
   * its owner may have disposed of but that is held.
   */
  alias(): Tensor {
    this.hold();
    const alias = new Tensor(this.device, this.shape, this.layout, this.#storage, () => this.letGo());
    // Results computed from the alias go to the scope of the original, although that scope does not own the alias.
    alias.scope = this.scope;
    return alias;
  }
}

/**
 * So many values as floats, by their indices. What is no array may do anything meanwhile, so that device memory lies elsewhere afterwards, and may iterate
 * over others. (Loops that know one kind of array alone take a third of the time, too.)
 */
function floatsOf(values: ArrayLike<number>, count: number): Float32Array {
  if (values instanceof Float32Array) return values;
  const floats = new Float32Array(count);
  for (let i = 0; i < count; i++) floats[i] = values[i]!;
  return floats;
}

/**
 * Allocates a tensor of the same shape and layout for the result of an op or a pullback. It is in no scope, even if the
 * given tensor is in one.
 */
export const emptyLike = ({ device, shape, layout }: Tensor): Tensor => device.empty(shape, layout);
