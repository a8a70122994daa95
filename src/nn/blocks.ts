/**
 * Long sums are cut into blocks, so that a GPU has enough to do at once and no invocation adds up for long. How they are cut
 * depends on nothing but the sizes of a convolution: the bits are the same on every adapter, whatever memory it has.
 */
import type { Device } from "../device/device.ts";

/** Rows and columns of a workgroup's tile of a product, in panels: see product.tiled.wgsl. */
const [tileRowPanels, tileColumnPanels] = [16, 8];

/** Returns how many workgroups compute a matrix of so many row panels and column panels, each all terms of its sums. */
export const tilesOf = (rowPanels: number, columnPanels: number): number =>
  Math.ceil(rowPanels / tileRowPanels) * Math.ceil(columnPanels / tileColumnPanels);

/** Two workgroups for each of the 132 multiprocessors of a large GPU. */
const fewestTiles = 264;
/** Terms that one invocation adds up, at the most: 512 chunks of eight. */
const mostTerms = 4096;
/** Sums of no more terms than this, 64 chunks, take no time worth saving. */
const shortSum = 512;

/** Tells whether `tiles` workgroups with sums of so many terms would leave a GPU idle for long. */
export const worthBlocks = (terms: number, tiles: number): boolean =>
  terms > mostTerms || (terms > shortSum && tiles < fewestTiles);

/** So many workgroups fill a GPU even where only a quarter of them is queued at once. */
const wantedTiles = 4 * fewestTiles;
/** The fewest terms of a block. For each of them a sum is written and read, which costs as much as a few dozen terms. */
const fewestTerms = 256;

/**
 * Returns in how many blocks of equal length, a multiple of four, the sums of a product are cut that has `tiles` workgroups
 * without blocks.
 */
export function blocksOf(terms: number, tiles: number): number {
  const wanted = Math.max(wantedTiles / tiles, terms / mostTerms);
  let blocks = 1;
  for (let next = 1; blocks < wanted && next * fewestTerms <= terms; next++)
    if (terms % (4 * next) === 0) blocks = next;
  return blocks;
}

/** The most terms of a block that consists of several rows of pixels, or of tiles of minimal filtering. */
const rowTerms = 512;

/** A block of a weight gradient's sums: whole rows of an image, or all images of a batch. */
export interface Block {
  readonly terms: number;
  readonly rows: number;
  /** Whether no block has terms of two images, so that it is the same block where a binding holds no more than one. */
  readonly apart: boolean;
}

/** Returns the blocks of a weight gradient's sums over `images` of `rows` by `columns` terms. */
export function blockOf(images: number, rows: number, columns: number): Block {
  if (images * rows * columns <= rowTerms) return { terms: images * rows * columns, rows, apart: false };
  const together = Math.min(rows, Math.max(1, Math.floor(rowTerms / columns)));
  return { terms: together * columns, rows: together, apart: images > 1 };
}

/**
 * Bytes of scratch memory for what is computed at a time: transformed tiles, patches, products. On processors they should
 * fit into the caches (on WASM 1 MiB costs a tenth to a quarter more time, and 8 MiB save nothing). With 512 channels 4
 * MiB hold 64 tiles, for which the product has 16,384 invocations. A GPU runs about a hundred thousand at once, and 192
 * MiB hold 3072 tiles (by calculation; no GPU was available. By the model FCN-8s at 500×500 takes 7.03 ms on an H100 with
 * 128 MiB, 6.96 with 192 and 6.98 with 256).
 */
export const scratchBytes = ({ info }: Device): number => (info.hardware ? 3 * 2 ** 26 : 2 ** 22);

/**
 * The same where maps are stored as halves to save memory: a quarter, which gives a GPU 512 tiles of 512 channels, or 1024
 * workgroups, and stays in the last cache of most.
 */
export const scarceBytes = (device: Device): number => Math.min(scratchBytes(device), 2 ** 25);

/**
 * Returns how many of `count` equal things are computed at a time, at least one, so that they fit scratch memory and the
 * largest table of each a binding, and so that the last time has about as many as the others.
 */
export function atATime(device: Device, count: number, tables: readonly number[], room = scratchBytes(device)): number {
  const bytes = tables.reduce((sum, one) => sum + one);
  const fitting = Math.min(room / bytes, device.limits.bindingBytes / Math.max(...tables));
  return Math.ceil(count / Math.ceil(count / Math.max(1, Math.floor(fitting))));
}
