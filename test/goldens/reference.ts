import type { Weight } from "../../src/crf/parameters.ts";
import { activation, lattices, referenceCrf } from "../reference/crf.ts";
import { type ReferenceLattice, referenceFilter, referenceLattice } from "../reference/lattice.ts";
import type { Implementation, Rows } from "./implementation.ts";

const build = ({ data, channels }: Rows): ReferenceLattice => referenceLattice(data, channels);

function diagonal(values: readonly number[]): number[] {
  return values.flatMap((value, row) => values.map((_, column) => (row === column ? value : 0)));
}

/** A number, one a class or a full matrix, as a full matrix. */
export function fullMatrix(weight: Weight, classes: number): number[] {
  if (typeof weight === "number") return diagonal(new Array<number>(classes).fill(weight));
  return weight.length === classes ? diagonal(Array.from(weight)) : Array.from(weight);
}

/** The float64 reference in the place of a device: validates the reference by the goldens, and the goldens by it. */
export const reference: Implementation = {
  vertices: async (features) => build(features).keys.length,
  tables: async (features) => build(features),
  filter: async (features, { data, channels }, options) => referenceFilter(build(features), data, channels, options),
  async infer(inference, output) {
    const { size, logits, guide, spatial, bilateral, compatibility, iterations, normalization } = inference;
    const { position, color } = bilateral;
    const classes = logits.channels;
    const constant = (weight: Weight) => {
      const matrix = fullMatrix(weight, classes);
      return () => matrix;
    };
    const x = referenceCrf({
      ...lattices(size, guide.data, guide.channels, { position, color, spatial: spatial.position }),
      unary: logits.data,
      classes,
      spatialWeight: constant(spatial.weight),
      bilateralWeight: constant(bilateral.weight),
      compatibility: constant(compatibility === "potts" ? -1 : compatibility),
      iterations,
      normalization,
    });
    return output === "logits" ? x : activation(x, classes);
  },
};
