import { type CrfOptions, crfRnn } from "../../src/crf/crfRnn.ts";
import { softmax } from "../../src/crf/softmax.ts";
import { AbortError, type CrfRnnError, ShapeError, ValueError } from "../../src/errors.ts";
import { shrink, upsample } from "../../src/lattice/upsample.ts";
import { argmax } from "../../src/nn/argmax.ts";
import { imageTensor } from "../../src/pictures/imageTensor.ts";
import { refine } from "../../src/pictures/refine.ts";
import { scoresTensor } from "../../src/pictures/scoresTensor.ts";
import { activation } from "../reference/crf.ts";
import { type Case, check, close, maximum, random, rejects, same } from "../suite.ts";

const [height, width, classes] = [11, 13, 3];
const shape = [height, width, classes];

const pictureOf = (): { data: Uint8ClampedArray; width: number; height: number } => {
  const numbers = random(1);
  const data = new Uint8ClampedArray(height * width * 4);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const gray = (pixel % width > 6 ? 200 : 40) + numbers.integer(5);
    data.set([gray, gray, gray, 255], pixel * 4);
  }
  return { data, width, height };
};

/** Scores that know the halves of the picture roughly. */
const scoresOf = (): Float32Array => {
  const numbers = random(2);
  const scores = new Float32Array(height * width * classes);
  for (let pixel = 0; pixel < height * width; pixel++) {
    scores[pixel * classes + (pixel % width > 6 ? 2 : 1)] = 1 + numbers.uniform(-1.2, 1.2);
  }
  return scores;
};

const options = { bilateral: { position: 20, color: 10 }, iterations: 3 };

/** Scores of a network, channels first and a quarter of the picture's size. */
const small = {
  data: random(4).array(classes * 3 * 4, 0.01, 1),
  shape: [1, classes, 3, 4],
  layout: "nchw",
  meaning: "probabilities",
} as const;

const { data: _, ...smallOptions } = small;

export const cases: Case[] = [
  {
    name: "it says how many iterations were done, and what was done till then is that of as many",
    async run(device) {
      const scores = { data: scoresOf(), shape };
      const until = { meanChange: 0.02 };
      const ended = await refine(device, pictureOf(), scores, { ...options, iterations: 20, until, marginals: true });
      const { iterations } = ended;
      check(iterations > 1 && iterations < 20, `${iterations} iterations`);
      const whole = await refine(device, pictureOf(), scores, { ...options, iterations, marginals: true });
      check(whole.iterations === iterations, `${whole.iterations} iterations`);
      same(ended.marginals!, whole.marginals!, "marginals");
      const none = await refine(device, pictureOf(), scores, { iterations: 0, marginals: true });
      check(none.iterations === 0, `${none.iterations} iterations`);
      const softmaxed = activation(scores.data, classes);
      close(none.marginals!, softmaxed, { absolute: 1e-6 }, "no iteration");
    },
  },
  {
    name: "labels, confidence and marginals are those of a layer of crfRnn",
    async run(device) {
      const picture = pictureOf();
      const scores = { data: scoresOf(), shape };
      const result = await refine(device, picture, scores, { ...options, marginals: true });
      using scope = device.scope();
      const rgb = picture.data.filter((_, i) => i % 4 < 3);
      const crf = scope.add(crfRnn(device, { classes, ...options }));
      const refined = await crf(scope.tensor(shape, scores.data), scope.tensor([height, width, 3], rgb));
      const marginals = await softmax(refined).read();
      same(result.labels, await argmax(refined), "labels");
      same(result.marginals!, marginals, "marginals");
      close(result.confidence, confidenceOf(marginals), { relative: 1e-6 }, "confidence");
      same([result.width, result.height], [width, height], "size");
      const right = result.labels.every((label, pixel) => label === (pixel % width > 6 ? 2 : 1));
      check(right, "what was rough is right");
      check(!("marginals" in (await refine(device, picture, scores, options))), "marginals were not asked for");
    },
  },
  {
    name: "tensors that are given stay the caller's, and a picture may have any channels",
    async run(device) {
      using scope = device.scope();
      const guide = scope.tensor([height, width, 4], random(2).array(height * width * 4, 0, 255));
      const unary = scope.tensor(shape, scoresOf());
      const before = device.bytes;
      const { labels } = await refine(device, guide, unary, { iterations: 1 });
      check(device.bytes === before, `${device.bytes - before} bytes were kept`);
      check(!guide.disposed && !unary.disposed, "they live");
      for (const data of [unary, await unary.read()]) {
        same((await refine(device, guide, { data, shape }, { iterations: 1 })).labels, labels, "labels");
      }
    },
  },
  {
    name: "scores of any layout, meaning and size are brought to the picture's",
    async run(device) {
      for (const alignCorners of [false, true]) {
        const { labels, confidence } = await refine(device, pictureOf(), { ...small, alignCorners }, options);
        using scope = device.scope();
        const unary = scope.add(
          scoresTensor(device, small.data, { ...smallOptions, alignCorners, size: [height, width] }),
        );
        const guide = scope.add(imageTensor(device, pictureOf()));
        const refined = await scope.add(crfRnn(device, { classes, ...options }))(unary, guide);
        same(labels, await argmax(refined), "labels");
        const marginals = await softmax(refined).read();
        close(confidence, confidenceOf(marginals), { relative: 1e-6 }, "confidence");
      }
    },
  },
  {
    name: "or refined at their own size and carried to the picture through the lattice; pixels count the picture's",
    async run(device) {
      using scope = device.scope();
      const unary = scope.add(scoresTensor(device, small.data, smallOptions));
      const guide = scope.add(imageTensor(device, pictureOf()));
      const shrunk = scope.add(await shrink(guide, [3, 4]));
      const share = 4 / 13;
      const bandwidths: readonly (readonly [given: Partial<CrfOptions>, position: number, spatial: number])[] = [
        [{ bilateral: { position: 26, color: 10 }, spatial: { position: 6.5 } }, 26 * share, 6.5 * share],
        // A bandwidth of less than a pixel of the map is a pixel; one that was below a pixel stays.
        [{ bilateral: { color: 10, position: 2 }, spatial: { position: 0.5 } }, 1, 0.5],
        [{ bilateral: { color: 10, position: "50%" }, spatial: { position: "25%" } }, 2, 1],
        [{ bilateral: { color: 10 } }, 160 * share, 1],
      ];
      for (const [given, position, spatial] of bandwidths) {
        const result = await refine(device, pictureOf(), small, { ...given, iterations: 2, upsampling: "lattice" });
        const layer = { classes, iterations: 2, bilateral: { color: 10, position }, spatial: { position: spatial } };
        const refined = await scope.add(crfRnn(device, layer))(unary, shrunk);
        const large = scope.add(await upsample(refined, shrunk, guide));
        same(result.labels, await argmax(large), `labels at ${position}`);
        const marginals = await softmax(large).read();
        close(result.confidence, confidenceOf(marginals), { relative: 1e-6 }, `confidence at ${position}`);
        check(new Set(result.confidence).size > 9, "a result that is the same everywhere tells nothing");
      }
      // Nothing is upsampled that is not smaller.
      const whole = { data: scoresOf(), shape };
      const { confidence } = await refine(device, pictureOf(), whole, options);
      const other = await refine(device, pictureOf(), whole, { ...options, upsampling: "lattice" });
      same(other.confidence, confidence, "of the picture's size");
    },
  },
  {
    name: "a layer of one's own serves for many pictures, and is not disposed of",
    async run(device) {
      using crf = crfRnn(device, { classes, ...options });
      const scores = { data: scoresOf(), shape };
      const expected = await refine(device, pictureOf(), scores, options);
      for (let i = 0; i < 2; i++) {
        same((await refine(device, pictureOf(), scores, { crf })).confidence, expected.confidence, "confidence");
      }
      const once = await refine(device, pictureOf(), scores, { ...options, iterations: 1 });
      same((await refine(device, pictureOf(), scores, { crf, iterations: 1 })).confidence, once.confidence, "T = 1");
      await crf.state();
    },
  },
  {
    name: "more classes than a byte tells apart have labels of two",
    async run(device) {
      const data = new Float32Array(300 * 4).fill(-1);
      [7, 255, 256, 299].forEach((label, pixel) => (data[pixel * 300 + label] = 20));
      const picture = { data: [0, 80, 160, 255], width: 2, height: 2, channels: 1 };
      const { labels, mask } = await refine(
        device,
        picture,
        { data, shape: [2, 2, 300] },
        { iterations: 1, spatial: { weight: 0 } },
      );
      check(labels instanceof Uint16Array, "two bytes");
      same(labels, [7, 255, 256, 299], "labels");
      same(mask(299).data.slice(8), [0, 0, 0, 0, 255, 255, 255, 255], "the mask of the last");
    },
  },
  {
    name: "warnings and progress are told, and a signal ends the call with nothing left",
    async run(device) {
      const heard: string[] = [];
      const onWarning = ({ code }: { code: string }): void => void heard.push(code);
      const unit = { ...pictureOf(), data: Float32Array.from(pictureOf().data, (value) => value / 255) };
      const scores = { data: scoresOf(), shape };
      await refine(device, unit, scores, { iterations: 1, onWarning });
      await refine(device, unit, scores, { iterations: 1, onWarning, warnings: false });
      check(heard.join() === "guide-range", `heard ${heard}`);
      const done: number[] = [];
      await refine(device, pictureOf(), scores, {
        iterations: 2,
        onIteration: (iteration) => void done.push(iteration),
      });
      same(done, [1, 2], "iterations");
      const before = device.bytes;
      const controller = new AbortController();
      const onIteration = (): void => controller.abort();
      await rejects(refine(device, pictureOf(), scores, { signal: controller.signal, onIteration }), AbortError);
      await rejects(
        refine(device, pictureOf(), small, { signal: controller.signal, upsampling: "lattice" }),
        AbortError,
      );
      check(device.bytes === before, `${device.bytes - before} bytes were kept`);
    },
  },
  {
    name: "what does not fit together is told in a sentence, with nothing left",
    async run(device) {
      const wrong = refine as (...args: unknown[]) => Promise<unknown>;
      using crf = crfRnn(device, { classes });
      using batch = device.tensor([2, height, width, 3]);
      const scores = { data: scoresOf(), shape };
      const two = { data: new Float32Array(12), shape: [2, 1, 2, 3] };
      const uses: readonly (readonly [args: unknown[], kind: typeof ValueError | typeof ShapeError, says: RegExp])[] = [
        [[undefined, scores], ValueError, /refine: expected a picture: .*got nothing/],
        [["a.jpg", scores], ValueError, /got the string "a\.jpg" — decode it first/],
        [[batch, scores], ShapeError, /a picture \[h, w, C\], got \[2, 11, 13, 3\] — refine the pictures of a batch/],
        [[pictureOf(), undefined], ValueError, /a tensor as scores, got nothing/],
        [[pictureOf(), scoresOf()], ValueError, /a tensor as scores, got a Float32Array/],
        [[pictureOf(), batch], ShapeError, /scores \[h, w, L\] of one picture, got \[2, 11, 13, 3\]/],
        [[pictureOf(), two], ShapeError, /scores \[h, w, L\] of one picture, got \[2, 1, 2, 3\]/],
        [[pictureOf(), { data: scoresOf() }], ValueError, /scoresTensor: expected a shape/],
        [[pictureOf(), { ...scores, size: [2, 2], layuot: "hwc" }], ValueError, /"layuot" — write layout/],
        [[pictureOf(), scores, { classes: 3 }], ValueError, /refine: .*got "classes"/],
        [[pictureOf(), scores, { thetaAlpha: 80 }], ValueError, /"thetaAlpha" — write bilateral\.position/],
        [[pictureOf(), scores, { marginals: 1 }], ValueError, /marginals: true or false/],
        [[pictureOf(), scores, { upsampling: "bicubic" }], ValueError, /upsampling: bilinear or lattice/],
        [[pictureOf(), scores, { crf: {} }], ValueError, /a layer as crf, got a plain object/],
        [
          [pictureOf(), scores, { crf, bilateral: { color: 3 } }],
          ValueError,
          /no options of a layer beside crf, got bilateral/,
        ],
        [
          [pictureOf(), { data: new Float32Array(286), shape: [11, 13, 2] }, { crf }],
          ShapeError,
          /crfRnn: expected logits/,
        ],
      ];
      for (const [args, kind, says] of uses) {
        const before = device.bytes;
        const { message } = await rejects<CrfRnnError>(wrong(device, ...args), kind, String(says));
        check(says.test(message), `expected ${says}, got ${message}`);
        check(device.bytes === before, `${says}: ${device.bytes - before} bytes were kept`);
      }
    },
  },
];

/** The largest probability of each pixel. */
function confidenceOf(marginals: Float32Array): number[] {
  return Array.from({ length: marginals.length / classes }, (_, pixel) =>
    maximum(marginals.slice(pixel * classes, (pixel + 1) * classes)),
  );
}
