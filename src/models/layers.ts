import { InternalError } from "../errors.ts";
import type { Initial } from "./initial.ts";

/** The fields of every layer. */
interface Common {
  /** Also the name of its result, and how its parameters' names begin. */
  readonly name: string;
  /** The layers whose results it reads, or `image`. */
  readonly from: readonly string[];
  /** Channels of its result. */
  readonly channels: number;
  /** Layers of one block follow each other; with `recompute` a block is computed again for its gradients. */
  readonly block?: number;
}

export interface ConvolutionLayer extends Common {
  readonly kind: "convolution";
  /** Channels of what it reads. */
  readonly inputs: number;
  /** Width and height of the kernel. */
  readonly kernel: number;
  readonly padding: number;
  readonly relu: boolean;
  readonly initial: Initial;
}

/** A transposed convolution, which makes scores `stride` times as dense. */
export interface UpsamplingLayer extends Common {
  readonly kind: "upsampling";
  readonly kernel: number;
  readonly stride: number;
  readonly bias: boolean;
}

/** The maximum of 2×2 pixels; rows and columns are halved, rounded up. */
export interface PoolingLayer extends Common {
  readonly kind: "pooling";
}

export interface DropoutLayer extends Common {
  readonly kind: "dropout";
  /** Share of the values that are dropped. */
  readonly rate: number;
  /** The number of this dropout in the network. Each draws other random numbers from the seed of a pass. */
  readonly index: number;
}

export interface ScalingLayer extends Common {
  readonly kind: "scaling";
  readonly factor: number;
}

/** Cuts its first input to the height and width of its second. */
export interface CroppingLayer extends Common {
  readonly kind: "cropping";
  /** First row and first column that are kept. */
  readonly offset: number;
}

export interface SumLayer extends Common {
  readonly kind: "sum";
}

export type Layer =
  | ConvolutionLayer
  | UpsamplingLayer
  | PoolingLayer
  | DropoutLayer
  | ScalingLayer
  | CroppingLayer
  | SumLayer;

interface Reading {
  /** The layer that is read. Default: the layer before. */
  readonly from?: string;
  readonly block?: number;
}

/** The name under which layers read the network's input. */
export const imageName = "image";

/** The layers of a network in the order in which they are computed; each reads the one before unless it says otherwise. */
export class LayerList {
  readonly layers: Layer[] = [];
  readonly #channels = new Map([[imageName, 3]]);
  #last = imageName;
  #dropouts = 0;

  /** `initial`: what the weights begin at; biases begin at zero. */
  convolution(
    name: string,
    channels: number,
    kernel: number,
    {
      from = this.#last,
      padding = 0,
      relu = false,
      initial = "zero",
      block,
    }: Reading & Partial<Pick<ConvolutionLayer, "padding" | "relu" | "initial">> = {},
  ): void {
    const inputs = this.#of(from);
    this.#add({ kind: "convolution", name, from: [from], channels, inputs, kernel, padding, relu, initial, block });
  }

  upsampling(name: string, kernel: number, stride: number, bias = false): void {
    this.#add({ kind: "upsampling", ...this.#like(name), kernel, stride, bias });
  }

  pooling(name: string, block: number): void {
    this.#add({ kind: "pooling", ...this.#like(name), block });
  }

  dropout(name: string, rate: number): void {
    this.#add({ kind: "dropout", ...this.#like(name), rate, index: this.#dropouts++ });
  }

  scaling(name: string, factor: number, from: string): void {
    this.#add({ kind: "scaling", ...this.#like(name, from), factor });
  }

  /** Cuts the layer before to the height and width of `like`. */
  cropping(name: string, offset: number, like: string): void {
    const { channels, from } = this.#like(name);
    this.#add({ kind: "cropping", name, channels, from: [...from, like], offset });
  }

  /** Adds the result of `other` to that of the layer before. */
  sum(name: string, other: string): void {
    const { channels, from } = this.#like(name);
    this.#add({ kind: "sum", name, channels, from: [other, ...from] });
  }

  /** The name of the layer that was added last. */
  get last(): string {
    return this.#last;
  }

  #like(name: string, from = this.#last): Common {
    return { name, from: [from], channels: this.#of(from) };
  }

  #of(name: string): number {
    const channels = this.#channels.get(name);
    if (channels !== undefined) return channels;
    throw new InternalError({ where: "layers", expected: `a layer ${name} before those that read it`, got: "none" });
  }

  #add(layer: Layer): void {
    this.layers.push(layer);
    this.#channels.set(layer.name, layer.channels);
    this.#last = layer.name;
  }
}

/** The shape of a parameter, and how it is initialized. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly initial: Initial;
  /** Whether it is stored as halves in a network of half precision. */
  readonly halves?: boolean;
}

export type ParameterTable = Readonly<Record<string, Parameter>>;

/** The parameters of a layer by name: weights [outputs, inputs, height, width], and biases. */
export function layerTable(layer: Layer): ParameterTable {
  const { name, channels } = layer;
  const bias: ParameterTable = { [`${name}.bias`]: { shape: [channels], initial: "zero" } };
  switch (layer.kind) {
    case "convolution": {
      const { inputs, kernel, initial } = layer;
      const shape = [channels, inputs, kernel, kernel];
      return { [`${name}.weight`]: { shape, initial, halves: true }, ...bias };
    }
    case "upsampling": {
      const shape = [channels, channels, layer.kernel, layer.kernel];
      return { [`${name}.weight`]: { shape, initial: "bilinear" }, ...(layer.bias ? bias : {}) };
    }
    case "pooling":
    case "dropout":
    case "scaling":
    case "cropping":
    case "sum":
      return {};
  }
}

/** The parameters of a network by name, in the order of its layers. */
export const tableOf = (layers: readonly Layer[]): ParameterTable =>
  Object.fromEntries(layers.flatMap((layer) => Object.entries(layerTable(layer))));

/** Height and width of a layer's result. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/** The size of each layer's result for an image of this size, by the layer's name. */
export function sizesOf(layers: readonly Layer[], image: Size): ReadonlyMap<string, Size> {
  const sizes = new Map([[imageName, image]]);
  for (const layer of layers)
    sizes.set(
      layer.name,
      sizeOf(
        layer,
        layer.from.flatMap((name) => sizes.get(name) ?? []),
      ),
    );
  return sizes;
}

function sizeOf(layer: Layer, inputs: readonly Size[]): Size {
  const [first, second] = inputs;
  if (!first) throw new InternalError({ where: layer.name, expected: "something to read", got: "nothing" });
  const each = (change: (length: number) => number): Size => ({
    height: change(first.height),
    width: change(first.width),
  });
  switch (layer.kind) {
    case "convolution":
      return each((length) => length + 2 * layer.padding - layer.kernel + 1);
    case "upsampling":
      return each((length) => (length - 1) * layer.stride + layer.kernel);
    case "pooling":
      return each((length) => Math.ceil(length / 2));
    case "cropping":
      return second ?? first;
    case "dropout":
    case "scaling":
    case "sum":
      return first;
  }
}

/** The results, by name, that a tape holds for the pullback of a layer. */
export function heldFor(layer: Layer): readonly string[] {
  switch (layer.kind) {
    case "convolution":
      return layer.relu ? [...layer.from, layer.name] : layer.from;
    case "upsampling":
    case "pooling":
      return layer.from;
    // A scaling, a crop and a sum need nothing, and dropout draws its mask again.
    case "dropout":
    case "scaling":
    case "cropping":
    case "sum":
      return [];
  }
}

/**
 * The layers whose results a pass of half precision stores as halves, by name: convolutions and poolings that nothing but
 * convolutions and such poolings read.
 */
export function storedAsHalves(layers: readonly Layer[]): ReadonlySet<string> {
  const stored = new Set<string>();
  for (const { name, kind } of [...layers].reverse()) {
    const readers = layers.filter(({ from }) => from.includes(name));
    const able = readers.every((reader) => reader.kind === "convolution" || stored.has(reader.name));
    if ((kind === "convolution" || kind === "pooling") && readers.length > 0 && able) stored.add(name);
  }
  return stored;
}
