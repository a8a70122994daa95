import { alignedBytes, type Device, type Storage, view } from "../device/device.ts";
import { formatShape, padded } from "../shape.ts";
import { sample } from "../shared/sample.ts";
import type { Tensor } from "../tensor.ts";
import type { Listener } from "../warnings.ts";

/** Rows of the scores that are looked at whole, as long as they are not more than so many values. */
const mostRows = 128;
const mostRowValues = 8192;
/** Pixels of the guide that are looked at. */
const guidePixels = 1024;
/** Places of the scores whose neighbors are looked at. */
const orderPlaces = 512;
/** Fewer pixels may well be all alike. */
const leastPixels = 64;
/** A map of fewer rows or columns has too few neighbors to tell anything of its order. */
const leastExtent = 8;

/**
 * Neighbors along the columns and rows of a channels-first map differ by less than this share of the differences between
 * neighbors of a channels-last one if the map lies channels first. Of 56 score maps of DeepLab on photographs of VOC and COCO
 * (raw, resized, as logarithms, with noise) and 73 one-hot maps of VOC, CamVid and nuclei, those with channels last have 3.5
 * times the difference and more; of those with channels first, nearly all have less than 0.6 of it.
 */
const orderShare = 0.75;
/** How far the sum of a row of probabilities may be from 1: rounding to half precision or to bytes. */
const sumTolerance = 0.01;
/** The largest value of an image that was normalized by the mean and deviation of each color: (1 − 0.4)/0.22 = 2.7. */
const mostNormalized = 4;

/** `count` places from 0 to `end`, evenly spread. */
const spread = (count: number, end: number): number[] =>
  Array.from({ length: Math.min(count, end) }, (_, i) => Math.floor(((i + 0.5) * end) / Math.min(count, end)));

/** `count` places below `end`, spread by the golden section, so that no period of the map is met. */
const scattered = (count: number, end: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(((i * 0.6180339887498949) % 1) * end));

/** The channels of a row in device memory. */
const rowPlaces = (row: number, channels: number): number[] =>
  Array.from({ length: channels }, (_, c) => row * padded(channels) + c);

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
  readonly #rows: number;
  /** Places of the scores: whole rows, then groups of five for the order. */
  readonly #unaryPlaces: Uint32Array;
  readonly #guidePlaces: Uint32Array;
  readonly #guideAt: number;

  constructor(unary: Tensor, guide: Tensor, listener: Listener) {
    this.#unary = unary;
    this.#guide = guide;
    this.#listener = listener;
    const { device, channels } = unary;
    const rows = boundRows(device, unary);
    const whole = spread(Math.max(4, Math.min(mostRows, Math.floor(mostRowValues / channels))), rows);
    this.#rows = whole.length;
    const order = listener.due.has("channels-first") ? orderedPlaces(unary, rows) : [];
    this.#unaryPlaces = Uint32Array.from([...whole.flatMap((row) => rowPlaces(row, channels)), ...order]);
    const pixels = spread(guidePixels, boundRows(device, guide));
    this.#guidePlaces = Uint32Array.from(pixels.flatMap((row) => rowPlaces(row, guide.channels)));
    this.#guideAt = alignedBytes(device, this.#unaryPlaces.byteLength);
    this.bytes = this.#guideAt + this.#guidePlaces.byteLength;
  }

  /** Queues the gathering of the samples. */
  sample(to: Storage): void {
    const { device } = this.#unary;
    const { byteLength } = this.#unaryPlaces;
    sample(device, this.#unary.storage, this.#unaryPlaces, view(to, 0, byteLength));
    sample(device, this.#guide.storage, this.#guidePlaces, view(to, this.#guideAt, this.#guidePlaces.byteLength));
  }

  /** Tells what the samples show. Inputs are held by the call. */
  async tell(samples: Float32Array, color: number): Promise<void> {
    const { due } = this.#listener;
    const { channels } = this.#unary;
    const scores = samples.subarray(0, this.#rows * channels);
    const guide = samples.subarray(this.#guideAt / 4, this.#guideAt / 4 + this.#guidePlaces.length);
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
      expected: `scores with the channels last, as their shape ${formatShape(shape)} says`,
      got: "values whose neighbors are alike as if the channels came first",
      remedy: 'use scoresTensor with layout: "chw", or permute(scores, "chw", "hwc")',
    });
  }
}

/** The rows of a map that one binding holds. */
const boundRows = ({ limits }: Device, { rows, channels }: Tensor): number =>
  Math.min(rows, Math.floor(limits.bindingBytes / (padded(channels) * 4)));

/**
 * Places in groups of five: a value, the next one in dense memory, the one w values on, and the neighbors to the right and
 * below of the same channel, L and w·L on.
 */
function orderedPlaces({ shape, channels }: Tensor, rows: number): number[] {
  const [height, width] = shape.slice(-3) as [number, number];
  const last = rows * channels - width * channels;
  if (height < leastExtent || width < leastExtent || channels < 2 || last <= 0) return [];
  const place = (index: number): number => Math.floor(index / channels) * padded(channels) + (index % channels);
  const offsets = [0, 1, width, channels, width * channels];
  return scattered(orderPlaces, last).flatMap((index) => offsets.map((offset) => place(index + offset)));
}

/** Whether groups of `orderedPlaces` say that neighbors are alike in both directions as those of planes are. */
function liesChannelsFirst(groups: Float32Array): boolean {
  const sums = [0, 0, 0, 0];
  for (let at = 0; at < groups.length; at += 5) {
    for (let i = 0; i < 4; i++) sums[i]! += Math.abs(groups[at + 1 + i]! - groups[at]!);
  }
  const [next, below, nextOfChannel, belowOfChannel] = sums as [number, number, number, number];
  return next < orderShare * nextOfChannel && below < orderShare * belowOfChannel;
}

function areProbabilities(rows: Float32Array, channels: number): boolean {
  for (let at = 0; at < rows.length; at += channels) {
    let sum = 0;
    for (const value of rows.subarray(at, at + channels)) {
      if (value < 0) return false;
      sum += value;
    }
    if (Math.abs(sum - 1) > sumTolerance) return false;
  }
  return true;
}

const isConstant = (rows: Float32Array, channels: number): boolean =>
  rows.length > channels && rows.every((value, i) => value === rows[i % channels]);

/** The largest difference within a channel, and the least and the largest value of all. */
interface ColorRange {
  readonly span: number;
  readonly least: number;
  readonly most: number;
}

function rangeOf(rows: Float32Array, channels: number): ColorRange {
  const least = new Array<number>(channels).fill(Infinity);
  const most = new Array<number>(channels).fill(-Infinity);
  for (let i = 0; i < rows.length; i++) {
    least[i % channels] = Math.min(least[i % channels]!, rows[i]!);
    most[i % channels] = Math.max(most[i % channels]!, rows[i]!);
  }
  return {
    span: Math.max(...most.map((value, c) => value - least[c]!)),
    least: Math.min(...least),
    most: Math.max(...most),
  };
}

/**
 * Whether the filter hardly follows such colors. Those of a normalized image differ by 4.7, which may be more than θβ, so
 * twice θβ is asked of what has the values of one.
 */
const isNarrow = ({ span, least, most }: ColorRange, color: number): boolean =>
  span < color || (span < 2 * color && Math.max(-least, most) < mostNormalized);

const brief = (value: number): string => String(Number(value.toPrecision(3)));

/** Reads a map that the call holds, whether or not its owner has disposed of it. */
async function valuesOf({ device, storage, layout, shape }: Tensor): Promise<Float32Array> {
  return layout.unpack(shape, new Float32Array(await device.read(storage)));
}
