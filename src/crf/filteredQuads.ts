import type { Normalization } from "../lattice/normalization.ts";
import { quadsOf } from "../shape.ts";
import type { Activation } from "./activation.ts";

/** The quads of a row that WASM has in registers at a time: see assembly/shared/quads.ts. */
const widest = 6;

/**
 * How many quads of marginals a fused update needs filtered. Marginals of a softmax add up to 1, and filters that are normalized `after` make 1 of ones,
 * so that what they make of the last channel follows from the others: where it has a quad to itself, as of 5, 9, … 25 classes, that quad is left
 * out. (Ten iterations of 21 classes take 0.9 of the time, of 5 classes 0.7.)
 */
export function filteredQuads(
  channels: number,
  { activation, normalization }: { readonly activation: Activation; readonly normalization: Normalization },
): number {
  const quads = quadsOf(channels);
  const follows = activation === "softmax" && normalization === "after" && channels % 4 === 1;
  return follows && quads > 1 && quads <= widest + 1 ? quads - 1 : quads;
}
