import type { Device } from "../device/device.ts";
import { ValueError } from "../errors.ts";
import { checkBandwidth } from "../lattice/features.ts";
import { record } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { kindOf } from "../values.ts";

/**
 * How far a filter reaches in position: a number of pixels, or a share of the picture's longer side, as in `"32%"`, which is
 * the same in a picture of any size. It is the longer side because published bandwidths were chosen on data sets that
 * fix it (500 pixels in PASCAL VOC, upright or not): there the paper's 160 pixels are 32 %.
 */
export type Bandwidth = number | `${number}%`;

const names = ["bilateral position", "bilateral color", "spatial position"] as const;

/**
 * The bandwidths θα, θβ and θγ of a layer: the numbers that its parameter holds, and which of them are percent of the
 * longer side.
 */
export interface GivenBandwidths {
  readonly values: readonly number[];
  readonly relative: readonly boolean[];
}

/** @throws ValueError for what is neither a positive number nor a positive percentage */
export function parseBandwidths(where: string, given: readonly unknown[]): GivenBandwidths {
  const values = given.map((bandwidth, i) => {
    const value = typeof bandwidth === "string" ? percentOf(where, names[i]!, bandwidth) : bandwidth;
    checkBandwidth(where, names[i]!, value as number);
    return value as number;
  });
  return { values, relative: given.map((bandwidth) => typeof bandwidth === "string") };
}

/** @throws ValueError */
function percentOf(where: string, name: string, text: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  if (digits !== undefined && name !== "bilateral color") return Number(digits);
  throw new ValueError({
    where,
    expected:
      name === "bilateral color"
        ? `a ${name} in color levels`
        : `a ${name} in pixels, or in percent of the longer side`,
    got: kindOf(text),
    remedy: name === "bilateral color" ? "pass a number" : 'write it as 160 or "32%"',
  });
}

/**
 * The bandwidths for pictures of `size`, from the values of the layer's parameter.
 * @throws ValueError if one is not above 0, which learning can bring about
 */
export function inPixels(where: string, values: ArrayLike<number>, factors: readonly number[]): number[] {
  return factors.map((factor, i) => {
    const value = values[i]!;
    checkBandwidth(where, names[i]!, value);
    return Math.fround(value * factor);
  });
}

/** By what the parameter's values are multiplied: 1, or a hundredth of the longer side of pictures [h, w] or [b, h, w]. */
export function factorsFor(relative: readonly boolean[], size: readonly number[]): number[] {
  const hundredth = Math.max(...size.slice(-2)) / 100;
  return relative.map((isRelative) => (isRelative ? hundredth : 1));
}

/** The parameter times the factors, on its tape. */
export function scaledBandwidths(
  device: Device,
  parameter: Tensor,
  values: readonly number[],
  factors: readonly number[],
): Tensor {
  return record(device.tensor([3], values), [parameter], [], async (gradient) => {
    const ofPixels = await gradient.read();
    return [
      device.tensor(
        [3],
        ofPixels.map((slope, i) => slope * factors[i]!),
      ),
    ];
  });
}
