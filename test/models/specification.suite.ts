import { type Description, recall, requireDescribed, type StoredShapes, withDefaults } from "../../src/description.ts";
import { ValueError } from "../../src/errors.ts";
import { heldFor, sizesOf, tableOf } from "../../src/models/layers.ts";
import { meanColor } from "../../src/models/meanColor.ts";
import {
  channels,
  fcnStages,
  layersOf,
  libraryOptions,
  networkOptions,
  poolScales,
  precisionOption,
  publishedLayers,
  runOptions,
  stageOf,
  vggBlocks,
} from "../../src/models/specification.ts";
import { elementsOf } from "../../src/shape.ts";
import { type Case, check, rejects } from "../suite.ts";

const equal = (actual: unknown, expected: unknown, what: string): void =>
  check(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`,
  );

/** FCN-8s on an image of 500×500 as published: each layer with the height of its result, and a parameter's outputs,
 *  inputs and kernel. */
const publishedSizes: readonly (readonly [name: string, height: number, weight?: string])[] = [
  ["conv1_1", 698, "64,3,3,3"],
  ["conv1_2", 698, "64,64,3,3"],
  ["pool1", 349],
  ["conv2_1", 349, "128,64,3,3"],
  ["conv2_2", 349, "128,128,3,3"],
  ["pool2", 175],
  ["conv3_1", 175, "256,128,3,3"],
  ["conv3_2", 175, "256,256,3,3"],
  ["conv3_3", 175, "256,256,3,3"],
  ["pool3", 88],
  ["conv4_1", 88, "512,256,3,3"],
  ["conv4_2", 88, "512,512,3,3"],
  ["conv4_3", 88, "512,512,3,3"],
  ["pool4", 44],
  ["conv5_1", 44, "512,512,3,3"],
  ["conv5_2", 44, "512,512,3,3"],
  ["conv5_3", 44, "512,512,3,3"],
  ["pool5", 22],
  ["fc6", 16, "4096,512,7,7"],
  ["drop6", 16],
  ["fc7", 16, "4096,4096,1,1"],
  ["drop7", 16],
  ["score_fr", 16, "21,4096,1,1"],
  ["upscore2", 34, "21,21,4,4"],
  ["score_pool4", 44, "21,512,1,1"],
  ["score_pool4 cropped", 34],
  ["fuse_pool4", 34],
  ["upscore_pool4", 70, "21,21,4,4"],
  ["score_pool3", 88, "21,256,1,1"],
  ["score_pool3 cropped", 70],
  ["fuse_pool3", 70],
  ["upscore8", 568, "21,21,16,16"],
  ["score", 500],
];

const published = { ...withDefaults("fcn8s", networkOptions.fcn8s, {}), classes: 21 };

/** A checkpoint of these shapes. */
const storedAs = (shapes: Readonly<Record<string, readonly number[]>>): StoredShapes => ({
  has: (name) => Object.hasOwn(shapes, name),
  outputs: (layer) => shapes[`${layer}.weight`]?.[0] ?? 0,
});

const shapesOf = (stage: keyof typeof networkOptions): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(tableOf(publishedLayers(stage))).map(([name, { shape }]) => [name, shape]));

export const cases: Case[] = [
  {
    name: "FCN-8s has the layers, sizes and weights that were published, by default",
    async run() {
      const layers = layersOf("fcn8s", published);
      const sizes = sizesOf(layers, { height: 500, width: 510 });
      const table = tableOf(layers);
      const found = layers.map(({ name }) => {
        const weight = table[`${name}.weight`]?.shape.join();
        return [name, sizes.get(name)!.height, ...(weight === undefined ? [] : [weight])];
      });
      equal(found, publishedSizes, "layers");
      equal(sizes.get("score"), { height: 500, width: 510 }, "the size of the scores");
      const parameters = Object.values(table).reduce((sum, { shape }) => sum + elementsOf(shape), 0);
      equal(parameters, 134_489_759, "parameters");
    },
  },
  {
    name: "FCN-32s and FCN-16s have the interpolations that were published, and one class where none is asked for",
    async run() {
      const shape = (stage: (typeof fcnStages)[number], name: string): string =>
        tableOf(publishedLayers(stage))[`${name}.weight`]!.shape.join();
      equal(shape("fcn32s", "upscore"), "1,1,64,64", "fcn32s");
      equal([shape("fcn16s", "upscore2"), shape("fcn16s", "upscore16")], ["1,1,4,4", "1,1,32,32"], "fcn16s");
      equal(shape("fcn8s", "score_fr"), "1,4096,1,1", "fcn8s");
    },
  },
  {
    name: "what the command line may say of a network has its flag and its help",
    async run() {
      const { dropout, scales } = runOptions;
      equal(precisionOption.precision.flag?.[0], "--precision <kind>", "precision");
      equal("precision" in runOptions, false, "of what is trained");
      equal(dropout.flag, ["--dropout <p>", "share of the values of fc6 and fc7 that dropout drops"], "dropout");
      equal(scales.flag?.[0], "--scales <kind>", "scales");
      equal(scales.choices, ["staged", "at-once"], "the words of scales");
    },
  },
  {
    name: "the defaults are the papers'",
    async run() {
      const widths = [64, 128, 256, 512, 512];
      const own = {
        widths,
        fc: 4096,
        dropout: 0.5,
        precision: "single",
        seed: 0,
        recompute: false,
        checkpoints: false,
      };
      equal(withDefaults("fcn32s", networkOptions.fcn32s, {}), own, "fcn32s");
      equal(withDefaults("fcn16s", networkOptions.fcn16s, {}), { ...own, poolScales: [1, 1] }, "fcn16s");
      const finest = { ...own, upscore2Bias: false, poolScales: [1, 1] };
      equal(withDefaults("fcn8s", networkOptions.fcn8s, {}), finest, "fcn8s");
      const run = withDefaults("run", runOptions, {});
      equal(run, { widths, fc: 4096, dropout: 0.5, scales: "staged" }, "a run");
    },
  },
  {
    name: "the color that Caffe's lineage subtracts, in blue, green and red",
    async run() {
      equal(meanColor, [104.00698793, 116.66876762, 122.67891434], "mean color");
    },
  },
  {
    name: "the blocks of VGG-16 and VGG-19",
    async run() {
      equal(
        vggBlocks(16).map(({ length }) => length),
        [2, 2, 3, 3, 3],
        "VGG-16",
      );
      equal(
        vggBlocks(19).map(({ length }) => length),
        [2, 2, 4, 4, 4],
        "VGG-19",
      );
      equal(vggBlocks(19)[2], ["conv3_1", "conv3_2", "conv3_3", "conv3_4"], "the third block of VGG-19");
    },
  },
  {
    name: "options at their limits are taken, and beyond them refused with what they may be",
    async run() {
      const { widths, fc, dropout, seed } = networkOptions.fcn8s;
      const taken = [
        [widths, [1, 1, 1, 1, 1]],
        [fc, 1],
        [dropout, 0],
        [dropout, 0.999],
        [seed, 0],
        [channels, 1],
        [networkOptions.fcn16s.poolScales, [0.5]],
        [networkOptions.fcn16s.poolScales, [0.5, -2]],
      ] as const;
      for (const [description, value] of taken)
        check(description.accepts(value), `${JSON.stringify(value)} is refused`);
      const refused = [
        [widths, [1, 1, 1, 1], "5 values, each a whole number of 1 or more, got [1, 1, 1, 1]"],
        [widths, [1, 1, 1, 1, 0], "5 values, each a whole number of 1 or more, got [1, 1, 1, 1, 0]"],
        [fc, 0, "a whole number of 1 or more, got 0"],
        [dropout, 1, "a number from 0 up to 1, got 1"],
        [dropout, -0.1, "a number from 0 up to 1, got -0.1"],
        [seed, -1, "a number of 0 or more, got -1"],
        [channels, 0, "a whole number of 1 or more, got 0"],
        [networkOptions.fcn16s.poolScales, [], "1 to 2 values, each a number, got []"],
        [networkOptions.fcn8s.poolScales, [1], "2 values, each a number, got [1]"],
      ] as const;
      for (const [description, value, words] of refused as readonly (readonly [
        Description<unknown>,
        unknown,
        string,
      ])[]) {
        const error = await rejects(() => requireDescribed("net", "option", description, value), ValueError);
        equal(error.message, `net: expected option: ${words}`, "message");
      }
    },
  },
  {
    name: "a skip that is scaled is multiplied before it is scored, and one of factor 1 has no such layer",
    async run() {
      const [pool4, pool3] = [0.01, 0.0001];
      for (const stage of fcnStages) {
        const scaled = layersOf(stage, { ...published, poolScales: [pool4, pool3] });
        const factors = scaled.flatMap((layer) => (layer.kind === "scaling" ? [`${layer.name} ${layer.factor}`] : []));
        const expected = { fcn32s: 0, fcn16s: 1, fcn8s: 2 }[stage];
        equal(factors, [`pool4 scaled ${pool4}`, `pool3 scaled ${pool3}`].slice(0, expected), stage);
        const reads = (name: string): string | undefined => scaled.find((layer) => layer.name === name)?.from[0];
        if (expected > 0) equal(reads("score_pool4"), "pool4 scaled", stage);
        if (expected > 1) equal(reads("score_pool3"), "pool3 scaled", stage);
        const plain = layersOf(stage, { ...published, poolScales: [1, 1] });
        check(!plain.some(({ kind }) => kind === "scaling"), `${stage} without factors`);
      }
      equal(poolScales, { staged: [1, 1], "at-once": [pool4, pool3] }, "by the words of a run");
      const run = withDefaults("run", runOptions, { fc: 9, scales: "at-once" });
      equal(
        libraryOptions(run),
        { widths: [64, 128, 256, 512, 512], fc: 9, dropout: 0.5, poolScales: [pool4, pool3] },
        "of a run",
      );
    },
  },
  {
    name: "a pass that was stored is told by its tensors: the stage, the widths and the bias",
    async run() {
      for (const stage of fcnStages) {
        equal(stageOf(storedAs(shapesOf(stage))), stage, "stage");
        equal(
          recall(networkOptions[stage], storedAs(shapesOf(stage)), { dropout: 0.25, recompute: true }),
          {
            widths: [64, 128, 256, 512, 512],
            fc: 4096,
            dropout: 0.25,
            recompute: true,
            ...(stage === "fcn8s" ? { upscore2Bias: false } : {}),
          },
          stage,
        );
      }
      equal(stageOf(storedAs({})), "fcn32s", "the trunk alone");
      const biased = { ...shapesOf("fcn8s"), "upscore2.bias": [1] };
      check(recall(networkOptions.fcn8s, storedAs(biased), {}).upscore2Bias === true, "a bias of upscore2");
    },
  },
  {
    name: "a tape holds what convolutions, interpolations and pooling read, and what ReLU made",
    async run() {
      const held = layersOf("fcn8s", { ...published, poolScales: [0.5, 2] }).map(
        (layer) => [layer.name, heldFor(layer)] as const,
      );
      const of = Object.fromEntries(held);
      equal(of.conv1_1, ["image", "conv1_1"], "a convolution with ReLU");
      equal(of.fc7, ["drop6", "fc7"], "fc7");
      equal(of.score_fr, ["drop7"], "a convolution without ReLU");
      equal(of.pool1, ["conv1_2"], "pooling");
      equal(of.upscore2, ["score_fr"], "an interpolation");
      for (const name of ["drop6", "pool4 scaled", "score_pool4 cropped", "fuse_pool4", "score"]) {
        equal(of[name], [], name);
      }
    },
  },
];
