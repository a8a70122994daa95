import { sliceFactor } from "../src/lattice/slice.ts";
import { type CrfOptions, crfRnn } from "../src/crf/crfRnn.ts";
import { readTogether } from "../src/device/readTogether.ts";
import { KnownMatrices } from "../src/crf/knownMatrices.ts";
import { iterate } from "../src/crf/messagePassing.ts";
import { Workspace } from "../src/device/workspace.ts";
import type { Lattice } from "../src/lattice/lattice.ts";
import type { Tensor } from "../src/tensor.ts";

/** Mean-field iterations over lattices that are already built, to be run any number of times. */
export interface Iterations extends Disposable {
  run(count: number): Promise<void>;
}

interface Maps {
  readonly unary: Tensor;
  readonly spatial: Lattice;
  readonly bilateral: Lattice;
}

/** Prepares what the layer of src/crf/crfRnn.ts prepares for its iterations. */
export async function prepareIterations(maps: Maps, options: CrfOptions): Promise<Iterations> {
  const { device } = maps.unary;
  const layer = crfRnn(device, options);
  const workspace = new Workspace(device);
  const known = new KnownMatrices(layer.parameters, 1);
  const { update, ...held } = known.take(workspace, await readTogether(device, known.unread), {
    spatialFactor: sliceFactor(2),
    bilateralFactor: sliceFactor(maps.bilateral.dimensions),
  });
  return {
    async run(iterations) {
      const settings = { sets: 1, iterations, normalization: "after", activation: "softmax", output: "none" } as const;
      (await iterate({ ...maps, ...settings, parameters: layer.parameters, update, turn: async () => {} })).dispose();
    },
    [Symbol.dispose]() {
      held[Symbol.dispose]();
      known.dispose();
      workspace[Symbol.dispose]();
      layer.dispose();
    },
  };
}
