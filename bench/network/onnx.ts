import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { Values } from "../../src/optim/optimizer.ts";

type Attribute = number | readonly number[];

/** An ONNX model put together node by node, by the field numbers of onnx.proto3; operator set 17. */
export class OnnxGraph {
  readonly #nodes: Uint8Array[] = [];
  readonly #initializers: Uint8Array[] = [];

  /** Adds a constant. */
  constant(name: string, { shape, values }: Values): string {
    this.#initializers.push(tensor(name, shape, 1, new Uint8Array(Float32Array.from(values).buffer)));
    return name;
  }

  /** Adds a constant list of whole numbers. */
  integers(name: string, values: readonly number[]): string {
    const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.#initializers.push(tensor(name, [values.length], 7, raw));
    return name;
  }

  /** Adds a node. @returns its output */
  node(
    operator: string,
    output: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const writer = new BinaryWriter();
    for (const input of inputs) writer.tag(1, 2).string(input);
    writer.tag(2, 2).string(output).tag(3, 2).string(output).tag(4, 2).string(operator);
    for (const [name, value] of Object.entries(attributes)) writer.tag(5, 2).bytes(attribute(name, value));
    this.#nodes.push(writer.finish());
    return output;
  }

  /** The model's bytes. */
  finish(
    input: { name: string; shape: readonly number[] },
    output: { name: string; shape: readonly number[] },
  ): Uint8Array {
    const graph = new BinaryWriter();
    for (const node of this.#nodes) graph.tag(1, 2).bytes(node);
    graph.tag(2, 2).string("network");
    for (const initializer of this.#initializers) graph.tag(5, 2).bytes(initializer);
    graph.tag(11, 2).bytes(valueInfo(input)).tag(12, 2).bytes(valueInfo(output));
    const operatorSet = new BinaryWriter().tag(2, 0).int64(17).finish();
    return new BinaryWriter().tag(1, 0).int64(8).tag(7, 2).bytes(graph.finish()).tag(8, 2).bytes(operatorSet).finish();
  }
}

function tensor(name: string, shape: readonly number[], type: number, raw: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  for (const size of shape) writer.tag(1, 0).int64(size);
  return writer.tag(2, 0).int32(type).tag(8, 2).string(name).tag(9, 2).bytes(raw).finish();
}

function attribute(name: string, value: Attribute): Uint8Array {
  const writer = new BinaryWriter().tag(1, 2).string(name);
  if (typeof value === "number") return writer.tag(3, 0).int64(value).tag(20, 0).int32(2).finish();
  for (const each of value) writer.tag(8, 0).int64(each);
  return writer.tag(20, 0).int32(7).finish();
}

function valueInfo({ name, shape }: { name: string; shape: readonly number[] }): Uint8Array {
  const dimensions = new BinaryWriter();
  for (const size of shape) dimensions.tag(1, 2).bytes(new BinaryWriter().tag(1, 0).int64(size).finish());
  const type = new BinaryWriter().tag(1, 0).int32(1).tag(2, 2).bytes(dimensions.finish()).finish();
  return new BinaryWriter()
    .tag(1, 2)
    .string(name)
    .tag(2, 2)
    .bytes(new BinaryWriter().tag(1, 2).bytes(type).finish())
    .finish();
}

/** FCN-8s (Long, Shelhamer and Darrell 2015) for one image of `size`², from the parameters of our network. */
export function fcn8sModel(size: number, classes: number, parameters: Readonly<Record<string, Values>>): Uint8Array {
  const graph = new OnnxGraph();
  for (const [name, value] of Object.entries(parameters)) graph.constant(name, value);
  const parametersOf = (name: string): string[] =>
    [`${name}.weight`, `${name}.bias`].filter((parameter) => parameter in parameters);
  const convolve = (x: string, name: string, padding = 0): string =>
    graph.node("Conv", name, [x, ...parametersOf(name)], { pads: [padding, padding, padding, padding] });
  const relu = (x: string): string => graph.node("Relu", `relu ${x}`, [x]);
  const upsample = (x: string, name: string, stride: number): string =>
    graph.node("ConvTranspose", name, [x, ...parametersOf(name)], { strides: [stride, stride] });
  const crop = (x: string, offset: number, to: number): string => {
    const bounds = [
      [offset, offset],
      [offset + to, offset + to],
      [2, 3],
    ];
    const names = bounds.map((values, i) => graph.integers(`${x} crop ${i}`, values));
    return graph.node("Slice", `cropped ${x}`, [x, ...names]);
  };

  const pools: { name: string; size: number }[] = [];
  let x = "image";
  let pixels = size + 198;
  [2, 2, 3, 3, 3].forEach((layers, block) => {
    for (let layer = 1; layer <= layers; layer++) {
      x = relu(convolve(x, `conv${block + 1}_${layer}`, block === 0 && layer === 1 ? 100 : 1));
    }
    const pooling = { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 };
    x = graph.node("MaxPool", `pool${block + 1}`, [x], pooling);
    pixels = Math.ceil(pixels / 2);
    pools.push({ name: x, size: pixels });
  });
  x = convolve(relu(convolve(relu(convolve(x, "fc6")), "fc7")), "score_fr");
  x = upsample(x, "upscore2", 2);
  let scores = (pixels - 6) * 2 + 2;
  x = graph.node("Add", "fuse_pool4", [x, crop(convolve(pools[3]!.name, "score_pool4"), 5, scores)]);
  x = upsample(x, "upscore_pool4", 2);
  scores = scores * 2 + 2;
  x = graph.node("Add", "fuse_pool3", [x, crop(convolve(pools[2]!.name, "score_pool3"), 9, scores)]);
  x = crop(upsample(x, "upscore8", 8), 31, size);
  return graph.finish({ name: "image", shape: [1, 3, size, size] }, { name: x, shape: [1, classes, size, size] });
}
