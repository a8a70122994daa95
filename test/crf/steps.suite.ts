/** Lattices that are kept, lattices of points that are no pictures, and inference step by step. */
import type { Change } from "../../src/crf/change.ts";
import { crfRnn, meanField } from "../../src/crf/crfRnn.ts";
import { softmax } from "../../src/crf/softmax.ts";
import { AbortError, DisposedError, ShapeError, ValueError } from "../../src/errors.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import type { Scope } from "../../src/scope.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { activation, lattices as pictureLattices, type ReferenceCrf, referenceCrf } from "../reference/crf.ts";
import { referenceLattice } from "../reference/lattice.ts";
import { checkSlope, inner } from "../slopes.ts";
import { embeddings } from "../lattice/tables.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

const size = [6, 8] as const;
const pixels = size[0] * size[1];
const classes = 3;
const bilateral = { position: 3.1, color: 23, weight: 2 };
const spatial = { position: 2.3, weight: 1 };
const colors = random(3).array(pixels * 3, -100, 100);
const scores = (of = classes): Float32Array => random(of).array(pixels * of, -2, 2);

const givenIn = (scope: Scope, of = classes): { unary: Tensor; guide: Tensor } => ({
  unary: scope.tensor([...size, of], scores(of)),
  guide: scope.tensor([...size, 3], colors),
});

const diagonal = (weight: number) => () =>
  Array.from({ length: classes ** 2 }, (_, i) => (i % (classes + 1) === 0 ? weight : 0));

/** The float64 reference's logits after so many iterations over these lattices. */
const logitsAfter = (
  iterations: number,
  lattices: Pick<ReferenceCrf, "spatial" | "bilateral">,
  unary: ArrayLike<number> = scores(),
  from?: ArrayLike<number>,
): Float64Array =>
  referenceCrf({
    ...lattices,
    unary,
    from,
    classes,
    spatialWeight: diagonal(spatial.weight),
    bilateralWeight: diagonal(bilateral.weight),
    compatibility: diagonal(-1),
    iterations,
    normalization: "after",
  });

/** Whether an inference goes on from marginals as the one did that they are of: to the bit, unless the last of five classes follows from the others there. */
function goesOn(actual: Float32Array, expected: Float32Array, what: string): void {
  if (actual.length === 5 * pixels) close(actual, expected, { ofMaximum: 1e-6 }, what);
  else same(actual, expected, what);
}

const ofPicture = pictureLattices(size, colors, 3, { ...bilateral, spatial: spatial.position });
const marginalsAfter = (iterations: number): Float64Array => activation(logitsAfter(iterations, ofPicture), classes);

export const cases: Case[] = [
  {
    name: "lattices that are kept give the bits of the guide's, at any number of iterations, and nothing is built again",
    async run(device) {
      for (const of of [classes, 68]) {
        using scope = device.scope();
        const { unary, guide } = givenIn(scope, of);
        const crf = scope.add(crfRnn(device, { classes: of, bilateral, spatial }));
        using lattices = await crf.lattices(guide);
        for (const iterations of [1, 4]) {
          const own = await crf(unary, guide, { iterations });
          let built = 0;
          using _watch = device.observe({
            before: ({ kernel }) => void (built += Number(embeddings.includes(kernel))),
          });
          const again = await crf(unary, lattices, { iterations });
          check(built === 0, `${built} sets of points were embedded`);
          same(await again.read(), await own.read(), `${of} classes, T = ${iterations}`);
        }
      }
    },
  },
  {
    name: "layers with other weights, normalization and bandwidths filter with the lattices that they are given",
    async run(device) {
      using scope = device.scope();
      const { unary, guide } = givenIn(scope);
      using lattices = await scope.add(crfRnn(device, { classes, bilateral, spatial })).lattices(guide);
      const heavier = { bilateral: { weight: 9 }, normalization: "symmetric" } as const;
      const other = scope.add(crfRnn(device, { classes, ...heavier }));
      const whole = { bilateral: { ...bilateral, weight: 9 }, spatial: { ...spatial, weight: 3 } };
      const alike = scope.add(crfRnn(device, { classes, ...whole, normalization: "symmetric" }));
      same(await (await other(unary, lattices)).read(), await (await alike(unary, guide)).read(), "logits");
      const options = { ...heavier, iterations: 2 };
      const marginals = await meanField(unary, lattices, options);
      const expected = await meanField(unary, guide, { ...whole, normalization: "symmetric", iterations: 2 });
      same(await marginals.read(), await expected.read(), "marginals");
    },
  },
  {
    name: "lattices of points that are no pictures are filtered with: a volume, against float64",
    async run(device) {
      const [depth, height, width] = [3, 4, 5];
      const rows = depth * height * width;
      const intensity = random(9).array(rows, 0, 4);
      const position = (i: number, step: number): number[] =>
        [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width].map((x) => x / step);
      const places = Float32Array.from(Array.from({ length: rows }, (_, i) => position(i, 2)).flat());
      const both = Float32Array.from(Array.from({ length: rows }, (_, i) => [...position(i, 4), intensity[i]!]).flat());
      const unaryValues = random(4).array(rows * classes, -2, 2);
      using scope = device.scope();
      const unary = scope.tensor([depth, height, width, classes], unaryValues);
      const lattices = {
        spatial: await buildLattice(scope.tensor([rows, 3], places)),
        bilateral: await buildLattice(scope.tensor([rows, 4], both)),
      };
      const weights = { bilateral: { weight: bilateral.weight }, spatial: { weight: spatial.weight } };
      const crf = scope.add(crfRnn(device, { classes, ...weights, iterations: 3 }));
      const refined = await crf(unary, lattices);
      check(refined.shape.join() === unary.shape.join(), `shape ${refined.shape.join()}`);
      const flat = await crf(scope.tensor([rows, classes], unaryValues), lattices);
      same(await flat.read(), await refined.read(), "the same points in a row");
      const references = { spatial: referenceLattice(places, 3), bilateral: referenceLattice(both, 4) };
      close(await refined.read(), logitsAfter(3, references, unaryValues), { ofMaximum: 5e-5 }, "logits");
    },
  },
  {
    name: "gradients flow through lattices that were made while the tape recorded, as through a guide",
    async run(device) {
      using scope = device.scope();
      const { unary, guide } = givenIn(scope);
      const seed = scope.tensor([...size, classes], random(8).array(pixels * classes, -1, 1));
      const learn = { bandwidths: true, guide: true };
      const crf = scope.add(crfRnn(device, { classes, bilateral, spatial, iterations: 2, learn }));
      const watched = { unary, guide, ...crf.parameters };
      const gradientsOf = async (keep: boolean): Promise<Map<string, Float32Array>> => {
        using tape = new Tape(Object.values(watched));
        using lattices = keep ? await crf.lattices(guide) : undefined;
        const gradients = await tape.gradients(await crf(unary, lattices ?? guide), seed);
        const read = new Map<string, Float32Array>();
        for (const [name, tensor] of Object.entries(watched)) read.set(name, await gradients.get(tensor)!.read());
        return read;
      };
      const expected = await gradientsOf(false);
      for (const [name, gradient] of await gradientsOf(true)) same(gradient, expected.get(name)!, name);
    },
  },
  {
    name: "steps yields the marginals after 0, 1, … T iterations, for few classes and many",
    async run(device) {
      for (const of of [classes, 5, 68]) {
        using scope = device.scope();
        const { unary, guide } = givenIn(scope, of);
        const crf = scope.add(crfRnn(device, { classes: of, bilateral, spatial }));
        const seen: number[] = [];
        for await (const { iteration, marginals } of crf.steps(unary, guide, { iterations: 3 })) {
          seen.push(iteration);
          const values = await marginals.read();
          const options = { bilateral, spatial, iterations: Math.max(1, iteration) };
          const alone = iteration === 0 ? softmax(unary) : scope.add(await meanField(unary, guide, options));
          same(values, await alone.read(), `${of} classes, iteration ${iteration}`);
          if (of === classes) close(values, marginalsAfter(iteration), { absolute: 5e-5 }, `iteration ${iteration}`);
        }
        check(seen.join() === "0,1,2,3", seen.join());
      }
    },
  },
  {
    name: "steps goes on from the marginals that it is given",
    async run(device) {
      for (const of of [classes, 5, 68]) {
        using scope = device.scope();
        const { unary, guide } = givenIn(scope, of);
        const crf = scope.add(crfRnn(device, { classes: of, bilateral, spatial }));
        const after: Float32Array[] = [];
        for await (const { marginals } of crf.steps(unary, guide, { iterations: 2 }))
          after.push(await marginals.read());
        using first = device.tensor(unary.shape, after[1]);
        for await (const step of crf.steps(unary, guide, { iterations: 1 })) {
          if (step.iteration === 0) step.replace(first);
          else goesOn(await step.marginals.read(), after[2]!, `${of} classes: one iteration from Q₁ is Q₂`);
        }
        using wrong = device.tensor([...size, 2]);
        for await (const step of crf.steps(unary, guide, { iterations: 1 })) {
          const { message } = await rejects<ShapeError>(() => step.replace(wrong), ShapeError);
          check(message.includes(`marginals [6, 8, ${of}], got [6, 8, 2]`), message);
          await rejects(() => step.replace("wrong" as never), ValueError);
        }
      }
    },
  },
  {
    name: "no iteration at all gives the logits, and their softmax, with gradients",
    async run(device) {
      for (const of of [classes, 68]) {
        using scope = device.scope();
        const { unary, guide } = givenIn(scope, of);
        const crf = scope.add(crfRnn(device, { classes: of, bilateral, spatial, iterations: 0 }));
        const logits = await crf(unary, guide);
        check(logits !== unary, "the logits themselves came back");
        same(await logits.read(), scores(of), "logits");
        const marginals = await meanField(unary, guide, { bilateral, spatial, iterations: 0 });
        same(await marginals.read(), await softmax(unary).read(), "marginals");
        const seen: number[] = [];
        for await (const { iteration } of crf.steps(unary, guide)) seen.push(iteration);
        check(seen.join() === "0", seen.join());
        using tape = new Tape([unary]);
        const gradients = await tape.gradients(await crf(unary, guide), unary);
        same(await gradients.get(unary)!.read(), scores(of), "the gradient is passed on");
        await rejects(() => crfRnn(device, { classes: of, tied: false, iterations: 0 }), ValueError);
      }
    },
  },
  {
    name: "until ends the iterations once they change as little as is asked for, with the bits of as many iterations",
    async run(device) {
      for (const of of [classes, 5, 68]) {
        using scope = device.scope();
        const { unary, guide } = givenIn(scope, of);
        const crf = scope.add(crfRnn(device, { classes: of, bilateral, spatial }));
        const changes: Change[] = [];
        for await (const step of crf.steps(unary, guide, { iterations: 6 })) {
          const change = await step.change();
          check((change === undefined) === (step.iteration === 0), "a change before there was an iteration");
          if (change) changes.push(change);
        }
        // What is asked for here is met by the third iteration, and not by those before.
        for (const [name, kind] of [
          ["change", "largest"],
          ["meanChange", "mean"],
        ] as const) {
          const bound = changes[2]![kind];
          check(changes[0]![kind] > bound && changes[1]![kind] > bound, `changes ${changes.map((one) => one[kind])}`);
          const told: number[] = [];
          const onIteration = (done: number, change?: Change): void => void told.push(done, change!.labels);
          const call = { iterations: 6, until: { [name]: bound }, onIteration };
          const logits = await crf(unary, guide, call);
          check(
            told.join() === [1, 2, 3].flatMap((t) => [t, changes[t - 1]!.labels]).join(),
            `${name}: ${told.join()}`,
          );
          same(
            await logits.read(),
            await (await crf(unary, guide, { iterations: 3 })).read(),
            `${of} classes, ${name}`,
          );
        }
        const few = await crf(unary, guide, { iterations: 2, until: { change: 0 } });
        same(await few.read(), await (await crf(unary, guide, { iterations: 2 })).read(), "the most iterations");
        const untied = scope.add(crfRnn(device, { classes: of, bilateral, spatial, iterations: 3, tied: false }));
        const { bilateralWeight } = untied.parameters;
        bilateralWeight.write((await bilateralWeight.read()).map((value, i) => value * Math.ceil((i + 1) / of ** 2)));
        const sets = await untied(unary, guide, { iterations: 2, until: { change: 0 } });
        same(await sets.read(), await (await untied(unary, guide, { iterations: 2 })).read(), "untied");
        const seen: number[] = [];
        let past: (() => Promise<unknown>) | undefined;
        for await (const { iteration, change } of crf.steps(unary, guide, { until: { change: 1 } })) {
          if (past) await rejects(past, ValueError);
          past = change;
          seen.push(iteration);
        }
        check(seen.join() === "0,1", `steps ${seen.join()}`);
      }
    },
  },
  {
    name: "an inference begins from marginals that it is given, and leaves them as they are",
    async run(device) {
      for (const of of [classes, 5, 68]) {
        using scope = device.scope();
        const { unary, guide } = givenIn(scope, of);
        const crf = scope.add(crfRnn(device, { classes: of, bilateral, spatial }));
        const first = scope.add(await meanField(unary, guide, { bilateral, spatial, iterations: 2 }));
        const held = await first.read();
        const going = await crf(unary, guide, { iterations: 2, from: first });
        goesOn(
          await going.read(),
          await (await crf(unary, guide, { iterations: 4 })).read(),
          `${of} classes: two and two`,
        );
        for await (const step of crf.steps(unary, guide, { iterations: 1, from: first })) step.replace(unary);
        same(await first.read(), held, "what was begun from");
        first.write(held.map((value, i) => (i === 7 ? NaN : value)));
        await rejects(() => crf(unary, guide, { from: first }), ValueError);
        first.write(held);
        const expected = await (await crf(unary, guide, { iterations: 1, from: first })).read();
        const from = device.tensor(unary.shape, held);
        const pending = crf(unary, guide, { iterations: 1, from });
        from.dispose();
        same(await (await pending).read(), expected, `${of} classes: what was begun from is disposed of meanwhile`);
        await rejects(() => crf(unary, guide, { from: scope.tensor([pixels, of]) }), ShapeError);
      }
    },
  },
  {
    name: "meanField ends early, begins from marginals and is aborted as the calls of a layer are",
    async run(device) {
      using scope = device.scope();
      const { unary, guide } = givenIn(scope);
      const options = { bilateral, spatial, iterations: 2 };
      const two = await meanField(unary, guide, options);
      const from = await meanField(unary, guide, { ...options, iterations: 1 });
      same(await (await meanField(unary, guide, { ...options, iterations: 1, from })).read(), await two.read(), "from");
      const done: number[] = [];
      const onIteration = (count: number): void => void done.push(count);
      await meanField(unary, guide, { ...options, until: { change: 1 }, onIteration });
      check(done.join() === "1", `iterations ${done.join()}`);
      await rejects(() => meanField(unary, guide, { ...options, signal: AbortSignal.abort() }), AbortError);
    },
  },
  {
    name: "gradients reach the marginals that an inference began from",
    async run(device) {
      using scope = device.scope();
      const { unary, guide } = givenIn(scope);
      const seed = random(8).array(pixels * classes, -1, 1);
      const begin = random(10).array(pixels * classes);
      const from = scope.tensor(unary.shape, begin);
      const crf = scope.add(crfRnn(device, { classes, bilateral, spatial, iterations: 2 }));
      using tape = new Tape([from]);
      const gradients = await tape.gradients(await crf(unary, guide, { from }), scope.tensor(unary.shape, seed));
      const gradient = await gradients.get(from)!.read();
      const loss = (values: Float64Array): number => inner(seed, logitsAfter(2, ofPicture, scores(), values));
      checkSlope(loss, begin, gradient, random(11), 1e-5, "from");
    },
  },
  {
    name: "steps that are not asked for are not computed, and what fails ends the iteration",
    async run(device) {
      for (const of of [classes, 68]) {
        using scope = device.scope();
        const { unary, guide } = givenIn(scope, of);
        const crf = scope.add(crfRnn(device, { classes: of, bilateral, spatial }));
        using lattices = await crf.lattices(guide);
        const done: number[] = [];
        const onIteration = (count: number): void => void done.push(count);
        // The first call leaves tables for its normalization with the lattices.
        await crf(unary, lattices);
        const before = device.bytes;
        for await (const { iteration } of crf.steps(unary, lattices, { iterations: 5, onIteration })) {
          if (iteration === 2) break;
        }
        check(done.join() === "1,2", `iterations ${done.join()}`);
        check(device.bytes === before, `${device.bytes - before} bytes left`);
        const abort = new AbortController();
        const steps = crf.steps(unary, lattices, { iterations: 5, signal: abort.signal });
        await steps.next();
        abort.abort();
        await rejects(() => steps.next(), AbortError);
        check(device.bytes === before, `${device.bytes - before} bytes left after an abort`);
        await rejects(() => crf.steps(unary, lattices, { iterations: -1 }).next(), ValueError);
      }
    },
  },
  {
    name: "lattices that do not fit are refused in one sentence",
    async run(device) {
      using scope = device.scope();
      const { unary, guide } = givenIn(scope);
      const crf = scope.add(crfRnn(device, { classes, bilateral, spatial }));
      const lattices = await crf.lattices(guide);
      const few = scope.tensor([pixels - 1, classes]);
      await rejects(() => crf(few, lattices), ShapeError);
      await rejects(() => crf(scope.tensor([pixels, classes + 1]), lattices), ShapeError);
      await rejects(() => crf(unary, { ...lattices, spatial: {} } as never), ValueError);
      await rejects(() => crf.lattices(scope.tensor([pixels, 3])), ShapeError);
      await rejects(() => crf.lattices(guide, { signl: 1 } as never), ValueError);
      lattices.bilateral.dispose();
      await rejects(() => crf(unary, lattices), DisposedError);
      lattices.dispose();
    },
  },
];
