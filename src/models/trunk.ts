import { ValueError } from "../errors.ts";
import { conv2d } from "../nn/conv2d.ts";
import { dropout } from "../nn/dropout.ts";
import { maxPool2d } from "../nn/maxPool2d.ts";
import { multiply } from "../nn/multiply.ts";
import { checkpoint } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { convolution, type Parameters, type Table } from "./parameters.ts";
import type { Device } from "../device/device.ts";
import { requireDevice } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { found, requireFlag, requireNumber } from "../values.ts";
import type { Pass } from "./pass.ts";

/** How a fully convolutional network is set up; every value but `classes` has the papers' default. */
export interface FcnOptions {
  /** L */
  readonly classes: number;
  /** Channels of the five blocks. Default: 64, 128, 256, 512, 512. */
  readonly widths?: readonly number[];
  /** Channels of fc6 and fc7. Default: 4096. */
  readonly fc?: number;
  /** Share of the values of fc6 and fc7 that are dropped while a tape records. Default: 0.5. */
  readonly dropout?: number;
  /** Of the random numbers that the trunk's weights begin at. Default: 0. */
  readonly seed?: number;
  /**
   * Keep no more than the inputs of the five blocks for their gradients and compute the blocks again: less memory between
   * the two passes, while a CRF has its own, for one more forward pass. Default: false.
   */
  readonly checkpoints?: boolean;
}

/** What every network may be told. */
export const fcnNames: Names<FcnOptions> = {
  classes: true,
  widths: true,
  fc: true,
  dropout: true,
  seed: true,
  checkpoints: true,
};

/** @throws ValueError for what is no device, and for options that the network `name` does not have */
export function checkArguments(
  name: string,
  device: Device,
  options: unknown,
  names: Readonly<Record<string, true>>,
): void {
  requireDevice(name, device);
  requireOptions(name, options, names);
  if (options === undefined) throw new ValueError({ where: name, expected: "options with classes", got: "nothing" });
}

/** Convolutions of 3×3 before each pooling layer of VGG-16 (Simonyan and Zisserman 2015). */
const depths = [2, 2, 3, 3, 3];

const layers = (block: number): string[] =>
  Array.from({ length: depths[block]! }, (_, i) => `conv${block + 1}_${i + 1}`);

/** Options with the papers' values where they are left out. @throws ValueError */
export function withDefaults(name: string, options: FcnOptions): Required<FcnOptions> {
  const {
    classes,
    widths = [64, 128, 256, 512, 512],
    fc = 4096,
    dropout = 0.5,
    seed = 0,
    checkpoints = false,
  } = options;
  const listed = Array.isArray(widths);
  const counts = [classes, ...(listed ? widths : []), fc];
  if (counts.length !== depths.length + 2 || !counts.every((count) => Number.isInteger(count) && count >= 1)) {
    throw new ValueError({
      where: name,
      expected: "classes, fc and five widths, each a whole number of 1 or more",
      got: `classes ${found(classes)}, widths ${listed ? widths.join(", ") : found(widths)}, fc ${found(fc)}`,
    });
  }
  if (!(dropout >= 0 && dropout < 1)) {
    throw new ValueError({ where: name, expected: "a dropout from 0 on and below 1", got: found(dropout) });
  }
  requireNumber(name, "seed", seed, 0);
  requireFlag(name, "checkpoints", checkpoints);
  return { classes, widths, fc, dropout, seed, checkpoints };
}

/** Parameters of the convolutional trunk up to fc7, and of the scores on top of it. */
export function trunkTable({ classes, widths, fc }: Required<FcnOptions>): Table {
  const blocks = widths.flatMap((width, block) =>
    layers(block).map((name, i) => convolution(name, width, i > 0 ? width : (widths[block - 1] ?? 3), 3, "he")),
  );
  return Object.assign(
    {},
    ...blocks,
    convolution("fc6", fc, widths.at(-1)!, 7, "he"),
    convolution("fc7", fc, fc, 1, "he"),
    convolution("score_fr", classes, fc, 1, "zero"),
  );
}

/**
 * VGG-16 as a fully convolutional network (Long, Shelhamer and Darrell 2015): the scores of fc7, for every 32nd pixel of an
 * image padded by 100. pool3 and pool4 are left to the caller, to be freed with `pass.free`.
 */
export async function trunk(
  parameters: Parameters,
  image: Tensor,
  pass: Pass,
  options: Required<FcnOptions>,
): Promise<{ readonly scores: Tensor; readonly pool3: Tensor; readonly pool4: Tensor }> {
  const pools: Tensor[] = [];
  let values = image;
  for (const block of depths.keys()) {
    const pooled = await runBlock(parameters, values, block, pass, options.checkpoints);
    if (block !== 3 && block !== 4) pass.free(values);
    pools.push(pooled);
    values = pooled;
  }
  for (const name of ["fc6", "fc7"] as const) {
    const full = await convolve(parameters, name, values, pass, { relu: true });
    pass.free(values);
    values = await drop(name, full, pass, options.dropout);
  }
  const scores = await convolve(parameters, "score_fr", values, pass);
  pass.free(values);
  return { scores, pool3: pools[2]!, pool4: pools[3]! };
}

/** A convolution with the parameters of its name. */
export function convolve(
  parameters: Parameters,
  name: string,
  values: Tensor,
  pass: Pass,
  options: { readonly padding?: number; readonly relu?: boolean } = {},
): Promise<Tensor> {
  const bias = parameters[`${name}.bias`];
  return pass.layer(name, conv2d(values, parameters[`${name}.weight`]!, { bias, ...options }));
}

async function runBlock(
  parameters: Parameters,
  input: Tensor,
  block: number,
  pass: Pass,
  checkpoints: boolean,
): Promise<Tensor> {
  const segment = async (values: Tensor): Promise<Tensor> => {
    let result = values;
    for (const name of layers(block)) {
      const next = await convolve(parameters, name, result, pass, {
        padding: name === "conv1_1" ? 100 : 1,
        relu: true,
      });
      if (result !== values) pass.free(result);
      result = next;
    }
    const pooled = await pass.layer(`pool${block + 1}`, maxPool2d(result));
    pass.free(result);
    return pooled;
  };
  if (!checkpoints) return await segment(input);
  const used = layers(block).flatMap((name) => [parameters[`${name}.weight`]!, parameters[`${name}.bias`]!]);
  return await checkpoint(segment, used)(input);
}

async function drop(name: "fc6" | "fc7", values: Tensor, pass: Pass, rate: number): Promise<Tensor> {
  const mask = pass.call.masks?.[name];
  if (!mask && (pass.seed === undefined || rate === 0)) return values;
  const seed = 2 * (pass.seed ?? 0) + (name === "fc6" ? 0 : 1);
  const result = mask ? multiply(values, mask) : dropout(values, { rate, seed });
  pass.free(values);
  return await pass.layer(name.replace("fc", "drop"), result);
}
