import { Confusion } from "../../src/data/confusion.ts";
import type { Sample } from "./images.ts";

/** The three figures of merit, 0…1. */
export interface Result {
  readonly pixelAccuracy: number;
  readonly meanIU: number;
  readonly bandAccuracy: number;
}

/** The classes that the set was chosen by; others only occur beside them, on a few pixels. */
const measured = ["background", "cat", "cow", "dog", "horse", "person", "sheep"];

/** Confusions of one prediction or of many, over whole images and in the boundary band. */
export class Tally {
  readonly #names: readonly string[];
  readonly #whole: Confusion;
  readonly #band: Confusion;

  /** `names` are the classes', by label. */
  constructor(names: readonly string[]) {
    this.#names = names;
    this.#whole = new Confusion(names.length);
    this.#band = new Confusion(names.length);
  }

  add({ labels, band }: Sample, predicted: Uint8Array): this {
    this.#whole.add(labels, predicted);
    this.#band.add(labels, predicted, band);
    return this;
  }

  copy(): Tally {
    return new Tally(this.#names).merge(this);
  }

  merge(other: Tally): this {
    this.#whole.merge(other.#whole);
    this.#band.merge(other.#band);
    return this;
  }

  result(): Result {
    const { pixelAccuracy, classes } = this.#whole.scores();
    const ius = measured.map((name) => classes[this.#names.indexOf(name)]!.iu);
    const meanIU = ius.reduce((sum, iu) => sum + iu, 0) / ius.length;
    return { pixelAccuracy, meanIU, bandAccuracy: this.#band.scores().pixelAccuracy };
  }
}
