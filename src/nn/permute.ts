import { permute as kernel } from "../../build/kernels.ts";
import { type Device, type Storage, view } from "../device/device.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { op } from "../inputs.ts";
import { rows } from "../layout.ts";
import { formatShape, padded, quadBytes, quadsOf } from "../shape.ts";
import { record } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { kindOf } from "../values.ts";

/** A number for each axis of the result: three axes and its channels. */
export type Axes = readonly [outer: number, row: number, column: number, channel: number];

/** The formats that numbers may have in memory, by the kernel's numbers for them, with the bytes that each takes. */
export const formats = {
  float32: { code: 0, bytes: 4 },
  float16: { code: 1, bytes: 2 },
  uint8: { code: 2, bytes: 1 },
  int32: { code: 3, bytes: 4 },
} as const;

/** What is rearranged: numbers in memory, and how far apart the result's neighbors along each axis lie there. */
export interface Source {
  readonly storage: Storage;
  readonly format: keyof typeof formats;
  readonly strides: Axes;
  /** The place of the first number. Default: 0. */
  readonly first?: number;
}

/** Where it goes: padded rows of `channels` channels, from one of them on. */
export interface Target {
  readonly storage: Storage;
  readonly channels: number;
  readonly firstChannel?: number;
}

/** Part of the result: where it begins along each axis, and its sizes. */
interface Window {
  readonly begin: Axes;
  readonly size: Axes;
}

/**
 * Writes factor·source into padded rows. The channels of a target are to be written in ascending order, since what lies
 * behind them in their last quad becomes 0.
 */
export function rearrange(device: Device, size: Axes, source: Source, target: Target, factor = 1): void {
  const { code, bytes } = formats[source.format];
  const { channels, firstChannel = 0 } = target;
  const quads = quadsOf(channels);
  // The axes before the channels may be gone through in any order. In the source's own, what was read is read again while
  // it is in a cache.
  const order = [0, 1, 2].sort((a, b) => source.strides[b]! - source.strides[a]!);
  const ordered = (axes: Axes): Axes => [...order.map((axis) => axes[axis]!), axes[3]] as unknown as Axes;
  const strides = ordered(source.strides);
  const resultStrides = ordered([size[1] * size[2] * quads, size[2] * quads, quads, 0]);
  const whole = { begin: [0, 0, 0, 0], size: ordered(size) } as const;
  const reach = { source: strides.map((n) => n * bytes), target: resultStrides.map((n) => n * quadBytes) };
  for (const { begin, size: part } of windows(device, whole, reach)) {
    const channel = firstChannel + begin[3];
    const firstLane = channel % 4;
    const first = (source.first ?? 0) + dot(begin, strides);
    const own = bind(device, source.storage, first, span(part, strides), bytes);
    const firstQuad = Math.floor(channel / 4) + dot(begin, resultStrides);
    const filled = span(part, resultStrides) - 1 + quadsOf(firstLane + part[3]);
    const result = bind(device, target.storage, firstQuad, filled, quadBytes);
    device.run(kernel, {
      values: own.storage,
      result: result.storage,
      outer: part[0],
      rows: part[1],
      width: part[2],
      firstLane,
      channels: part[3],
      outerStride: strides[0],
      rowStride: strides[1],
      columnStride: strides[2],
      channelStride: strides[3],
      resultOuterStride: resultStrides[0],
      resultRowStride: resultStrides[1],
      resultColumnStride: resultStrides[2],
      valueSkip: own.skip,
      resultSkip: result.skip,
      format: code,
      factor,
    });
  }
}

const dot = (a: Axes, b: Axes): number => a.reduce((sum, value, axis) => sum + value * b[axis]!, 0);

/** How many elements lie from the first of a window to its last. */
const span = (size: Axes, strides: Axes): number => dot(size.map((count) => count - 1) as unknown as Axes, strides) + 1;

/** Binds `count` elements from `first` on; the binding begins `skip` elements before, where the device allows it. */
function bind(
  device: Device,
  storage: Storage,
  first: number,
  count: number,
  bytes: number,
): { readonly storage: Storage; readonly skip: number } {
  const before = (first * bytes) % device.limits.alignment;
  const whole = Math.ceil((before + count * bytes) / 4) * 4;
  return { storage: view(storage, first * bytes - before, whole), skip: before / bytes };
}

/**
 * Cuts a window in halves, along the axis that reaches farthest in memory, until all that a half takes fits a binding.
 * Halves of channels come in ascending order.
 */
function* windows(
  device: Device,
  { begin, size }: Window,
  reach: { readonly source: readonly number[]; readonly target: readonly number[] },
): Generator<Window> {
  const most = device.limits.bindingBytes - device.limits.alignment;
  const cuts = [
    { bytes: reach.source, room: most - 4 },
    { bytes: reach.target, room: most - quadsOf(size[3] + 3) * quadBytes },
  ]
    .map(({ bytes, room }) => ({ room, extents: bytes.map((one, axis) => one * (size[axis]! - 1)) }))
    .filter(({ room, extents }) => extents.reduce((sum, extent) => sum + extent, 0) > room)
    .flatMap(({ extents }) => extents.map((extent, axis) => ({ extent, axis })))
    .filter(({ extent }) => extent > 0)
    .sort((a, b) => b.extent - a.extent);
  const cut = cuts[0]?.axis;
  if (cut === undefined) {
    yield { begin, size };
    return;
  }
  const half = halfOf(size[cut]!, cut === 3);
  yield* windows(device, { begin, size: changed(size, cut, half) }, reach);
  const rest = { begin: changed(begin, cut, begin[cut]! + half), size: changed(size, cut, size[cut]! - half) };
  yield* windows(device, rest, reach);
}

const changed = (axes: Axes, axis: number, value: number): Axes =>
  axes.map((old, i) => (i === axis ? value : old)) as unknown as Axes;

/** About half of a size of 2 or more; of channels, whole quads as long as there are several. */
function halfOf(size: number, channels: boolean): number {
  const half = Math.ceil(size / 2);
  return channels && size > 4 ? padded(half) : half;
}

/**
 * Brings the axes of a tensor into another order. Each axis is named by a letter: `permute(x, "hwc", "chw")` makes
 * [channels, height, width] of [height, width, channels]. An axis of size 1 may be left out (`"nhwc"` to `"hwc"`) or
 * added (`"hwc"` to `"nchw"`).
 * @throws ValueError for names that do not fit, ShapeError, DisposedError
 * @example const channelsFirst = permute(scores, "hwc", "chw");
 */
export function permute(values: Tensor, from: string, to: string): Tensor {
  return op("permute", { values }, () => permuted("permute", values, from, to, 1));
}

/** Returns factor·values with its axes in another order; its gradient comes back in the order of `from`. */
export function permuted(where: string, values: Tensor, from: string, to: string, factor: number): Tensor {
  checkNames(where, values, from, to);
  const sizes = new Map(Array.from(from).map((name, axis) => [name, values.shape[axis]!]));
  const shape = Array.from(to).map((name) => sizes.get(name) ?? 1);
  const turned = (tensor: Tensor, own: string, wanted: string, wantedShape: readonly number[]): Tensor => {
    const { device } = tensor;
    const result = device.empty(wantedShape);
    const strides = stridesOf(tensor.shape);
    const place = (name: string): number => Array.from(own).indexOf(name);
    const axes = Array.from(wanted.padStart(4, " ")).map((name) => (place(name) < 0 ? 0 : strides[place(name)]!));
    const size = [...Array<number>(4 - wantedShape.length).fill(1), ...wantedShape];
    const source = { storage: tensor.storage, format: "float32", strides: axes as unknown as Axes } as const;
    const target = { storage: result.storage, channels: result.channels };
    rearrange(device, size as unknown as Axes, source, target, factor);
    return result;
  };
  return record(turned(values, from, to, shape), [values], [], (gradient) => [
    turned(gradient, to, from, values.shape),
  ]);
}

/** How far apart neighbors along each axis lie in memory whose rows are padded. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = [1];
  let stride = padded(shape.at(-1)!);
  for (const size of shape.slice(0, -1).reverse()) {
    strides.unshift(stride);
    stride *= size;
  }
  return strides;
}

function checkNames(where: string, { shape, layout }: Tensor, from: unknown, to: unknown): void {
  for (const [name, letters] of Object.entries({ from, to })) {
    if (typeof letters === "string" && /^[a-z]{1,4}$/.test(letters) && new Set(letters).size === letters.length)
      continue;
    const expected = `${name}: up to four different letters, one for each axis`;
    throw new ValueError({ where, expected, got: kindOf(letters), remedy: 'write "hwc" or "nchw"' });
  }
  const [own, wanted] = [from as string, to as string];
  if (own.length !== shape.length || layout !== rows) {
    throw new ShapeError({
      where,
      expected: `a tensor of ${own.length} axes in layout rows for "${own}"`,
      got: `${formatShape(shape)} in layout ${layout.name}`,
      remedy: "name every axis by a letter",
    });
  }
  const lost = Array.from(own).findIndex((name, axis) => !wanted.includes(name) && shape[axis] !== 1);
  if (lost < 0) return;
  throw new ShapeError({
    where,
    expected: `the axis ${own[lost]}, of size ${shape[lost]}, in the result`,
    got: `"${wanted}"`,
    remedy: "leave out axes of size 1 alone",
  });
}
