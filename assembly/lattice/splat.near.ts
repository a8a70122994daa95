import { scratch } from "../shared/scratch";
import { addBand } from "./splat.band";

/** As `bandPoints` of src/lattice/incidence.ts. */
const bandPoints: u32 = 32768;

/** Twin of kernels/lattice/splat.near.wgsl. */
export function splatNear(
  offsets: usize,
  incidence: usize,
  values: usize,
  lists: usize,
  result: usize,
  sums: usize,
  vertices: u32,
  points: u32,
  band: u32,
  levels: u32,
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>valueQuads) << 4;
  const firstPoint = band * bandPoints;
  const rest = points - firstPoint;
  const rows = values + <usize>firstPoint * rowStride;
  readShare(rows, <usize>min(rest, bandPoints) * rowStride, (vertices + 1) * quads, begin, end);
  const own = lists + (band & 1 ? (<usize>vertices) << 3 : 0);
  const next = lists + (band & 1 ? 0 : (<usize>vertices) << 3);
  const column = values + ((<usize>valueOffset) << 4);
  addBand(
    offsets,
    incidence,
    column,
    rowStride,
    own,
    next,
    result,
    sums,
    vertices,
    band == 0,
    rest <= bandPoints,
    levels,
    quads,
    begin,
    end,
  );
}

/**
 * Reads the share of a map that a range of `count` invocations has, from front to back, and keeps nothing: rows that are fetched from far one
 * by one take several times as long. What was read is stored, so that no compiler leaves it out.
 */
function readShare(map: usize, bytes: usize, count: u32, begin: u32, end: u32): void {
  const last = map + <usize>((<u64>bytes * end) / count);
  let read: u32 = 0;
  for (let at = map + <usize>((<u64>bytes * begin) / count); at < last; at += 64) read = read ^ load<u32>(at);
  store<u32>(scratch, read);
}
