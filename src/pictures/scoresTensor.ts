import { type Device, isBuffer, type Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { requireDevice, requireInputs } from "../inputs.ts";
import { concat } from "../nn/concat.ts";
import { leastProbability, logitsOf } from "../nn/logits.ts";
import { type Axes, formats, permuted, rearrange } from "../nn/permute.ts";
import { checkSize, resized } from "../nn/resize.ts";
import { type Names, requireOptions } from "../options.ts";
import { checkShape, elementsOf, formatShape, positionOf, sameShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { found, kindOf, remedyFor, requireChoice, requireFlag, requireNumbers } from "../values.ts";

/** How scores lie in memory: their axes from the outermost on. */
export type ScoresLayout = "hwc" | "chw" | "nhwc" | "nchw";
/** What kind of numbers an array or a buffer holds. */
export type ScoresType = keyof typeof formats;
/** What scores mean: see `ScoresOptions.meaning`. */
export type ScoresMeaning = "logits" | "probabilities" | "log" | "sigmoid";

export interface ScoresOptions {
  /** The sizes of all axes, in the order of `layout`. It may be left out for a tensor, which has its own. */
  readonly shape?: readonly number[];
  /** Default: `hwc` or `nhwc`, channels last. */
  readonly layout?: ScoresLayout;
  /**
   * The default is what an array's class says, and `float32` for a GPUBuffer. The bits of half precision in a Uint16Array
   * are `float16`.
   */
  readonly type?: ScoresType;
  /** The pixels of the result, where they are not those of the scores: resized as by `resize`. */
  readonly size?: readonly [height: number, width: number];
  /** See `ResizeOptions`. Default: false. */
  readonly alignCorners?: boolean;
  /**
   * - `logits` (the default): numbers whose softmax are probabilities;
   * - `probabilities`: their logarithm is taken, from 1e-5 on. One channel is the probability of the second of two
   *   classes. Those in bytes are shares of 255;
   * - `log`: logarithms of probabilities;
   * - `sigmoid`: one channel of logits s before a sigmoid, which becomes the two classes [0, s].
   */
  readonly meaning?: ScoresMeaning;
  /** By what logits are divided. Above 1 makes an overconfident network less sure. Default: 1. */
  readonly temperature?: number;
  /** Called once `data` is not read any more: for a GPUBuffer when the GPU has finished. A call that throws leaves it. */
  readonly release?: () => void;
}

const where = "scoresTensor";
const optionNames: Names<ScoresOptions> = {
  shape: true,
  layout: true,
  type: true,
  size: true,
  alignCorners: true,
  meaning: true,
  temperature: true,
  release: true,
};
const layouts = ["hwc", "chw", "nhwc", "nchw"] as const;
const meanings = ["logits", "probabilities", "log", "sigmoid"] as const;
const types = Object.keys(formats) as ScoresType[];

/** The options, checked, with every default. */
interface Plan {
  readonly shape: readonly number[];
  readonly layout: ScoresLayout;
  /** The axes of the result: without images where there is one. */
  readonly wanted: "hwc" | "nhwc";
  readonly meaning: ScoresMeaning;
  /** By what the numbers are multiplied as they are read, and the logarithms after. */
  readonly factor: number;
  readonly logFactor: number;
  readonly size?: readonly [number, number];
  readonly alignCorners: boolean;
}

/**
 * Makes unary logits [h, w, L] for a CRF, or [n, h, w, L] for several images, of the scores of any network: an array of
 * numbers, a GPUBuffer of the same GPUDevice, which is not read back, or a tensor, through which gradients flow.
 *
 * Where the picture has another size than the scores, logits are interpolated, after the logarithm and before the softmax:
 * so do the networks that upsample their own scores, and so a boundary between two sure classes stays sharp, where
 * averaged probabilities would make a band of doubt.
 *
 * The result of a tensor belongs to the tensor's scope; else it is the caller's, as by `scope.add(scoresTensor(…))`.
 * @throws ShapeError; ValueError, also for a negative probability in an array, by its place (on the GPU it becomes NaN, which
 * the CRF refuses); DeviceError, LimitError, DisposedError
 * @example
 * const unary = scoresTensor(device, output.data, { shape: [1, 21, 65, 65], layout: "nchw", size: [513, 513] });
 */
export function scoresTensor(
  device: Device,
  data: ArrayLike<number> | GPUBuffer | Tensor,
  options: ScoresOptions = {},
): Tensor {
  requireDevice(where, device);
  requireOptions(where, options, optionNames);
  if (data instanceof Tensor) {
    requireInputs(where, { data }, device);
    const plan = planOf(options, data.shape, "float32");
    return device.attempt(() => finished(permuted(where, data, plan.layout, plan.wanted, plan.factor), plan));
  }
  const type = typeOf(data, options.type);
  const plan = planOf(options, undefined, type);
  const read = (storage: Storage): Tensor => finished(unpacked(device, storage, type, plan), plan);
  if (isBuffer(data)) {
    const bytes = wholeWords(elementsOf(plan.shape) * formats[type].bytes);
    return device.attempt(() => device.borrow(where, { buffer: data, release: options.release }, bytes, read));
  }
  requireNumbers(where, data, elementsOf(plan.shape));
  if (plan.meaning === "probabilities") requireProbabilities(data, type, plan);
  const result = device.attempt(() => {
    using workspace = new Workspace(device);
    const bytes = bytesOf(data, type);
    const storage = workspace.allocate(bytes.length);
    device.write(storage, bytes);
    return read(storage);
  });
  options.release?.();
  return result;
}

/** Reads packed numbers into padded rows, channels last. */
function unpacked(device: Device, storage: Storage, format: ScoresType, plan: Plan): Tensor {
  const { shape, layout, wanted, factor } = plan;
  const sizeOf = (axis: string): number => (layout.includes(axis) ? shape[layout.indexOf(axis)]! : 1);
  const strideOf = (axis: string): number =>
    layout.includes(axis) ? elementsOf(shape.slice(layout.indexOf(axis) + 1)) : 0;
  const [size, strides] = [sizeOf, strideOf].map((of) => Array.from("nhwc", of)) as unknown as [Axes, Axes];
  const result = device.empty(Array.from(wanted, sizeOf));
  rearrange(device, size, { storage, format, strides }, { storage: result.storage, channels: size[3] }, factor);
  return result;
}

/** Makes logits of what was read, in the picture's size. What lies in between is given back. */
function finished(read: Tensor, { meaning, logFactor, size, alignCorners }: Plan): Tensor {
  let result = read;
  const step = (next: Tensor): void => {
    result.dispose();
    result = next;
  };
  if (meaning === "probabilities") step(logitsOf(result, logFactor));
  if (meaning === "sigmoid") step(besideZero(result));
  const [height, width] = result.shape.slice(-3, -1);
  if (size && (height !== size[0] || width !== size[1])) step(resized(where, result, size, alignCorners));
  return result;
}

/** The logits of two classes whose softmax is the sigmoid of one: [0, s]. */
function besideZero(values: Tensor): Tensor {
  using zeros = values.device.tensor(values.shape);
  return concat([zeros, values]);
}

function planOf(options: ScoresOptions, own: readonly number[] | undefined, type: ScoresType): Plan {
  const { shape = own, meaning = "logits", temperature = 1, size, alignCorners = false, release } = options;
  checkShape(where, shape);
  const { layout = shape.length === 4 ? "nhwc" : "hwc" } = options;
  requireChoice(where, "layout", layout, layouts);
  requireChoice(where, "meaning", meaning, meanings);
  requireFlag(where, "alignCorners", alignCorners);
  checkAxes(shape, layout, own);
  checkChannels(shape[layout.indexOf("c")]!, meaning);
  if (size !== undefined) checkSize(where, size);
  if (typeof temperature !== "number" || !(temperature > 0 && Number.isFinite(temperature))) {
    throw new ValueError({ where, expected: "a finite temperature above 0", got: found(temperature) });
  }
  if (release !== undefined && typeof release !== "function") {
    throw new ValueError({ where, expected: "release: a function", got: kindOf(release) });
  }
  if (own && (release || (options.type ?? "float32") !== "float32")) {
    const got = release ? "release" : `type ${options.type}`;
    throw new ValueError({
      where,
      expected: "a tensor without type and release",
      got,
      remedy: "dispose() of it yourself",
    });
  }
  const probable = meaning === "probabilities";
  return {
    shape,
    layout,
    wanted: layout.length === 4 && shape[0]! > 1 ? "nhwc" : "hwc",
    meaning,
    factor: probable ? (type === "uint8" ? 1 / 255 : 1) : 1 / temperature,
    logFactor: 1 / temperature,
    size,
    alignCorners,
  };
}

function checkAxes(shape: readonly number[], layout: ScoresLayout, own: readonly number[] | undefined): void {
  if (own && !sameShape(own, shape)) {
    const remedy = "leave the shape of a tensor out";
    throw new ShapeError({ where, expected: `shape ${formatShape(own)}`, got: formatShape(shape), remedy });
  }
  if (shape.length === layout.length) return;
  const other = layouts.find((one) => one.length === shape.length && one.endsWith("c") === layout.endsWith("c"));
  throw new ShapeError({
    where,
    expected: `a shape of ${layout.length} sizes for layout ${layout}`,
    got: formatShape(shape),
    remedy: other ? `write layout: "${other}"` : "give scores a height, a width and channels",
  });
}

function checkChannels(channels: number, meaning: ScoresMeaning): void {
  if (meaning === "sigmoid" && channels !== 1) {
    const remedy = 'scores of several classes are "logits" or "probabilities"';
    throw new ShapeError({ where, expected: "one channel for a sigmoid", got: String(channels), remedy });
  }
  if (meaning === "log" && channels === 1) {
    const remedy = 'pass the probability itself, with meaning: "probabilities"';
    throw new ShapeError({ where, expected: "two or more channels of log-probabilities", got: "1", remedy });
  }
}

/** What the classes of arrays say about their numbers; those of all others are converted to float32. */
const typesOfArrays: Readonly<Record<string, ScoresType>> = {
  Float16Array: "float16",
  Uint8Array: "uint8",
  Uint8ClampedArray: "uint8",
  Int32Array: "int32",
};

/** Arrays of other realms and of engines that are newer than the types are known by their tags. */
const classOf = (data: unknown): string => Object.prototype.toString.call(data).slice(8, -1);

function typeOf(data: unknown, type: unknown): ScoresType {
  if (type !== undefined) requireChoice(where, "type", type, types);
  if (isBuffer(data)) return type ?? "float32";
  if (classOf(data) === "Uint16Array") {
    if (type === "float16") return type;
    const remedy = 'write type: "float16" for the bits of half precision, else convert with Float32Array.from';
    throw new ValueError({ where, expected: "a type for a Uint16Array", got: found(type), remedy });
  }
  const own = typesOfArrays[classOf(data)] ?? "float32";
  if (type === undefined || type === own) return own;
  throw new ValueError({
    where,
    expected: `an array of ${type}`,
    got: kindOf(data),
    remedy: remedyFor(data, "leave the type out: the array's class says it"),
  });
}

const wholeWords = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** The numbers as they lie in memory, to a whole number of words. */
function bytesOf(data: ArrayLike<number>, type: ScoresType): Uint8Array {
  const kept = ArrayBuffer.isView(data) && (type !== "float32" || classOf(data) === "Float32Array");
  const view = (kept ? data : Float32Array.from(data)) as ArrayBufferView;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (bytes.length % 4 === 0) return bytes;
  const whole = new Uint8Array(wholeWords(bytes.length));
  whole.set(bytes);
  return whole;
}

/** Half-precision numbers as bits: −1.0014e-5, 1, and both infinities. */
const half = { belowZero: 0x80a8, one: 0x3c00, infinity: 0x7c00, negativeInfinity: 0xfc00 };

/** @throws ValueError for the first number that is no probability; NaN passes, and stays NaN */
function requireProbabilities(data: ArrayLike<number>, type: ScoresType, { shape, layout }: Plan): void {
  if (type === "uint8") return;
  const bounded = shape[layout.indexOf("c")] === 1;
  const bits = classOf(data) === "Uint16Array";
  const isWrong = bits ? isWrongHalf : isWrongNumber;
  for (let i = 0; i < data.length; i++) {
    if (!isWrong(data[i]!, bounded)) continue;
    throw new ValueError({
      where,
      expected: `probabilities from 0 ${bounded ? "to 1" : "on"}`,
      got: `${bits ? "another number" : data[i]} at ${formatShape(positionOf(i, shape))}`,
      remedy: 'pass meaning: "logits" for scores of any size',
    });
  }
}

const isWrongNumber = (value: number, bounded: boolean): boolean =>
  value < -leastProbability || (bounded && value > 1 + leastProbability);

const isWrongHalf = (bits: number, bounded: boolean): boolean =>
  (bits >= half.belowZero && bits <= half.negativeInfinity) || (bounded && bits > half.one && bits <= half.infinity);
