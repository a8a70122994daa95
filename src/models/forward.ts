import { InternalError } from "../errors.ts";
import { add } from "../nn/add.ts";
import { conv2d } from "../nn/conv2d.ts";
import { convTranspose2d } from "../nn/convTranspose2d.ts";
import { crop } from "../nn/crop.ts";
import { dropout } from "../nn/dropout.ts";
import { mapSize } from "../nn/mapSize.ts";
import { maxPool2d } from "../nn/maxPool2d.ts";
import { multiply } from "../nn/multiply.ts";
import { scale } from "../nn/scale.ts";
import { recompute } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { type DropoutLayer, imageName, type Layer, layerTable, storedAsHalves } from "./layers.ts";
import type { Parameters, Precision } from "./parameters.ts";
import type { Pass } from "./pass.ts";

/** How a pass is computed. */
interface Way {
  /** Whether blocks of layers are computed again for their gradients. */
  readonly recomputed: boolean;
  /** Of half precision are the results of convolutions and poolings, but for those that other layers read. */
  readonly precision: Precision;
}

/** The network's result for an image: computes its layers in order and frees what none of those that follow reads. */
export function forward(
  layers: readonly Layer[],
  parameters: Parameters,
  image: Tensor,
  pass: Pass,
  { recomputed, precision }: Way,
): Promise<Tensor> {
  const halves = precision === "half" ? storedAsHalves(layers) : new Set<string>();
  const one: Compute = (layer, inputs) => compute(layer, inputs, parameters, pass, halves);
  const steps = recomputed ? byBlocks(layers, parameters, pass, one) : byLayers(layers, one);
  return run(steps, new Map([[imageName, image]]), pass);
}

/** One layer, or a block of them that is computed again for its gradients. */
interface Step {
  readonly name: string;
  readonly from: readonly string[];
  readonly compute: (...inputs: Tensor[]) => Promise<Tensor>;
}

type Compute = (layer: Layer, inputs: readonly Tensor[]) => Promise<Tensor>;

const byLayers = (layers: readonly Layer[], compute: Compute): Step[] =>
  layers.map((layer) => ({
    name: layer.name,
    from: layer.from,
    compute: (...inputs) => compute(layer, inputs),
  }));

/** Blocks read what the first of their layers reads, and only the result of the last is read by others. */
function byBlocks(layers: readonly Layer[], parameters: Parameters, pass: Pass, compute: Compute): Step[] {
  const blocks: Layer[][] = [];
  for (const layer of layers) {
    const open = blocks.at(-1);
    if (layer.block !== undefined && layer.block === open?.[0]?.block) open.push(layer);
    else blocks.push([layer]);
  }
  return blocks.flatMap((block) => {
    const steps = byLayers(block, compute);
    const [first, last] = [steps[0], steps.at(-1)];
    if (!first || !last || first === last) return steps;
    const segment = (...inputs: Tensor[]): Promise<Tensor> =>
      run(steps, new Map(first.from.map((name, i) => [name, read(inputs[i], name)])), pass);
    const used = block.flatMap((layer) => Object.keys(layerTable(layer)).map((name) => read(parameters[name], name)));
    return [{ name: last.name, from: first.from, compute: recompute(segment, used) }];
  });
}

/** The result of the last step; those of the others are freed after their last use, what was `given` is not. */
async function run(steps: readonly Step[], given: ReadonlyMap<string, Tensor>, pass: Pass): Promise<Tensor> {
  const results = new Map<string, Tensor>();
  let result: Tensor | undefined;
  for (const [at, { name, from, compute }] of steps.entries()) {
    result = await compute(...from.map((input) => read(results.get(input) ?? given.get(input), input)));
    results.set(name, result);
    const wanted = new Set([name, ...steps.slice(at + 1).flatMap((step) => step.from)]);
    for (const [former, tensor] of results) {
      if (wanted.has(former)) continue;
      results.delete(former);
      // Dropout that does not act passes on what it reads.
      if (![...results.values()].includes(tensor)) pass.free(tensor);
    }
  }
  return read(result, "the result");
}

function read(tensor: Tensor | undefined, name: string): Tensor {
  if (tensor) return tensor;
  throw new InternalError({ where: "network", expected: name, got: "nothing of that name" });
}

async function compute(
  layer: Layer,
  inputs: readonly Tensor[],
  parameters: Parameters,
  pass: Pass,
  halves: ReadonlySet<string>,
): Promise<Tensor> {
  const result = apply(layer, inputs, parameters, pass, halves.has(layer.name) ? "half" : "single");
  return inputs.includes(result) ? result : await pass.layer(layer.name, result);
}

function apply(
  layer: Layer,
  inputs: readonly Tensor[],
  parameters: Parameters,
  pass: Pass,
  precision: Precision,
): Tensor {
  const { name } = layer;
  const [values, other] = [read(inputs[0], name), inputs[1]];
  const weight = (): Tensor => read(parameters[`${name}.weight`], `${name}.weight`);
  const bias = parameters[`${name}.bias`];
  switch (layer.kind) {
    case "convolution":
      return conv2d(values, weight(), { bias, padding: layer.padding, relu: layer.relu, precision });
    case "upsampling":
      return convTranspose2d(values, weight(), { bias, stride: layer.stride });
    case "pooling":
      return maxPool2d(values);
    case "dropout":
      return drop(layer, values, pass);
    case "scaling":
      return scale(values, layer.factor);
    case "cropping": {
      const { height, width } = mapSize(name, read(other, name));
      return crop(values, { y: layer.offset, x: layer.offset, height, width });
    }
    case "sum":
      return add(values, read(other, name));
  }
}

function drop({ from, rate, index }: DropoutLayer, values: Tensor, { call, seed }: Pass): Tensor {
  const masks: Readonly<Record<string, Tensor>> = call.masks ?? {};
  const mask = from.map((name) => masks[name]).find((one) => one !== undefined);
  if (mask) return multiply(values, mask);
  return seed === undefined || rate === 0 ? values : dropout(values, { rate, seed: 2 * seed + index });
}
