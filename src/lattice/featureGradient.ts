import type { Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { quadsOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { pullBackEmbed } from "./embed.ts";
import { splatAndBlur } from "./filterBlock.ts";
import type { Lattice } from "./lattice.ts";
import { type Normalization, type Normalized, normalized, pullBackNormalization, sidesOf } from "./normalization.ts";
import { addDots, sliceFactor } from "./slice.ts";
import type { ChannelBlock } from "./splat.ts";

/** Dot products by point and vertex, [points, d + 1]: those of the filter's values, and those of its gradient. */
interface Dots {
  readonly ofValues: Storage;
  readonly ofGradient: Storage;
}

/**
 * The gradient of the lattice's features from a filter out = p∘K(q∘v) with gradient g: the barycentric weights of splat and
 * slice follow the features while the vertices stay (Krähenbühl and Koltun 2013, with the order of the blurs put right). The splat's weights
 * meet Kᵀ-blurred p∘g, axes d…0, the slice's K-blurred q∘v, axes 0…d; K·1 inside p and q adds such a pair of its own.
 */
export function featureGradient(
  lattice: Lattice,
  normalization: Normalization,
  values: Tensor,
  gradient: Tensor,
): Tensor {
  const { device, points, dimensions, features, parts } = lattice;
  using workspace = new Workspace(device);
  const entryBytes = parts.simplices.bytes / 2;
  const dots = { ofValues: workspace.zeros(entryBytes), ofGradient: workspace.zeros(entryBytes) };
  const { p, q } = sidesOf(lattice, normalization);
  for (const block of blocksOf(lattice, quadsOf(values.channels))) {
    const forward = normalized(lattice, normalization, false);
    const backward = normalized(lattice, normalization, true);
    addPair(
      lattice,
      dots,
      { weights: forward, map: values.storage, factors: q },
      { weights: backward, map: gradient.storage, factors: p },
      block,
    );
  }
  if (normalization !== "none") {
    const ofNorm = workspace.allocate(points * 16);
    const ones = workspace.allocate(points * 16);
    device.write(ones, new Float32Array(points * 4).fill(1));
    pullBackNormalization(lattice, normalization, dots, ofNorm);
    const one = { quads: 1, rowQuads: 1, firstQuad: 0 };
    addPair(lattice, dots, { weights: parts, map: ones }, { weights: parts, map: ofNorm }, one);
  }
  return pullBackEmbed(features, parts.ranks, dots, sliceFactor(dimensions));
}

/** One side of a filter: a map, its factors, and the weights that carry them into the lattice. */
interface Side {
  readonly weights: Normalized;
  readonly map: Storage;
  readonly factors?: Storage;
}

/** Adds what the weights get where `values` are splatted and `gradient` comes back to the slice. */
function addPair(lattice: Lattice, dots: Dots, values: Side, gradient: Side, block: ChannelBlock): void {
  const { device, vertices, dimensions, parts } = lattice;
  using workspace = new Workspace(device);
  const bytes = (vertices + 1) * block.quads * 16;
  const spaces = [workspace.allocate(bytes), workspace.allocate(bytes)] as const;
  const toSplat = splatAndBlur(lattice, gradient.weights, gradient.map, block, spaces, true);
  addDots(device, parts.simplices, toSplat, values.map, values.factors, dots.ofValues, dimensions, block);
  const toSlice = splatAndBlur(lattice, values.weights, values.map, block, spaces, false);
  addDots(device, parts.simplices, toSlice, gradient.map, gradient.factors, dots.ofGradient, dimensions, block);
}

/** As many quads at a time as a binding holds of vertices. */
function* blocksOf({ device, vertices }: Lattice, rowQuads: number): Generator<ChannelBlock> {
  const most = Math.max(1, Math.floor(device.limits.bindingBytes / ((vertices + 1) * 16)));
  for (let firstQuad = 0; firstQuad < rowQuads; firstQuad += most) {
    yield { quads: Math.min(most, rowQuads - firstQuad), rowQuads, firstQuad };
  }
}
