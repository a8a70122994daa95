import { areProbabilities, brief, isConstant, isNarrow, leastPixels, rangeOf } from "../diagnosis/rows.ts";
import { groupPlaces, liesChannelsFirst, spread } from "../diagnosis/order.ts";
import type * as devices from "../device/device.ts";
import type * as shapes from "../shape.ts";
import type { sample } from "../shared/sample.ts";
import type { Tensor } from "../tensor.ts";
import type { Listener } from "../warnings.ts";

/** Rows of the scores that are looked at whole, as long as they are not more than so many values. */
const mostRows = 128;
const mostRowValues = 8192;
/** Pixels of the guide that are looked at. */
const guidePixels = 1024;

/** Functions that every page has loaded, which are handed over since this file is loaded late: see test/size.test.ts. */
export interface Tools {
  readonly alignedBytes: typeof devices.alignedBytes;
  readonly view: typeof devices.view;
  readonly formatShape: typeof shapes.formatShape;
  readonly padded: typeof shapes.padded;
  readonly sample: typeof sample;
}

/**
 * Looks for the usual causes of a useless result in samples of what a call is given. The samples, 33 kB for 21 classes, are
 * gathered by two dispatches and read with what the call reads anyway; only a suspicion reads the guide or the scores whole, to
 * be sure, and it is told once. Nothing is done where nobody listens. In all it took 1.2 ms on WASM and 1.7 on lavapipe (least of
 * 60), where a call of 500×375 pixels and 21 classes takes some hundred.
 */
export class Suspicions {
  /** Bytes of the samples. */
  readonly bytes: number;
  readonly #unary: Tensor;
  readonly #guide: Tensor;
  readonly #listener: Listener;
  readonly #tools: Tools;
  readonly #rows: number;
  /** Places of the scores: whole rows, then groups of five for the order. */
  readonly #unaryPlaces: Uint32Array;
  readonly #guidePlaces: Uint32Array;
  readonly #guideAt: number;

  constructor(unary: Tensor, guide: Tensor, listener: Listener, tools: Tools) {
    this.#unary = unary;
    this.#guide = guide;
    this.#listener = listener;
    this.#tools = tools;
    const { device, channels } = unary;
    const rows = this.#boundRows(unary);
    const whole = spread(Math.max(4, Math.min(mostRows, Math.floor(mostRowValues / channels))), rows);
    this.#rows = whole.length;
    const order = listener.due.has("channels-first") ? this.#orderedPlaces(unary, rows) : [];
    this.#unaryPlaces = new Uint32Array([...this.#placesOf(whole, channels), ...order]);
    const pixels = spread(guidePixels, this.#boundRows(guide));
    this.#guidePlaces = new Uint32Array(this.#placesOf(pixels, guide.channels));
    this.#guideAt = tools.alignedBytes(device, this.#unaryPlaces.byteLength);
    this.bytes = this.#guideAt + this.#guidePlaces.byteLength;
  }

  /** Queues the gathering of the samples. */
  sample(to: devices.Storage): void {
    const { device } = this.#unary;
    const { sample, view } = this.#tools;
    const { byteLength } = this.#unaryPlaces;
    sample(device, this.#unary.storage, this.#unaryPlaces, view(to, 0, byteLength));
    sample(device, this.#guide.storage, this.#guidePlaces, view(to, this.#guideAt, this.#guidePlaces.byteLength));
  }

  /** Tells what the samples show. Inputs are held by the call. */
  async tell(samples: Float32Array, color: number): Promise<void> {
    const { due } = this.#listener;
    const { channels } = this.#unary;
    const scores = samples.subarray(0, this.#rows * channels);
    const guide = samples.subarray(this.#guideAt / 4);
    if (due.has("one-class") && channels === 1) this.#tellOneClass();
    const enough = this.#guide.rows >= leastPixels;
    if (due.has("guide-range") && enough) await this.#tellGuideRange(guide, color);
    if (channels === 1) return;
    // While a tape records, a network is learning, whose first scores are all zero.
    if (due.has("constant-scores") && enough && !this.#unary.tape?.recording) await this.#tellConstant(scores);
    if (due.has("probabilities") && areProbabilities(scores, channels)) this.#tellProbabilities();
    const order = samples.subarray(scores.length, this.#unaryPlaces.length);
    if (due.has("channels-first") && liesChannelsFirst(order)) this.#tellOrder();
  }

  #tellOneClass(): void {
    this.#listener.tell("one-class", {
      where: "crfRnn",
      expected: "scores of two or more classes",
      got: "one channel, so that every pixel gets class 0",
      remedy: 'stack [0, x], or use scoresTensor with meaning: "sigmoid"',
    });
  }

  async #tellGuideRange(sampled: Float32Array, color: number): Promise<void> {
    const { channels } = this.#guide;
    if (!isNarrow(rangeOf(sampled, channels), color)) return;
    const range = rangeOf(await valuesOf(this.#guide), channels);
    if (!isNarrow(range, color)) return;
    this.#listener.tell("guide-range", {
      where: "crfRnn",
      expected: `a guide whose colors differ by more than its bandwidth of ${brief(color)}, usually 0…255`,
      got: `one from ${brief(range.least)} to ${brief(range.most)}`,
      remedy: "undo what divided or normalized the image, or give bilateral.color in the guide's units",
    });
  }

  async #tellConstant(sampled: Float32Array): Promise<void> {
    const { channels } = this.#unary;
    if (!isConstant(sampled, channels) || !isConstant(await valuesOf(this.#unary), channels)) return;
    this.#listener.tell("constant-scores", {
      where: "crfRnn",
      expected: "scores that differ between pixels",
      got: `the same ${channels} at all of them`,
      remedy: "check that the network has run, and what reads its output",
    });
  }

  #tellProbabilities(): void {
    this.#listener.tell("probabilities", {
      where: "crfRnn",
      expected: "logits",
      got: "rows that are 0 or more and add up to 1, as probabilities do",
      remedy: 'pass the network\'s scores before its softmax, or use scoresTensor with meaning: "probabilities"',
    });
  }

  #tellOrder(): void {
    const { shape } = this.#unary;
    this.#listener.tell("channels-first", {
      where: "crfRnn",
      expected: `scores with the channels last, as their shape ${this.#tools.formatShape(shape)} says`,
      got: "values whose neighbors are alike as if the channels came first",
      remedy: 'use scoresTensor with layout: "chw", or permute(scores, "chw", "hwc")',
    });
  }

  /** The rows of a map that one binding holds. */
  #boundRows({ device, rows, channels }: Tensor): number {
    return Math.min(rows, Math.floor(device.limits.bindingBytes / (this.#tools.padded(channels) * 4)));
  }

  /** The channels of rows in device memory. */
  #placesOf(rows: readonly number[], channels: number): number[] {
    const stride = this.#tools.padded(channels);
    const places: number[] = [];
    for (const row of rows) for (let c = 0; c < channels; c++) places.push(row * stride + c);
    return places;
  }

  /** The groups of places that tell the order of the channels, in device memory, within the `rows` that one binding holds. */
  #orderedPlaces({ shape, channels }: Tensor, rows: number): number[] {
    const [height, width] = shape.slice(-3) as [number, number];
    const rowStride = this.#tools.padded(channels);
    const place = (index: number): number => Math.floor(index / channels) * rowStride + (index % channels);
    return groupPlaces(height, width, channels, rows).map(place);
  }
}

/** Reads a map that the call holds, whether or not its owner has disposed of it. */
async function valuesOf({ device, storage, layout, shape }: Tensor): Promise<Float32Array> {
  return layout.unpack(shape, new Float32Array(await device.read(storage)));
}
