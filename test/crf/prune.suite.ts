import { prune as gather, prunePeaks, pruneScatter } from "../../build/kernels.ts";
import { type CrfCall, type CrfOptions, crfRnn, meanField } from "../../src/crf/crfRnn.ts";
import type { Pruned } from "../../src/crf/prune.ts";
import { softmax } from "../../src/crf/softmax.ts";
import { Workspace } from "../../src/device/workspace.ts";
import type { Device } from "../../src/device/device.ts";
import { ValueError } from "../../src/errors.ts";
import { normalizations } from "../../src/lattice/filter.ts";
import { refine } from "../../src/pictures/refine.ts";
import { padded } from "../../src/shape.ts";
import { Tape } from "../../src/tape.ts";
import { type Case, check, close, maximum, random, rejects, same } from "../suite.ts";

const [height, width] = [7, 9];

/** Logits of which classes from `present` on are unlikely everywhere. */
function makeUnary(classes: number, present: number, { images = 1, below = 5 } = {}): Float32Array<ArrayBuffer> {
  const dice = random(classes);
  return Float32Array.from({ length: images * height * width * classes }, (_, at) => {
    const value = dice.array(1, -1, 1)[0]!;
    return at % classes < present ? 2 * value : value - below;
  });
}

const guideValues = random(5).array(3 * height * width * 3, 0, 120);

interface Compared {
  readonly pruned: Pruned;
  readonly difference: number;
  readonly actual: Float32Array;
  readonly expected: Float32Array;
}

async function compare(
  device: Device,
  options: CrfOptions,
  values: Float32Array,
  prune: number,
  call: CrfCall = {},
): Promise<Compared> {
  const { classes } = options;
  const images = values.length / (height * width * classes);
  const shape = images === 1 ? [height, width] : [images, height, width];
  using unary = device.tensor([...shape, classes], values);
  using guide = device.tensor([...shape, 3], guideValues.slice(0, images * height * width * 3));
  using crf = crfRnn(device, {
    bilateral: { position: 4, color: 30, weight: 2 },
    spatial: { position: 2, weight: 1 },
    ...options,
  });
  using whole = await crf(unary, guide, call);
  let told: Pruned | undefined;
  using less = await crf(unary, guide, { ...call, prune, onPruned: (pruned) => (told = pruned) });
  check(
    less.bound === told!.bound && !("bound" in whole),
    "the result has the bound that is told, and others have none",
  );
  const [expected, actual] = [await whole.read(), await less.read()];
  const difference = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  return { pruned: told!, difference, actual, expected };
}

/** The bound is for exact arithmetic; both results are rounded. */
function checkBound({ pruned: { bound }, difference, expected }: Compared, what: string): void {
  const rounding = 3e-6 * maximum(expected);
  check(difference <= bound + rounding, `${what}: off by ${difference} where ${bound} is the bound`);
}

const symmetric = (classes: number, seed: number): Float32Array => {
  const values = random(seed).array(classes * classes, -0.3, 0.3);
  for (let c = 0; c < classes; c++) values[c * classes + c]! -= 1;
  return values;
};

export const cases: Case[] = [
  {
    name: "kernels gather classes and the logarithm of what the others come to, find peaks of blocks, and scatter",
    async run(device) {
      for (const [channels, kept] of [
        [4, [2]],
        [7, [0, 3, 6]],
        [13, [1, 2, 3, 11]],
      ] as const) {
        const rows = 131;
        const values = random(channels).array(rows * channels, -4, 4);
        using map = device.tensor([rows, channels], values);
        using workspace = new Workspace(device);
        const places = workspace.store(Uint32Array.from(kept));
        const leaves = (c: number): boolean => c < channels && !(kept as readonly number[]).includes(c);
        const leaving = workspace.store(Uint32Array.from({ length: padded(channels) }, (_, c) => (leaves(c) ? ~0 : 0)));
        for (const rest of [0, 1]) {
          using narrow = device.empty([rows, kept.length + rest]);
          const maps = { values: map.storage, places, leaving, result: narrow.storage };
          device.run(gather, { ...maps, rows, channels, kept: kept.length, rest });
          const expected = Array.from({ length: rows }, (_, row) => {
            const own = values.slice(row * channels, (row + 1) * channels);
            const sum = own.reduce((total, x, c) => total + (leaves(c) ? Math.exp(x) : 0), 0);
            return [...kept.map((c) => own[c]!), ...(rest ? [Math.log(sum)] : [])];
          });
          close(await narrow.read(), expected.flat(), { absolute: 2e-6 }, `${kept.length} of ${channels}, ${rest}`);
        }
        for (const logits of [0, 1]) {
          const blockRows = 64;
          const blocks = Math.ceil(rows / blockRows);
          using peaks = device.empty([blocks, channels]);
          device.run(prunePeaks, { values: map.storage, result: peaks.storage, rows, channels, blockRows, logits });
          const expected = new Float32Array(blocks * channels).fill(-Infinity);
          for (let row = 0; row < rows; row++) {
            const own = values.slice(row * channels, (row + 1) * channels);
            const largest = logits ? Math.max(...own) : 0;
            for (const [c, x] of own.entries()) {
              const at = Math.floor(row / blockRows) * channels + c;
              expected[at] = Math.max(expected[at]!, x - largest);
            }
          }
          close(await peaks.read(), expected, { absolute: 1e-6 }, `peaks of ${channels}, ${logits}`);
        }
        const narrow = random(9).array(rows * kept.length);
        using from = device.tensor([rows, kept.length], narrow);
        using into = device.tensor([rows, channels], values);
        const strides = { valueStride: padded(kept.length), resultStride: padded(channels) };
        device.run(pruneScatter, {
          values: from.storage,
          places,
          result: into.storage,
          rows,
          kept: kept.length,
          ...strides,
        });
        const expected = values.map((value, at) => {
          const k = (kept as readonly number[]).indexOf(at % channels);
          return k < 0 ? value : narrow[Math.floor(at / channels) * kept.length + k]!;
        });
        same(await into.read(), expected, `scattered into ${channels}`);
      }
    },
  },
  {
    name: "classes that stay unlikely leave the filters, and no logit is off by more than the bound that is told",
    async run(device) {
      const potts: CrfOptions = { classes: 13 };
      const layers: Record<string, CrfOptions> = {
        potts,
        "weights for each class": {
          classes: 13,
          spatial: { position: 2, weight: random(1).array(13, -1, 1) },
          bilateral: { position: 4, color: 30, weight: random(2).array(13, 0, 3) },
        },
        "one set for each iteration": { ...potts, tied: false },
        "full matrices": { classes: 13, compatibility: symmetric(13, 3) },
        "a penalty for other classes": {
          classes: 13,
          compatibility: Float32Array.from({ length: 169 }, (_, at) => (at % 14 === 0 ? 0 : 1)),
        },
        "more classes than the fused update takes": { classes: 70 },
        ...Object.fromEntries(normalizations.map((normalization) => [normalization, { ...potts, normalization }])),
      };
      for (const [what, options] of Object.entries(layers)) {
        const values = makeUnary(options.classes, 4);
        const compared = await compare(device, options, values, 0.2, { iterations: 3 });
        const { pruned, difference } = compared;
        same(
          pruned.classes,
          Array.from({ length: options.classes - 4 }, (_, i) => 4 + i),
          what,
        );
        check(difference > 1e-4, `${what}: pruning changes nothing, so that nothing is tested (${difference})`);
        check(pruned.share > 0.001 && pruned.share < 0.9, `${what}: the others have ${pruned.share}`);
        checkBound(compared, what);
      }
    },
  },
  {
    name: "the bound is near what is true where classes are unlikely, and 0 where none leaves; then the bits are those without",
    async run(device) {
      const options: CrfOptions = { classes: 13, iterations: 3 };
      const unlikely = await compare(device, options, makeUnary(13, 4, { below: 9 }), 0.01);
      checkBound(unlikely, "unlikely classes");
      const { bound } = unlikely.pruned;
      check(bound > 0 && bound < 30 * unlikely.difference, `${bound} for ${unlikely.difference}`);
      for (const [prune, present, iterations] of [
        [0, 4, 3],
        [1e-6, 4, 3],
        [0.2, 12, 3],
        [0.2, 4, 0],
      ] as const) {
        const { pruned, actual, expected } = await compare(device, options, makeUnary(13, present), prune, {
          iterations,
        });
        const what = `prune ${prune}, ${present} classes, ${iterations} iterations`;
        same(actual, expected, what);
        same([...pruned.classes, pruned.bound, pruned.share], [0, 0], what);
      }
    },
  },
  {
    name: "a class that comes back makes the bound larger",
    async run(device) {
      // What is likely is pushed down, below what was left out.
      const classes = 13;
      const compatibility = new Float32Array(classes * classes);
      for (let c = 0; c < classes; c++) compatibility[c * classes + c] = c < 4 ? 3 : -1;
      const compared = await compare(device, { classes, compatibility }, makeUnary(classes, 4), 0.2, { iterations: 4 });
      checkBound(compared, "classes that come back");
      check(compared.pruned.share > 0.2, `their share is ${compared.pruned.share}`);
      check(compared.pruned.bound > 0.2, `the bound is ${compared.pruned.bound}`);
    },
  },
  {
    name: "batches, given lattices, an end by little change, and marginals: each like the call without",
    async run(device) {
      const options: CrfOptions = { classes: 13, iterations: 4 };
      const batch = await compare(device, options, makeUnary(13, 4, { images: 3 }), 0.2);
      check(batch.pruned.classes.length === 9, "nothing leaves a batch");
      checkBound(batch, "a batch");
      const done: number[] = [];
      const until = { until: { change: 0.05 }, onIteration: (n: number) => void done.push(n) };
      const ended = await compare(device, { ...options, iterations: 30 }, makeUnary(13, 4, { below: 9 }), 0.2, until);
      checkBound(ended, "until");
      check(done.at(-1)! < 30 && done.length === 2 * done.at(-1)!, `iterations ${done.join()}`);

      const shape = { bilateral: { position: 4, color: 30 }, spatial: { position: 2 } };
      using unary = device.tensor([height, width, 13], makeUnary(13, 4));
      using guide = device.tensor([height, width, 3], guideValues.slice(0, height * width * 3));
      using crf = crfRnn(device, { ...options, ...shape });
      using lattices = await crf.lattices(guide);
      using own = await crf(unary, guide, { prune: 0.2 });
      using given = await crf(unary, lattices, { prune: 0.2 });
      const logits = await own.read();
      same(await given.read(), logits, "given lattices");
      using probable = softmax(own);
      using marginals = await meanField(unary, guide, { ...shape, iterations: 4, prune: 0.2 });
      same(await marginals.read(), await probable.read(), "marginals");
      using again = await crf(unary, guide, { prune: 0.2 });
      same(await again.read(), logits, "again");
    },
  },
  {
    name: "refine passes it on to its layer",
    async run(device) {
      const picture = { data: Uint8Array.from(guideValues.slice(0, height * width * 3)), width, height };
      using scores = device.tensor([height, width, 13], makeUnary(13, 4));
      const told: Pruned[] = [];
      for (const upsampling of ["bilinear", "lattice"] as const) {
        await refine(device, picture, scores, { upsampling, prune: 0.2, onPruned: (pruned) => void told.push(pruned) });
      }
      same(
        told.map(({ classes }) => classes.length),
        [9, 9],
        "classes left out",
      );
    },
  },
  {
    name: "what cannot be pruned is refused",
    async run(device) {
      using unary = device.tensor([height, width, 13], makeUnary(13, 4));
      using guide = device.tensor([height, width, 3], guideValues.slice(0, height * width * 3));
      using crf = crfRnn(device, { classes: 13 });
      using relu = crfRnn(device, { classes: 13, activation: "relu" });
      const refused = async (call: () => unknown, words: string): Promise<void> => {
        const { message } = await rejects(call, ValueError);
        check(message.includes(words), message);
      };
      for (const prune of [-1, 2, NaN, "0.1" as unknown as number]) {
        await refused(() => crf(unary, guide, { prune }), "from 0 to 1");
      }
      await refused(() => relu(unary, guide, { prune: 0.1 }), "take softmax");
      using from = softmax(unary);
      await refused(() => crf(unary, guide, { prune: 0.1, from }), "begin from the logits");
      await refused(() => crf.steps(unary, guide, { prune: 0.1 }).next(), "leave prune out of steps");
      using _tape = new Tape([unary]);
      await refused(() => crf(unary, guide, { prune: 0.1 }), "leave prune out of training");
    },
  },
];
