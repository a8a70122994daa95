import { crfRnn } from "../src/crf/crfRnn.ts";
import { filter } from "../src/lattice/filter.ts";
import type { Lattice } from "../src/lattice/lattice.ts";
import { filterTables } from "../src/lattice/normalization.ts";
import { argmax } from "../src/nn/argmax.ts";
import { quadsOf } from "../src/shape.ts";
import { Tape } from "../src/tape.ts";
import type { Tensor } from "../src/tensor.ts";
import type { Composite, Prepared } from "./composite.ts";
import { layerComposites } from "./nn/layers.ts";
import { type Bandwidths, crfOptions, type Matrices, paper, type Workload } from "./workload.ts";

const broad: Bandwidths = { position: 80, color: 13 };

export const composites: readonly Composite[] = [
  buildBilateral("build bilateral 160/3", paper.bilateral),
  filterBilateral("filter bilateral 160/3", paper.bilateral),
  {
    name: "build spatial 3",
    prepare: async (workload) => build(workload.spatialFeatures(), () => workload.buildSpatial()),
  },
  { name: "filter spatial 3", prepare: async (workload) => filterBy(workload, await workload.spatial()) },
  setUp("set up 160/3 and 3", paper.bilateral),
  iterate("ten iterations 160/3", "potts", paper.bilateral),
  iterate("ten iterations 160/3, full matrices", "full", paper.bilateral),
  buildBilateral("build bilateral 80/13", broad),
  filterBilateral("filter bilateral 80/13", broad),
  iterate("ten iterations 80/13", "potts", broad),
  { name: "refine, five iterations, from image and logits to labels", prepare: refine },
  { name: "learn, five iterations, forward and back to unary and matrices", prepare: (work) => learn(work, false) },
  { name: "learn, the same and bandwidths", prepare: (work) => learn(work, true) },
  ...layerComposites,
];

function buildBilateral(name: string, bandwidths: Bandwidths): Composite {
  return {
    name,
    prepare: async (workload) =>
      build(workload.bilateralFeatures(bandwidths), () => workload.buildBilateral(bandwidths)),
  };
}

async function build(features: Tensor, make: () => Promise<Lattice>): Promise<Prepared> {
  using lattice = await make();
  return {
    run: async () => (await make()).dispose(),
    bytesInPlay: features.storage.bytes + latticeBytes(lattice),
  };
}

function filterBilateral(name: string, bandwidths: Bandwidths): Composite {
  return { name, prepare: async (workload) => filterBy(workload, await workload.bilateral(bandwidths)) };
}

function filterBy({ unary }: Workload, lattice: Lattice): Prepared {
  return {
    run: async () => filter(unary, lattice).dispose(),
    bytesInPlay: 2 * unary.storage.bytes + latticeBytes(lattice) + vertexBytes(lattice, unary.channels),
  };
}

/** Both lattices and their normalization. */
function setUp(name: string, bandwidths: Bandwidths): Composite {
  const make = async (workload: Workload): Promise<number> => {
    using spatial = await workload.buildSpatial();
    using bilateral = await workload.buildBilateral(bandwidths);
    for (const lattice of [spatial, bilateral]) filterTables(lattice, "after", false);
    return latticeBytes(spatial) + latticeBytes(bilateral);
  };
  return {
    name,
    async prepare(workload) {
      const features = [workload.spatialFeatures(), workload.bilateralFeatures(bandwidths)];
      const bytesInPlay = features.reduce((sum, { storage }) => sum + storage.bytes, await make(workload));
      return { run: async () => void (await make(workload)), bytesInPlay };
    },
  };
}

function iterate(name: string, matrices: Matrices, bandwidths: Bandwidths): Composite {
  return {
    name,
    async prepare(workload) {
      const iterations = await workload.iterations(matrices, bandwidths);
      return {
        run: async () => iterations.run(10),
        bytesInPlay: inferenceBytes(workload, await workload.spatial(), await workload.bilateral(bandwidths)),
        dispose: () => iterations[Symbol.dispose](),
      };
    },
  };
}

async function refine(workload: Workload): Promise<Prepared> {
  const { device, scene, classes } = workload;
  const { height, width, guide, unary } = scene;
  let bytesInPlay: number;
  {
    using spatial = await workload.buildSpatial();
    using bilateral = await workload.buildBilateral();
    bytesInPlay = workload.guide.storage.bytes + inferenceBytes(workload, spatial, bilateral);
  }
  workload[Symbol.dispose](); // a user begins with nothing on the device
  return {
    async run() {
      using scope = device.scope();
      using layer = crfRnn(device, { ...crfOptions(classes, "potts"), iterations: 5 });
      const refined = await layer(
        scope.tensor([height, width, classes], unary),
        scope.tensor([height, width, 3], guide),
      );
      await argmax(refined);
    },
    bytesInPlay,
  };
}

/** Lattices, forward pass and gradients of a layer with full matrices; the gradient of its logits is the unary itself. */
async function learn(workload: Workload, bandwidths: boolean): Promise<Prepared> {
  const { device, unary, guide, classes } = workload;
  const iterations = 5;
  const layer = crfRnn(device, { ...crfOptions(classes, "full"), iterations, learn: { bandwidths } });
  using spatial = await workload.buildSpatial();
  using bilateral = await workload.buildBilateral();
  // Besides those of inference: of each iteration its marginals and what its matrices are multiplied with, rows of both filtered maps or, where
  // they are fewer, of vertices; and of the unary's gradient a sum and a summand.
  const onVertices = !bandwidths && spatial.vertices + bilateral.vertices <= 2 * unary.rows;
  const multiplied = onVertices
    ? vertexBytes(spatial, classes) + vertexBytes(bilateral, classes)
    : 2 * unary.storage.bytes;
  const kept = iterations * (unary.storage.bytes + multiplied) + 2 * unary.storage.bytes;
  return {
    async run() {
      using scope = device.scope();
      const tape = new Tape([unary, ...Object.values(layer.parameters)]);
      const refined = scope.add(await layer(unary, guide));
      await tape.gradients(refined, unary);
    },
    bytesInPlay: inferenceBytes(workload, spatial, bilateral) + kept,
    dispose: () => layer.dispose(),
  };
}

/** The bytes of unary and result, of both lattices, and of both lattices' vertex values. */
function inferenceBytes({ unary }: Workload, spatial: Lattice, bilateral: Lattice): number {
  const lattices = [spatial, bilateral].map((lattice) => latticeBytes(lattice) + vertexBytes(lattice, unary.channels));
  return 2 * unary.storage.bytes + lattices[0]! + lattices[1]!;
}

/** The bytes of a lattice's tables. */
function latticeBytes({ parts }: Lattice): number {
  const { incidence, ...tables } = parts;
  return [...Object.values(incidence), ...Object.values(tables)].reduce((sum, table) => sum + (table?.bytes ?? 0), 0);
}

/** The bytes of one table of vertex values. */
const vertexBytes = ({ vertices }: Lattice, channels: number): number => (vertices + 1) * quadsOf(channels) * 16;
