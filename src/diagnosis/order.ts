/** Places of a map whose neighbors are looked at. */
const orderPlaces = 512;
/** A map of fewer rows or columns has too few neighbors to tell anything of its order. */
const leastExtent = 8;

/**
 * Neighbors along the columns and rows of a channels-first map differ by less than this share of the differences between
 * neighbors of a channels-last one if the map lies channels first. Of 56 score maps of DeepLab on photographs of VOC and COCO
 * (raw, resized, as logarithms, with noise) and 73 one-hot maps of VOC, CamVid and nuclei, those with channels last have 3.5
 * times the difference and more; of those with channels first, nearly all have less than 0.6 of it.
 */
const orderShare = 0.75;

/** `count` places from 0 to `end`, evenly spread. */
export const spread = (count: number, end: number): number[] =>
  Array.from({ length: Math.min(count, end) }, (_, i) => Math.floor(((i + 0.5) * end) / Math.min(count, end)));

/** `count` places below `end`, spread by the golden section, so that no period of the map is met. */
const scattered = (count: number, end: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(((i * 0.6180339887498949) % 1) * end));

/**
 * Places of a dense map in groups of five: a value, the next one, the one w values on, and the neighbors to the right and
 * below of the same channel, L and w·L on. None for maps that are too small to tell anything.
 */
export function groupPlaces(height: number, width: number, channels: number, rows = height * width): number[] {
  const last = rows * channels - width * channels;
  if (height < leastExtent || width < leastExtent || channels < 2 || last <= 0) return [];
  const offsets = [0, 1, width, channels, width * channels];
  return scattered(orderPlaces, last).flatMap((index) => offsets.map((offset) => index + offset));
}

/** Whether the values at `groupPlaces` say that neighbors are alike in both directions as those of planes are. */
export function liesChannelsFirst(groups: ArrayLike<number>): boolean {
  const [next, below, nextOfChannel, belowOfChannel] = differences(groups);
  return next < orderShare * nextOfChannel && below < orderShare * belowOfChannel;
}

/** Whether they say that neighbors are alike as those of a map with the channels last are. */
export function liesChannelsLast(groups: ArrayLike<number>): boolean {
  const [next, below, nextOfChannel, belowOfChannel] = differences(groups);
  return nextOfChannel < orderShare * next && belowOfChannel < orderShare * below;
}

/** Sums of differences between the first value of each group and the four others. */
function differences(groups: ArrayLike<number>): [number, number, number, number] {
  const sums: [number, number, number, number] = [0, 0, 0, 0];
  for (let at = 0; at < groups.length; at += 5) {
    for (let i = 0; i < 4; i++) sums[i]! += Math.abs(groups[at + 1 + i]! - groups[at]!);
  }
  return sums;
}
