import type { Storage } from "../device/device.ts";
import { perform } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { allChannels, type MapChannels } from "../shared/channels.ts";
import { fillFloats } from "../shared/fillFloats.ts";
import { quadBytes, quadsOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { pullBackEmbed } from "./embed.ts";
import type { AlongAxis } from "./blur.ts";
import { type AlongFrom, allocateMaps, splatAndBlur } from "./filterChannels.ts";
import type { Lattice } from "./lattice.ts";
import type { FilterTables } from "./incidence.ts";
import type { LatticePoints } from "./points.ts";
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
 * Computes the gradients of the features of a filter's points, first of the lattice's own, then of those `at` which it
 * slices if they are others, where they are `wanted`. The filter is out = p∘K(q∘v) with gradient g. A move of a point that is small
 * enough changes its barycentric weights, in the splat or in the slice, but not its vertices; what jumps when vertices change is not
 * in the gradient (Krähenbühl and Koltun 2013,
 * with the order of the blurs corrected). The weights of the splat are paired with p∘g blurred along axes d…0, those of
 * the slice with q∘v blurred along axes 0…d. The factor K·1 within p and q adds another such pair for the points where it
 * was taken. `alongFrom` says how K blurs where that is not by the Gaussian; K·1 is the Gaussian's all the same.
 */
export function featureGradients(
  lattice: Lattice,
  at: LatticePoints,
  normalization: Normalization,
  { values, gradient }: { readonly values: Tensor; readonly gradient: Tensor },
  wanted: readonly (boolean | undefined)[],
  alongFrom?: AlongFrom,
): (Tensor | undefined)[] {
  if (!wanted.includes(true)) return [];
  const { device, own } = lattice;
  using workspace = new Workspace(device);
  const sets = at === own ? [own] : [own, at];
  const dots = new Map<LatticePoints, Dots>();
  for (const set of sets) {
    const bytes = set.tables.simplices.bytes / 2;
    dots.set(set, { valueDots: workspace.zeros(bytes), gradientDots: workspace.zeros(bytes) });
  }
  const { ofResult, ofValues } = factorsOf(lattice, normalization, at);
  for (const { quads, firstQuad, of } of channelRanges(lattice, quadsOf(values.channels))) {
    const forward = filterTables(lattice, normalization, false, at);
    const backward = filterTables(lattice, normalization, true, at);
    addPair(
      lattice,
      { points: own, dots: dots.get(own)!, tables: forward, map: of(values.storage), factors: ofValues },
      { points: at, dots: dots.get(at)!, tables: backward, map: of(gradient.storage), factors: ofResult },
      quads,
      alongFrom?.(firstQuad),
    );
  }
  if (normalization !== "none") {
    const ones = workspace.allocate(own.points * quadBytes);
    fillFloats(device, ones, 1);
    // All gradients of K·1 are computed before the first pair changes the dot products that they are made of.
    const sums = Array.from(normalizedAt(normalization, own, at), (set) => {
      const sum = workspace.allocate(set.points * quadBytes);
      pullBackNormalization(lattice, normalization, set, dots.get(set)!, sum);
      return { set, sum };
    });
    for (const { set, sum } of sums) {
      const [forward, backward] = [false, true].map((transpose) => filterTables(lattice, "none", transpose, set));
      addPair(
        lattice,
        { points: own, dots: dots.get(own)!, tables: forward!, map: allChannels(ones, 1) },
        { points: set, dots: dots.get(set)!, tables: backward!, map: allChannels(sum, 1) },
        1,
      );
    }
  }
  const factor = sliceFactor(lattice.dimensions);
  return sets.map(({ features, tables }, i) =>
    wanted[i] ? pullBackEmbed(features, tables.coordinateRanks, dots.get(sets[i]!)!, factor) : undefined,
  );
}

/** Returns the sets of points at which a normalization takes K·1. */
const normalizedAt = (normalization: Normalization, own: LatticePoints, at: LatticePoints): Set<LatticePoints> =>
  new Set([...(normalization === "after" ? [] : [own]), ...(normalization === "before" ? [] : [at])]);

/**
 * One side of a filter: its points and their dot products, channels of a map, its normalization factors, and the tables
 * that carry it into the lattice.
 */
interface Side {
  readonly points: LatticePoints;
  readonly dots: Dots;
  readonly tables: FilterTables;
  readonly map: MapChannels;
  readonly factors?: Storage;
}

/**
 * Adds the gradients of the barycentric weights for `values` that are splatted and a `gradient` that arrives at the
 * slice.
 */
function addPair(lattice: Lattice, values: Side, gradient: Side, quads: number, along?: AlongAxis): void {
  const { device, dimensions } = lattice;
  const add = (vertexValues: Storage, { points, map, factors }: Side, dots: Storage): void => {
    const { simplices } = points.tables;
    addDots(device, { simplices, values: vertexValues, other: map, factors, dots, dimensions, quads });
  };
  const addBlurred = ({ tables, map }: Side, transpose: boolean, other: Side, dots: Storage): void => {
    using workspace = new Workspace(device);
    const spaces = allocateMaps(workspace, lattice, tables, quads, { along });
    add(perform(device, splatAndBlur(lattice, tables, map, spaces, { quads, transpose, along })), other, dots);
  };
  addBlurred(gradient, true, values, values.dots.valueDots);
  addBlurred(values, false, gradient, gradient.dots.gradientDots);
}

/** Yields ranges of channels, each with as many quads as fit a binding for all vertices. */
function* channelRanges(
  { device, vertices }: Lattice,
  rowQuads: number,
): Generator<{ readonly quads: number; readonly firstQuad: number; of(storage: Storage): MapChannels }> {
  const most = Math.max(1, Math.floor(device.limits.bindingBytes / ((vertices + 1) * quadBytes)));
  for (let firstQuad = 0; firstQuad < rowQuads; firstQuad += most) {
    yield {
      quads: Math.min(most, rowQuads - firstQuad),
      firstQuad,
      of: (storage) => ({ storage, rowQuads, firstQuad }),
    };
  }
}
