import { convolutionPack } from "../../build/kernels.ts";
import { panels as panelLayout } from "../../src/layout.ts";
import { direct, transpose } from "../../src/nn/convolution.ts";
import { panelsOf } from "../../src/nn/geometry.ts";
import { padded, quadsOf } from "../../src/shape.ts";
import { checkMemory, Memory, memoryOf } from "../memory.ts";
import { convolved } from "../reference/convolution.ts";
import { type Case, check, close, random, same } from "../suite.ts";
import { convolution, nameOf, paperDevice, weightShape, withBindings } from "./convolutions.ts";

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
        direct.convolve(device, sizes, { input: x.storage, weights: w.storage, output: y.storage });
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
        const range = { firstResultPanel: 0, resultPanels: panelsOf(inputs) };
        transpose(device, sizes, { weights: source, result, ...range });
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
  {
    name: "the weights' gradient packs as many rows at a time as a binding holds, and no more than 4096 pixels",
    async run(device) {
      const { alignment, bindingBytes } = device.limits;
      for (const [size, ...rowsToFit] of [
        // 64 rows of 64 pixels, and 16 of 241, which are a pixel less than 17.
        [convolution([1, 70, 64, 1], [1, 3, 3], 1, 1), Infinity],
        [convolution([1, 20, 241, 1], [1, 3, 3], 1, 1), Infinity],
        // Rows of the gradient take the most room; rows of the input, packed; with their padding; and as they are.
        [convolution([2, 11, 17, 3], [7, 3, 3], 1, 1), 2, 5],
        [convolution([1, 12, 9, 12], [3, 5, 1], 1, 0), 2, 4],
        [convolution([1, 12, 29, 4], [3, 3, 3], 1, 4), 2],
        [convolution([1, 22, 21, 12], [3, 2, 1], 3, 0), 2, 3],
      ] as const) {
        using scope = device.scope();
        const { input, output, kernelHeight, kernelWidth, stride } = size;
        const map = (of: typeof input): number[] => [of.images, of.height, of.width, of.channels];
        const [x, g] = [scope.tensor(map(input)), scope.tensor(map(output))];
        const w = scope.tensor(weightShape(size), undefined, panelLayout);
        const columns = (output.width - 1) * stride + kernelWidth;
        const [quads, panels] = [quadsOf(input.channels), panelsOf(output.channels)];
        const sizesOf = (rows: number) => {
          const valueRows = (rows - 1) * stride + kernelHeight;
          const row = (width: number): number => valueRows * quads * width * 16;
          return { packed: [row(columns), rows * panels * output.width * 32], map: row(input.width) };
        };
        const roomOf = (rows: number): number => Math.max(...sizesOf(rows).packed, sizesOf(rows).map);
        for (const room of rowsToFit.flatMap((rows) =>
          rows === Infinity ? [rows] : [roomOf(rows), roomOf(rows) - 1],
        )) {
          let most = 1;
          for (let rows = 1; rows <= output.height && rows * output.width <= 4096; rows++) {
            if (roomOf(rows) <= room) most = rows;
          }
          const { packed } = sizesOf(most);
          const rowsOfProducts: unknown[] = [];
          using _observation = device.observe({
            before: ({ kernel, args }) =>
              (kernel.formOf ?? kernel.id) === "product" && rowsOfProducts.push(args["termRows"]),
          });
          const used = await withBindings(device, Math.min(bindingBytes, room + alignment), () =>
            memoryOf(device, "nn/", () =>
              direct.weightGradient(device, size, { input: x.storage, output: g.storage, weights: w.storage }),
            ),
          );
          const ranges = output.images * Math.ceil(output.height / most);
          const steps = Array.from({ length: ranges }, () => [
            "convolution.pack",
            "convolution.pack",
            "product",
          ]).flat();
          const expected = steps.map((name) => [`nn/${name}`, packed] as const);
          const what = `${nameOf(size)}, ${room} bytes, ${most} rows`;
          checkMemory(device, used, expected, what);
          const rows = Array.from({ length: output.images }, () =>
            Array.from({ length: Math.ceil(output.height / most) }, (_, i) => Math.min(most, output.height - i * most)),
          );
          check(rowsOfProducts.join() === rows.flat().join(), `${what}: rows ${rowsOfProducts.join()}`);
        }
      }
    },
  },
  {
    name: "weights are transposed in 32 MiB at a time, into no more memory than they need",
    async run(device) {
      const pixel = (channels: number): number[] => [1, 1, 1, channels];
      // A panel of the transposed weights has 128 KiB, so that 256 of the 300 go before the others.
      for (const [inputs, outputs, memory] of [
        [2400, 4096, [2 ** 25, 2 ** 25]],
        [24, 4096, [3 * 2 ** 17]],
      ] as const) {
        using scope = device.scope();
        const size = convolution(pixel(inputs), [outputs, 1, 1]);
        const [x, y] = [scope.tensor(pixel(inputs)), scope.tensor(pixel(outputs))];
        const w = scope.tensor(weightShape(size), undefined, panelLayout);
        const used = await memoryOf(device, "nn/", () =>
          direct.convolveBack(device, size, { output: y.storage, weights: w.storage, input: x.storage }),
        );
        const expected = memory.flatMap(
          (bytes) =>
            [
              ["nn/convolution.transpose", [bytes]],
              ["nn/convolution", [bytes]],
            ] as const,
        );
        checkMemory(device, used, expected, `${inputs} inputs`);
      }
      // Two panels of half an alignment more than 16 MiB, since a binding cannot begin behind one.
      const { device: paper, allocated, ran, storage } = paperDevice(device, 2 ** 30);
      const operands = { input: storage, weights: storage, output: storage };
      direct.convolveBack(paper, convolution(pixel(24), [2 ** 19 + 4, 1, 1]), operands);
      check(allocated.join() === `${2 * (2 ** 24 + 128)}`, `${allocated.join()} bytes`);
      const transposed = ran.filter(({ kernel }) => kernel === "convolutionTranspose");
      const parts = transposed.map(({ args }) => args["resultPanels"]).join();
      check(parts === "2,1", `panels ${parts}`);
    },
  },
];
