import { bilateralFeatures, spatialFeatures } from "../../lattice/features.ts";
import type { Pruned } from "../../crf/prune.ts";
import { buildLattice } from "../../lattice/lattice.ts";
import { padded } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import type { BandFacts } from "./bands.ts";
import { describeNotes, type FileNote } from "../notes.ts";

/** θα, θβ and θγ as the library takes them. */
export interface Bandwidths {
  readonly bilateral: { readonly position: number; readonly color: number };
  readonly spatial: { readonly position: number };
}

/** The sizes of the lattices, and an estimate of the bytes that an inference with them takes. */
export interface LatticeFacts {
  readonly vertices: { readonly spatial: number; readonly bilateral: number };
  readonly bytes: number;
}

/**
 * Builds the lattices, and adds to what they take the maps of an iteration: logits, marginals, two filters' results.
 * `guide` is [height, width, 3].
 */
export async function measureLattices(
  guide: Tensor,
  { bilateral, spatial }: Bandwidths,
  classes: number,
): Promise<LatticeFacts> {
  const [height, width] = guide.shape as [number, number];
  const { position, color } = bilateral; // They come with their weights, which features do not take.
  using spatialLattice = await buildLattice(
    spatialFeatures(guide.device, [height, width], { position: spatial.position }),
  );
  using bilateralLattice = await buildLattice(bilateralFeatures(guide, { position, color }));
  const vertices = { spatial: spatialLattice.vertices, bilateral: bilateralLattice.vertices };
  const rows = 4 * height * width + 2 * Math.max(vertices.spatial, vertices.bilateral);
  return { vertices, bytes: guide.device.peakBytes + 4 * padded(classes) * rows };
}

/** The inputs of a refinement and the files to which its results are written. */
export type RefinePlan = Readonly<Record<"height" | "width" | "classes" | "iterations", number>> & {
  readonly image: string;
  readonly adapter: string;
  readonly outputs: readonly string[];
};

const linesOf = (notes: readonly FileNote[]): string =>
  describeNotes(notes)
    .map((line) => `${line}\n`)
    .join("");

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** One sentence for `--dry-run`, after what is to be noted. */
export function describePlan(plan: RefinePlan, facts: LatticeFacts | BandFacts, notes: readonly FileNote[]): string {
  const way = "vertices" in facts ? describeWhole(facts, plan) : describeBands(facts, plan);
  return (
    `${linesOf(notes)}${plan.image}: ${plan.height}×${plan.width} pixels, ${plan.classes} classes, ${plan.iterations} iterations ${way}; ` +
    `would write ${plan.outputs.join(", ") || "nothing"}`
  );
}

const describeWhole = ({ vertices, bytes }: LatticeFacts, { adapter }: RefinePlan): string =>
  `over ${vertices.spatial} spatial and ${vertices.bilateral} bilateral vertices on ${adapter}, about ${mebibytes(bytes)}`;

const describeBands = ({ rows, blocks, passes, ...facts }: BandFacts, { adapter }: RefinePlan): string =>
  `by bands of ${rows} rows on ${adapter}, ${passes} times over the picture` +
  `${blocks > 1 ? `, the classes in ${blocks} parts` : ""}, at most about ${mebibytes(facts.deviceBytes)} there` +
  `${facts.hostBytes > 0 ? ` and ${mebibytes(facts.hostBytes)} here` : ""}, about ${Math.ceil(facts.seconds)} s`;

/** One sentence for what was done, after what is to be noted. */
export function describe(
  facts: RefinePlan & { readonly changedPixels: number; readonly milliseconds: number; readonly pruned?: Pruned },
  notes: readonly FileNote[],
): string {
  const share = (100 * facts.changedPixels) / (facts.height * facts.width);
  return (
    `${linesOf(notes)}${facts.outputs.join(", ")}: ${facts.height}×${facts.width} pixels, ${facts.classes} classes; ` +
    `${share.toFixed(1)} % of the labels changed in ${facts.iterations} iterations, ` +
    describePruned(facts.pruned) +
    `${(facts.milliseconds / 1000).toFixed(2)} s on ${facts.adapter}`
  );
}

/** What was left out of the filters, and how far off that makes logits at most. */
function describePruned(pruned: Pruned | undefined): string {
  if (!pruned) return "";
  const { classes, bound } = pruned;
  if (classes.length === 0) return "no class left out, ";
  const most = bound.toPrecision(2);
  if (classes.length === 1) return `class ${classes[0]} left out, which changes no logit by more than ${most}, `;
  const some = classes.length > 8 ? `${classes.length} classes` : `the classes ${classes.join(", ")}`;
  return `${some} left out, which changes no logit by more than ${most}, `;
}
