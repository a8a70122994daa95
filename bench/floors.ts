import type { Floor } from "./floor.ts";
import { blur } from "./lattice/blur.bench.ts";
import { blurChains } from "./lattice/blur.chains.bench.ts";
import { chains } from "./lattice/chains.bench.ts";
import { chainsNeighbors } from "./lattice/chains.neighbors.bench.ts";
import { tapsPullback } from "./lattice/taps.pullback.bench.ts";
import { taps } from "./lattice/taps.bench.ts";
import { embed } from "./lattice/embed.bench.ts";
import { embedPullback } from "./lattice/embed.pullback.bench.ts";
import { featuresBilateral } from "./lattice/features.bilateral.bench.ts";
import { featuresPullback } from "./lattice/features.pullback.bench.ts";
import { featuresRanges } from "./lattice/features.ranges.bench.ts";
import { hashFind } from "./lattice/hash.find.bench.ts";
import { hashFollow } from "./lattice/hash.follow.bench.ts";
import { hashInsert } from "./lattice/hash.insert.bench.ts";
import { hashLookUp } from "./lattice/hash.lookUp.bench.ts";
import { hashMark } from "./lattice/hash.mark.bench.ts";
import { hashMove } from "./lattice/hash.move.bench.ts";
import { hashNumber } from "./lattice/hash.number.bench.ts";
import { incidenceEntries } from "./lattice/incidence.entries.bench.ts";
import { incidenceFill } from "./lattice/incidence.fill.bench.ts";
import { incidenceNormalize } from "./lattice/incidence.normalize.bench.ts";
import { incidenceCount } from "./lattice/incidence.count.bench.ts";
import { incidenceOffsets } from "./lattice/incidence.offsets.bench.ts";
import { incidenceTotals } from "./lattice/incidence.totals.bench.ts";
import { incidenceScatter } from "./lattice/incidence.scatter.bench.ts";
import { neighbors } from "./lattice/neighbors.bench.ts";
import { neighborsMerge } from "./lattice/neighbors.merge.bench.ts";
import { normalization } from "./lattice/normalization.bench.ts";
import { normalizationPullback } from "./lattice/normalization.pullback.bench.ts";
import { orderDigit } from "./lattice/order.digit.bench.ts";
import { orderPack } from "./lattice/order.pack.bench.ts";
import { orderPermute } from "./lattice/order.permute.bench.ts";
import { orderRanges } from "./lattice/order.ranges.bench.ts";
import { orderSlots } from "./lattice/order.slots.bench.ts";
import { planeMark } from "./lattice/plane.mark.bench.ts";
import { packedEmbed } from "./lattice/packed.embed.bench.ts";
import { planeEmbed } from "./lattice/plane.embed.bench.ts";
import { planeVertices } from "./lattice/plane.vertices.bench.ts";
import { slice } from "./lattice/slice.bench.ts";
import { sliceDots } from "./lattice/slice.dots.bench.ts";
import { sliceNormalize } from "./lattice/slice.normalize.bench.ts";
import { splat } from "./lattice/splat.bench.ts";
import { splatAdd } from "./lattice/splat.add.bench.ts";
import { splatBand } from "./lattice/splat.band.bench.ts";
import { splatNear } from "./lattice/splat.near.bench.ts";
import { change } from "./crf/change.bench.ts";
import { compatibility } from "./crf/compatibility.bench.ts";
import { compatibilityTranspose } from "./crf/compatibility.transpose.bench.ts";
import { compose } from "./crf/compose.bench.ts";
import { prune } from "./crf/prune.bench.ts";
import { prunePeaks } from "./crf/prune.peaks.bench.ts";
import { pruneScatter } from "./crf/prune.scatter.bench.ts";
import { softmax } from "./crf/softmax.bench.ts";
import { softmaxPullback } from "./crf/softmax.pullback.bench.ts";
import { update } from "./crf/update.bench.ts";
import { convolution } from "./nn/convolution.bench.ts";
import { patchesCollect } from "./nn/patches.collect.bench.ts";
import { convolutionPack } from "./nn/convolution.pack.bench.ts";
import { patchesFloor } from "./nn/patches.bench.ts";
import { convolutionTranspose } from "./nn/convolution.transpose.bench.ts";
import { product } from "./nn/product.bench.ts";
import { productBlocks } from "./nn/product.blocks.bench.ts";
import { winogradFold } from "./nn/winograd.fold.bench.ts";
import { winogradGradient } from "./nn/winograd.gradient.bench.ts";
import { winogradInput } from "./nn/winograd.input.bench.ts";
import { winogradOutput } from "./nn/winograd.output.bench.ts";
import { winogradWeights } from "./nn/winograd.weights.bench.ts";
import { halvesWiden } from "./nn/halves.widen.bench.ts";
import { confidence } from "./pictures/confidence.bench.ts";
import { unpack } from "./pictures/unpack.bench.ts";
import { columnSums } from "./shared/columnSums.bench.ts";
import { argmax } from "./nn/argmax.bench.ts";
import { crop } from "./nn/crop.bench.ts";
import { crossEntropy } from "./nn/crossEntropy.bench.ts";
import { crossEntropyPullback } from "./nn/crossEntropy.pullback.bench.ts";
import { dense } from "./nn/dense.bench.ts";
import { dropout } from "./nn/dropout.bench.ts";
import { logits } from "./nn/logits.bench.ts";
import { logitsPullback } from "./nn/logits.pullback.bench.ts";
import { maxPool2d } from "./nn/maxPool2d.bench.ts";
import { maxPool2dPullback } from "./nn/maxPool2d.pullback.bench.ts";
import { mean } from "./nn/mean.bench.ts";
import { meanPullback } from "./nn/mean.pullback.bench.ts";
import { multiply } from "./nn/multiply.bench.ts";
import { halvesNarrow } from "./nn/halves.narrow.bench.ts";
import { permute } from "./nn/permute.bench.ts";
import { relu } from "./nn/relu.bench.ts";
import { reluPullback } from "./nn/relu.pullback.bench.ts";
import { resize } from "./nn/resize.bench.ts";
import { resizePullback } from "./nn/resize.pullback.bench.ts";
import { scale } from "./nn/scale.bench.ts";
import { dice } from "./nn/dice.bench.ts";
import { dicePullback } from "./nn/dice.pullback.bench.ts";
import { diceShares } from "./nn/dice.shares.bench.ts";
import { tanh } from "./nn/tanh.bench.ts";
import { tanhPullback } from "./nn/tanh.pullback.bench.ts";
import { adam } from "./optim/adam.bench.ts";
import { clip } from "./optim/clip.bench.ts";
import { clipSquares } from "./optim/clip.squares.bench.ts";
import { sgd } from "./optim/sgd.bench.ts";
import { add } from "./shared/add.bench.ts";
import { channels } from "./shared/channels.bench.ts";
import { fill } from "./shared/fill.bench.ts";
import { finite } from "./shared/finite.bench.ts";
import { outerProducts } from "./shared/outerProducts.bench.ts";
import { sample } from "./shared/sample.bench.ts";
import { scanAdd } from "./shared/scan.add.bench.ts";
import { scanBlocks } from "./shared/scan.blocks.bench.ts";
import { sortCount } from "./shared/sort.count.bench.ts";
import { sortScatter } from "./shared/sort.scatter.bench.ts";

/** The floor of every kernel of the library. */
export const floors = [
  blur,
  blurChains,
  chains,
  chainsNeighbors,
  taps,
  tapsPullback,
  embed,
  embedPullback,
  featuresBilateral,
  featuresPullback,
  featuresRanges,
  hashFind,
  hashFollow,
  hashLookUp,
  hashInsert,
  hashMark,
  hashMove,
  hashNumber,
  incidenceEntries,
  incidenceFill,
  incidenceNormalize,
  incidenceCount,
  incidenceOffsets,
  incidenceScatter,
  incidenceTotals,
  neighbors,
  neighborsMerge,
  normalization,
  normalizationPullback,
  orderDigit,
  orderPack,
  orderPermute,
  orderRanges,
  orderSlots,
  packedEmbed,
  planeEmbed,
  planeMark,
  planeVertices,
  slice,
  sliceDots,
  sliceNormalize,
  splat,
  splatAdd,
  splatBand,
  splatNear,
  change,
  compatibility,
  compatibilityTranspose,
  compose,
  prune,
  prunePeaks,
  pruneScatter,
  softmax,
  softmaxPullback,
  update,
  convolution,
  patchesCollect,
  convolutionPack,
  patchesFloor,
  convolutionTranspose,
  product,
  productBlocks,
  winogradFold,
  winogradGradient,
  winogradInput,
  winogradOutput,
  winogradWeights,
  halvesWiden,
  confidence,
  unpack,
  columnSums,
  argmax,
  crop,
  crossEntropy,
  crossEntropyPullback,
  dense,
  dropout,
  logits,
  logitsPullback,
  maxPool2d,
  maxPool2dPullback,
  mean,
  meanPullback,
  multiply,
  halvesNarrow,
  permute,
  relu,
  reluPullback,
  resize,
  resizePullback,
  scale,
  dice,
  dicePullback,
  diceShares,
  tanh,
  tanhPullback,
  adam,
  clip,
  clipSquares,
  sgd,
  add,
  channels,
  fill,
  finite,
  outerProducts,
  sample,
  scanAdd,
  scanBlocks,
  sortCount,
  sortScatter,
] as unknown as readonly Floor<object>[];
