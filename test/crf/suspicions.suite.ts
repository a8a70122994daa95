import { type CrfOptions, crfRnn, meanField } from "../../src/crf/crfRnn.ts";
import { sample as sampleKernel } from "../../build/kernels.ts";
import { Suspicions } from "../../src/crf/suspicions.ts";
import { alignedBytes, type Data, type Device, view } from "../../src/device/device.ts";
import { CrfWarning, ValueError, type WarningCode } from "../../src/errors.ts";
import { formatShape, padded } from "../../src/shape.ts";
import { sample } from "../../src/shared/sample.ts";
import { Tape } from "../../src/tape.ts";
import type { Listener } from "../../src/warnings.ts";
import { openBeside } from "../beside.ts";
import { type Case, check, random, rejects } from "../suite.ts";

const [height, width] = [24, 45];
const pixels = height * width;

/** A picture of soft shapes and some noise, 0…255. */
function picture(): Float32Array {
  const numbers = random(3);
  return Float32Array.from({ length: pixels * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return 128 + 100 * Math.sin(x / 7 + c) * Math.cos(y / 5) + numbers.uniform(0, 9);
  });
}

/** Scores of `classes` blobs, of which each pixel has one above the others. */
function scores(classes: number): Float32Array {
  const numbers = random(classes);
  return Float32Array.from({ length: pixels * classes }, (_, i) => {
    const [x, y, c] = [Math.floor(i / classes) % width, Math.floor(i / classes / width), i % classes];
    return 4 * Math.cos(x / 9 + 2 * c) * Math.cos(y / 8 - c) + c + numbers.uniform(0, 0.3);
  });
}

const rowsOf = (values: Float32Array, classes: number, change: (row: number[]) => number[]): Float32Array => {
  const rows = Array.from({ length: pixels }, (_, row) => [...values.subarray(row * classes, (row + 1) * classes)]);
  return Float32Array.from(rows.flatMap(change));
};

function softmaxOf(row: number[]): number[] {
  const powers = row.map((value) => Math.exp(value - Math.max(...row)));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** The same numbers, channel after channel. */
function channelsFirst(values: Float32Array, classes: number): Float32Array {
  return values.map((_, i) => values[(i % pixels) * classes + Math.floor(i / pixels)]!);
}

/** What a call warns of. */
async function codesOf(
  device: Device,
  unary: Float32Array,
  guide: Float32Array = picture(),
  options: Partial<CrfOptions> = {},
): Promise<string> {
  const heard: WarningCode[] = [];
  const classes = unary.length / pixels;
  using crf = crfRnn(device, { classes, iterations: 1, ...options, onWarning: ({ code }) => void heard.push(code) });
  using scope = device.scope();
  await crf(scope.tensor([height, width, classes], unary), scope.tensor([height, width, 3], guide));
  return heard.join();
}

/** Fails unless the call warns of exactly what is expected. */
async function expectCodes(expected: string, codes: Promise<string>, what: string): Promise<void> {
  const heard = await codes;
  check(heard === expected, `${what}: expected "${expected}", heard "${heard}"`);
}

/** A map that differs from a constant at one place that is in no sample. */
function almostConstant(channels: number, value: number): Float32Array {
  const values = new Float32Array(pixels * channels).fill(1);
  // Of 1080 pixels 1024 are looked at, in steps that leave out every nineteenth.
  for (let pixel = 0; pixel < pixels; pixel++) {
    const looked = Array.from({ length: 1024 }, (_, i) => Math.floor(((i + 0.5) * pixels) / 1024));
    if (looked.includes(pixel)) continue;
    values[pixel * channels] = value;
    return values;
  }
  throw new Error("every pixel is looked at");
}

export const cases: Case[] = [
  {
    name: "nothing is said of a picture and logits as they should be",
    async run(device) {
      for (const classes of [2, 3, 21]) await expectCodes("", codesOf(device, scores(classes)), `${classes} classes`);
    },
  },
  {
    name: "a guide in 0…1 or normalized is noticed, by its own bandwidth, and one bright pixel is enough",
    async run(device) {
      const guide = picture();
      const unit = guide.map((value) => value / 255);
      await expectCodes("guide-range", codesOf(device, scores(3), unit), "0…1");
      await expectCodes(
        "guide-range",
        codesOf(
          device,
          scores(3),
          guide.map((v) => (v / 255 - 0.45) / 0.225),
        ),
        "normalized",
      );
      await expectCodes("guide-range", codesOf(device, scores(3), new Float32Array(pixels * 3)), "black");
      await expectCodes(
        "",
        codesOf(device, scores(3), unit, { bilateral: { color: 0.05 } }),
        "with a bandwidth of its own",
      );
      await expectCodes(
        "",
        codesOf(
          device,
          scores(3),
          guide.map((v) => v - 120),
        ),
        "minus the mean",
      );
      await expectCodes("", codesOf(device, scores(3), almostConstant(3, 90)), "one bright pixel");
    },
  },
  {
    name: "probabilities are noticed, and neither logits nor logarithms are taken for them",
    async run(device) {
      const probabilities = rowsOf(scores(4), 4, softmaxOf);
      await expectCodes("probabilities", codesOf(device, probabilities), "probabilities");
      const bytes = probabilities.map((value) => Math.round(value * 255) / 255);
      await expectCodes("probabilities", codesOf(device, bytes), "probabilities in bytes");
      await expectCodes("", codesOf(device, probabilities.map(Math.log)), "logarithms");
      await expectCodes(
        "",
        codesOf(
          device,
          scores(4).map((value) => Math.abs(value)),
        ),
        "positive scores",
      );
    },
  },
  {
    name: "channels that come first under a shape where they are last are noticed",
    async run(device) {
      for (const classes of [2, 3, 8, 21]) {
        const first = channelsFirst(scores(classes), classes);
        await expectCodes("channels-first", codesOf(device, first), `${classes} classes`);
      }
      const labels = rowsOf(scores(3), 3, (row) => row.map((value) => (value === Math.max(...row) ? 3 : 0)));
      await expectCodes(
        "channels-first",
        codesOf(device, channelsFirst(labels, 3)),
        "one class a pixel, channels first",
      );
      await expectCodes("", codesOf(device, labels), "one class a pixel");
      await expectCodes("", codesOf(device, random(5).array(pixels * 5, -1, 1)), "noise");
      // What all classes of a pixel have in common makes neighbors in memory alike.
      const common = random(6);
      const shifted = rowsOf(scores(3), 3, (row) => {
        const shift = common.uniform(-50, 50);
        return row.map((value) => value / 10 + shift);
      });
      await expectCodes("", codesOf(device, shifted), "a number of its own for every pixel");
    },
  },
  {
    name: "scores that are the same everywhere are noticed, unless a network is learning; one pixel is enough",
    async run(device) {
      const constant = rowsOf(new Float32Array(pixels * 3), 3, () => [1, 2, 3]);
      await expectCodes("constant-scores", codesOf(device, constant), "constant");
      await expectCodes("", codesOf(device, almostConstant(3, 5)), "one pixel differs");
      const heard: string[] = [];
      using scope = device.scope();
      const unary = scope.tensor([height, width, 3], constant);
      using crf = crfRnn(device, { classes: 3, iterations: 1, onWarning: ({ code }) => void heard.push(code) });
      using tape = new Tape([unary]);
      await crf(unary, scope.tensor([height, width, 3], picture()));
      tape.dispose();
      check(heard.length === 0, `while learning: ${heard}`);
    },
  },
  {
    name: "one class is noticed",
    async run(device) {
      await expectCodes("one-class", codesOf(device, scores(1)), "one class");
      await expectCodes("one-class", codesOf(device, new Float32Array(pixels).fill(1)), "ones, which are no more");
    },
  },
  {
    name: "maps larger than a binding and very small ones are looked at as well",
    async run(device) {
      using narrow = await openBeside(device, { bindingBytes: 300000 });
      const { write } = narrow;
      const written = new Map<unknown, Data>();
      let last = 0;
      narrow.write = (storage, data) => {
        written.set(storage, data);
        write.call(narrow, storage, data);
      };
      using _watch = narrow.observe({
        before: ({ kernel, args }) => {
          if (kernel !== sampleKernel) return;
          const places = written.get(args.places) as Uint32Array | undefined;
          last = places?.reduce((most, place) => Math.max(most, place), last) ?? last;
        },
      });
      await expectCodes("channels-first", codesOf(narrow, channelsFirst(scores(100), 100)), "narrow");
      Reflect.deleteProperty(narrow, "write");
      // 750 rows of 400 bytes fit.
      check(last < 75_000 && last > 74_000, `the last place that is looked at is ${last}`);
      await expectCodes("", codesOf(narrow, scores(100)), "narrow");
      using logits = device.tensor([7, 9, 3]);
      using guide = device.tensor([7, 9, 3]);
      const heard: string[] = [];
      (await meanField(logits, guide, { iterations: 1, onWarning: ({ code }) => void heard.push(code) })).dispose();
      check(heard.length === 0, `63 pixels that are all alike: ${heard}`);
      using more = device.tensor([8, 8, 3]);
      (await meanField(more, more, { iterations: 1, onWarning: ({ code }) => void heard.push(code) })).dispose();
      check(heard.join() === "guide-range,constant-scores", `64 pixels that are all alike: ${heard}`);
    },
  },
  {
    name: "pictures of a batch are looked at each by its own order",
    async run(device) {
      const first = channelsFirst(scores(3), 3);
      using scope = device.scope();
      const unary = scope.tensor([2, height, width, 3], [...first, ...first]);
      const guide = scope.tensor([2, height, width, 3], [...picture(), ...picture()]);
      const heard: string[] = [];
      await meanField(unary, guide, { iterations: 1, onWarning: ({ code }) => void heard.push(code) });
      check(heard.join() === "channels-first", heard.join());
    },
  },
  {
    name: "samples are as large as they need to be, and nothing is read beside them where they show nothing",
    async run(device) {
      using scope = device.scope();
      const guide = scope.tensor([height, width, 3], picture());
      const tools = { alignedBytes, view, formatShape, padded, sample };
      const listener = (...due: WarningCode[]): Listener => ({ due: new Set(due), tell: () => {} });
      const ofGuide = 1024 * 3 * 4;
      for (const [classes, rows] of [
        [21, 128],
        [100, 81],
        [4096, 4],
      ] as const) {
        const [h, w] = classes === 4096 ? [8, 9] : [height, width];
        const unary = scope.tensor([h, w, classes]);
        const plain = new Suspicions(unary, guide, listener("guide-range"), tools);
        check(plain.bytes === alignedBytes(device, rows * classes * 4) + ofGuide, `${classes} classes: ${plain.bytes}`);
        const order = new Suspicions(unary, guide, listener("channels-first"), tools);
        const groups = 512 * 5;
        const expected = alignedBytes(device, (rows * classes + groups) * 4) + ofGuide;
        check(order.bytes === expected, `${classes} classes with their order: ${order.bytes} for ${expected}`);
      }
      const unary = scope.tensor([height, width, 3], scores(3));
      const counts: number[] = [];
      for (const warnings of [undefined, false] as const) {
        const crf = scope.add(crfRnn(device, { classes: 3, iterations: 1, warnings, onWarning: () => {} }));
        let reads = 0;
        const { read } = device;
        device.read = (storage) => {
          reads++;
          return read.call(device, storage);
        };
        try {
          await crf(unary, guide);
        } finally {
          Reflect.deleteProperty(device, "read");
        }
        counts.push(reads);
      }
      check(counts[0] === counts[1], `reads ${counts.join()}`);
    },
  },
  {
    name: "each listener hears of each mistake once; who throws ends the call; who is silent looks for nothing",
    async run(device) {
      using scope = device.scope();
      const unary = scope.tensor([height, width, 2], scores(2));
      const guide = scope.tensor(
        [height, width, 3],
        picture().map((value) => value / 255),
      );
      const heard: CrfWarning[] = [];
      const onWarning = (warning: CrfWarning): void => void heard.push(warning);
      const options = { classes: 2, iterations: 1, bilateral: { color: 3 } };
      const first = scope.add(crfRnn(device, { ...options, onWarning }));
      await Promise.all([first(unary, guide), first(unary, guide)]);
      const second = scope.add(crfRnn(device, { ...options, onWarning }));
      await second(unary, guide);
      check(heard.length === 1, `heard ${heard.length} times`);
      const [warning] = heard;
      check(warning instanceof CrfWarning && warning.name === "CrfWarning" && warning.code === "guide-range", "typed");
      check(
        /^crfRnn: expected a guide whose colors differ by more than its bandwidth of 3, .*, got one from 0\.\d+ to 0\.\d+ — undo/.test(
          warning.message,
        ),
        warning.message,
      );
      const before = device.bytes;
      const strict = scope.add(
        crfRnn(device, {
          ...options,
          onWarning: (own) => {
            throw own;
          },
        }),
      );
      const layer = device.bytes - before;
      await rejects(strict(unary, guide), CrfWarning);
      check(device.bytes - before === layer, "a call that ended keeps nothing");
      const silent = scope.add(crfRnn(device, { ...options, warnings: false, onWarning }));
      const kernels = new Set<string>();
      {
        using _observation = device.observe({ before: ({ kernel }) => void kernels.add(kernel.id) });
        await silent(unary, guide);
      }
      check(heard.length === 1, "silenced");
      check(kernels.has("update") && !kernels.has("sample"), `kernels ${[...kernels].join()}`);
    },
  },
  {
    name: "a device has listeners of its own; without any the console is told in development",
    async run(device) {
      const unit = picture().map((value) => value / 255);
      const told = async (options: object): Promise<number> => {
        using own = await openBeside(device, options);
        using unary = own.tensor([height, width, 2], scores(2));
        using guide = own.tensor([height, width, 3], unit);
        for (let i = 0; i < 2; i++) (await meanField(unary, guide, { iterations: 1 })).dispose();
        return printed.splice(0).length;
      };
      const printed: string[] = [];
      const { warn } = console;
      console.warn = (text: string) => void printed.push(text);
      try {
        check((await told({})) === 1, "printed once");
        check((await told({ warnings: false })) === 0, "silenced");
        const heard: string[] = [];
        check((await told({ onWarning: ({ code }: CrfWarning) => heard.push(code) })) === 0, "told elsewhere");
        check(heard.join() === "guide-range", `heard ${heard}`);
      } finally {
        console.warn = warn;
      }
      const wrong = crfRnn as (...args: unknown[]) => unknown;
      const { message } = await rejects(() => wrong(device, { classes: 2, onWarning: "console" }), ValueError);
      check(/onWarning: a function, got the string "console"/.test(message), message);
      await rejects(() => wrong(device, { classes: 2, warnings: "no" }), ValueError);
    },
  },
];
