import type { Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { copyChannels } from "../shared/channels.ts";
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

/**
 * Filters a whole map [points, 4·rowQuads] into `result`, as many channels at once as a binding holds. Where the map
 * itself is larger than a binding, its blocks are copied out and back.
 */
export function filterMap(
  lattice: Lattice,
  normalized: Normalized,
  values: Storage,
  result: Storage,
  rowQuads: number,
  transpose: boolean,
): void {
  const { device, points, vertices } = lattice;
  const { bindingBytes } = device.limits;
  const whole = points * rowQuads * 16 <= bindingBytes;
  const longest = whole ? vertices + 1 : Math.max(points, vertices + 1);
  const most = Math.max(1, Math.floor(bindingBytes / (longest * 16)));
  for (let firstQuad = 0; firstQuad < rowQuads; firstQuad += most) {
    const quads = Math.min(most, rowQuads - firstQuad);
    if (whole) {
      filterBlock(lattice, normalized, values, result, { quads, rowQuads, firstQuad }, transpose);
      continue;
    }
    using workspace = new Workspace(device);
    const part = { storage: workspace.allocate(points * quads * 16), rowQuads: quads, firstQuad: 0 };
    copyChannels(device, { storage: values, rowQuads, firstQuad }, part, points, quads);
    filterBlock(lattice, normalized, part.storage, part.storage, { quads, rowQuads: quads, firstQuad: 0 }, transpose);
    copyChannels(device, part, { storage: result, rowQuads, firstQuad }, points, quads);
  }
}
