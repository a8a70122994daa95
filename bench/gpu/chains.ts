import { kernelForms } from "../../src/nn/tune.ts";
import { panelWidth } from "../../src/layout.ts";
import { quadsOf } from "../../src/shape.ts";
import type { Wait } from "./adapters.ts";

/** Numbers among the arguments of a dispatch, and of what only the data tell. */
export type Numbers = Readonly<Record<string, number>>;

/** The longest chain of dependent iterations that one invocation of a dispatch walks. */
export interface Chain {
  readonly iterations: number;
  readonly wait: Wait;
}

type ChainOf = (args: Numbers, longestList: number) => Chain;

const loads =
  (iterations: (args: Numbers) => number): ChainOf =>
  (args) => ({ iterations: iterations(args), wait: "load" });
const gathers =
  (iterations: (args: Numbers) => number): ChainOf =>
  (args) => ({ iterations: iterations(args), wait: "gather" });

const termsOf = ({ termRows, termColumns }: Numbers): number => termRows! * termColumns!;

/** Taps that reach a pixel: every inputDilation-th on each axis. */
const tapsOf = ({ kernelHeight, kernelWidth, inputDilation }: Numbers): number =>
  Math.ceil(kernelHeight! / inputDilation!) * Math.ceil(kernelWidth! / inputDilation!);
/** Pairs of a block of an incidence list, as kernels/lattice/incidence.wgsl says. */
const listBlock = 64;
const channelQuads = ({ channels }: Numbers): number => quadsOf(channels!);

/**
 * The chain of every kernel and form that has a loop whose length depends on its arguments. Where a kernel has several in a
 * row they are added up.
 */
export const chains: Readonly<Record<string, ChainOf>> = {
  product: (args) => ({ iterations: termsOf(args), wait: "term" }),
  productTiled: (args) => ({ iterations: Math.ceil(termsOf(args) / 8), wait: "chunk" }),
  productSmall: (args) => ({ iterations: Math.ceil(termsOf(args) / 8), wait: "chunk" }),
  productSubgroup: (args) => ({ iterations: Math.ceil(termsOf(args) / 2), wait: "term" }),
  convolution: (args) => ({ iterations: tapsOf(args) * channelQuads(args), wait: "term" }),
  convolutionTiled: (args) => ({ iterations: Math.ceil((tapsOf(args) * channelQuads(args)) / 2), wait: "chunk" }),
  convolutionSmall: (args) => ({ iterations: Math.ceil((tapsOf(args) * channelQuads(args)) / 2), wait: "chunk" }),
  productBlocks: loads(({ count }) => count!),
  patchesCollect: loads((args) => args.blocks! * tapsOf(args)),
  columnSums: loads(({ rows, blockRows }) => Math.min(rows!, blockRows!)),
  outerProducts: loads(({ rows, blockRows }) => Math.min(rows!, blockRows!)),
  clipSquares: loads(({ count }) => Math.min(count!, 64)),
  // Blocks of at most 64 pairs, and of as many sums of blocks; four are loaded at a time.
  splat: (_, longestList) => ({ iterations: Math.ceil(Math.min(longestList, listBlock) / 4), wait: "gather" }),
  splatAdd: (_, longestList) => ({
    iterations: Math.ceil(Math.min(longestList, listBlock ** 2) / listBlock / 4),
    wait: "load",
  }),
  // A band's whole part of a list, as long as the list at most.
  splatBand: (_, longestList) => ({ iterations: Math.ceil(longestList / 4), wait: "gather" }),
  update: gathers(({ dimensions, diagonal, channels }) => 3 + dimensions! + 1 + (diagonal! ? 0 : channels!)),
  slice: gathers(({ dimensions }) => dimensions! + 1),
  softmax: loads((args) => 3 * channelQuads(args)),
  softmaxPullback: loads((args) => 2 * channelQuads(args)),
  change: loads(({ rows, channels, blockRows }) => Math.min(rows!, blockRows!) * channels!),
  prune: loads((args) => Math.ceil((args.kept! + args.rest!) / 4) + 2 * channelQuads(args)),
  prunePeaks: loads((args) => 2 * Math.min(args.rows!, args.blockRows!) * channelQuads(args)),
  compatibility: loads(({ channels }) => channels!),
  compose: loads(({ channels }) => channels!),
  crossEntropy: loads((args) => 2 * channelQuads(args)),
  crossEntropyPullback: loads((args) => 3 * channelQuads(args)),
  diceShares: loads((args) => 2 * channelQuads(args)),
  dicePullback: loads((args) => 3 * channelQuads(args)),
  confidence: loads((args) => 2 * channelQuads(args)),
  argmax: loads(({ channels }) => channels!),
  sliceDots: loads(({ quads }) => quads!),
  sortCount: loads(({ blockSize }) => blockSize! / 64),
  sortScatter: loads(({ blockSize }) => 64 + blockSize! / 32),
  // Vertices without an entry, of which there are few, in front of an entry's own.
  incidenceFill: loads(() => 1),
  compatibilityTranspose: loads(({ channels }) => quadsOf(channels!) * 4),
  convolutionTranspose: loads(() => 2),
  resizePullback: loads(
    ({ height, width, valueHeight, valueWidth }) =>
      Math.ceil((2 * height!) / valueHeight!) * Math.ceil((2 * width!) / valueWidth!),
  ),
  arithmetic: loads(({ rounds }) => rounds!),
};

/** A kernel whose loops have a fixed length is one iteration long. */
export const chainOf = (id: string, args: Numbers, longestList = 1): Chain =>
  chains[id]?.(args, longestList) ?? { iterations: 1, wait: "load" };

/** How many times as many sums a form computes as are wanted, those in partly filled tiles included. */
export function paddingOf(id: string, args: Numbers): number {
  for (const { usual, others } of kernelForms) {
    const form = [usual, ...others].find(({ kernel }) => kernel.id === id);
    if (form) return form.sums(args) / wantedSums(usual.kernel.id, args);
  }
  return 1;
}

function wantedSums(kernel: string, args: Numbers): number {
  const { columnPanels, batch, rowPanels, images, resultHeight, resultWidth, panels } = args;
  if (kernel === "product") return columnPanels! * panelWidth * batch! * rowPanels! * 4;
  return images! * resultHeight! * resultWidth! * panels! * panelWidth;
}
