import type { Device } from "../../src/device/device.ts";
import { ValueError } from "../../src/errors.ts";
import { panels } from "../../src/layout.ts";
import { conv2d } from "../../src/nn/conv2d.ts";
import type { Convolution } from "../../src/nn/geometry.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { absolute, columnSums, convolved, convolvedBack, elements, weightGradient } from "../reference/convolution.ts";
import { check, close, maximum, type Random, random, rejects } from "../suite.ts";

/** The sizes of a convolution of a map [images, height, width, channels]. */
export function convolution(size: readonly number[], kernel: readonly number[], stride = 1, padding = 0): Convolution {
  const [images, height, width, channels] = size as [number, number, number, number];
  const [outputs, kernelHeight, kernelWidth] = kernel as [number, number, number];
  const pixels = (size: number, kernel: number): number => Math.floor((size + 2 * padding - kernel) / stride) + 1;
  return {
    input: { images, height, width, channels },
    output: { images, height: pixels(height, kernelHeight), width: pixels(width, kernelWidth), channels: outputs },
    kernelHeight,
    kernelWidth,
    stride,
    padding,
  };
}

export const nameOf = ({ input, output, kernelHeight, kernelWidth, stride, padding }: Convolution): string =>
  `${input.images}×${input.height}×${input.width}×${input.channels} by ${kernelHeight}×${kernelWidth}, stride ${stride}, ` +
  `padding ${padding}, to ${output.channels}`;

/** What an op under test takes; maps dense, the weight [outputs, channels, h, w] of the convolution. */
export interface Given {
  readonly sizes: Convolution;
  readonly values: Float32Array;
  readonly weights: Float32Array;
  readonly bias: Float32Array | undefined;
  readonly relu: boolean;
  /** Gradient of the result. */
  readonly seed: Float32Array;
  /** The convolution's input gradient run forward. */
  readonly transposed: boolean;
}

export function given(numbers: Random, sizes: Convolution, { bias = false, relu = false, transposed = false }): Given {
  const { input, output, kernelHeight, kernelWidth } = sizes;
  const [from, to] = transposed ? [output, input] : [input, output];
  return {
    sizes,
    values: numbers.array(elements(from), -1, 1),
    weights: numbers.array(output.channels * input.channels * kernelHeight * kernelWidth, -1, 1),
    bias: bias ? numbers.array(to.channels, -1, 1) : undefined,
    relu,
    seed: numbers.array(elements(to), -1, 1),
    transposed,
  };
}

export const weightShape = ({ input, output, kernelHeight, kernelWidth }: Convolution): number[] => [
  output.channels,
  input.channels,
  kernelHeight,
  kernelWidth,
];

const mapShape = ({ images, height, width, channels }: Convolution["input"]): number[] =>
  images === 1 ? [height, width, channels] : [images, height, width, channels];

/** The result of an op in float64, ReLU included. */
export function reference({ sizes, values, weights, bias, relu, transposed }: Omit<Given, "seed">): Float64Array {
  const result = (transposed ? convolvedBack : convolved)(sizes, values, weights);
  const channels = (transposed ? sizes.input : sizes.output).channels;
  return result.map((sum, i) => {
    const total = sum + (bias ? bias[i % channels]! : 0);
    return relu ? Math.max(0, total) : total;
  });
}

/** Forward, and the gradients of values, weight and bias, of an op on the device. */
export interface Got {
  readonly result: Float32Array;
  readonly gradients: readonly Float32Array[];
}

export async function runOp(
  device: Device,
  { sizes, values, weights, bias, seed, transposed }: Given,
  op: (values: Tensor, weight: Tensor, bias: Tensor | undefined) => Tensor,
): Promise<Got> {
  using scope = device.scope();
  const [from, to] = transposed ? [sizes.output, sizes.input] : [sizes.input, sizes.output];
  const inputs = [scope.tensor(mapShape(from), values), scope.tensor(weightShape(sizes), weights, panels)];
  if (bias) inputs.push(scope.tensor([bias.length], bias));
  using tape = new Tape(inputs);
  const output = op(inputs[0]!, inputs[1]!, inputs[2]);
  check(output.shape.join() === mapShape(to).join(), `shape ${output.shape}`);
  const result = await output.read();
  const gradients = await tape.gradients(output, scope.tensor(mapShape(to), seed));
  await checkPadding(device, output);
  const read: Float32Array[] = [];
  for (const input of inputs) {
    const gradient = gradients.get(input)!;
    check(gradient.layout === input.layout, `layout ${gradient.layout.name}`);
    await checkPadding(device, gradient);
    read.push(await gradient.read());
    gradient.dispose();
  }
  return { result, gradients: read };
}

/** What lies in memory beside the values must be zero. */
async function checkPadding(device: Device, tensor: Tensor): Promise<void> {
  const memory = new Float32Array(await device.read(tensor.storage));
  same(memory, tensor.layout.pack(tensor.shape, await tensor.read()), tensor.shape.join());
}

function same(actual: Float32Array, expected: Float32Array, what: string): void {
  const index = actual.findIndex((value, i) => value !== expected[i]);
  check(index < 0, `${what}: ${actual[index]} in the padding`);
}

/**
 * Holds result and gradients to float64. A float32 sum of n products is off by at most (n + 1)·2⁻²⁴ times the sum of their
 * magnitudes, taken here at its largest, plus a rounding of bias and sum each. `growth`: by how much larger the sums of
 * magnitudes are on the way, 1 where the products are summed as they are.
 */
export function checkOp(given: Given, got: Got, growth = 1): void {
  const { sizes, values, weights, bias, relu, seed, transposed } = given;
  const channels = (transposed ? sizes.input : sizes.output).channels;
  const what = nameOf(sizes);
  const sum = reference({ ...given, relu: false });
  const gradient = Float64Array.from(seed, (value, i) => (relu && sum[i]! <= 0 ? 0 : value));
  const [forward, back] = transposed ? [convolvedBack, convolved] : [convolved, convolvedBack];
  const ofWeight = (x: ArrayLike<number>, g: ArrayLike<number>): Float64Array =>
    transposed ? weightGradient(sizes, g, x) : weightGradient(sizes, x, g);
  const terms = (products: number): number => (products + 2) * growth * 2 ** -24;
  const { input, output, kernelHeight, kernelWidth } = sizes;
  const taps = kernelHeight * kernelWidth;
  const bound = (products: number, magnitudes: Float64Array): { absolute: number } => ({
    absolute: terms(products) * (maximum(magnitudes) + 1),
  });
  const [a, w, g] = [absolute(values), absolute(weights), absolute(gradient)];
  const expected = reference(given);
  close(got.result, expected, bound((transposed ? output : input).channels * taps, forward(sizes, a, w)), what);
  const behind = (transposed ? input : output).channels * taps;
  close(got.gradients[0]!, back(sizes, gradient, weights), bound(behind, back(sizes, g, w)), `${what}, values`);
  const pixels = elements(output) / output.channels;
  close(got.gradients[1]!, ofWeight(values, gradient), bound(pixels, ofWeight(a, g)), `${what}, weight`);
  if (!bias) return;
  const sums = columnSums(gradient, channels);
  close(got.gradients[2]!, sums, bound(elements(output), columnSums(g, channels)), `${what}, bias`);
}

/**
 * Directional derivatives of Σ seed·result in float64 against the gradients of the device, for one direction of all
 * inputs together: central differences are exact to h² where no ReLU changes sign in between.
 */
export function checkSlope(given: Given, got: Got, numbers: Random, what: string): void {
  const h = 1e-5;
  const inputs = [given.values, given.weights, ...(given.bias ? [given.bias] : [])];
  const directions = inputs.map(({ length }) => numbers.array(length, -1, 1));
  const at = (step: number): number => {
    const [values, weights, bias] = inputs.map((input, i) =>
      Float64Array.from(input, (value, j) => value + step * directions[i]![j]!),
    ) as unknown as [Float32Array, Float32Array, Float32Array];
    return dot(reference({ ...given, values, weights, bias: given.bias && bias }), given.seed);
  };
  const slope = (at(h) - at(-h)) / (2 * h);
  const predicted = directions.reduce((sum, direction, i) => sum + dot(got.gradients[i]!, direction), 0);
  const scale = directions.reduce(
    (sum, direction, i) => sum + dot(absolute(got.gradients[i]!), absolute(direction)),
    0,
  );
  check(Math.abs(slope - predicted) < 1e-6 * scale, `${what}: slope ${slope}, gradients say ${predicted}`);
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** A device that neither has memory nor computes, for sizes beyond any other; it notes what it is asked for. */
export function paperDevice(
  { limits, info }: Device,
  bindingBytes: number,
  hardware = false,
  kind: Device["kind"] = "wasm",
) {
  const allocated: number[] = [];
  const ran: { readonly kernel: string; readonly args: Readonly<Record<string, unknown>> }[] = [];
  const device = {
    kind,
    info: { ...info, hardware },
    limits: { ...limits, bindingBytes, alignment: 256 },
    allocate(bytes: number) {
      allocated.push(bytes);
      return { handle: undefined, offset: 0, bytes };
    },
    release() {},
    // By the kernel's name, whatever form a device takes.
    run: ({ id, formOf }: { id: string; formOf?: string }, args: Readonly<Record<string, unknown>>) =>
      void ran.push({ kernel: formOf ?? id, args }),
  } as unknown as Device;
  return { device, allocated, ran, storage: { handle: undefined, offset: 0, bytes: 1 } };
}

/** Fails unless options that no convolution has, and a bias that is none, are refused. */
export async function refusesOptions(call: (options: object) => Tensor): Promise<void> {
  const unknown = await rejects(() => call({ strides: 2 }), ValueError);
  check(unknown.message.includes("write stride"), unknown.message);
  const noBias = await rejects(() => call({ bias: [1, 2] }), ValueError);
  check(noBias.message.includes("a tensor as bias"), noBias.message);
}

/** Both ways to convolve, 3×3 and then 2×2 at stride 2, to so many channels: the result, and the gradients of all inputs. */
export async function convolvedTwice(
  device: Device,
  [height, width, channels]: readonly [number, number, number],
  [middle, last]: readonly [number, number],
): Promise<Float32Array[]> {
  using scope = device.scope();
  const numbers = random(3);
  const uniform = (shape: readonly number[]): Float32Array =>
    numbers.array(
      shape.reduce((product, size) => product * size),
      -1,
      1,
    );
  const shapes = [
    [height, width, channels],
    [middle, channels, 3, 3],
    [last, middle, 2, 2],
  ];
  const inputs = shapes.map((shape, i) => scope.tensor(shape, uniform(shape), i > 0 ? panels : undefined));
  using tape = new Tape(inputs);
  const result = conv2d(conv2d(inputs[0]!, inputs[1]!, { padding: 1, relu: true }), inputs[2]!, { stride: 2 });
  const gradients = await tape.gradients(result, scope.tensor(result.shape, uniform(result.shape)));
  const read = await Promise.all(inputs.map((input) => gradients.get(input)!.read()));
  for (const gradient of gradients.values()) gradient.dispose();
  return [await result.read(), ...read];
}

/** Runs `test` on a device that says its bindings hold no more than `bindingBytes`. */
export const withBindings = <Result>(
  device: Device,
  bindingBytes: number,
  test: () => Promise<Result>,
): Promise<Result> => withProperty(device, "limits", { ...device.limits, bindingBytes }, test);

/** Runs `test` on a device that says something else of itself. */
export async function withProperty<Name extends "limits" | "info", Result>(
  device: Device,
  name: Name,
  value: Device[Name],
  test: () => Promise<Result>,
): Promise<Result> {
  const { [name]: former } = device;
  Object.defineProperty(device, name, { value, configurable: true });
  try {
    return await test();
  } finally {
    Object.defineProperty(device, name, { value: former, configurable: true });
  }
}
