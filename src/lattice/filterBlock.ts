import type { Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { blur } from "./blur.ts";
import type { Lattice } from "./lattice.ts";
import type { Normalized } from "./normalization.ts";
import { slice } from "./slice.ts";
import { type ChannelBlock, splat } from "./splat.ts";

/** Splat and blur: the blurred vertex values [vertices + 1, quads] of a block of channels, in one of `spaces`. */
export function splatAndBlur(
  lattice: Lattice,
  { incidence }: Normalized,
  values: Storage,
  block: ChannelBlock,
  spaces: readonly [Storage, Storage],
  transpose: boolean,
): Storage {
  const { device, vertices, dimensions, parts } = lattice;
  splat(device, incidence, values, spaces[0], vertices, block);
  return blur(device, parts.neighbors, spaces[0], spaces[1], { vertices, dimensions, quads: block.quads, transpose });
}

/** Filters a block of channels of `values` into the same block of `result`: splat, blur, slice. */
export function filterBlock(
  lattice: Lattice,
  normalized: Normalized,
  values: Storage,
  result: Storage,
  block: ChannelBlock,
  transpose: boolean,
): void {
  const { device, vertices } = lattice;
  using workspace = new Workspace(device);
  const bytes = (vertices + 1) * block.quads * 16;
  const spaces = [workspace.allocate(bytes), workspace.allocate(bytes)] as const;
  const blurred = splatAndBlur(lattice, normalized, values, block, spaces, transpose);
  slice(device, normalized.simplices, blurred, result, lattice, block);
}
