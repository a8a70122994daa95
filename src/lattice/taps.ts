import { taps as kernel, tapsPullback } from "../../build/kernels.ts";
import { alignedBytes, type Storage, view } from "../device/device.ts";
import { perform, planned } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { ShapeError } from "../errors.ts";
import { columnSums } from "../shared/columnSums.ts";
import { allChannels, copyChannels, type MapChannels } from "../shared/channels.ts";
import { formatShape, quadBytes, quadsOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { AlongAxis } from "./blur.ts";
import { neighborsOf } from "./chains.ts";
import type { AlongFrom } from "./filterChannels.ts";
import type { FilterTables } from "./incidence.ts";
import type { Lattice } from "./lattice.ts";
import { filterTables, type Normalization } from "./normalization.ts";
import type { LatticePoints } from "./points.ts";
import { sliceFactor } from "./slice.ts";
import { bytesOfSums, splat } from "./splat.ts";

/**
 * The taps with which a filter is the Gaussian: what one blur takes of the first neighbor, of the vertex itself and of the second
 * neighbor. It is twice (¼, ½, ¼), whose gain the slice takes away.
 */
export const gaussianTaps: readonly [first: number, own: number, second: number] = [0.5, 1, 0.5];

/** Which row of the taps belongs to an axis and a channel. */
interface Layout {
  /** Rows of one axis; 0 where all axes share one. */
  readonly axisRows: number;
  readonly channelsPerRow: number;
}

/** @throws ShapeError unless taps are [3], [d + 1, 3] or [d + 1, groups, 3] with as many channels in each group */
function layoutOf(where: string, taps: Tensor, dimensions: number, channels: number): Layout {
  const { shape } = taps;
  const [axes, groups = 1] = shape.slice(0, -1);
  const fits = shape.at(-1) === 3 && shape.length <= 3;
  if (fits && axes === undefined) return { axisRows: 0, channelsPerRow: channels };
  if (fits && axes === dimensions + 1 && channels % groups === 0) {
    return { axisRows: groups, channelsPerRow: channels / groups };
  }
  throw new ShapeError({
    where,
    expected: `taps [3], [${dimensions + 1}, 3] or [${dimensions + 1}, groups, 3] with groups of as many of ${channels} channels`,
    got: formatShape(shape),
    remedy: "give three numbers for all axes, or for each of the d + 1",
  });
}

/** Another blur than the Gaussian's. */
export interface Blurring {
  readonly taps: Tensor;
  readonly alongFrom: AlongFrom;
  /** Computes the gradient of the taps for values that were filtered and the gradient of the result. */
  gradient(
    at: LatticePoints,
    normalization: Normalization,
    maps: { readonly values: Tensor; readonly gradient: Tensor },
  ): Promise<Tensor>;
}

/** Blurs by taps, a tensor that a tape may watch. @throws ShapeError */
export function blurringBy(where: string, taps: Tensor, lattice: Lattice, channels: number): Blurring {
  const layout = layoutOf(where, taps, lattice.dimensions, channels);
  const { axisRows, channelsPerRow } = layout;
  const alongFrom: AlongFrom =
    (firstQuad) =>
    ({ axis, transpose, ...args }) =>
      planned(kernel, {
        ...args,
        neighbors: neighborsOf(lattice, axis),
        rows: taps.storage,
        firstRow: axis * axisRows,
        channelsPerRow,
        firstChannel: 4 * firstQuad,
        lastChannel: channels - 1,
        reversed: transpose ? 1 : 0,
      });
  return {
    taps,
    alongFrom,
    gradient: (at, normalization, maps) => tapGradient(lattice, at, normalization, maps, { taps, layout, alongFrom }),
  };
}

/**
 * Computes the gradient of the taps of out = p∘K(q∘v), of which p and q are constants. Each blur is linear in its taps: their gradient are the
 * sums, over all vertices, of what went into it times the gradient of what came out. All that went in is kept from the forward pass, which is
 * done again, until the gradient comes by, which goes along the axes d … 0.
 */
async function tapGradient(
  lattice: Lattice,
  at: LatticePoints,
  normalization: Normalization,
  { values, gradient }: { readonly values: Tensor; readonly gradient: Tensor },
  { taps, layout, alongFrom }: { readonly taps: Tensor; readonly layout: Layout; readonly alongFrom: AlongFrom },
): Promise<Tensor> {
  const { device, dimensions } = lattice;
  const { channels } = values;
  const sums = new Float64Array(taps.rows * 3);
  const rowQuads = quadsOf(channels);
  const { bindingBytes } = device.limits;
  const longest = Math.max(lattice.points, at.points, lattice.vertices + 1);
  const most = Math.max(1, Math.floor(bindingBytes / (longest * quadBytes)));
  for (let firstQuad = 0; firstQuad < rowQuads; firstQuad += most) {
    const quads = Math.min(most, rowQuads - firstQuad);
    using workspace = new Workspace(device);
    const tapBytes = alignedBytes(device, quads * quadBytes);
    const result = workspace.allocate((dimensions + 1) * 3 * tapBytes);
    // Of a map that is larger than a binding the channels are copied out, as `filterMap` does.
    const of = ({ storage, rows }: Tensor): MapChannels => {
      const range = { storage, rowQuads, firstQuad };
      if (rows * rowQuads * quadBytes <= bindingBytes) return range;
      const part = allChannels(workspace.allocate(rows * quads * quadBytes), quads);
      copyChannels(device, range, part, rows, quads);
      return part;
    };
    device.attempt(() => {
      const [forward, backward] = [false, true].map((transpose) => filterTables(lattice, normalization, transpose, at));
      const tables = { forward: forward!, backward: backward! };
      const maps = { values: of(values), gradient: of(gradient) };
      sumProducts(lattice, tables, maps, result, { quads, along: alongFrom(firstQuad) });
    });
    const read = new Float32Array(await device.read(result));
    for (let axis = 0; axis <= dimensions; axis++) {
      for (let c = 0; c < Math.min(4 * quads, channels - 4 * firstQuad); c++) {
        const row = axis * layout.axisRows + Math.floor((4 * firstQuad + c) / layout.channelsPerRow);
        for (let tap = 0; tap < 3; tap++) sums[row * 3 + tap]! += read[((axis * 3 + tap) * tapBytes) / 4 + c]!;
      }
    }
  }
  const factor = sliceFactor(dimensions);
  return device.tensor(
    taps.shape,
    sums.map((sum) => sum * factor),
  );
}

/** Sums products over vertices: the result is [d + 1, 3, quads], its rows padded to be bound, without the slice's factor. */
function sumProducts(
  lattice: Lattice,
  { forward, backward }: { readonly forward: FilterTables; readonly backward: FilterTables },
  maps: { readonly values: MapChannels; readonly gradient: MapChannels },
  result: Storage,
  { quads, along }: { readonly quads: number; readonly along: AlongAxis },
): void {
  const { device, vertices, dimensions } = lattice;
  using workspace = new Workspace(device);
  const bytes = (vertices + 1) * quads * quadBytes;
  const splatted = (tables: FilterTables, values: MapChannels): Storage => {
    using own = new Workspace(device);
    const sums = own.allocate(bytesOfSums(tables, quads));
    const into = workspace.allocate(bytes);
    perform(device, splat(tables, values, { result: into, sums }, { vertices, quads }));
    return into;
  };
  const blurred = (axis: number, values: Storage, into: Storage, transpose: boolean): void => {
    const work = along({ axis, values, result: into, vertices, quads, transpose });
    device.run(work.kernel, work.args);
  };
  const wentIn = [splatted(forward, maps.values)];
  for (let axis = 0; axis < dimensions; axis++) {
    const next = workspace.allocate(bytes);
    blurred(axis, wentIn[axis]!, next, false);
    wentIn.push(next);
  }
  let gradient = splatted(backward, maps.gradient);
  const products = workspace.allocate(vertices * quads * quadBytes);
  const sumBytes = quads * quadBytes;
  for (let axis = dimensions; axis >= 0; axis--) {
    const values = wentIn[axis]!;
    const neighbors = neighborsOf(lattice, axis);
    for (let tap = 0; tap < 3; tap++) {
      device.run(tapsPullback, { neighbors, values, gradient, result: products, vertices, quads, tap });
      const place = (axis * 3 + tap) * alignedBytes(device, sumBytes);
      columnSums(device, products, view(result, place, sumBytes), vertices, quads);
    }
    if (axis === 0) break;
    // What went in has served.
    blurred(axis, gradient, values, true);
    gradient = values;
  }
}
