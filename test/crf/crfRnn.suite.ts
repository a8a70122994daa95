import { compatibility, compose, update } from "../../build/kernels.ts";
import { crfRnn, type CrfOptions, type CrfRnn, meanField } from "../../src/crf/crfRnn.ts";
import { alignedBytes, type Device } from "../../src/device/device.ts";
import type { Kernel } from "../../src/kernel.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { AbortError, type CrfRnnError, DisposedError, ShapeError, ValueError } from "../../src/errors.ts";
import { fullMatrix } from "../goldens/reference.ts";
import { activation, lattices, referenceCrf } from "../reference/crf.ts";
import { checkMemory, memoryOf, taken } from "../memory.ts";
import { checkSlope, inner } from "../slopes.ts";
import { embeddings } from "../lattice/tables.ts";
import { openBeside } from "../beside.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

const size = [7, 9] as const;
const pixels = size[0] * size[1];
const bandwidths = { position: 3.1, color: 23, spatial: 2.3 };
const guide = random(3).array(pixels * 3, -100, 100);
const near = lattices(size, guide, 3, bandwidths);

const unaryOf = (classes: number): Float32Array => random(classes).array(pixels * classes, -2, 2);
const matrixOf = (seed: number, classes: number): Float32Array => random(seed).array(classes * classes, -1, 1);

/** Options with the bandwidths above. */
function optionsOf(classes: number, more: Partial<CrfOptions> = {}): CrfOptions {
  const { bilateral, spatial, ...rest } = more;
  return {
    classes,
    bilateral: { position: bandwidths.position, color: bandwidths.color, ...bilateral },
    spatial: { position: bandwidths.spatial, ...spatial },
    ...rest,
  };
}

/** The reference's X_T for the same options. */
function expectedOf(classes: number, options: CrfOptions, iterations: number, from?: ArrayLike<number>): Float64Array {
  const constant = (matrix: number[]) => () => matrix;
  const { compatibility = "potts" } = options;
  return referenceCrf({
    ...near,
    unary: unaryOf(classes),
    from,
    classes,
    spatialWeight: constant(fullMatrix(options.spatial?.weight ?? 3, classes)),
    bilateralWeight: constant(fullMatrix(options.bilateral?.weight ?? 5, classes)),
    compatibility: constant(fullMatrix(compatibility === "potts" ? -1 : compatibility, classes)),
    iterations,
    normalization: options.normalization ?? "after",
    activation: options.activation,
  });
}

/** Ten times what float32 references of the goldens differ by after five iterations. */
const tolerance = { ofMaximum: 5e-5 };

async function run(device: Device, options: CrfOptions, iterations: number): Promise<Float32Array> {
  const { classes } = options;
  using unary = device.tensor([...size, classes], unaryOf(classes));
  using image = device.tensor([...size, 3], guide);
  using crf = crfRnn(device, options);
  using result = await crf(unary, image, { iterations });
  return await result.read();
}

const variants: Record<string, CrfOptions> = {
  "Potts, 1 class": optionsOf(1),
  "Potts, 5 classes": optionsOf(5),
  "Potts, 21 classes": optionsOf(21),
  "weights of each class": optionsOf(5, {
    bilateral: { weight: [1, 2, 3, 4, 5] },
    spatial: { weight: [5, 4, 3, 2, 1] },
  }),
  "full weights, asymmetric compatibility": optionsOf(5, {
    bilateral: { weight: matrixOf(1, 5) },
    spatial: { weight: matrixOf(2, 5) },
    compatibility: matrixOf(3, 5),
  }),
  "ReLU in place of softmax": optionsOf(5, { activation: "relu" }),
  "normalized before": optionsOf(5, { normalization: "before" }),
  "normalized symmetrically": optionsOf(5, { normalization: "symmetric" }),
  "not normalized": optionsOf(5, { normalization: "none", bilateral: { weight: 0.1 }, spatial: { weight: 0.1 } }),
  "68 classes, more than the fused update holds": optionsOf(68, { compatibility: matrixOf(4, 68).map((x) => x / 8) }),
  "68 classes, Potts": optionsOf(68),
  "68 classes, diagonal but for one weight": optionsOf(68, { spatial: { weight: matrixOf(5, 68).map((x) => x / 8) } }),
};

/** θα, θβ, θγ, the guide, the unary and the three stacks of matrices, as one vector each. */
interface Inputs {
  readonly bandwidths: ArrayLike<number>;
  readonly guide: ArrayLike<number>;
  readonly unary: ArrayLike<number>;
  readonly spatialWeight: ArrayLike<number>;
  readonly bilateralWeight: ArrayLike<number>;
  readonly compatibility: ArrayLike<number>;
}

/** Fails unless every gradient of the layer predicts the slope of the float64 reference. */
async function checkGradients(device: Device, options: CrfOptions, iterations: number, sets: number): Promise<void> {
  const { classes, normalization = "after" } = options;
  const numbers = random(classes + iterations);
  const g = numbers.array(pixels * classes, -1, 1);
  using scope = device.scope();
  const unary = scope.tensor([...size, classes], unaryOf(classes));
  const image = scope.tensor([...size, 3], guide);
  using crf = crfRnn(device, { ...options, iterations, learn: { bandwidths: true, guide: true } });
  const { bandwidths: theta, ...matrices } = crf.parameters;
  const stacks = {
    spatialWeight: matrices.spatialWeight,
    bilateralWeight: matrices.bilateralWeight,
    compatibility: matrices.compatibility,
  };
  const watched = { unary, guide: image, bandwidths: theta, ...stacks };
  const tape = new Tape(Object.values(watched));
  const result = await crf(unary, image);
  const gradients = await tape.gradients(result, scope.tensor(result.shape, g));
  const at = Object.fromEntries(
    await Promise.all(Object.entries(watched).map(async ([name, tensor]) => [name, await tensor.read()])),
  ) as unknown as Inputs;
  const loss = (inputs: Inputs): number => {
    const [position, color, spatial] = Array.from(inputs.bandwidths) as [number, number, number];
    const set = (stack: ArrayLike<number>) => (t: number) => {
      const first = Math.min(t, sets - 1) * classes * classes;
      return Array.from(stack).slice(first, first + classes * classes);
    };
    const x = referenceCrf({
      ...lattices(size, inputs.guide, 3, { position, color, spatial }, true),
      unary: inputs.unary,
      classes,
      spatialWeight: set(inputs.spatialWeight),
      bilateralWeight: set(inputs.bilateralWeight),
      compatibility: set(inputs.compatibility),
      iterations,
      normalization,
      activation: options.activation,
    });
    return inner(x, g);
  };
  for (const [name, tensor] of Object.entries(watched)) {
    const gradient = await gradients.get(tensor)!.read();
    checkSlope((values) => loss({ ...at, [name]: values }), at[name as keyof Inputs], gradient, numbers, 2e-5, name);
  }
}

const learned: Record<string, readonly [options: Partial<CrfOptions>, iterations: number, sets: number]> = {
  "after normalization, full matrices": [{ normalization: "after" }, 3, 1],
  "before normalization": [{ normalization: "before" }, 2, 1],
  "symmetric normalization": [{ normalization: "symmetric" }, 2, 1],
  "no normalization": [{ normalization: "none", bilateral: { weight: 0.1 }, spatial: { weight: 0.05 } }, 2, 1],
  "parameters of each iteration's own": [{ tied: false }, 3, 3],
  "ReLU over its sum": [{ activation: "relu" }, 2, 1],
};

export const cases: Case[] = [
  ...Object.entries(learned).map(([name, [options, iterations, sets]]): Case => ({
    name: `gradients of everything: ${name}`,
    async run(device) {
      const classes = 3;
      const full = optionsOf(classes, {
        compatibility: matrixOf(7, classes),
        ...options,
        bilateral: { weight: matrixOf(5, classes), ...options.bilateral },
        spatial: { weight: matrixOf(6, classes), ...options.spatial },
      });
      await checkGradients(device, full, iterations, sets);
    },
  })),
  ...Object.entries(variants).map(([name, options]): Case => ({
    name: `the reference's logits: ${name}`,
    async run(device) {
      for (const iterations of [1, 3]) {
        const actual = await run(device, options, iterations);
        close(actual, expectedOf(options.classes, options, iterations), tolerance, `T = ${iterations}`);
      }
    },
  })),
  {
    name: "marginals that the caller gives need not add up to 1: begun from, put in place of others, and until they change little",
    async run(device) {
      for (const compatibility of ["potts", matrixOf(9, 5)] as const) {
        using scope = device.scope();
        const options = optionsOf(5, { compatibility });
        const given = random(11).array(pixels * 5, 0, 2);
        const unary = scope.tensor([...size, 5], unaryOf(5));
        const image = scope.tensor([...size, 3], guide);
        const from = scope.tensor([...size, 5], given);
        const crf = scope.add(crfRnn(device, options));
        for (const iterations of [1, 3]) {
          const expected = expectedOf(5, options, iterations, given);
          for (const until of [undefined, { change: 0 }]) {
            const logits = await crf(unary, image, { iterations, from, until });
            close(await logits.read(), expected, tolerance, `begun from, T = ${iterations}, until ${until?.change}`);
          }
          for (const at of [0, 2]) {
            for await (const step of crf.steps(unary, image, { iterations: iterations + at })) {
              if (step.iteration === at) step.replace(from);
              if (step.iteration < iterations + at) continue;
              close(await step.marginals.read(), activation(expected, 5), { absolute: 1e-4 }, `put in place at ${at}`);
            }
          }
        }
      }
    },
  },
  {
    name: "meanField gives softmax(X_T), for few classes and many",
    async run(device) {
      for (const classes of [5, 68]) {
        const { bilateral, spatial } = optionsOf(classes);
        using unary = device.tensor([...size, classes], unaryOf(classes));
        using image = device.tensor([...size, 3], guide);
        using marginals = await meanField(unary, image, { bilateral, spatial, iterations: 2 });
        const expected = activation(expectedOf(classes, optionsOf(classes), 2), classes);
        close(await marginals.read(), expected, { absolute: 1e-4 }, `${classes} classes`);
      }
    },
  },
  {
    name: "untied: every iteration has parameters of its own",
    async run(device) {
      for (const classes of [5, 68]) {
        using unary = device.tensor([...size, classes], unaryOf(classes));
        using image = device.tensor([...size, 3], guide);
        using crf = crfRnn(device, optionsOf(classes, { iterations: 2, tied: false }));
        const { spatialWeight, bilateralWeight, compatibility } = crf.parameters;
        const sets = [spatialWeight, bilateralWeight, compatibility].map((tensor, k) => {
          const matrices = [0, 1].map((t) => matrixOf(10 * k + t, classes).map((x) => x / Math.sqrt(classes)));
          using source = device.tensor(tensor.shape, [...matrices[0]!, ...matrices[1]!]);
          device.copy(source.storage, tensor.storage);
          return (t: number) => matrices[t]!;
        });
        using result = await crf(unary, image);
        const expected = referenceCrf({
          ...near,
          unary: unaryOf(classes),
          classes,
          spatialWeight: sets[0]!,
          bilateralWeight: sets[1]!,
          compatibility: sets[2]!,
          iterations: 2,
          normalization: "after",
        });
        close(await result.read(), expected, tolerance, `${classes} classes`);
      }
    },
  },
  {
    name: "a batch gives each image what it gets alone",
    async run(device) {
      const classes = 5;
      const other = random(8).array(pixels * 3, -100, 100);
      using unary = device.tensor([2, ...size, classes], [...unaryOf(classes), ...unaryOf(classes).reverse()]);
      using images = device.tensor([2, ...size, 3], [...guide, ...other]);
      using crf = crfRnn(device, optionsOf(classes));
      using both = await crf(unary, images, { iterations: 2 });
      const all = await both.read();
      using first = device.tensor([...size, classes], unaryOf(classes));
      using second = device.tensor([...size, classes], unaryOf(classes).reverse());
      for (const [index, logits, image] of [
        [0, first, guide],
        [1, second, other],
      ] as const) {
        using tensor = device.tensor([...size, 3], image);
        using alone = await crf(logits, tensor, { iterations: 2 });
        const length = pixels * classes;
        same(all.subarray(index * length, (index + 1) * length), await alone.read(), `image ${index}`);
      }
    },
  },
  {
    name: "one layer serves images of several sizes, each with what a layer of its own gives",
    async run(device) {
      const classes = 3;
      const options = optionsOf(classes, { iterations: 2 });
      const inferred = async (crf: CrfRnn, [height, width]: readonly number[]): Promise<Float32Array> => {
        const count = height! * width!;
        using unary = device.tensor([height!, width!, classes], random(count).array(count * classes, -2, 2));
        using image = device.tensor([height!, width!, 3], random(width!).array(count * 3, -100, 100));
        using logits = await crf(unary, image);
        return await logits.read();
      };
      using crf = crfRnn(device, options);
      // The lattice of the last size is held: it serves the same size again and no other, not even one of as many pixels.
      for (const size of [
        [6, 4],
        [4, 6],
        [4, 6],
        [9, 9],
        [6, 4],
      ] as const) {
        using alone = crfRnn(device, options);
        same(await inferred(crf, size), await inferred(alone, size), `${size.join(" by ")} pixels`);
      }
      // The lattice depends on the bandwidth of the position as well, which training changes.
      crf.parameters.bandwidths.write([bandwidths.position, bandwidths.color, 5]);
      using wide = crfRnn(device, { ...options, spatial: { position: 5 } });
      same(await inferred(crf, [6, 4]), await inferred(wide, [6, 4]), "another bandwidth");
    },
  },
  {
    name: "a single number beside the diagonals, wherever it stands, is taken into account",
    async run(device) {
      const classes = 3;
      using unary = device.tensor([...size, classes], unaryOf(classes));
      using image = device.tensor([...size, 3], guide);
      const potts = fullMatrix(-1, classes);
      for (const iteration of [0, 1]) {
        for (const which of ["spatialWeight", "bilateralWeight"] as const) {
          for (const place of [1, 2, 3, 5, 6, 7]) {
            using crf = crfRnn(device, optionsOf(classes, { iterations: 2, tied: false }));
            const stacks = { spatialWeight: fullMatrix(3, classes), bilateralWeight: fullMatrix(5, classes) };
            const setOf = (name: keyof typeof stacks) => (t: number) =>
              stacks[name].map((weight, i) => (t === iteration && name === which && i === place ? 2 : weight));
            crf.parameters[which].write([...setOf(which)(0), ...setOf(which)(1)]);
            using logits = await crf(unary, image);
            const expected = referenceCrf({
              ...near,
              unary: unaryOf(classes),
              classes,
              spatialWeight: setOf("spatialWeight"),
              bilateralWeight: setOf("bilateralWeight"),
              compatibility: () => potts,
              iterations: 2,
              normalization: "after",
            });
            close(await logits.read(), expected, tolerance, `${which}, ${place}, iteration ${iteration}`);
          }
        }
      }
    },
  },
  {
    name: "without options, a layer is the paper's, and so is meanField",
    async run(device) {
      const classes = 2;
      using scope = device.scope();
      const plain = scope.add(crfRnn(device, { classes }));
      const { spatialWeight, bilateralWeight, compatibility, bandwidths: theta } = plain.parameters;
      same(await spatialWeight.read(), fullMatrix(3, classes), "W_s");
      same(await bilateralWeight.read(), fullMatrix(5, classes), "W_b");
      same(await compatibility.read(), [-1, 0, 0, -1], "Potts");
      same(await theta.read(), [160, 3, 3], "bandwidths");
      const [unary, image] = [scope.tensor([...size, classes], unaryOf(classes)), scope.tensor([...size, 3], guide)];
      const told = { iterations: 5, tied: true, normalization: "after", activation: "softmax" } as const;
      const full = scope.add(crfRnn(device, { classes, ...told }));
      same(await (await plain(unary, image)).read(), await (await full(unary, image)).read(), "logits");
      const [few, all] = [await meanField(unary, image), await meanField(unary, image, told)];
      same(await few.read(), await all.read(), "marginals");
      const untied = scope.add(crfRnn(device, { classes, tied: false }));
      check(untied.parameters.spatialWeight.shape.join() === "10,2", "parameters for each of five iterations");
    },
  },
  {
    name: "onIteration is told how many iterations are done, for few classes and many, recorded or not",
    async run(device) {
      for (const classes of [2, 68]) {
        using scope = device.scope();
        const [unary, image] = [scope.tensor([...size, classes], unaryOf(classes)), scope.tensor([...size, 3], guide)];
        const told: string[] = [];
        const onIteration = async (done: number): Promise<void> => {
          told.push(`begin ${done}`);
          await new Promise((resolve) => setTimeout(resolve));
          told.push(`end ${done}`);
        };
        const expected = "begin 1,end 1,begin 2,end 2";
        const crf = scope.add(crfRnn(device, optionsOf(classes)));
        await crf(unary, image, { iterations: 2, onIteration });
        check(told.splice(0).join() === expected, `${classes} classes`);
        const { bilateral, spatial } = optionsOf(classes);
        await meanField(unary, image, { bilateral, spatial, iterations: 2, onIteration });
        check(told.splice(0).join() === expected, `${classes} classes, meanField`);
        using tape = new Tape([unary]);
        await crf(unary, image, { iterations: 2, onIteration });
        check(told.splice(0).join() === expected && tape.recording, `${classes} classes, recorded`);
      }
    },
  },
  {
    name: "meanField applies the activation that it is told to X_T as well",
    async run(device) {
      const classes = 3;
      const { bilateral, spatial } = optionsOf(classes);
      using unary = device.tensor([...size, classes], unaryOf(classes));
      using image = device.tensor([...size, 3], guide);
      const options = { bilateral, spatial, activation: "relu", normalization: "before", iterations: 2 } as const;
      using marginals = await meanField(unary, image, options);
      const expected = activation(expectedOf(classes, optionsOf(classes, options), 2), classes, "relu");
      close(await marginals.read(), expected, { absolute: 1e-4 }, "marginals");
    },
  },
  {
    name: "gradients reach what is learned and nothing else, and a layer gives everything back",
    async run(device) {
      const classes = 2;
      const numbers = random(1);
      using unary = device.tensor([...size, classes], unaryOf(classes));
      using image = device.tensor([...size, 3], guide);
      using seed = device.tensor([...size, classes], numbers.array(pixels * classes, -1, 1));
      const before = device.bytes;
      const usual = "spatialWeight,bilateralWeight,compatibility";
      let logits: Float32Array | undefined;
      for (const [learn, names] of [
        [undefined, usual],
        [{}, usual],
        [{ weights: false }, "compatibility"],
        [{ compatibility: false }, "spatialWeight,bilateralWeight"],
        [{ bandwidths: true }, `${usual},bandwidths`],
        [{ guide: true }, `${usual},guide`],
        [{ weights: false, compatibility: false }, ""],
      ] as const) {
        const crf = crfRnn(device, optionsOf(classes, { iterations: 1, learn }));
        const watched: Record<string, Tensor> = { unary, ...crf.parameters, guide: image };
        const tape = new Tape(Object.values(watched));
        const result = await crf(unary, image);
        logits ??= await result.read();
        same(await result.read(), logits, `${JSON.stringify(learn)}: what is learned changes no logits`);
        const gradients = await tape.gradients(result, seed);
        const found = Object.keys(watched).filter((name) => gradients.has(watched[name]!));
        check(found.join() === ["unary", names].filter(Boolean).join(), `${JSON.stringify(learn)}: ${found.join()}`);
        for (const one of [crf, result, ...gradients.values()]) one.dispose();
        crf.dispose();
        check(device.bytes === before, `${JSON.stringify(learn)}: ${device.bytes - before} bytes left`);
      }
    },
  },
  {
    name: "the spatial lattice is built for the first call of a size and used by the next, unless its bandwidth is learned",
    async run(device) {
      const classes = 2;
      using scope = device.scope();
      const [unary, image] = [scope.tensor([...size, classes], unaryOf(classes)), scope.tensor([...size, 3], guide)];
      const crf = scope.add(crfRnn(device, optionsOf(classes, { iterations: 1, learn: { bandwidths: true } })));
      const built = async (call: () => Promise<unknown>): Promise<number> => {
        let lattices = 0;
        using _observation = device.observe({
          before: ({ kernel }) => void (lattices += Number(embeddings.includes(kernel))),
        });
        await call();
        return lattices;
      };
      check((await built(() => crf(unary, image))) === 2, "the first call builds both lattices");
      check((await built(() => crf(unary, image))) === 1, "the next builds the bilateral one");
      {
        using _tape = new Tape([crf.parameters.bandwidths]);
        check((await built(() => crf(unary, image))) === 2, "one with learned bandwidths builds both");
      }
      const before = device.bytes;
      (await crf(unary, image)).dispose();
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
  {
    name: "the result belongs to the scope of the logits, or of the guide",
    async run(device) {
      const classes = 2;
      using crf = crfRnn(device, optionsOf(classes, { iterations: 1 }));
      for (const whose of ["unary", "guide"]) {
        using scope = device.scope();
        using other = device.scope();
        const [ofUnary, ofGuide] = whose === "unary" ? [scope, undefined] : [undefined, scope];
        using unary = (ofUnary ?? device).tensor([...size, classes], unaryOf(classes));
        using image = (ofGuide ?? device).tensor([...size, 3], guide);
        const result = await crf(unary, image);
        check(result.scope === scope && result.scope !== other, `the scope of the ${whose}`);
      }
    },
  },
  {
    name: "calls that cannot be are refused with what was found, and leave nothing behind",
    async run(device) {
      const classes = 2;
      using scope = device.scope();
      const make = (more: Partial<CrfOptions> = {}): CrfRnn => scope.add(crfRnn(device, optionsOf(classes, more)));
      const map = (...shape: number[]): Tensor => scope.tensor(shape);
      const [unary, image] = [map(4, 5, classes), map(4, 5, 3)];
      const [tied, untied, gone, narrow] = [make(), make({ tied: false, iterations: 2 }), make(), make()];
      gone.dispose();
      narrow.parameters.bandwidths.write([3, 0, 3]);
      const says = async (
        call: () => Promise<unknown>,
        kind: typeof ValueError | typeof DisposedError | typeof ShapeError,
        text: string,
      ) => {
        const before = device.bytes;
        const { message } = await rejects<CrfRnnError>(call, kind, text);
        check(message.includes(text), `expected "${text}", got "${message}"`);
        check(device.bytes === before, `${text}: ${device.bytes - before} bytes left`);
      };
      await says(() => gone(unary, image), DisposedError, "the layer");
      await says(() => narrow(unary, image), ValueError, "bilateral color bandwidth above 0, got 0");
      await says(() => narrow.lattices(image), ValueError, "bilateral color bandwidth above 0, got 0");
      const none = "a whole number of iterations, 1 or more, got 0";
      await says(() => tied(unary, image, { iterations: 0, from: unary }), ValueError, none);
      await says(() => tied(unary, image, { iterations: 0, until: { change: 1 } }), ValueError, none);
      const bounds: readonly (readonly [until: object, text: string])[] = [
        [{}, "until: expected change or meanChange, got neither"],
        [{ change: -1 }, "until: expected change as a number, 0 or above, got -1"],
        [{ change: 1, meanChange: Infinity }, "until: expected meanChange as a number, 0 or above, got Infinity"],
        [{ changes: 1 }, "until: expected options change, meanChange"],
      ];
      for (const [until, text] of bounds) await says(() => tied(unary, image, { until }), ValueError, text);
      await says(() => tied(unary, image, { from: image }), ShapeError, "marginals [4, 5, 2], got [4, 5, 3]");
      for (const iterations of [-1, 1.5, NaN]) {
        const text = `a whole number of iterations, 0 or more, got ${iterations}`;
        await says(() => tied(unary, image, { iterations }), ValueError, text);
        await rejects(() => make({ iterations }), ValueError, text);
      }
      const flag = await rejects(() => make({ tied: "yes" as unknown as boolean }), ValueError, "tied");
      check(flag.message.includes("tied: true or false"), flag.message);
      for (const wrong of [0, -2, 1.5]) {
        const { message } = await rejects(() => crfRnn(device, { classes: wrong }), ValueError);
        check(message.includes(`a whole number of classes, 1 or more, got ${wrong}`), message);
      }
      await says(() => untied(unary, image, { iterations: 3 }), ValueError, "at most 2 iterations");
      (await untied(unary, image, { iterations: 1 })).dispose();
      (await untied(unary, image)).dispose();
      for (const [logits, picture, remedy] of [
        [map(20, classes), map(20, 3), "resize the logits to the image"],
        [map(1, 1, 4, 5, classes), map(1, 1, 4, 5, 3), "resize the logits to the image"],
        [map(4, 5, 3), image, "resize the logits to the image"],
        [map(5, 4, classes), image, "resize the logits to the image"],
        [map(classes, 4, 5), image, "put the channels last: the logits are [L, h, w]"],
        [map(1, classes, 4, 5), map(1, 4, 5, 3), "put the channels last: the logits are [L, h, w]"],
        [map(3, 4, 5), image, "resize the logits to the image"],
        [map(classes, 5, 4), image, "resize the logits to the image"],
        [map(1, classes, 4, 5), image, "resize the logits to the image"],
      ] as const) {
        await says(() => tied(logits, picture), ShapeError, remedy);
      }
      for (const [name, logits, picture] of [
        ["logits", scope.tensor([4, 5, classes], new Float32Array(40).fill(NaN)), image],
        ["guide", unary, scope.tensor([4, 5, 3], new Float32Array(60).fill(Infinity))],
      ] as const) {
        await says(() => tied(logits, picture), ValueError, `finite ${name}`);
      }
    },
  },
  {
    name: "inputs that are disposed of right after the call serve it all the same, for few classes and many",
    async run(device) {
      for (const classes of [2, 68]) {
        using crf = crfRnn(device, optionsOf(classes, { iterations: 1 }));
        const inputs = (): [Tensor, Tensor] => [
          device.tensor([...size, classes], unaryOf(classes)),
          device.tensor([...size, 3], guide),
        ];
        const [unary, image] = inputs();
        using expected = await crf(unary, image);
        const given = inputs();
        const pending = crf(...given);
        for (const input of [unary, image, ...given]) input.dispose();
        using result = await pending;
        same(await result.read(), await expected.read(), `${classes} classes`);
      }
    },
  },
  {
    name: "nothing is queued for a call whose signal has fired",
    async run(device) {
      using scope = device.scope();
      const crf = scope.add(crfRnn(device, optionsOf(2)));
      const [unary, image] = [scope.tensor([...size, 2], unaryOf(2)), scope.tensor([...size, 3], guide)];
      let queued = 0;
      using _observation = device.observe({ before: () => void queued++ });
      await rejects(() => crf(unary, image, { signal: AbortSignal.abort() }), AbortError);
      check(queued === 0, `${queued} kernels`);
    },
  },
  {
    name: "the fused update serves up to 64 classes whose maps fit a binding, and no tape",
    async run(device) {
      const updates = async (on: Device, classes: number, recorded: boolean): Promise<number> => {
        let count = 0;
        using _observation = on.observe({ before: ({ kernel }) => void (count += Number(kernel === update)) });
        using unary = on.tensor([...size, classes], unaryOf(classes));
        using image = on.tensor([...size, 3], guide);
        using crf = crfRnn(on, optionsOf(classes));
        using tape = recorded ? new Tape([unary]) : undefined;
        using result = await crf(unary, image, { iterations: 2 });
        check(result.tape === tape, "recorded");
        return count;
      };
      check((await updates(device, 64, false)) === 2, "64 classes");
      check((await updates(device, 65, false)) === 0, "65 classes");
      check((await updates(device, 2, true)) === 0, "on a tape");
      // The map of 63 pixels has 16 kB and fits, that of the bilateral lattice, of more vertices, does not.
      using small = await openBeside(device, { bindingBytes: 49_152 });
      check((await updates(small, 4, false)) === 2, "4 classes in bindings of 48 kB");
      check((await updates(small, 64, false)) === 0, "64 classes in bindings of 48 kB");
    },
  },
  {
    name: "single ops compute what a tape records, with whole matrices, and the fused update what the layer does not learn",
    async run(device) {
      const classes = 3;
      const seen = new Set<string>();
      using _observation = device.observe({
        before({ kernel, args }) {
          if (kernel === update) seen.add("fused");
          if (kernel === compatibility) seen.add(args.diagonal === 1 ? "diagonal" : "full");
        },
      });
      using scope = device.scope();
      const [unary, image] = [scope.tensor([...size, classes], unaryOf(classes)), scope.tensor([...size, 3], guide)];
      for (const [whose, learn, expected] of [
        ["unary", {}, "full"],
        ["from", {}, "full"],
        ["guide", { guide: true }, "full"],
        ["guide", {}, "fused"],
        ["lattices", { guide: true }, "full"],
        ["bandwidths", { bandwidths: true }, "full"],
        ["bandwidths", {}, "fused"],
      ] as const) {
        const crf = scope.add(crfRnn(device, optionsOf(classes, { learn })));
        const from = scope.tensor(unary.shape, unaryOf(classes));
        const watched = { unary, from, guide: image, lattices: image, bandwidths: crf.parameters.bandwidths };
        using _tape = new Tape([watched[whose]]);
        using lattices = whose === "lattices" ? await crf.lattices(image) : undefined;
        seen.clear();
        await crf(unary, lattices ?? image, { iterations: 1, ...(whose === "from" && { from }) });
        check([...seen].join() === expected, `${whose}, ${JSON.stringify(learn)}: ${[...seen].join()}`);
      }
    },
  },
  {
    name: "what the fused update is going to run is compiled while the device is waited for, and nothing for another path",
    async run(device) {
      const ahead = new Set<string>();
      const [sooner, later] = [new Set<string>(), new Set<string>()];
      const keyOf = ({ id, constants }: Kernel<object>, values: Readonly<Record<string, unknown>>): string =>
        [id, ...constants.map(({ argument }) => values[argument])].join(" ");
      using scope = device.scope();
      // In a picture of one color the first table of keys is large enough.
      const image = scope.tensor([...size, 3], new Float32Array(pixels * 3));
      const infer = async (classes: number, recorded: boolean, kept: boolean): Promise<void> => {
        ahead.clear();
        const unary = scope.tensor([...size, classes], unaryOf(classes));
        const crf = scope.add(crfRnn(device, optionsOf(classes)));
        using lattices = kept ? await crf.lattices(image) : undefined;
        using _tape = recorded ? new Tape([unary]) : undefined;
        const { prepare } = device;
        device.prepare = (kernel, constants) => {
          ahead.add(keyOf(kernel, constants));
          prepare.call(device, kernel, constants);
        };
        using _observation = device.observe({
          before: ({ kernel, args }) => {
            // The other device has kernels of its own.
            if (kernel.only === undefined) (ahead.size > 0 ? later : sooner).add(keyOf(kernel, args));
          },
        });
        try {
          await crf(unary, lattices ?? image);
        } finally {
          Reflect.deleteProperty(device, "prepare");
        }
      };
      await infer(5, false, false);
      check(later.has("update 5 2 1") && later.has("slice 2"), [...later].join());
      const missing = [...later].filter((key) => !ahead.has(key) && !sooner.has(key));
      check(missing.length === 0, `not compiled ahead: ${missing.join()}`);
      for (const [classes, recorded, kept] of [
        [68, false, false],
        [5, true, false],
        [5, false, true],
      ] as const) {
        await infer(classes, recorded, kept);
        check(ahead.size === 0, `${classes} classes, recorded: ${recorded}, kept: ${kept}: ${[...ahead].join()}`);
      }
    },
  },
  {
    name: "products of full matrices serve the calls that are under way when their layer is disposed of",
    async run(device) {
      const classes = 3;
      using scope = device.scope();
      const [unary, image] = [scope.tensor([...size, classes], unaryOf(classes)), scope.tensor([...size, 3], guide)];
      const before = device.bytes;
      const crf = crfRnn(device, optionsOf(classes, { compatibility: matrixOf(3, classes) }));
      using first = await crf(unary, image, { iterations: 3 });
      const expected = await first.read();
      // What the first call made is what the second one takes.
      using again = await crf(unary, image, { iterations: 3, onIteration: () => crf.dispose() });
      same(await again.read(), expected, "logits");
      check(
        device.bytes - before === 2 * taken(device, [first.storage.bytes]),
        `${device.bytes - before} bytes are in use`,
      );
    },
  },
  {
    name: "more classes than the fused update holds cost no product of matrices, and diagonal matrices L a row",
    async run(device) {
      const classes = 68;
      const seen: string[] = [];
      using _observation = device.observe({
        before({ kernel, args }) {
          if (kernel === compose) seen.push("compose");
          if (kernel !== compatibility) return;
          seen.push(args.diagonal === 1 ? "diagonal" : args.rows === classes ? "matrix" : "full");
        },
      });
      using unary = device.tensor([...size, classes], unaryOf(classes));
      using image = device.tensor([...size, 3], guide);
      using crf = crfRnn(device, optionsOf(classes));
      for (const [expected, weight] of [
        ["diagonal diagonal diagonal", fullMatrix(5, classes)],
        ["diagonal full diagonal", Float32Array.from(fullMatrix(5, classes), (value, i) => (i === 1 ? 1 : value))],
      ] as const) {
        crf.parameters.bilateralWeight.write(weight);
        seen.length = 0;
        (await crf(unary, image, { iterations: 1 })).dispose();
        check(seen.join(" ") === expected, seen.join(" "));
      }
      using _tape = new Tape([crf.parameters.compatibility]);
      seen.length = 0;
      (await crf(unary, image, { iterations: 2 })).dispose();
      // Those of both filters are multiplied once, and a row by one matrix a filter and iteration.
      check(seen.join(" ") === "matrix matrix full full full full", `a tape asks for gradients: ${seen.join(" ")}`);
    },
  },
  {
    name: "the bilateral lattice is blurred in place, or in the memory of the result unless it has more vertices than there are pixels",
    async run(device) {
      // Of five classes the filters leave out the last, which would have a quad to itself.
      for (const [classes, rowBytes, values, lent] of [
        [6, 32, guide, false],
        [6, 32, guide.map(() => 100), true],
        [5, 16, guide, false],
        [5, 16, guide.map(() => 100), true],
      ] as const) {
        using unary = device.tensor([...size, classes], unaryOf(classes));
        using crf = crfRnn(device, optionsOf(classes));
        using image = device.tensor([...size, 3], values);
        using lattices = await crf.lattices(image);
        (await crf(unary, lattices)).dispose(); // makes the normalization, which lattices keep
        const used = await memoryOf(device, "crf/update", async () => {
          (await crf(unary, lattices, { iterations: 1 })).dispose();
        });
        const [near, like] = [lattices.spatial, lattices.bilateral].map(({ vertices }) => rowBytes * (vertices + 1));
        // No list of 63 points is longer than a block of 64, so that there are no sums.
        check(near! > 32 && lent === like! <= 32 * pixels, `${like! / rowBytes} rows of vertices`);
        const checks = 3 * alignedBytes(device, 4);
        const matrices = [32, 32, 32, alignedBytes(device, 64)];
        // Both lattices splat into one map. On WASM the bilateral one is blurred in it, too.
        const inPlace = device.kind === "wasm";
        const maps = [32 * pixels, Math.max(near!, like!), near!, lent || inPlace ? rowBytes : like!];
        const what = `${classes} classes, lent: ${lent}`;
        checkMemory(device, used, [["crf/update", [checks, ...matrices, ...maps]]], what);
      }
    },
  },
  {
    name: "options that cannot be are refused by name",
    async run(device) {
      const wrong: readonly (readonly [options: object, text: string])[] = [
        [{ steps: 3 }, "write iterations"],
        [{ bilateral: { sigma: 3 } }, "crfRnn: bilateral: expected options position, color, weight"],
        [{ spatial: { sigma: 3 } }, "crfRnn: spatial: expected options position, weight"],
        [{ learn: { bandwidth: true } }, "crfRnn: learn: expected options weights, compatibility, bandwidths, guide"],
        [{ learn: { weights: "yes" } }, "crfRnn: learn: expected weights: true or false"],
        [{ normalization: "both" }, "normalization: none, before, after or symmetric"],
        [{ activation: "sigmoid" }, "activation: softmax or relu"],
        [{ bilateral: { position: 0 } }, "crfRnn: expected a bilateral position bandwidth above 0"],
        [{ bilateral: { color: -1 } }, "crfRnn: expected a bilateral color bandwidth above 0"],
        [{ spatial: { position: NaN } }, "crfRnn: expected a spatial position bandwidth above 0"],
      ];
      for (const [options, text] of wrong) {
        const { message } = await rejects(() => crfRnn(device, { classes: 2, ...options }), ValueError, text);
        check(message.includes(text), `expected "${text}", got "${message}"`);
      }
      await rejects(() => crfRnn({} as Device, { classes: 2 }), ValueError, "no device");
      await rejects(() => crfRnn(device, undefined as unknown as CrfOptions), ValueError, "no options");
      using unary = device.tensor([4, 5, 2]);
      using image = device.tensor([4, 5, 3]);
      using crf = crfRnn(device, optionsOf(2));
      await rejects(() => crf(unary, image, { steps: 1 } as object), ValueError, "a misspelled option of a call");
      await rejects(() => meanField(unary, image, { classes: 2 } as object), ValueError, "classes of meanField");
      await rejects(() => crf({} as Tensor, image), ValueError, "no logits");
    },
  },
];
