import { type Device, ownedBy, type Storage } from "./device/device.ts";
import { ValueError } from "./errors.ts";
import { Held } from "./held.ts";
import { ignoreLabel } from "./ignoreLabel.ts";
import { elementsOf, formatShape, positionOf } from "./shape.ts";

/**
 * The label of every pixel, one byte each, in device memory; made by `device.labels`. The labels are counted when the
 * object is made, so that a loss can refuse labels without scores before anything runs.
 */
export class Labels extends Held {
  /** [h, w] or [b, h, w] */
  readonly shape: readonly number[];
  readonly #storage: Storage;
  readonly #tally: LabelTally;

  /** Called by devices only; users call `device.labels`. `free`: see `Held`. */
  constructor(device: Device, shape: readonly number[], storage: Storage, tally: LabelTally, free: () => void) {
    super(device, free);
    this.shape = [...shape];
    this.#storage = ownedBy(storage, this);
    this.#tally = tally;
  }

  describe(): string {
    return `labels ${formatShape(this.shape)}`;
  }

  /**
   * The labels in device memory: one byte for each pixel, four bytes to a word, the first in the low bits.
   * @throws DisposedError if the memory was given back
   */
  get storage(): Storage {
    this.requireMemory();
    return this.#storage;
  }

  /** Counts the pixels whose label is not `ignore`. */
  counted(ignore = ignoreLabel): number {
    return elementsOf(this.shape) - this.#tally.counts[ignore]!;
  }

  /** Sums the weights of the labels of the pixels whose label is not `ignore`, one weight a class. */
  weighed(weights: ArrayLike<number>, ignore = ignoreLabel): number {
    let sum = 0;
    for (let label = 0; label < weights.length; label++) {
      if (label !== ignore) sum += this.#tally.counts[label]! * weights[label]!;
    }
    return sum;
  }

  /** Counts the pixels of a label. */
  count(label: number): number {
    return this.#tally.counts[label]!;
  }

  /**
   * Finds the first pixel whose label is neither below `classes` nor equal to `ignore` and returns its position along
   * each axis of `shape`.
   */
  firstBeyond(
    classes: number,
    ignore = ignoreLabel,
  ): { readonly label: number; readonly position: number[] } | undefined {
    const { counts, firsts } = this.#tally;
    let label: number | undefined;
    for (let other = classes; other < 256; other++) {
      if (other === ignore || counts[other] === 0) continue;
      if (label === undefined || firsts[other]! < firsts[label]!) label = other;
    }
    return label === undefined ? undefined : { label, position: positionOf(firsts[label]!, this.shape) };
  }

  /** @throws DisposedError, DeviceError */
  async read(): Promise<Uint8Array> {
    this.requireLive();
    return new Uint8Array(await this.device.read(this.storage), 0, elementsOf(this.shape));
  }
}

/** For each of the 256 labels, the number of pixels that have it and the first of them. */
export interface LabelTally {
  readonly counts: Uint32Array;
  readonly firsts: Uint32Array;
}

/** @throws ValueError for what is no whole number from 0 to 255 */
export function tallyLabels(shape: readonly number[], data: ArrayLike<number>): LabelTally {
  const counts = new Uint32Array(256);
  const firsts = new Uint32Array(256);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const label = data[pixel]!;
    if (!(label >= 0 && label <= 255 && Number.isInteger(label))) {
      throw new ValueError({
        where: `labels ${formatShape(shape)}`,
        expected: "whole numbers from 0 to 255",
        got: `${label} at pixel ${formatShape(positionOf(pixel, shape))}`,
        remedy: "map them to classes, and to 255 what is to be ignored",
      });
    }
    if (counts[label]!++ === 0) firsts[label] = pixel;
  }
  return { counts, firsts };
}
