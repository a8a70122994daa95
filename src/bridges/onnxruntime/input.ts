import type { Device } from "../../device/device.ts";
import { ValueError } from "../../errors.ts";
import { panels } from "../../layout.ts";
import { conv2d } from "../../nn/conv2d.ts";
import type { MapLayout } from "../../nn/dense.ts";
import { resize } from "../../nn/resize.ts";
import { type Names, requireOptions } from "../../options.ts";
import type { Tensor } from "../../tensor.ts";
import { kindOf, requireChoice, requireNumber } from "../../values.ts";
import { type OrtSession, requireName } from "./module.ts";

/** What a network wants to see: (color·scale − mean) / deviation, as the preprocessing of its training was. */
export interface InputOptions {
  /** The input's name. Default: the model's first. */
  readonly name?: string;
  /** Its pixels. Default: those that the model states, else the picture's own. */
  readonly size?: readonly [height: number, width: number];
  /** By what the colors, 0…255, are multiplied first. Default: 1/255. */
  readonly scale?: number;
  /** Is subtracted then; in the order of `order`. Default: 0. ImageNet's is [0.485, 0.456, 0.406]. */
  readonly mean?: readonly [number, number, number];
  /** By what that is divided. Default: 1. ImageNet's is [0.229, 0.224, 0.225]. */
  readonly deviation?: readonly [number, number, number];
  /** Whether red (the default) or blue comes first. */
  readonly order?: "rgb" | "bgr";
  /** Whether channels come first or last. Default: as the model states it, else `nchw`. */
  readonly layout?: MapLayout;
}

const where = "segmenter";
const optionNames: Names<InputOptions> = {
  name: true,
  size: true,
  scale: true,
  mean: true,
  deviation: true,
  order: true,
  layout: true,
};

/** How a picture becomes the input of a network. */
export interface Input {
  readonly name: string;
  readonly size?: readonly [number, number];
  readonly layout: MapLayout;
  /** The matrix and the bias by which the colors of a pixel are multiplied and shifted. */
  readonly matrix: readonly number[];
  readonly bias: readonly number[];
}

/** Completes the options by what the model tells of its inputs. @throws ValueError */
export function inputOf(session: OrtSession, options: InputOptions = {}): Input {
  requireOptions(`${where}: input`, options, optionNames);
  const { name = session.inputNames[0]!, scale = 1 / 255, order = "rgb" } = options;
  requireName(where, "an input", name, session.inputNames);
  requireChoice(where, "input.order", order, ["rgb", "bgr"]);
  requireNumber(where, "input.scale", scale);
  const mean = threeNumbers("mean", options.mean, [0, 0, 0]);
  const deviation = threeNumbers("deviation", options.deviation, [1, 1, 1]);
  const metadata = session.inputMetadata?.find((one) => one.name === name);
  if (metadata?.type !== undefined && metadata.type !== "float32") {
    const remedy = "export the model with a float32 input, or run it yourself and pass its scores to fromOrt";
    throw new ValueError({ where, expected: `a float32 input ${name}`, got: metadata.type, remedy });
  }
  const stated = metadata?.shape ?? [];
  const { layout = stated[3] === 3 && stated[1] !== 3 ? "nhwc" : "nchw" } = options;
  requireChoice(where, "input.layout", layout, ["nhwc", "nchw"]);
  const pixels = layout === "nhwc" ? stated.slice(1, 3) : stated.slice(2, 4);
  const fixed = pixels.length === 2 && pixels.every((size) => typeof size === "number" && size > 0);
  const size = options.size ?? (fixed ? (pixels as unknown as readonly [number, number]) : undefined);
  const matrix = [0, 1, 2].flatMap((to) =>
    [0, 1, 2].map((from) => (from === (order === "rgb" ? to : 2 - to) ? scale / deviation[to]! : 0)),
  );
  return { name, size, layout, matrix, bias: mean.map((value, c) => -value / deviation[c]!) };
}

/** @throws ValueError */
function threeNumbers(name: string, numbers: unknown, usual: readonly number[]): readonly number[] {
  const three = numbers ?? usual;
  const good = Array.isArray(three) && three.length === 3 && three.every((one) => Number.isFinite(one));
  if (good && (name === "mean" || !three.includes(0))) return three as number[];
  const expected = `input.${name}: three finite numbers${name === "mean" ? "" : " other than 0"}`;
  throw new ValueError({ where, expected, got: kindOf(three), remedy: "write it as [0.485, 0.456, 0.406]" });
}

/** The input that a network is given of a guide [h, w, 3]: resized, scaled and shifted. The tensor is the caller's. */
export function inputTensor(device: Device, guide: Tensor, { size, matrix, bias }: Input): Tensor {
  using scope = device.scope();
  const [height, width] = size ?? (guide.shape as [number, number]);
  const same = guide.shape[0] === height && guide.shape[1] === width;
  const sized = same ? guide : scope.add(resize(guide, [height, width]));
  const weight = scope.tensor([3, 3, 1, 1], matrix, panels);
  return scope.keep(conv2d(sized, weight, { bias: scope.tensor([3], bias) }));
}
