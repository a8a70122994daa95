import { convolutionPack } from "../../build/kernels.ts";
import { panels as panelLayout } from "../../src/layout.ts";
import { direct, transpose } from "../../src/nn/convolution.ts";
import { panelsOf } from "../../src/nn/geometry.ts";
import { padded, quadsOf } from "../../src/shape.ts";
import { Memory } from "../memory.ts";
import { convolved } from "../reference/convolution.ts";
import { type Case, close, random, same } from "../suite.ts";
import { convolution, weightShape } from "./convolutions.ts";

export const cases: Case[] = [
  {
    name: "convolves by the definition, without an algorithm having been chosen",
    async run(device) {
      for (const [map, kernel, stride, padding] of [
        [[1, 5, 6, 3], [9, 3, 3], 1, 1],
        [[2, 7, 5, 4], [8, 2, 3], 2, 0],
      ] as const) {
        const sizes = convolution(map, kernel, stride, padding);
        const { input, output } = sizes;
        const numbers = random(output.channels);
        const values = numbers.array(input.images * input.height * input.width * input.channels, -1, 1);
        const shape = weightShape(sizes);
        const weights = numbers.array(output.channels * input.channels * kernel[1] * kernel[2], -1, 1);
        const mapShape = ({ images, height, width, channels }: typeof input): number[] => [
          images,
          height,
          width,
          channels,
        ];
        using x = device.tensor(mapShape(input), values);
        using w = device.empty(shape, panelLayout);
        w.write(weights);
        using y = device.empty(mapShape(output));
        direct.convolve(device, sizes, x.storage, w.storage, y.storage, {});
        const terms = input.channels * kernel[1] * kernel[2];
        // There are as many roundings as terms, of sums that stay below the number of terms.
        close(await y.read(), convolved(sizes, values, weights), { absolute: terms ** 2 * 2 ** -24 }, shape.join());
      }
    },
  },
  {
    name: "pack: a window of an image in panels of quads, zeros outside the image",
    async run(device) {
      const [height, width, channels, top, left, rows, columns] = [4, 5, 6, -1, 2, 4, 5];
      for (const panelQuads of [1, 2]) {
        using memory = new Memory(device);
        const [quads, panels] = [quadsOf(channels), Math.ceil(quadsOf(channels) / panelQuads)];
        // A number of its own for every word; padding of channels holds zeros.
        const values = Float32Array.from({ length: height * width * quads * 4 }, (_, i) =>
          i % (quads * 4) < channels ? i + 1 : 0,
        );
        const count = panels * rows * columns * panelQuads * 4;
        const result = memory.result(count);
        const window = { top, left, rows, columns, panels, panelQuads };
        device.run(convolutionPack, {
          values: memory.of(values),
          valueSkip: 0,
          result,
          height,
          width,
          channels,
          ...window,
        });
        const expected = Float32Array.from({ length: count }, (_, i) => {
          const word = i % (panelQuads * 4);
          const pixel = Math.floor(i / (panelQuads * 4)) % (rows * columns);
          const channel = Math.floor(i / (panelQuads * 4) / (rows * columns)) * panelQuads * 4 + word;
          const [y, x] = [top + Math.floor(pixel / columns), left + (pixel % columns)];
          const inside = channel < quads * 4 && y >= 0 && x >= 0 && y < height && x < width;
          return inside ? values[(y * width + x) * quads * 4 + channel]! : 0;
        });
        same(await memory.floats(result), expected, `panels of ${panelQuads} quads`);
      }
    },
  },
  {
    name: "transpose: inputs and outputs exchanged, taps in reverse",
    async run(device) {
      for (const [inputs, outputs, tall, wide] of [
        [3, 5, 3, 3],
        [12, 17, 1, 2],
      ] as const) {
        using memory = new Memory(device);
        const sizes = convolution([1, 8, 8, inputs], [outputs, tall, wide]);
        const weights = random(inputs).array(outputs * inputs * tall * wide, -1, 1);
        const back = [inputs, outputs, tall, wide];
        const source = memory.of(panelLayout.pack([outputs, inputs, tall, wide], weights));
        const result = memory.result(panelsOf(inputs) * tall * wide * padded(outputs) * 8);
        transpose(device, sizes, source, result, { firstResultPanel: 0, resultPanels: panelsOf(inputs) });
        const expected = Float32Array.from({ length: weights.length }, (_, at) => {
          const tap = at % (tall * wide);
          const output = Math.floor(at / (tall * wide)) % outputs;
          const input = Math.floor(at / (tall * wide * outputs));
          return weights[(output * inputs + input) * tall * wide + (tall * wide - 1 - tap)]!;
        });
        same(panelLayout.unpack(back, await memory.floats(result)), expected, back.join());
      }
    },
  },
];
