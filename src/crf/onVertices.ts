import { perform } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { blur, isInPlace } from "../lattice/blur.ts";
import { splatAndBlur, type VertexMaps, vertexMapBytes } from "../lattice/filterChannels.ts";
import type { FilterTables } from "../lattice/incidence.ts";
import type { Lattice } from "../lattice/lattice.ts";
import { filterTables, type Normalization } from "../lattice/normalization.ts";
import { slice } from "../lattice/slice.ts";
import { bytesOfSums, splat } from "../lattice/splat.ts";
import { allChannels } from "../shared/channels.ts";
import { fillFloats } from "../shared/fillFloats.ts";
import { quadBytes, quadsOf } from "../shape.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { update } from "./update.ts";

// A filter is slice ∘ blur ∘ splat, times the slice factor α. Here are two parts of it, ops without the factor, between which rows of vertices can be
// multiplied by a matrix M in place of rows of points: M·(slice v) = slice (M·v) (Zheng et al. 2015, sections 4.2.2 to 4.2.4).

/** Splats and blurs values of a lattice's points. The result is [vertices + 1, C], with a last row of zeros. */
export function blurred(values: Tensor, lattice: Lattice, normalization: Normalization): Tensor {
  const { device, channels } = values;
  const { dimensions, vertices, parts } = lattice;
  const quads = quadsOf(channels);
  return device.attempt(() => {
    using workspace = new Workspace(device);
    const tables = filterTables(lattice, normalization, false);
    const result = device.empty([vertices + 1, channels]);
    const maps = mapsThatEndIn(workspace, lattice, tables, result);
    perform(
      device,
      splatAndBlur(lattice, tables, allChannels(values.storage, quads), maps, { quads, transpose: false }),
    );
    const pullback = (gradient: Tensor): [Tensor] => {
      using spaces = new Workspace(device);
      const { simplices, points } = filterTables(lattice, normalization, true);
      const spare = isInPlace(parts) ? undefined : spaces.allocate(gradient.storage.bytes);
      const back = { vertices, dimensions, quads, transpose: true };
      const onVertices = perform(device, blur(device, parts, { values: gradient.storage, spare }, back));
      const ofValues = emptyLike(values);
      const ofPoints = allChannels(ofValues.storage, quads);
      slice(device, simplices, onVertices, ofPoints, { points: points.to, dimensions, quads }, 1);
      return [ofValues];
    };
    return record(result, [values], [lattice], pullback, { overwrites: true });
  });
}

/** Makes the maps of a splat such that the last of the d + 1 blurs, in place or back and forth, writes the result. */
function mapsThatEndIn(workspace: Workspace, lattice: Lattice, tables: FilterTables, result: Tensor): VertexMaps {
  const quads = quadsOf(result.channels);
  const sums = workspace.allocate(bytesOfSums(tables, quads));
  if (isInPlace(lattice.parts)) return { values: result.storage, sums };
  const other = workspace.allocate(vertexMapBytes(lattice, quads));
  const [values, spare] = lattice.dimensions % 2 === 1 ? [result.storage, other] : [other, result.storage];
  return { values, spare, sums };
}

/** Values of a lattice's vertices, [vertices + 1, C]. */
export interface OnVertices {
  readonly lattice: Lattice;
  readonly values: Tensor;
}

/** Returns unary + slice(near) + slice(like), in one pass over the points. `near` belongs to a lattice of two dimensions. */
export function addSlices(unary: Tensor, near: OnVertices, like: OnVertices, normalization: Normalization): Tensor {
  const { device, rows, channels } = unary;
  const quads = quadsOf(channels);
  const slicedBy = ({ lattice, values }: OnVertices) => ({
    simplices: filterTables(lattice, normalization, false).simplices,
    values: values.storage,
    dimensions: lattice.dimensions,
  });
  return device.attempt(() => {
    using workspace = new Workspace(device);
    // The update subtracts what it slices.
    const storage = workspace.allocate(2 * quads * quadBytes);
    fillFloats(device, storage, -1);
    const result = emptyLike(unary);
    const work = update({
      spatial: slicedBy(near),
      bilateral: slicedBy(like),
      matrices: { storage, diagonal: true },
      unary: unary.storage,
      result: result.storage,
      points: rows,
      channels,
      valueQuads: quads,
      activation: "none",
    });
    perform(device, work);
    const inputs = [unary, near.values, like.values];
    return record(result, inputs, [near.lattice, like.lattice], (gradient, [, ofNear, ofLike]) => [
      gradient,
      ofNear ? splatted(gradient, near.lattice, normalization) : undefined,
      ofLike ? splatted(gradient, like.lattice, normalization) : undefined,
    ]);
  });
}

/** The adjoint of a slice: splats values of points by the tables of the adjoint filter. */
function splatted(values: Tensor, lattice: Lattice, normalization: Normalization): Tensor {
  const { device, channels } = values;
  const { vertices } = lattice;
  const quads = quadsOf(channels);
  using workspace = new Workspace(device);
  const tables = filterTables(lattice, normalization, true);
  const result = device.empty([vertices + 1, channels]);
  const sums = workspace.allocate(bytesOfSums(tables, quads));
  perform(
    device,
    splat(tables, allChannels(values.storage, quads), { result: result.storage, sums }, { vertices, quads }),
  );
  return result;
}
