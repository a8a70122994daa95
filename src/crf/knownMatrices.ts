import type { Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { padded } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import {
  composeMatrices,
  diagonalMatrices,
  type MatrixName,
  multiplyDiagonals,
  type UpdateFactors,
  updateMatrixBytes,
  type UpdateMatrices,
} from "./compose.ts";

const names: readonly MatrixName[] = ["spatialWeight", "bilateralWeight", "compatibility"];

/** The diagonals [sets, L] of those matrices that are nothing else, by which a row costs L operations in place of L². */
export type Diagonals = Readonly<Partial<Record<MatrixName, Storage>>>;

/**
 * The diagonals of stacked matrices [sets·L, L], one row for each set; undefined where a number beside one is not zero. Rows are padded,
 * in both.
 */
export function diagonalsOf(values: Float32Array, classes: number): Float32Array | undefined {
  const stride = padded(classes);
  const diagonals = new Float32Array(values.length / classes);
  for (let row = 0; row * stride < values.length; row++) {
    const channel = row % classes;
    for (let c = 0, at = row * stride; c < classes; c++, at++) {
      if (c === channel) diagonals[((row - channel) / classes) * stride + c] = values[at]!;
      else if (values[at] !== 0) return undefined;
    }
  }
  return diagonals;
}

/** What a call knows of the matrices of its layer. */
export interface MatricesOfCall extends Disposable {
  readonly diagonals: Diagonals;
  /** What the fused update multiplies by, where it was asked for. */
  readonly update?: UpdateMatrices;
}

interface Composed {
  readonly key: string;
  readonly values: readonly Float32Array[];
  readonly products: Tensor;
  readonly matrices: UpdateMatrices;
}

/**
 * What is to be known of a layer's matrices before they are multiplied by. They are parameters in device memory, which anybody may
 * write to, so a call reads them with what else it reads. Products of L³ operations, which only the fused update takes, and only of
 * matrices that are not all diagonal, are made once, until what was read is something else.
 */
export class KnownMatrices implements Disposable {
  readonly #parameters: Readonly<Record<MatrixName, Tensor>>;
  readonly #sets: number;
  #composed: Composed | undefined;
  #disposed = false;

  constructor(parameters: Readonly<Record<MatrixName, Tensor>>, sets: number) {
    this.#parameters = parameters;
    this.#sets = sets;
  }

  /** What `take` has to know. */
  get unread(): Storage[] {
    return names.map((name) => this.#parameters[name].storage);
  }

  /** Of what was read: diagonals, and for the fused update, whose factors are given, its matrices. */
  take(workspace: Workspace, read: readonly ArrayBuffer[], factors: UpdateFactors | undefined): MatricesOfCall {
    const { device, channels } = this.#parameters.compatibility;
    const values = read.map((one) => new Float32Array(one));
    const found = values.map((one) => diagonalsOf(one, channels));
    const diagonals: Diagonals = Object.fromEntries(names.map((name, i) => [name, workspace.store(found[i])]));
    if (!factors) return { diagonals, [Symbol.dispose]: () => {} };
    const [spatialWeight, bilateralWeight, compatibility] = found;
    if (spatialWeight && bilateralWeight && compatibility) {
      const products = multiplyDiagonals(device, { spatialWeight, bilateralWeight, compatibility }, channels, factors);
      const update = diagonalMatrices(device, workspace.store(products), channels);
      return { diagonals, update, [Symbol.dispose]: () => {} };
    }
    const { products, matrices } = this.#compose(values, factors);
    return { diagonals, update: matrices, [Symbol.dispose]: () => products.letGo() };
  }

  /** The products, which are held for the caller. */
  #compose(values: readonly Float32Array[], factors: UpdateFactors): Composed {
    const key = Object.values(factors).join(" ");
    const known = this.#composed;
    if (known?.key === key && known.values.every((one, i) => sameNumbers(one, values[i]!))) {
      known.products.hold();
      return known;
    }
    const { device, channels: classes } = this.#parameters.compatibility;
    const sets = this.#sets;
    const products = device.empty([updateMatrixBytes(device, classes, sets) / 4]);
    using workspace = new Workspace(device);
    // Of what was read, since the parameters may have been written to since then.
    const [spatialWeight, bilateralWeight, compatibility] = values.map((one) => workspace.store(one));
    const of = { spatialWeight: spatialWeight!, bilateralWeight: bilateralWeight!, compatibility: compatibility! };
    const matrices = composeMatrices(device, of, products.storage, { classes, sets }, factors);
    products.hold();
    known?.products.dispose();
    if (this.#disposed) products.dispose();
    return (this.#composed = { key, values, products, matrices });
  }

  dispose(): void {
    this.#disposed = true;
    this.#composed?.products.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const sameNumbers = (a: Float32Array, b: Float32Array): boolean => a.every((value, i) => value === b[i]);
