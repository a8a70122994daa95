import { scratch } from "../shared/scratch";
import { deltas, embedBytes, embedFour, nearest, ranking } from "./embed.four";

const probeLimit: u32 = 256;
/** How often a number is looked for that another thread is about to give: a second and more. */
const mostPatience: u32 = 1 << 30;
/**
 * How many points have their vertices looked up at a time: enough loads at once to hide the latency of the table's memory, and few
 * enough to stay in the nearest cache.
 */
const blockPoints: u32 = 16;
/** What is in scratch memory behind what embedFour has: what moving each coordinate adds to a key, by coordinate and by remainder. */
const ones: usize = embedBytes;
const steps: usize = ones + 128;
/** δ by remainder. */
const passed: usize = steps + 128;
/** The keys of four points' vertices of remainder 0. */
const bases: usize = passed + 64;
/** Of the entries of a block, 256 at the most: keys, addresses of slots, and those that are not where they were looked for first. */
const keys: usize = bases + 32;
const places: usize = keys + 2048;
const left: usize = places + 1024;

/** Twin of kernels/lattice/packed.embed.wgsl, four points at a time, one a lane, and then the entries of a block. */
export function packedEmbed(
  features: usize,
  elevation: usize,
  fields: usize,
  coordinateRanks: usize,
  simplices: usize,
  table: usize,
  packedKeys: usize,
  status: usize,
  points: u32,
  imagePoints: u32,
  slotMask: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const base = scratch;
  const rowBytes = (<usize>((dimensions + 3) & ~3)) << 2;
  const pointBytes = (<usize>(dimensions + 1)) << 3;
  const reaches = elevation + ((<usize>dimensions) << 2);
  let origin: u64 = 0;
  for (let i: u32 = 0; i < dimensions; i++) {
    const field = fields + ((<usize>i) << 3);
    const shift = <u64>load<u32>(field, 4);
    origin += (<u64>(load<i32>(field) + 32768)) << shift;
    store<u64>(base + ((<usize>i) << 3), (<u64>1) << shift, ones);
  }
  store<u64>(base + ((<usize>dimensions) << 3), 0, ones);
  const imageShift = <u64>load<u32>(fields + pointBytes, 4);
  let image = (<u64>(begin / imagePoints)) << imageShift;
  // The first point of the next image.
  let nextImage = (begin / imagePoints + 1) * imagePoints;
  for (let block = begin; block < end; block += blockPoints) {
    if (atomic.load<u32>(status + 8)) return;
    const blockEnd = min(block + blockPoints, end);
    const first = simplices + <usize>block * pointBytes;
    let key = base;
    for (let point = block; point < blockEnd; point += 4) {
      const lanes = min(blockEnd - point, 4);
      embedFour(features + <usize>point * rowBytes, rowBytes, lanes, elevation, reaches, dimensions);
      baseKeys(base, fields, origin, dimensions);
      for (let lane: u32 = 0; lane < lanes; lane++) {
        if (point + lane == nextImage) {
          image += (<u64>1) << imageShift;
          nextImage += imagePoints;
        }
        const to = simplices + <usize>(point + lane) * pointBytes;
        const ranks = keysAndWeights(base, key, to, (<usize>lane) << 2, image, dimensions);
        if (dimensions < 8) store<u32>(coordinateRanks + ((<usize>(point + lane)) << 2), <u32>ranks);
        else store<u64>(coordinateRanks + ((<usize>(point + lane)) << 3), ranks);
        key += pointBytes;
      }
    }
    if (!number(key, first, table, slotMask, packedKeys, status)) return;
  }
}

// @ts-ignore: decorator
@inline
function baseKeys(base: usize, fields: usize, origin: u64, dimensions: u32): void {
  let low = i64x2.splat(origin);
  let high = low;
  for (let i: u32 = 0; i < dimensions; i++) {
    const n = v128.load(base + ((<usize>i) << 4), nearest);
    const shift = load<i32>(fields + ((<usize>i) << 3), 4);
    low = i64x2.add(low, i64x2.shl(i64x2.extend_low_i32x4_s(n), shift));
    high = i64x2.add(high, i64x2.shl(i64x2.extend_high_i32x4_s(n), shift));
  }
  v128.store(base, low, bases);
  v128.store(base, high, bases + 16);
}

/** Writes the keys and the weights of one point's vertices. @returns the ranks of all coordinates, four bits each */
// @ts-ignore: decorator
@inline
function keysAndWeights(base: usize, key: usize, to: usize, lane: usize, image: u64, dimensions: u32): u64 {
  let ranks: u64 = 0;
  for (let i: u32 = 0; i <= dimensions; i++) {
    const column = base + ((<usize>i) << 4) + lane;
    const rank = load<u32>(column, ranking);
    const remainder = <usize>(dimensions - rank);
    store<u64>(base + (remainder << 3), load<u64>(base + ((<usize>i) << 3), ones), steps);
    store<f32>(base + (remainder << 2), load<f32>(column, deltas), passed);
    ranks |= (<u64>rank) << (<u64>(i << 2));
  }
  let packed = load<u64>(base + (lane << 1), bases) + image;
  let before = load<f32>(base, passed);
  store<u64>(key, packed, keys);
  store<f32>(to, before + (<f32>1 - load<f32>(base + ((<usize>dimensions) << 2), passed)), 4);
  for (let r: u32 = 1; r <= dimensions; r++) {
    const delta = load<f32>(base + ((<usize>r) << 2), passed);
    // The coordinate that has the highest rank of those left goes down by one.
    packed += 1 - load<u64>(base + ((<usize>(r - 1)) << 3), steps);
    store<u64>(key + ((<usize>r) << 3), packed, keys);
    store<f32>(to + ((<usize>r) << 3), delta - before, 4);
    before = delta;
  }
  return ranks;
}

// @ts-ignore: decorator
@inline
function slotOf(key: u64, shift: u64): usize {
  return (<usize>(((key ^ (key >> 32)) * 0x9e3779b97f4a7c15) >> shift)) << 4;
}

/**
 * Writes the numbers of the vertices that a block's keys are of, and gives those a number that have none yet. False if there was no
 * place for one. All but the second loop have no branch to mispredict, so that cache misses overlap.
 */
function number(end: usize, first: usize, table: usize, slotMask: u32, packedKeys: usize, status: usize): bool {
  const base = scratch;
  const shift = 64 - <u64>popcnt(slotMask);
  let leftEnd = base;
  for (let at = base; at < end; at += 8) {
    const key = load<u64>(at, keys);
    const place = table + slotOf(key, shift);
    store<u32>(base + ((at - base) >> 1), <u32>place, places);
    store<u32>(leftEnd, <u32>(at - base), left);
    leftEnd += (<usize>(atomic.load<u64>(place) != key)) << 2;
  }
  let room = true;
  let fresh = base;
  for (let at = base; at < leftEnd; at += 4) {
    const entry = <usize>load<u32>(at, left);
    const key = load<u64>(base + entry, keys);
    const own = base + (entry >> 1);
    let slot = <usize>load<u32>(own, places) - table;
    let probes: u32 = 0;
    for (; probes < probeLimit; probes++) {
      let held = atomic.load<u64>(table + slot);
      if (held == 0) {
        held = atomic.cmpxchg<u64>(table + slot, 0, key);
        if (held == 0) {
          store<u32>(fresh, <u32>entry, left);
          fresh += 4;
          break;
        }
      }
      if (held == key) break;
      slot = (slot + 16) & ((<usize>slotMask) << 4);
    }
    if (probes == probeLimit) {
      room = false;
      break;
    }
    store<u32>(own, <u32>(table + slot), places);
  }
  // Numbers that others wait for are given before any is waited for.
  if (fresh > base) {
    let vertex = atomic.add<u32>(status + 12, <u32>((fresh - base) >> 2));
    for (let at = base; at < fresh; at += 4) {
      const entry = <usize>load<u32>(at, left);
      store<u64>(packedKeys + ((<usize>vertex) << 3), load<u64>(base + entry, keys));
      vertex++;
      atomic.store<u32>(<usize>load<u32>(base + (entry >> 1), places), vertex, 8);
    }
  }
  const count = room ? (end - base) >> 1 : 0;
  for (let at: usize = 0; at < count; at += 4) {
    const place = <usize>load<u32>(base + at, places);
    let vertex = atomic.load<u32>(place, 8);
    // A thread that has died gives no numbers any more.
    for (let patience = mostPatience; vertex == 0 && patience > 0; patience--) vertex = atomic.load<u32>(place, 8);
    if (vertex == 0) room = false;
    store<u32>(first + (at << 1), vertex - 1);
  }
  if (!room) atomic.store<u32>(status + 8, 1);
  return room;
}
