import type { CrfOptions } from "../src/crf/crfRnn.ts";
import type { Device } from "../src/device/device.ts";
import { bilateralFeatures, spatialFeatures } from "../src/lattice/features.ts";
import { filter } from "../src/lattice/filter.ts";
import { buildLattice, type Lattice } from "../src/lattice/lattice.ts";
import { quadsOf } from "../src/shape.ts";
import { arrayRows, stream } from "../src/stream/stream.ts";
import { Tape } from "../src/tape.ts";
import type { Tensor } from "../src/tensor.ts";
import { type Iterations, prepareIterations } from "./iterations.ts";
import type { Scene } from "./scene.ts";

/** θα and θβ of a bilateral kernel. */
export interface Bandwidths {
  readonly position: number;
  readonly color: number;
}

/** The bandwidths of CRF-RNN: θα, θβ and θγ. */
export const paper = { bilateral: { position: 160, color: 3 }, spatial: { position: 3 } } as const;

/** The matrices of an iteration: C = −I and a weight for each filter, or three full matrices. */
export type Matrices = "potts" | "full";

/** A scene on a device and what the library makes of it; tensors and lattices are made at first use and kept. */
export class Workload implements Disposable {
  readonly device: Device;
  readonly scene: Scene;
  readonly points: number;
  readonly classes: number;
  readonly quads: number;
  readonly #tensors = new Map<string, Tensor>();
  readonly #lattices = new Map<string, Lattice>();

  constructor(device: Device, scene: Scene) {
    this.device = device;
    this.scene = scene;
    this.points = scene.height * scene.width;
    this.classes = scene.classes;
    this.quads = quadsOf(scene.classes);
  }

  /** [height, width, 3] */
  get guide(): Tensor {
    const { height, width, guide } = this.scene;
    return this.#tensor("guide", () => this.device.tensor([height, width, 3], guide));
  }

  /** [height, width, classes] */
  get unary(): Tensor {
    const { height, width, classes, unary } = this.scene;
    return this.#tensor("unary", () => this.device.tensor([height, width, classes], unary));
  }

  /** A map of the unary's shape to write into. */
  get result(): Tensor {
    return this.#tensor("result", () => this.device.tensor(this.unary.shape));
  }

  /** [classes, classes] */
  get fullMatrix(): Tensor {
    const { classes } = this;
    return this.#tensor("matrix", () => this.device.tensor([classes, classes], fullMatrix(classes)));
  }

  bilateralFeatures(bandwidths: Bandwidths): Tensor {
    return this.#tensor(`features ${nameOf(bandwidths)}`, () => bilateralFeatures(this.guide, bandwidths));
  }

  spatialFeatures(): Tensor {
    const { height, width } = this.scene;
    return this.#tensor("features", () => spatialFeatures(this.device, [height, width], paper.spatial));
  }

  /** A new bilateral lattice from features that are kept: the caller's to dispose. */
  buildBilateral(bandwidths: Bandwidths = paper.bilateral): Promise<Lattice> {
    return buildLattice(this.bilateralFeatures(bandwidths));
  }

  buildSpatial(): Promise<Lattice> {
    return buildLattice(this.spatialFeatures());
  }

  /** The bilateral lattice, kept; its features are not. */
  bilateral(bandwidths: Bandwidths = paper.bilateral): Promise<Lattice> {
    const { height, width, guide } = this.scene;
    return this.#lattice(nameOf(bandwidths), async () => {
      using image = this.device.tensor([height, width, 3], guide);
      using features = bilateralFeatures(image, bandwidths);
      return await buildLattice(features);
    });
  }

  /** The spatial lattice, kept; its features are not. */
  spatial(): Promise<Lattice> {
    const { height, width } = this.scene;
    return this.#lattice("spatial", async () => {
      using features = spatialFeatures(this.device, [height, width], paper.spatial);
      return await buildLattice(features);
    });
  }

  async iterations(matrices: Matrices, bandwidths: Bandwidths = paper.bilateral): Promise<Iterations> {
    const { unary, classes } = this;
    const maps = { unary, spatial: await this.spatial(), bilateral: await this.bilateral(bandwidths) };
    return prepareIterations(maps, crfOptions(classes, matrices, bandwidths));
  }

  /** An iteration of the scene by four bands. */
  async stream(): Promise<void> {
    const { height, width, classes, guide, unary } = this.scene;
    const rows = (values: ArrayLike<number>, channels: number) =>
      arrayRows(Float32Array.from(values), { height, width, channels });
    const result = rows({ length: this.points * classes }, classes);
    const picture = { height, width, guide: rows(guide, 3), unary: rows(unary, classes), result };
    await stream(this.device, picture, { iterations: 1, rows: Math.ceil(height / 4) });
  }

  /** A normalized bilateral filter of the unary, forward and back to the guide. */
  async pullBackFeatures(): Promise<void> {
    const { device, guide, unary } = this;
    using scope = device.scope();
    const tape = new Tape([guide]);
    using lattice = await buildLattice(scope.add(bilateralFeatures(guide, paper.bilateral)));
    const filtered = scope.add(filter(unary, lattice, { normalization: "after" }));
    await tape.gradients(filtered, unary);
  }

  /** Gives the device memory of all that was made back. */
  [Symbol.dispose](): void {
    for (const lattice of this.#lattices.values()) lattice.dispose();
    for (const tensor of this.#tensors.values()) tensor.dispose();
    this.#lattices.clear();
    this.#tensors.clear();
  }

  #tensor(key: string, make: () => Tensor): Tensor {
    let tensor = this.#tensors.get(key);
    if (!tensor) this.#tensors.set(key, (tensor = make()));
    return tensor;
  }

  async #lattice(key: string, make: () => Promise<Lattice>): Promise<Lattice> {
    let lattice = this.#lattices.get(key);
    if (!lattice) this.#lattices.set(key, (lattice = await make()));
    return lattice;
  }
}

export function crfOptions(classes: number, matrices: Matrices, bandwidths: Bandwidths = paper.bilateral): CrfOptions {
  const full = matrices === "full" ? fullMatrix(classes) : undefined;
  return {
    classes,
    bilateral: { ...bandwidths, weight: full ?? 5 },
    spatial: { ...paper.spatial, weight: full ?? 3 },
    compatibility: full?.map((value) => -value) ?? "potts",
  };
}

/** Makes a matrix without zeros, so that no product of such matrices is taken for a diagonal one. */
function fullMatrix(classes: number): Float32Array {
  return Float32Array.from({ length: classes * classes }, (_, i) => {
    const [row, column] = [Math.floor(i / classes), i % classes];
    return row === column ? 2 : 0.02 + 0.01 * ((row * 7 + column * 3) % 5);
  });
}

const nameOf = ({ position, color }: Bandwidths): string => `${position}/${color}`;
