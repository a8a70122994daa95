/** The mean-field free energy: its terms from the definition, and its place above −log Z, by sums over all labelings. */
import { compatibility } from "../../build/kernels.ts";
import { crfRnn, type CrfRnn } from "../../src/crf/crfRnn.ts";
import { type FreeEnergy, readFreeEnergy } from "../../src/crf/freeEnergy.ts";
import type { Normalization } from "../../src/lattice/normalization.ts";
import { Tape } from "../../src/tape.ts";
import { activation, features, lattices, transform } from "../reference/crf.ts";
import { exactGauss } from "../reference/gauss.ts";
import { referenceFilter } from "../reference/lattice.ts";
import { type Case, check, close, random } from "../suite.ts";

const size = [2, 3] as const;
const pixels = size[0] * size[1];
const classes = 3;
const bilateral = { position: 3.1, color: 40 };
const spatial = { position: 2.3 };
const colors = random(5).array(pixels * 3, -50, 50);
const scores = random(6).array(pixels * classes, -2, 2);

/** κ [n, n], column by column: what a filter makes of the ones of a point. */
function matrixOf(filter: (values: Float64Array) => ArrayLike<number>): Float64Array {
  const matrix = new Float64Array(pixels * pixels);
  for (let j = 0; j < pixels; j++) {
    const column = filter(Float64Array.from({ length: pixels }, (_, i) => Number(i === j)));
    for (let i = 0; i < pixels; i++) matrix[i * pixels + j] = column[i]!;
  }
  return matrix;
}

interface Filters {
  readonly spatial: Float64Array;
  readonly bilateral: Float64Array;
}

const ofLattices = (normalization: Normalization): Filters => {
  const both = lattices(size, colors, 3, { ...bilateral, spatial: spatial.position });
  const of = (lattice: (typeof both)["spatial"]) =>
    matrixOf((values) => referenceFilter(lattice, values, 1, { normalization }));
  return { spatial: of(both.spatial), bilateral: of(both.bilateral) };
};

const exact = (): Filters => {
  const near = features(size, spatial.position, undefined, true);
  const like = features(size, bilateral.position, { values: colors, channels: 3, color: bilateral.color }, true);
  const of = ({ values, dimensions }: typeof near) =>
    matrixOf((ones) => exactGauss(values, dimensions, ones, 1, false));
  return { spatial: of(near), bilateral: of(like) };
};

interface Matrices {
  readonly spatial: ArrayLike<number>;
  readonly bilateral: ArrayLike<number>;
}

/** The pairwise energy ½ Σ_ij κ(i, j)·q_iᵀ·M·q_j of marginals, or of a labeling's ones. */
function pairwise(q: ArrayLike<number>, kappa: Float64Array, matrix: ArrayLike<number>): number {
  const moved = transform(q, matrix, classes);
  let sum = 0;
  for (let i = 0; i < pixels; i++) {
    for (let j = 0; j < pixels; j++) {
      for (let c = 0; c < classes; c++) {
        sum += (kappa[i * pixels + j]! * q[i * classes + c]! * moved[j * classes + c]!) / 2;
      }
    }
  }
  return sum;
}

function reference(q: ArrayLike<number>, filters: Filters, matrices: Matrices): FreeEnergy {
  let [unary, entropy] = [0, 0];
  for (let at = 0; at < q.length; at++) {
    unary -= q[at]! * scores[at]!;
    if (q[at]! > 0) entropy -= q[at]! * Math.log(q[at]!);
  }
  const near = pairwise(q, filters.spatial, matrices.spatial);
  const like = pairwise(q, filters.bilateral, matrices.bilateral);
  return { total: unary + near + like - entropy, unary, pairwise: [near, like], entropy };
}

/** −log Σ_x exp(−E(x)) over all labelings. */
function freeEnergyOfField(filters: Filters, matrices: Matrices): number {
  const energies: number[] = [];
  for (let x = 0; x < classes ** pixels; x++) {
    const ones = new Float64Array(pixels * classes);
    for (let i = 0, rest = x; i < pixels; i++, rest = Math.floor(rest / classes)) {
      ones[i * classes + (rest % classes)] = 1;
    }
    energies.push(reference(ones, filters, matrices).total);
  }
  const least = Math.min(...energies);
  return least - Math.log(energies.reduce((sum, energy) => sum + Math.exp(least - energy), 0));
}

const diagonal = (weight: number): number[] =>
  Array.from({ length: classes ** 2 }, (_, i) => (i % (classes + 1) === 0 ? weight : 0));

/** A·B of two matrices [L, L]. */
const product = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: classes ** 2 }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      sum += a[Math.floor(at / classes) * classes + k]! * b[k * classes + (at % classes)]!;
    }
    return sum;
  });

export const cases: Case[] = [
  {
    name: "each term is that of the definition, in every normalization, with any matrices",
    async run(device) {
      const weights = { spatial: random(1).array(9, -1, 1), bilateral: random(2).array(9, -1, 1) };
      const compatibility = random(3).array(9, -1, 1);
      const matrices = {
        spatial: product(compatibility, weights.spatial),
        bilateral: product(compatibility, weights.bilateral),
      };
      for (const normalization of ["none", "before", "after", "symmetric"] as const) {
        const filters = ofLattices(normalization);
        using scope = device.scope();
        const unary = scope.tensor([...size, classes], scores);
        const guide = scope.tensor([...size, 3], colors);
        const options = {
          bilateral: { ...bilateral, weight: weights.bilateral },
          spatial: { ...spatial, weight: weights.spatial },
        };
        const crf = scope.add(crfRnn(device, { classes, ...options, compatibility, normalization }));
        for await (const step of crf.steps(unary, guide, { iterations: 2 })) {
          const energy = await step.freeEnergy();
          const expected = reference(await step.marginals.read(), filters, matrices);
          const terms = (of: FreeEnergy) => [of.total, of.unary, ...of.pairwise, of.entropy];
          close(terms(energy), terms(expected), { absolute: 2e-5 }, `${normalization}, step ${step.iteration}`);
        }
      }
    },
  },
  {
    name: "terms are sums over rows of whole quads, too, and what is certain has no entropy",
    async run(device) {
      using q = device.tensor([2, 4], [1, 0, 0, 0, 0.5, 0.25, 0.25, 0]);
      using u = device.tensor([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]);
      using message = device.tensor([2, 4], [8, 7, 6, 5, 4, 3, 2, 1]);
      const { unary, pairwise, entropy, total } = await readFreeEnergy(q, u, [message]);
      // −(1 + 2.5 + 1.5 + 1.75), (8 + 2 + 0.75 + 0.5)/2, and ½·log 2 + ½·log 4.
      close([unary, pairwise[0]!, entropy], [-6.75, 5.625, 1.5 * Math.LN2], { absolute: 1e-12 }, "terms");
      close([total], [-6.75 + 5.625 - 1.5 * Math.LN2], { absolute: 1e-12 }, "total");
    },
  },
  {
    name: "untied parameters count by the iteration that led to the marginals, the first set at the beginning",
    async run(device) {
      using scope = device.scope();
      const unary = scope.tensor([...size, classes], scores);
      const guide = scope.tensor([...size, 3], colors);
      const layer = (tied: boolean): CrfRnn =>
        scope.add(crfRnn(device, { classes, bilateral, spatial, iterations: 2, tied }));
      const untied = layer(false);
      const sets = [1, 2].map((seed) => ({
        spatialWeight: random(seed).array(9, -1, 1),
        bilateralWeight: random(seed + 5).array(9, -1, 1),
        compatibility: random(seed + 9).array(9, -1, 1),
      }));
      const single = sets.map((set) => {
        const crf = layer(true);
        for (const [name, values] of Object.entries(set)) crf.parameters[name as keyof typeof set].write(values);
        return crf;
      });
      for (const [name, tensor] of Object.entries(untied.parameters)) {
        if (name === "bandwidths") continue;
        tensor.write(sets.flatMap((set) => [...set[name as keyof typeof set]]));
      }
      for (const recorded of [false, true]) {
        using _tape = recorded ? new Tape([unary]) : undefined;
        for await (const step of untied.steps(unary, guide)) {
          const from = scope.tensor(unary.shape, await step.marginals.read());
          const crf = single[Math.max(step.iteration - 1, 0)]!;
          for await (const alone of crf.steps(unary, guide, { iterations: 1, from })) {
            const { total } = await step.freeEnergy();
            close([total], [(await alone.freeEnergy()).total], { relative: 1e-6 }, `step ${step.iteration}`);
            break;
          }
        }
      }
    },
  },
  {
    name: "diagonal matrices cost an energy a product a class",
    async run(device) {
      using scope = device.scope();
      const unary = scope.tensor([...size, classes], scores);
      const guide = scope.tensor([...size, 3], colors);
      const seen: unknown[] = [];
      using _observation = device.observe({
        before: ({ kernel, args }) => void (kernel === compatibility && seen.push(args.diagonal)),
      });
      for (const [weight, expected] of [
        [2, "1,1,1,1"],
        [random(1).array(9), "1,1,0,1"],
      ] as const) {
        const crf = scope.add(crfRnn(device, { classes, bilateral: { ...bilateral, weight }, spatial }));
        for await (const step of crf.steps(unary, guide, { iterations: 1 })) await step.freeEnergy();
        check(seen.splice(0, 4).join() === expected && seen.splice(0).join() === expected, `weight ${weight}`);
      }
    },
  },
  {
    name: "of a field that attracts it is never below −log Z, and eight iterations lower it",
    async run(device) {
      const weights = { spatial: 0.6, bilateral: 0.9 };
      const matrices = { spatial: diagonal(-weights.spatial), bilateral: diagonal(-weights.bilateral) };
      const bound = freeEnergyOfField(ofLattices("symmetric"), matrices);
      using scope = device.scope();
      const unary = scope.tensor([...size, classes], scores);
      const guide = scope.tensor([...size, 3], colors);
      const options = {
        bilateral: { ...bilateral, weight: weights.bilateral },
        spatial: { ...spatial, weight: weights.spatial },
      };
      const crf = scope.add(crfRnn(device, { classes, ...options, normalization: "symmetric" }));
      const totals: number[] = [];
      for await (const step of crf.steps(unary, guide, { iterations: 8 })) totals.push((await step.freeEnergy()).total);
      const last = totals.at(-1)!;
      check(
        totals.every((total) => total >= bound),
        `${totals.join()} against ${bound}`,
      );
      check(last < totals[0]! - 0.01, `${totals[0]} became ${last}`);
      check(last - bound < 1, `${last} is far from ${bound}`);
    },
  },
  {
    name: "with exact Gaussians it bounds −log Z from above, wherever Q is",
    run() {
      const filters = exact();
      const matrices = { spatial: diagonal(-0.3), bilateral: diagonal(-0.4) };
      const bound = freeEnergyOfField(filters, matrices);
      for (let seed = 0; seed < 20; seed++) {
        const q = activation(random(seed).array(pixels * classes, -4, 4), classes);
        const { total } = reference(q, filters, matrices);
        check(total >= bound, `${total} is below ${bound}`);
      }
      // Where nothing is coupled the softmax of the logits is the field itself, and the bound is met.
      const alone = { spatial: diagonal(0), bilateral: diagonal(0) };
      const { total } = reference(activation(scores, classes), filters, alone);
      close([total], [freeEnergyOfField(filters, alone)], { relative: 1e-12 }, "an uncoupled field");
      return Promise.resolve();
    },
  },
];
