import type { Storage } from "../device/device.ts";
import { perform } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { allChannels, type MapChannels } from "../shared/channels.ts";
import { quadBytes, quadsOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { pullBackEmbed } from "./embed.ts";
import { splatAndBlur } from "./filterChannels.ts";
import type { Lattice } from "./lattice.ts";
import type { FilterTables } from "./incidence.ts";
import { factorsOf, filterTables, type Normalization, pullBackNormalization } from "./normalization.ts";
import { addDots, sliceFactor } from "./slice.ts";

/**
 * Dot products [points, d + 1] of each point with each of its vertices: those with the filter's values and those with
 * its gradient.
 */
interface Dots {
  readonly valueDots: Storage;
  readonly gradientDots: Storage;
}

/**
 * Computes the gradient of the lattice's features from a filter out = p∘K(q∘v) with gradient g. A small move of a point
 * changes its barycentric weights, in the splat and in the slice, but not its vertices (Krähenbühl and Koltun 2013,
 * with the order of the blurs corrected). The weights of the splat are paired with p∘g blurred along axes d…0, those of
 * the slice with q∘v blurred along axes 0…d. The factor K·1 within p and q adds another such pair.
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
  const dots = { valueDots: workspace.zeros(entryBytes), gradientDots: workspace.zeros(entryBytes) };
  const { ofResult, ofValues } = factorsOf(lattice, normalization);
  for (const { quads, of } of channelRanges(lattice, quadsOf(values.channels))) {
    const forward = filterTables(lattice, normalization, false);
    const backward = filterTables(lattice, normalization, true);
    addPair(
      lattice,
      dots,
      { tables: forward, map: of(values.storage), factors: ofValues },
      { tables: backward, map: of(gradient.storage), factors: ofResult },
      quads,
    );
  }
  if (normalization !== "none") {
    const sumGradient = workspace.allocate(points * quadBytes);
    const ones = workspace.allocate(points * quadBytes);
    device.write(ones, new Float32Array(points * 4).fill(1));
    pullBackNormalization(lattice, normalization, dots, sumGradient);
    const [one, sum] = [allChannels(ones, 1), allChannels(sumGradient, 1)];
    addPair(lattice, dots, { tables: parts, map: one }, { tables: parts, map: sum }, 1);
  }
  return pullBackEmbed(features, parts.coordinateRanks, dots, sliceFactor(dimensions));
}

/**
 * One side of a filter: channels of a map, its normalization factors, and the tables that carry it into the lattice.
 */
interface WeightedMap {
  readonly tables: FilterTables;
  readonly map: MapChannels;
  readonly factors?: Storage;
}

/**
 * Adds the gradients of the barycentric weights for `values` that are splatted and a `gradient` that arrives at the
 * slice.
 */
function addPair(
  lattice: Lattice,
  { valueDots, gradientDots }: Dots,
  values: WeightedMap,
  gradient: WeightedMap,
  quads: number,
): void {
  const { device, vertices, dimensions, parts } = lattice;
  const { simplices } = parts;
  using workspace = new Workspace(device);
  const bytes = (vertices + 1) * quads * quadBytes;
  const spaces = [workspace.allocate(bytes), workspace.allocate(bytes)] as const;
  const common = { simplices, dimensions, quads };
  const add = (vertexValues: Storage, { map, factors }: WeightedMap, dots: Storage): void =>
    addDots(device, { ...common, values: vertexValues, other: map, factors, dots });
  const blurred = ({ tables, map }: WeightedMap, transpose: boolean): Storage =>
    perform(device, splatAndBlur(lattice, tables, map, spaces, { quads, transpose }));
  const toSplat = blurred(gradient, true);
  add(toSplat, values, valueDots);
  const toSlice = blurred(values, false);
  add(toSlice, gradient, gradientDots);
}

/** Yields ranges of channels, each with as many quads as fit a binding for all vertices. */
function* channelRanges(
  { device, vertices }: Lattice,
  rowQuads: number,
): Generator<{ readonly quads: number; of(storage: Storage): MapChannels }> {
  const most = Math.max(1, Math.floor(device.limits.bindingBytes / ((vertices + 1) * quadBytes)));
  for (let firstQuad = 0; firstQuad < rowQuads; firstQuad += most) {
    yield { quads: Math.min(most, rowQuads - firstQuad), of: (storage) => ({ storage, rowQuads, firstQuad }) };
  }
}
