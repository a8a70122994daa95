import { type Storage, view } from "../device/device.ts";
import { perform, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { quadBytes } from "../shape.ts";
import { allChannels, copyChannels, type MapChannels } from "../shared/channels.ts";
import { type AlongAxis, blur, isInPlace } from "./blur.ts";
import type { Lattice } from "./lattice.ts";
import type { FilterTables } from "./incidence.ts";
import { slice } from "./slice.ts";
import { splat, type Splatted, bytesOfSums } from "./splat.ts";

/** How channels are filtered: how many quads of them, and by K or by Kᵀ. */
export interface Pass {
  readonly quads: number;
  readonly transpose: boolean;
  /** How to blur along an axis. Default: by the Gaussian. */
  readonly along?: AlongAxis;
}

/** How to blur the channels from a quad on. */
export type AlongFrom = (firstQuad: number) => AlongAxis;

/** Memory of a splat and its blurs. */
export interface VertexMaps {
  /** What is splatted into, [vertices + 1, quads]. */
  readonly values: Storage;
  /** What a splat adds up. */
  readonly sums: Storage;
  /** Between this map and `values` the blurs go back and forth, unless they are made in place. */
  readonly spare?: Storage;
}

/** The bytes of a table of vertex values. */
export const vertexMapBytes = ({ vertices }: Lattice, quads: number): number => (vertices + 1) * quads * quadBytes;

/**
 * Makes the maps of the vertices for `quads` of channels; what is splatted into may be given. Memory that is lent, and has nothing to keep once
 * values were splatted, serves as the spare one where it is large enough and an even number of blurs leads back from it.
 */
export function allocateMaps(
  workspace: Workspace,
  lattice: Lattice,
  tables: Splatted,
  quads: number,
  { given, lent, along }: { readonly given?: Storage; readonly lent?: Storage; readonly along?: AlongAxis } = {},
): VertexMaps {
  const { dimensions, parts } = lattice;
  const bytes = vertexMapBytes(lattice, quads);
  const ofSums = bytesOfSums(tables, quads);
  const values = given ? view(given, 0, bytes) : workspace.allocate(bytes);
  if (isInPlace(parts, along)) return { values, sums: workspace.allocate(ofSums) };
  if (lent && lent.bytes >= bytes && dimensions % 2 === 1) {
    return { values, sums: workspace.allocate(ofSums), spare: view(lent, 0, bytes) };
  }
  const spare = workspace.allocate(Math.max(bytes, ofSums));
  return { values, sums: spare, spare };
}

/**
 * Splats and blurs a range of channels. Returns the blurred vertex values [vertices + 1, quads], which are in `values` or
 * `spare` of the maps that `allocateMaps` makes.
 */
export function* splatAndBlur(
  lattice: Lattice,
  tables: Splatted,
  values: MapChannels,
  maps: VertexMaps,
  { quads, transpose, along }: Pass,
): Work<Storage> {
  const { device, vertices, dimensions, parts } = lattice;
  yield* splat(tables, values, { result: maps.values, sums: maps.sums }, { vertices, quads });
  return yield* blur(device, parts, maps, { vertices, dimensions, quads, transpose, along });
}

/** Filters channels of `values` into those of `result`: splat, blur, slice. */
export function filterChannels(
  lattice: Lattice,
  tables: FilterTables,
  values: MapChannels,
  result: MapChannels,
  pass: Pass,
): void {
  const { device, dimensions } = lattice;
  const { quads } = pass;
  using workspace = new Workspace(device);
  const spaces = allocateMaps(workspace, lattice, tables, quads, pass);
  const blurred = perform(device, splatAndBlur(lattice, tables, values, spaces, pass));
  slice(device, tables.simplices, blurred, result, { points: tables.points.to, dimensions, quads });
}

/**
 * Filters a whole map [points, 4·rowQuads] into `result`, with as many channels at a time as fit a binding. If a map is
 * larger than a binding, each range of channels is copied out and its result copied back.
 */
export function filterMap(
  lattice: Lattice,
  tables: FilterTables,
  maps: { readonly values: Storage; readonly result: Storage },
  rowQuads: number,
  transpose: boolean,
  alongFrom?: AlongFrom,
): void {
  const { device, vertices } = lattice;
  const { from, to } = tables.points;
  const { bindingBytes } = device.limits;
  const longer = Math.max(from, to);
  const whole = longer * rowQuads * quadBytes <= bindingBytes;
  const longest = Math.max(longer, vertices + 1);
  const most = Math.max(1, Math.floor(bindingBytes / (longest * quadBytes)));
  for (let firstQuad = 0; firstQuad < rowQuads; firstQuad += most) {
    const pass = { quads: Math.min(most, rowQuads - firstQuad), transpose, along: alongFrom?.(firstQuad) };
    const values = { storage: maps.values, rowQuads, firstQuad };
    const result = { storage: maps.result, rowQuads, firstQuad };
    if (whole) {
      filterChannels(lattice, tables, values, result, pass);
      continue;
    }
    using workspace = new Workspace(device);
    const part = allChannels(workspace.allocate(longer * pass.quads * quadBytes), pass.quads);
    copyChannels(device, values, part, from, pass.quads);
    filterChannels(lattice, tables, part, part, pass);
    copyChannels(device, part, result, to, pass.quads);
  }
}
