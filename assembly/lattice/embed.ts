import { scratch } from "../shared/scratch";
import { keepFirst } from "../shared/status";
import { deltas, embedBytes, embedFour, finiteMask, nearest, ranking, withinMask } from "./embed.four";

/** Twin of kernels/lattice/embed.wgsl, four points at a time, one a lane. What they have is written point by point. */
export function embed(
  features: usize,
  elevationFactors: usize,
  keys: usize,
  barycentric: usize,
  status: usize,
  coordinateRanks: usize,
  points: u32,
  imagePoints: u32,
  firstPoint: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  const rowBytes = (<usize>((dimensions + 3) & ~3)) << 2;
  const rankBytes = (<usize>((coordinates + 7) >> 3)) << 2;
  const keyBytes = (<usize>(dimensions / 2 + 1)) << 2;
  const firstEntry = <usize>firstPoint * <usize>coordinates;
  for (let first = begin; first < end; first += 4) {
    const lanes = min(end - first, 4);
    if (!embedFour(features + <usize>first * rowBytes, rowBytes, lanes, elevationFactors, 0, dimensions)) {
      report(status, firstPoint + first);
      continue;
    }
    for (let lane: u32 = 0; lane < lanes; lane++) {
      const point = first + lane;
      const column = scratch + ((<usize>lane) << 2);
      const entry = firstEntry + <usize>(point * coordinates);
      const ranks = writeWeights(column, barycentric + (entry << 2), dimensions);
      const toRanks = coordinateRanks + <usize>point * rankBytes;
      if (dimensions < 8) store<u32>(toRanks, load<u32>(ranks));
      else store<u64>(toRanks, load<u64>(ranks));
      const image = (point / imagePoints) << 4;
      let key = keys + entry * keyBytes;
      for (let r: u32 = 0; r <= dimensions; r++) {
        for (let i: u32 = 0; i < dimensions; i++) {
          const at = column + ((<usize>i) << 4);
          const down = u32(load<u32>(at, ranking) + r > dimensions);
          store<u16>(key + ((<usize>i) << 1), <u16>(load<u32>(at, nearest) + 32768 - down));
        }
        const tag = key + ((<usize>dimensions) << 1);
        if (dimensions & 1) store<u16>(tag, <u16>(image | r));
        else store<u32>(tag, image | r);
        key += keyBytes;
      }
    }
  }
}

/** Writes the weights of one point's vertices. @returns where the ranks of all coordinates are, four bits each */
// @ts-ignore: decorator
@inline
function writeWeights(column: usize, to: usize, dimensions: u32): usize {
  const passed = scratch + embedBytes;
  let ranks: u64 = 0;
  for (let i: u32 = 0; i <= dimensions; i++) {
    const at = column + ((<usize>i) << 4);
    const rank = load<u32>(at, ranking);
    store<f32>(passed + ((<usize>(dimensions - rank)) << 2), load<f32>(at, deltas));
    ranks |= (<u64>rank) << (<u64>(i << 2));
  }
  store<u64>(passed, ranks, 64);
  // A vertex has the δ of its own remainder, less the one of the remainder before.
  let before = load<f32>(passed);
  store<f32>(to, before + (<f32>1 - load<f32>(passed + ((<usize>dimensions) << 2))));
  for (let at: usize = 4; at <= (<usize>dimensions) << 2; at += 4) {
    const delta = load<f32>(passed + at);
    store<f32>(to + at, delta - before);
    before = delta;
  }
  return passed + 64;
}

/** The first of four points that is not finite, and the first of the others that is out of range. */
function report(status: usize, point: u32): void {
  const bad = ~i32x4.bitmask(v128.load(scratch, finiteMask)) & 15;
  const far = ~i32x4.bitmask(v128.load(scratch, withinMask)) & ~bad & 15;
  if (bad) keepFirst(status, point + ctz(bad));
  if (far) keepFirst(status + 4, point + ctz(far));
}
