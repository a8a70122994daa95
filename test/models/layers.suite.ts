import { InternalError } from "../../src/errors.ts";
import { LayerList, layerTable, sizesOf, storedAsHalves } from "../../src/models/layers.ts";
import { type Case, check, rejects } from "../suite.ts";

const equal = (actual: unknown, expected: unknown, what: string): void =>
  check(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`,
  );

export const cases: Case[] = [
  {
    name: "a layer reads the one before unless it says otherwise",
    async run() {
      const list = new LayerList();
      equal(list.last, "image", "before any");
      list.convolution("a", 8, 3);
      list.pooling("b", 0);
      list.convolution("c", 5, 1, { from: "a", padding: 2, relu: true, initial: "he", block: 1 });
      list.scaling("d", 0.5, "b");
      list.sum("e", "c");
      list.cropping("f", 3, "image");
      equal(list.last, "f", "the last");
      const read = list.layers.map(({ name, from, channels }) => `${name}: ${from.join("+")}, ${channels}`);
      equal(read, ["a: image, 8", "b: a, 8", "c: a, 5", "d: b, 8", "e: c+d, 8", "f: e+image, 8"], "layers");
      const [plain, , own] = list.layers;
      equal(
        plain,
        {
          kind: "convolution",
          name: "a",
          from: ["image"],
          channels: 8,
          inputs: 3,
          kernel: 3,
          padding: 0,
          relu: false,
          initial: "zero",
        },
        "a convolution by default",
      );
      check(
        own?.kind === "convolution" && own.padding === 2 && own.relu && own.initial === "he" && own.block === 1,
        JSON.stringify(own),
      );
    },
  },
  {
    name: "each dropout has a number of its own, from 0 on",
    async run() {
      const list = new LayerList();
      list.dropout("a", 0.5);
      list.dropout("b", 0.25);
      equal(
        list.layers.map((layer) => (layer.kind === "dropout" ? [layer.index, layer.rate, layer.channels] : [])),
        [
          [0, 0.5, 3],
          [1, 0.25, 3],
        ],
        "numbers, rates and channels",
      );
    },
  },
  {
    name: "a layer that reads one which is not there is an internal error that names it",
    async run() {
      const list = new LayerList();
      const error = await rejects(() => list.convolution("a", 8, 3, { from: "nowhere" }), InternalError);
      check(error.message.includes("a layer nowhere before those that read it"), error.message);
      const lost = { kind: "pooling", name: "p", from: ["nowhere"], channels: 1 } as const;
      const size = await rejects(() => sizesOf([lost], { height: 4, width: 4 }), InternalError);
      check(size.message.includes("p: expected something to read"), size.message);
    },
  },
  {
    name: "sizes: a padded convolution, pooling that rounds up, an interpolation, and a crop to another layer's",
    async run() {
      const list = new LayerList();
      list.convolution("a", 4, 3, { padding: 2 });
      list.pooling("b", 0);
      list.upsampling("c", 4, 2);
      list.dropout("d", 0.5);
      list.cropping("e", 1, "b");
      list.sum("f", "b");
      const sizes = sizesOf(list.layers, { height: 5, width: 8 });
      const of = Object.fromEntries([...sizes].map(([name, { height, width }]) => [name, `${height}×${width}`]));
      equal(
        of,
        { image: "5×8", a: "7×10", b: "4×5", c: "10×12", d: "10×12", e: "4×5", f: "4×5" },
        "an image of 5 rows and 8 columns",
      );
    },
  },
  {
    name: "stored as halves: convolutions and poolings that nothing but convolutions and such poolings read",
    async run() {
      const list = new LayerList();
      list.convolution("a", 4, 3);
      list.pooling("p", 0);
      list.convolution("b", 4, 3);
      list.pooling("q", 0);
      list.scaling("scaled", 0.5, "q");
      list.convolution("score", 4, 1);
      list.upsampling("up", 4, 2);
      // What is scaled stays as it is, and with it what it was pooled from; so do scores.
      equal([...storedAsHalves(list.layers)].sort(), ["a", "p"], "stored");
    },
  },
  {
    name: "parameters: weights [outputs, inputs, rows, columns] and biases, which an interpolation has if asked to",
    async run() {
      const list = new LayerList();
      list.convolution("a", 4, 5, { initial: "he" });
      list.upsampling("b", 8, 4);
      list.upsampling("c", 4, 2, true);
      list.pooling("d", 0);
      equal(
        list.layers.map((layer) => layerTable(layer)),
        [
          {
            "a.weight": { shape: [4, 3, 5, 5], initial: "he", halves: true },
            "a.bias": { shape: [4], initial: "zero" },
          },
          { "b.weight": { shape: [4, 4, 8, 8], initial: "bilinear" } },
          { "c.weight": { shape: [4, 4, 4, 4], initial: "bilinear" }, "c.bias": { shape: [4], initial: "zero" } },
          {},
        ],
        "tables",
      );
    },
  },
];
