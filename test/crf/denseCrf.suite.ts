/** CRFs over anything that has features, with any number of filters. */
import { compatibility, embed, hashInsert, orderDigit, packedEmbed, splat } from "../../build/kernels.ts";
import type { Activation } from "../../src/crf/activation.ts";
import { crfRnn } from "../../src/crf/crfRnn.ts";
import { softmax } from "../../src/crf/softmax.ts";
import { type CrfFilter, denseCrf } from "../../src/crf/denseCrf.ts";
import type { Device } from "../../src/device/device.ts";
import { AbortError, type CrfRnnError, DisposedError, ShapeError, ValueError } from "../../src/errors.ts";
import { bilateralFeatures, spatialFeatures } from "../../src/lattice/features.ts";
import type { Normalization } from "../../src/lattice/normalization.ts";
import { shiftsOf } from "../../src/lattice/shifts.ts";
import { gaussianTaps } from "../../src/lattice/taps.ts";
import type { Scope } from "../../src/scope.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { memoryOf, taken } from "../memory.ts";
import { activation, transform } from "../reference/crf.ts";
import { exactGauss } from "../reference/gauss.ts";
import { embedPoint, referenceFilter, referenceLattice, type ReferenceTaps } from "../reference/lattice.ts";
import { clearPoints } from "../reference/points.ts";
import { checkSlope, inner } from "../slopes.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

const points = 30;
const classes = 3;
const scores = random(1).array(points * classes, -2, 2);
const matrix = (seed: number): Float32Array => random(seed).array(classes ** 2, -1, 1);

/** Three filters that have nothing in common. */
const filters = [
  { bandwidths: [2, 0.5], weight: 0.8, normalization: "after" },
  { bandwidths: [1, 3, 0.25], weight: matrix(2), compatibility: matrix(3), normalization: "symmetric" },
  { bandwidths: [4], weight: [0.3, 0.5, 0.2], compatibility: matrix(4), normalization: "before" },
] as const satisfies CrfFilter[];

/** Features that lie clear of the simplices' boundaries once they are divided. */
const features = filters.map(({ bandwidths }, k) => {
  const d = bandwidths.length;
  return clearPoints(random(k + 5), points, d).map((value, i) => value * bandwidths[i % d]!);
});

interface Values {
  readonly features: ArrayLike<number>;
  readonly bandwidths: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
  readonly compatibility: ArrayLike<number>;
}

/** X_T in float64. */
function reference(
  unary: ArrayLike<number>,
  of: readonly Values[],
  normalization: readonly Normalization[],
  iterations: number,
  kind: Activation = "softmax",
): Float64Array {
  const lattices = of.map(({ features: given, bandwidths }) => {
    const d = bandwidths.length;
    return referenceLattice(
      Float64Array.from(given, (value, i) => value / bandwidths[i % d]!),
      d,
    );
  });
  let x = Float64Array.from(unary);
  for (let t = 0; t < iterations; t++) {
    const q = activation(x, classes, kind);
    x = Float64Array.from(unary);
    for (const [k, { weight, compatibility }] of of.entries()) {
      const smooth = referenceFilter(lattices[k]!, q, classes, { normalization: normalization[k]! });
      const message = transform(transform(smooth, weight, classes), compatibility, classes);
      for (let i = 0; i < x.length; i++) x[i]! -= message[i]!;
    }
  }
  return x;
}

const normalization = filters.map((filter) => filter.normalization);

/** Two of the filters, and what is inferred with them. The tensors are the caller's. */
const two = { classes, filters: [filters[0], filters[2]] };
const tensorsOf = (device: Device | Scope): { unary: Tensor; given: Tensor[] } => ({
  unary: device.tensor([points, classes], scores),
  given: [0, 2].map((k) => device.tensor([points, filters[k]!.bandwidths.length], features[k])),
});

export const cases: Case[] = [
  {
    name: "three filters with features, matrices and normalizations of their own: values and all gradients, against float64",
    async run(device) {
      using scope = device.scope();
      const unary = scope.tensor([2, 5, 3, classes], scores); // a volume of 2×5×3 voxels
      const given = features.map((values, k) => scope.tensor([points, filters[k]!.bandwidths.length], values));
      const crf = scope.add(denseCrf(device, { classes, filters, iterations: 2, learn: { bandwidths: true } }));
      const read = async (tensor: Tensor): Promise<Float32Array> => await tensor.read();
      const parameters: Values[] = [];
      for (const [k, { weight, compatibility, bandwidths }] of crf.parameters.entries()) {
        const values = [await read(weight), await read(compatibility), await read(bandwidths)] as const;
        parameters.push({
          features: features[k]!,
          weight: values[0],
          compatibility: values[1],
          bandwidths: values[2],
        });
      }
      const watched = [unary, ...given, ...crf.parameters.flatMap((of) => Object.values<Tensor>({ ...of }))];
      using tape = new Tape(watched);
      const logits = await crf(unary, given);
      check(logits.shape.join() === unary.shape.join(), logits.shape.join());
      const expected = reference(scores, parameters, normalization, 2);
      close(await logits.read(), expected, { ofMaximum: 1e-5 }, "logits");
      const seed = random(20).array(points * classes, -1, 1);
      const gradients = await tape.gradients(logits, scope.tensor(unary.shape, seed));
      const gradientOf = async (tensor: Tensor): Promise<Float32Array> => await read(gradients.get(tensor)!);
      const numbers = random(21);
      const lossOfUnary = (values: Float64Array): number =>
        inner(seed, reference(values, parameters, normalization, 2));
      checkSlope(lossOfUnary, scores, await gradientOf(unary), numbers, 2e-5, "unary");
      for (const [k, of] of crf.parameters.entries()) {
        const tensors = { ...of, features: given[k]! };
        for (const name of ["weight", "compatibility", "bandwidths", "features"] as const) {
          const loss = (values: Float64Array): number => {
            const changed = parameters.map((own, other) => (other === k ? { ...own, [name]: values } : own));
            return inner(seed, reference(scores, changed, normalization, 2));
          };
          const gradient = await gradientOf(tensors[name]);
          checkSlope(loss, parameters[k]![name], gradient, numbers, 5e-5, `${name} of filter ${k}`);
        }
      }
    },
  },
  {
    name: "the mean over shifted lattices: values and all gradients against float64, other ones for another seed",
    async run(device) {
      using scope = device.scope();
      const { bandwidths } = filters[0];
      const shifts = shiftsOf(2, 3, 5, 0);
      // Points that lie clear of the simplices' boundaries wherever they are moved.
      const candidates = clearPoints(random(30), 200, 2);
      const clear = Array.from({ length: 200 }, (_, i) => candidates.slice(2 * i, 2 * i + 2)).filter((row) =>
        shifts.every((shift) => Math.min(...embedPoint(row.map((value, k) => value + shift[k]!)).weights) > 1e-3),
      );
      const rows = clear.slice(0, points).flatMap((row) => [row[0]! * bandwidths[0], row[1]! * bandwidths[1]]);
      const unary = scope.tensor([points, classes], scores);
      const given = scope.tensor([points, 2], rows);
      const weight = matrix(31);
      const crf = scope.add(
        denseCrf(device, {
          classes,
          filters: [{ bandwidths, weight, normalization: "symmetric" }],
          iterations: 2,
          shifts: 3,
          learn: { bandwidths: true },
        }),
      );
      const values = {
        unary: scores,
        features: Float32Array.from(rows),
        bandwidths: Float32Array.from(bandwidths),
        weight,
      };
      const tensors = { unary, features: given, ...crf.parameters[0]! };
      const mean = (of: { readonly [Name in keyof typeof values]: ArrayLike<number> }): Float64Array => {
        const lattices = shifts.map((shift) =>
          referenceLattice(
            Float64Array.from(of.features, (value, i) => value / of.bandwidths[i % 2]! + shift[i % 2]!),
            2,
          ),
        );
        let x = Float64Array.from(of.unary);
        for (let t = 0; t < 2; t++) {
          const q = activation(x, classes);
          const all = lattices.map((lattice) => referenceFilter(lattice, q, classes, { normalization: "symmetric" }));
          const smooth = q.map((_, i) => all.reduce((sum, one) => sum + one[i]! / 3, 0));
          const message = transform(smooth, of.weight, classes);
          x = Float64Array.from(of.unary, (value, i) => value + message[i]!);
        }
        return x;
      };
      using tape = new Tape(Object.values(tensors));
      const logits = await crf(unary, [given], { seed: 5 });
      close(await logits.read(), mean(values), { ofMaximum: 1e-5 }, "logits");
      const seed = random(32).array(points * classes, -1, 1);
      const gradients = await tape.gradients(logits, scope.tensor(unary.shape, seed));
      for (const name of ["unary", "features", "bandwidths", "weight"] as const) {
        const loss = (changed: Float64Array): number => inner(seed, mean({ ...values, [name]: changed }));
        checkSlope(loss, values[name], await gradients.get(tensors[name])!.read(), random(33), 5e-5, name);
      }
      same(await (await crf(unary, [given], { seed: 5 })).read(), await logits.read(), "the same seed");
      const other = await (await crf(unary, [given])).read();
      check(
        other.some((value, i) => Math.abs(value - scores[i]!) > 1e-3),
        "seed 0 refines",
      );
      check(
        (await logits.read()).some((value, i) => value !== other[i]),
        "seed 0 is another one",
      );
      const steps = crf.steps(unary, [given], { seed: 5 });
      for await (const step of steps) {
        if (step.iteration < 2) continue;
        const { pairwise } = await step.freeEnergy();
        const q = await step.marginals.read();
        const lattices = shifts.map((shift) =>
          referenceLattice(
            Float64Array.from(rows, (value, i) => value / bandwidths[i % 2]! + shift[i % 2]!),
            2,
          ),
        );
        let expected = 0;
        for (const lattice of lattices) {
          const smooth = referenceFilter(lattice, q, classes, { normalization: "symmetric" });
          expected -= inner(q, transform(smooth, weight, classes)) / 6;
        }
        close(pairwise, [expected], { relative: 1e-4 }, "energy of the mean");
      }
    },
  },
  {
    name: "taps of filters, shared, by axis and by class, are parameters with gradients, stored and loaded",
    async run(device) {
      using scope = device.scope();
      const { bandwidths } = filters[0];
      const unary = scope.tensor([points, classes], scores);
      const given = scope.tensor([points, 2], features[0]);
      const lattice = referenceLattice(
        features[0]!.map((value, i) => value / bandwidths[i % 2]!),
        2,
      );
      for (const groups of [0, 1, classes]) {
        const taps = random(50 + groups).array(groups === 0 ? 3 : 9 * groups, 0.2, 1);
        const filter = { bandwidths, weight: 0.7, taps };
        const crf = scope.add(denseCrf(device, { classes, filters: [filter], iterations: 2 }));
        const [parameters] = crf.parameters;
        const reference = (values: ArrayLike<number>): Float64Array => {
          const rowOf = (axis: number, c: number): number =>
            groups === 0 ? 0 : axis * groups + (groups === 1 ? 0 : c);
          const of = (axis: number, c: number) => [0, 1, 2].map((tap) => values[3 * rowOf(axis, c) + tap]!);
          let x = Float64Array.from(scores);
          for (let t = 0; t < 2; t++) {
            const options = { normalization: "after", taps: of as unknown as ReferenceTaps } as const;
            const smooth = referenceFilter(lattice, activation(x, classes), classes, options);
            x = Float64Array.from(scores, (value, i) => value + Math.fround(0.7) * smooth[i]!);
          }
          return x;
        };
        using tape = new Tape([parameters!.taps!]);
        const logits = await crf(unary, [given]);
        close(await logits.read(), reference(taps), { ofMaximum: 1e-5 }, `${groups} groups`);
        const seed = random(51).array(points * classes, -1, 1);
        const gradients = await tape.gradients(logits, scope.tensor(unary.shape, seed));
        const gradient = await gradients.get(parameters!.taps!)!.read();
        checkSlope((values) => inner(seed, reference(values)), taps, gradient, random(52), 2e-5, "taps");
        const usual = Array.from(taps, (_, i) => gaussianTaps[i % 3]!);
        const other = scope.add(denseCrf(device, { classes, filters: [{ ...filter, taps: usual }] }));
        await other.load(await crf.state());
        same(await (await other(unary, [given], { iterations: 2 })).read(), await logits.read(), "loaded");
      }
      const make = (taps: readonly number[]) => () =>
        denseCrf(device, { classes, filters: [{ bandwidths: [1, 1], taps }] });
      await rejects(async () => make([1, 2])(), ValueError, "two taps");
      await rejects(async () => make(new Array<number>(18).fill(1))(), ValueError, "two groups of three classes");
      await rejects(async () => make([1, NaN, 1])(), ValueError, "NaN");
    },
  },
  {
    name: "the mean over shifted lattices is nearer to the Gaussian than one lattice is",
    async run(device) {
      using scope = device.scope();
      // Without iterations of its own a filter shows in X₁ − U = K Q, for weights of one.
      const places = random(40).array(2 * points, 0, 5);
      const given = [scope.tensor([points, 2], places)];
      const unary = scope.tensor([points, classes], scores);
      const exact = exactGauss(places, 2, activation(scores, classes), classes, true);
      const errorOf = async (more: object): Promise<number> => {
        const layer = scope.add(
          denseCrf(device, { classes, filters: [{ bandwidths: [1, 1] }], iterations: 1, ...more }),
        );
        const x = await (await layer(unary, given)).read();
        return Math.sqrt(exact.reduce((sum, value, i) => sum + (x[i]! - scores[i]! - value) ** 2, 0) / exact.length);
      };
      const [one, eight] = [await errorOf({}), await errorOf({ shifts: 8 })];
      check(eight < 0.75 * one, `error ${one} of one lattice, ${eight} of eight`);
    },
  },
  {
    name: "with the paper's two filters it infers what crfRnn infers, step by step, with the same free energy and end",
    async run(device) {
      const size = [5, 6] as const;
      using scope = device.scope();
      const unary = scope.tensor([...size, classes], scores);
      const guide = scope.tensor([...size, 3], random(9).array(points * 3, -50, 50));
      const two = { bilateral: { position: 3.1, color: 23, weight: 2 }, spatial: { position: 2.3, weight: 1 } };
      const crf = scope.add(crfRnn(device, { classes, ...two }));
      const dense = scope.add(
        denseCrf(device, {
          classes,
          filters: [
            { bandwidths: [2.3, 2.3], weight: 1 },
            { bandwidths: [3.1, 3.1, 23, 23, 23], weight: 2 },
          ],
        }),
      );
      const whole = { position: 1, color: 1 };
      const given = [
        scope.add(spatialFeatures(device, size, { position: 1 })),
        scope.add(bilateralFeatures(guide, whole)),
      ];
      const call = { iterations: 9, until: { meanChange: 0.01 } };
      const steps = dense.steps(unary, given, call);
      let count = 0;
      for await (const step of crf.steps(unary, guide, call)) {
        const { value } = await steps.next();
        check(value?.iteration === step.iteration, "steps end together");
        close(await value.marginals.read(), await step.marginals.read(), { absolute: 1e-4 }, "marginals");
        const [actual, expected] = [await value.freeEnergy(), await step.freeEnergy()];
        close([actual.total, ...actual.pairwise], [expected.total, ...expected.pairwise], { relative: 1e-4 }, "energy");
        count++;
      }
      check((await steps.next()).done === true && count < 10, `${count} steps`);
    },
  },
  {
    name: "diagonal matrices cost a product a class, and whole ones where a tape asks for their gradients",
    async run(device) {
      using scope = device.scope();
      const unary = scope.tensor([points, classes], scores);
      const given = [scope.tensor([points, filters[0].bandwidths.length], features[0])];
      const weight = Array.from({ length: classes ** 2 }, (_, i) => (i === 1 ? 1 : 0));
      const { bandwidths } = filters[0];
      const crf = scope.add(denseCrf(device, { classes, filters: [{ bandwidths, weight }], iterations: 1 }));
      const seen: unknown[] = [];
      using _observation = device.observe({
        before: ({ kernel, args }) => void (kernel === compatibility && seen.push(args.diagonal)),
      });
      // Weight and compatibility; before them features are scaled by the same kernel.
      const infer = async (): Promise<string> => {
        (await crf(unary, given)).dispose();
        return seen.splice(0).slice(-2).join();
      };
      check((await infer()) === "0,1", "a full weight and Potts");
      crf.parameters[0]!.weight.write(weight.map((_, i) => (i % (classes + 1) === 0 ? 2 : 0)));
      check((await infer()) === "1,1", "a diagonal weight and Potts");
      using _tape = new Tape([crf.parameters[0]!.weight]);
      check((await infer()) === "0,0", "on a tape");
    },
  },
  {
    name: "images of a batch do not see each other, and parameters are stored and loaded",
    async run(device) {
      using scope = device.scope();
      const filter = { bandwidths: [2, 0.5], weight: 3 };
      const crf = scope.add(denseCrf(device, { classes, filters: [filter] }));
      const one = scope.tensor([points, 2], features[0]);
      const both = scope.tensor([2, points, 2], [...features[0]!, ...features[0]!]);
      const unary = scope.tensor([points, classes], scores);
      const twice = scope.tensor([2, points, classes], [...scores, ...scores]);
      const alone = await (await crf(unary, [one])).read();
      close(await (await crf(twice, [both])).read(), [...alone, ...alone], { absolute: 1e-5 }, "batch");
      const other = scope.add(denseCrf(device, { classes, filters: [{ bandwidths: [1, 1] }] }));
      await other.load(await crf.state());
      same(await (await other(unary, [one])).read(), alone, "loaded");
      await rejects(() => other.load({ weight: unary }), ShapeError);
      same(await (await crf(unary, [one], { iterations: 0 })).read(), scores, "no iteration");
    },
  },
  {
    name: "a call begins from marginals, ends early and tells its iterations; the activation is that of the layer",
    async run(device) {
      using scope = device.scope();
      const { unary, given } = tensorsOf(scope);
      const crf = scope.add(denseCrf(device, two));
      const after: Float32Array[] = [];
      for await (const { marginals } of crf.steps(unary, given, { iterations: 1 })) after.push(await marginals.read());
      same(after[0]!, await softmax(unary).read(), "the first step is that of the logits");
      const from = scope.tensor(unary.shape, after[1]);
      const second = await (await crf(unary, given, { iterations: 2 })).read();
      same(await (await crf(unary, given, { iterations: 1, from })).read(), second, "one iteration from the first");
      const done: number[] = [];
      await crf(unary, given, { until: { change: 1 }, onIteration: (count) => void done.push(count) });
      check(done.join() === "1", `iterations ${done.join()}`);
      const relu = scope.add(denseCrf(device, { ...two, activation: "relu", iterations: 2 }));
      const own = await Promise.all(
        relu.parameters.map(async ({ weight, compatibility, bandwidths }, i) => ({
          features: features[2 * i]!,
          weight: await weight.read(),
          compatibility: await compatibility.read(),
          bandwidths: await bandwidths.read(),
        })),
      );
      const expected = reference(scores, own, [normalization[0]!, normalization[2]!], 2, "relu");
      close(await (await relu(unary, given)).read(), expected, { ofMaximum: 1e-5 }, "relu");
    },
  },
  {
    name: "what is disposed of during a call serves it all the same, and a call gives back all that it has made",
    async run(device) {
      using crf = denseCrf(device, two);
      const { unary, given } = tensorsOf(device);
      const before = device.bytes;
      using expected = await crf(unary, given, { iterations: 2 });
      const after = before + taken(device, [expected.storage.bytes]);
      check(device.bytes === after, `a call left ${device.bytes - before} bytes`);
      for await (const step of crf.steps(unary, given, { iterations: 1 })) await step.freeEnergy();
      check(device.bytes === after, `steps left ${device.bytes - before} bytes`);
      (await crf(unary, given, { iterations: 3, until: { change: 0 } })).dispose();
      check(device.bytes === after, `a call with until left ${device.bytes - before} bytes`);
      for (const until of [undefined, { change: 0 }]) {
        const failed = crf(unary, given, { until, onIteration: () => Promise.reject(new RangeError("enough")) });
        await rejects(failed, RangeError);
      }
      check(device.bytes === after, `a call that failed left ${device.bytes - before} bytes`);
      const pending = crf(unary, given, { iterations: 2 });
      for (const tensor of [unary, ...given]) tensor.dispose();
      using result = await pending;
      same(await result.read(), await expected.read(), "logits");
    },
  },
  {
    name: "an iteration keeps one map of marginals, and logits while the next ones are made of them",
    async run(device) {
      using scope = device.scope();
      const { unary, given } = tensorsOf(scope);
      // Without normalization lattices keep no tables that the first iteration would make.
      const plain = { bandwidths: filters[0].bandwidths, weight: 0.1, normalization: "none" } as const;
      const crf = scope.add(denseCrf(device, { classes, filters: [plain] }));
      const [before, between]: [number, number[]] = [device.bytes, []];
      const onIteration = (): void => void between.push(device.bytes - before);
      const used = await memoryOf(device, "crf/softmax", () =>
        crf(unary, given.slice(0, 1), { iterations: 3, onIteration }),
      );
      const [first, ...others] = used.map(({ bytes }) => bytes);
      const map = taken(device, [unary.storage.bytes]);
      check(others.join() === [first! + map, first! + map].join(), `${first}, then ${others.join()} bytes`);
      check(between.slice(0, 2).join() === [first, first].join(), `${between.join()} bytes between iterations`);
    },
  },
  {
    name: "a signal ends a call before anything is queued, while a lattice is built, and between two filters",
    async run(device) {
      using scope = device.scope();
      const { unary, given } = tensorsOf(scope);
      const crf = scope.add(denseCrf(device, two));
      const queued = async (kernel: unknown, counted: unknown): Promise<number> => {
        const abort = new AbortController();
        if (kernel === undefined) abort.abort();
        let count = 0;
        using _watch = device.observe({
          before: (dispatch) => {
            count += Number(counted === undefined || dispatch.kernel === counted);
            if (dispatch.kernel === kernel) abort.abort();
          },
        });
        const before = device.bytes;
        await rejects(() => crf(unary, given, { signal: abort.signal }), AbortError);
        check(device.bytes === before, `${device.bytes - before} bytes left`);
        return count;
      };
      check((await queued(undefined, undefined)) === 0, "nothing is queued where the signal has fired");
      const [embedding, next] = device.kind === "wasm" ? [packedEmbed, orderDigit] : [embed, hashInsert];
      check((await queued(embedding, next)) === 0, "no vertex is found or sorted after the points were embedded");
      // The first lattice filters once to know its normalization, and once more for the values.
      check((await queued(splat, splat)) === 2, "the second lattice does not filter");
    },
  },
  {
    name: "gradients reach what is learned and nothing else, by default the matrices",
    async run(device) {
      using scope = device.scope();
      const { unary, given } = tensorsOf(scope);
      const before = device.bytes;
      for (const [learn, names] of [
        [undefined, "weight,compatibility"],
        [{ weights: false }, "compatibility"],
        [{ compatibility: false }, "weight"],
        [{ bandwidths: true, compatibility: false }, "weight,bandwidths"],
      ] as const) {
        const crf = denseCrf(device, { ...two, iterations: 1, learn });
        const [watched] = crf.parameters;
        using tape = new Tape(Object.values<Tensor>({ ...watched! }));
        using logits = await crf(unary, given);
        const gradients = await tape.gradients(logits, unary);
        const found = Object.entries<Tensor>({ ...watched! }).filter(([, tensor]) => gradients.has(tensor));
        check(found.map(([name]) => name).join() === names, `${JSON.stringify(learn)}: ${found.join()}`);
        for (const one of [crf, ...gradients.values()]) one.dispose();
      }
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
  {
    name: "without options a filter weighs by one, with Potts, normalized after, and five iterations are inferred",
    async run(device) {
      using scope = device.scope();
      const { unary, given } = tensorsOf(scope);
      const { bandwidths } = filters[0];
      const plain = scope.add(denseCrf(device, { classes, filters: [{ bandwidths }] }));
      const { values } = (await plain.state())["0.weight"]!;
      same(values, [1, 0, 0, 0, 1, 0, 0, 0, 1], "weight");
      same((await plain.state())["0.compatibility"]!.values, [-1, 0, 0, 0, -1, 0, 0, 0, -1], "compatibility");
      const told = scope.add(
        denseCrf(device, { classes, filters: [{ bandwidths, normalization: "after" }], activation: "softmax" }),
      );
      const five = await (await told(unary, given.slice(0, 1), { iterations: 5 })).read();
      same(await (await plain(unary, given.slice(0, 1))).read(), five, "logits");
    },
  },
  {
    name: "what cannot be is refused in a sentence",
    async run(device) {
      using scope = device.scope();
      const make = (more: object): (() => unknown) => {
        return () => denseCrf(device, { classes, filters: [{ bandwidths: [1] }], ...more });
      };
      const cases: [() => unknown, string][] = [
        [make({ filters: [] }), "an array of filters, one or more, got none"],
        [make({ filters: [{}] }), "filters[0]: expected bandwidths"],
        [make({ filters: [{ bandwidths: [1, 0] }] }), "a feature 1 bandwidth above 0, got 0"],
        [make({ filters: [{ bandwidths: [1], sigma: 1 }] }), "filters[0]: expected options"],
        [make({ learn: { features: true } }), "learn: expected options"],
        [make({ shifts: 0 }), "a whole number of shifts, 1 or more, got 0"],
        [make({ classes: 0 }), "a whole number of classes"],
        [() => denseCrf({} as Device, { classes, filters: [] }), "expected a device"],
        [() => denseCrf(device, undefined as never), "a whole number of classes"],
        [make({ step: 3 }), "expected options classes, filters"],
        [make({ filters: "one" }), 'an array of filters, one or more, got the string "one"'],
        [make({ filters: [undefined] }), "filters[0]: expected bandwidths"],
        [make({ filters: [{ bandwidths: [1], normalization: "both" }] }), "filters[0]: expected normalization"],
        [make({ iterations: -1 }), "a whole number of iterations, 0 or more"],
        [make({ activation: "sigmoid" }), "activation: softmax or relu"],
        [make({ learn: { weights: "yes" } }), "learn: expected weights: true or false"],
      ];
      for (const more of [{ classes: 1 }, { iterations: 0 }]) scope.add(make(more)() as Disposable);
      const crf = scope.add(denseCrf(device, { classes, filters: [{ bandwidths: [1] }] }));
      const unary = scope.tensor([points, classes], scores);
      const line = scope.tensor([points, 1], features[2]);
      const nan = scope.tensor([points, classes], scores.with(4, NaN));
      cases.push([() => crf(unary, []), "an array of 1 tensors of features"]);
      cases.push([() => crf(unary, [line], { seed: 0.5 }), "a seed of 0 or more, a whole number, got 0.5"]);
      cases.push([() => crf(nan, [line]), "finite logits"]);
      cases.push([() => crf(unary, [line], { iterations: -1 }), "0 or more"]);
      const none = "a whole number of iterations, 1 or more, got 0";
      const wrong: readonly (readonly [features: unknown, call: unknown, text: string])[] = [
        [[line], { iterations: 0, from: unary }, none],
        [[line], { iterations: 0, until: { change: 1 } }, none],
        [[line], { until: {} }, "until: expected change or meanChange"],
        [[line], { from: nan }, "finite from"],
        [[line], { steps: 1 }, "expected options iterations"],
        [[line], null, "expected options, as an object"],
        [[line, line], {}, "an array of 1 tensors of features, one for each filter, got 2"],
        [line, {}, "an array of 1 tensors of features, one for each filter, got tensor [30, 1]"],
        [["line"], {}, "a tensor as features of filter 0"],
      ];
      for (const [given, call, text] of wrong) cases.push([() => crf(unary, given as never, call as never), text]);
      const bare = await rejects<ShapeError>(() => crf(unary, [line], { from: line }), ShapeError);
      check(bare.message.includes("denseCrf: from: expected marginals [30, 3], got [30, 1]"), bare.message);
      for (const [call, text] of cases) {
        const { message } = await rejects<CrfRnnError>(async () => await call(), ValueError, text);
        check(message.includes(text), message);
      }
      await rejects(() => crf(unary, [unary]), ShapeError);
      await rejects(() => crf(line, [line]), ShapeError);
      await rejects(() => crf.load(new Map() as never), ValueError);
      crf.parameters[0]!.bandwidths.write([0]);
      const { message } = await rejects<ValueError>(() => crf(unary, [line]), ValueError);
      check(message.includes("filters[0]: expected a feature 0 bandwidth above 0, got 0"), message);
      crf.dispose();
      for (const call of [() => crf(unary, [line]), () => crf.state(), () => crf.load({})]) {
        const gone = await rejects<DisposedError>(call, DisposedError);
        check(gone.message.includes("the layer"), gone.message);
      }
    },
  },
];
