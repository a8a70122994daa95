import { update as kernel } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { quadsOf } from "../shape.ts";
import { type Activation, activationCodes } from "./activation.ts";

/** One filter's part in the update: its normalized simplices and its blurred vertex values. */
export interface Blurred {
  readonly simplices: Storage;
  readonly values: Storage;
}

/** The arguments of an update. */
export interface Update {
  readonly spatial: Blurred;
  readonly bilateral: Blurred & { readonly dimensions: number };
  readonly matrices: { readonly storage: Storage; readonly diagonal: boolean };
  readonly unary: Storage;
  readonly result: Storage;
  readonly points: number;
  readonly channels: number;
  /** How many quads of a row of channels both `values` have: all, or `filteredQuads`. */
  readonly valueQuads: number;
  readonly activation: Activation | "none";
}

/**
 * Computes X = U − (messages of both filters, weighted and transformed) and activates it, in one fused pass over the
 * pixels.
 */
export function* update({
  spatial,
  bilateral,
  matrices,
  unary,
  result,
  points,
  channels,
  valueQuads,
  activation,
}: Update): Work {
  yield planned(kernel, {
    spatialSimplices: spatial.simplices,
    bilateralSimplices: bilateral.simplices,
    spatialValues: spatial.values,
    bilateralValues: bilateral.values,
    matrices: matrices.storage,
    unary,
    result,
    points,
    channels,
    activation: activationCodes[activation],
    diagonal: matrices.diagonal ? 1 : 0,
    dimensions: bilateral.dimensions,
    quads: quadsOf(channels),
    valueQuads,
  });
}
