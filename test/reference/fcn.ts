/** The fully convolutional networks in plain float64, layer by layer (Long, Shelhamer and Darrell 2015). */
import type { Convolution } from "../../src/nn/geometry.ts";
import { convolved, convolvedBack } from "./convolution.ts";
import { cropped, maxPool } from "./nn.ts";

interface Map {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export type ReferenceParameters = Readonly<Record<string, Map>>;
export type Stage = "fcn32s" | "fcn16s" | "fcn8s";

/** The scores of an image [1, h, w, 3]. */
export function referenceFcn(
  stage: Stage,
  parameters: ReferenceParameters,
  image: Map,
  poolScales: readonly [number, number] = [1, 1],
): Float64Array {
  const conv = (x: Map, name: string, padding: number, rectified = true): Map => {
    const [outputs, , kernelHeight, kernelWidth] = parameters[`${name}.weight`]!.shape as [
      number,
      number,
      number,
      number,
    ];
    const [images, height, width, channels] = x.shape as [number, number, number, number];
    const output = {
      images,
      height: height + 2 * padding - kernelHeight + 1,
      width: width + 2 * padding - kernelWidth + 1,
      channels: outputs,
    };
    const input = { images, height, width, channels };
    const sizes: Convolution = { input, output, kernelHeight, kernelWidth, stride: 1, padding };
    const data = convolved(sizes, x.data, parameters[`${name}.weight`]!.data).map((value, i) => {
      const sum = value + parameters[`${name}.bias`]!.data[i % outputs]!;
      return rectified ? Math.max(0, sum) : sum;
    });
    return { shape: [images, output.height, output.width, outputs], data };
  };
  const pool = ({ shape, data }: Map): Map => ({
    shape: [shape[0]!, Math.ceil(shape[1]! / 2), Math.ceil(shape[2]! / 2), shape[3]!],
    data: maxPool(data, shape),
  });
  const up = (x: Map, name: string, stride: number): Map => {
    const [images, height, width, channels] = x.shape as [number, number, number, number];
    const [, , kernelHeight, kernelWidth] = parameters[`${name}.weight`]!.shape as [number, number, number, number];
    const [tall, wide] = [(height - 1) * stride + kernelHeight, (width - 1) * stride + kernelWidth];
    const input = { images, height: tall, width: wide, channels };
    const output = { images, height, width, channels };
    const sizes: Convolution = { input, output, kernelHeight, kernelWidth, stride, padding: 0 };
    const bias = parameters[`${name}.bias`]?.data;
    const data = convolvedBack(sizes, x.data, parameters[`${name}.weight`]!.data);
    return {
      shape: [images, tall, wide, channels],
      data: data.map((value, i) => value + (bias?.[i % channels] ?? 0)),
    };
  };
  const cut = (x: Map, offset: number, [, height, width]: readonly number[]): Map => ({
    shape: [x.shape[0]!, height!, width!, x.shape[3]!],
    data: cropped(x.data, x.shape, { y: offset, x: offset, height: height!, width: width! }),
  });
  const join = (x: Map, features: Map, name: string, scale: number, offset: number): Map => {
    const scaled = { ...features, data: features.data.map((value) => scale * value) };
    const scores = cut(conv(scaled, name, 0, false), offset, x.shape);
    return { ...x, data: x.data.map((value, i) => value + scores.data[i]!) };
  };

  const pools: Map[] = [];
  let x = image;
  [2, 2, 3, 3, 3].forEach((depth, block) => {
    for (let i = 1; i <= depth; i++) x = conv(x, `conv${block + 1}_${i}`, block === 0 && i === 1 ? 100 : 1);
    pools.push((x = pool(x)));
  });
  const scores = conv(conv(conv(x, "fc6", 0), "fc7", 0), "score_fr", 0, false);
  if (stage === "fcn32s") return cut(up(scores, "upscore", 32), 19, image.shape).data;
  const coarse = join(up(scores, "upscore2", 2), pools[3]!, "score_pool4", poolScales[0], 5);
  if (stage === "fcn16s") return cut(up(coarse, "upscore16", 16), 27, image.shape).data;
  const fine = join(up(coarse, "upscore_pool4", 2), pools[2]!, "score_pool3", poolScales[1], 9);
  return cut(up(fine, "upscore8", 8), 31, image.shape).data;
}
