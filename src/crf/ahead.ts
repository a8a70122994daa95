import {
  blur,
  fill,
  hashFind,
  hashNumber,
  incidenceFill,
  neighbors,
  normalization,
  slice,
  sliceNormalize,
  softmax,
  sortCount,
  sortScatter,
  splat,
  splatAdd,
  update,
} from "../../build/kernels.ts";
import type { Device } from "../device/device.ts";
import type { Kernel } from "../kernel.ts";
import { quadsOf } from "../shape.ts";

/** What finishes lattices and goes through them, whatever their dimensions. */
const ofAll: readonly Kernel<object>[] = [
  fill,
  hashFind,
  sortCount,
  sortScatter,
  splat,
  splatAdd,
  blur,
  normalization,
  softmax,
];
/** The same for lattices of so many dimensions. */
const ofDimensions: readonly Kernel<object>[] = [hashNumber, neighbors, incidenceFill, slice, sliceNormalize];

/**
 * Begins to compile what a fused inference with a bilateral lattice of so many dimensions runs once it knows how large its lattices are, so that the compiler works while the
 * device is waited for. What the inference runs before then is being compiled already, and what another path takes is as it is reached.
 */
export function compileAhead(device: Device, bilateral: number, classes: number, valueQuads: number): void {
  for (const kernel of ofAll) device.prepare(kernel, {});
  for (const kernel of ofDimensions) for (const dimensions of [2, bilateral]) device.prepare(kernel, { dimensions });
  device.prepare(update, { dimensions: bilateral, quads: quadsOf(classes), valueQuads });
}
