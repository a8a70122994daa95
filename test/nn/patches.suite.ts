import type { Device } from "../../src/device/device.ts";
import { panels as panelLayout } from "../../src/layout.ts";
import { atATime, blockOf, blocksOf, scarceBytes, scratchBytes, tilesOf, worthBlocks } from "../../src/nn/blocks.ts";
import type { Convolution, Epilogue } from "../../src/nn/geometry.ts";
import { patches } from "../../src/nn/patches.ts";
import { absolute, convolved, convolvedBack, elements, weightGradient } from "../reference/convolution.ts";
import { type Case, check, close, maximum, random, same } from "../suite.ts";
import { convolution, nameOf, paperDevice, weightShape, withBindings, withProperty } from "./convolutions.ts";

/** Convolutions, and the kernels that compute them, their input's gradient and their weights' gradient. */
const byBlocks = ["patches", "product", "patchesCollect"];
const byTaps = ["patches", "convolutionTranspose", "product", "patchesCollect"];
const ofWeights = ["patches", "patches", "product"];
const inBlocks = [...ofWeights, "productBlocks"];
const adjoint = ["convolutionTranspose", "convolution"];
const convolutions: readonly (readonly [Convolution, ...(readonly string[])[]])[] = [
  // 784 terms in two blocks; 24 terms for each of 49 taps.
  [convolution([1, 9, 8, 16], [24, 7, 7]), byBlocks, byTaps, ofWeights],
  // 1040 terms, from both sides, and panels that are not full.
  [convolution([1, 5, 6, 1038], [9, 1, 1]), byBlocks, adjoint, ofWeights],
  [convolution([1, 5, 6, 9], [1038, 1, 1]), ["convolution"], byTaps, ofWeights],
  // A stride, padding and two images.
  [convolution([2, 11, 10, 30], [12, 5, 4], 2, 1), byBlocks, adjoint, ofWeights],
  [convolution([2, 11, 10, 9], [96, 5, 4], 2, 1), ["convolution"], byTaps, ofWeights],
  [convolution([1, 4, 5, 10], [90, 3, 2], 3, 7), ["convolution"], adjoint, ofWeights],
  // Blocks of fifteen rows of 33 pixels, in images apart.
  [convolution([2, 20, 33, 3], [9, 3, 3], 1, 1), ["convolution"], adjoint, [...inBlocks, ...inBlocks]],
];

interface Computed {
  readonly output: Float32Array;
  readonly input: Float32Array;
  readonly weights: Float32Array;
  /** The kernels that ran for each. */
  readonly ran: readonly (readonly string[])[];
}

/** What the algorithm makes of random maps and weights; `epilogue` stands behind forward and its adjoint. */
async function compute(device: Device, sizes: Convolution, { bias, relu }: { bias: boolean; relu: boolean }) {
  using scope = device.scope();
  const numbers = random(sizes.output.channels);
  const map = ({ images, height, width, channels }: Convolution["input"]) => [images, height, width, channels];
  const uniform = (of: Convolution["input"]): Float32Array => numbers.array(elements(of), -1, 1);
  const [values, gradient] = [uniform(sizes.input), uniform(sizes.output)];
  const shape = weightShape(sizes);
  const weightValues = numbers.array(
    shape.reduce((product, size) => product * size),
    -1,
    1,
  );
  const [input, output] = [scope.tensor(map(sizes.input), values), scope.tensor(map(sizes.output), gradient)];
  const weights = scope.tensor(shape, weightValues, panelLayout);
  const made = [map(sizes.output), map(sizes.input)].map((shape) => scope.tensor(shape));
  const ofWeights = scope.tensor(shape, undefined, panelLayout);
  const biases = [sizes.output, sizes.input].map(({ channels }) => numbers.array(channels, -1, 1));
  const [forward, back] = biases.map((values): Epilogue => ({
    relu,
    bias: bias ? scope.tensor([values.length], values).storage : undefined,
  }));
  const ran: string[][] = [];
  const work = (run: () => void): void => {
    const own: string[] = [];
    using _observation = device.observe({ before: ({ kernel }) => own.push(kernel.formOf ?? kernel.id) });
    run();
    ran.push(own);
  };
  const all = { input: input.storage, output: output.storage, weights: weights.storage };
  work(() => patches.convolve(device, sizes, { ...all, output: made[0]!.storage }, forward));
  work(() => patches.convolveBack(device, sizes, { ...all, input: made[1]!.storage }, back));
  work(() => patches.weightGradient(device, sizes, { ...all, weights: ofWeights.storage }));
  const got: Computed = {
    output: await made[0]!.read(),
    input: await made[1]!.read(),
    weights: await ofWeights.read(),
    ran,
  };
  return { got, values, gradient, weightValues, biases };
}

const sameAs = (actual: Computed, expected: Computed, what: string): void => {
  for (const name of ["output", "input", "weights"] as const) same(actual[name], expected[name], `${what}, ${name}`);
};

export const cases: Case[] = [
  ...convolutions.map(([sizes, ...kernels]): Case => ({
    name: `long sums in blocks: ${nameOf(sizes)}`,
    async run(device) {
      for (const epilogue of [
        { bias: false, relu: false },
        { bias: true, relu: true },
      ]) {
        const { got, values, gradient, weightValues, biases } = await compute(device, sizes, epilogue);
        check(JSON.stringify(got.ran) === JSON.stringify(kernels), `ran ${JSON.stringify(got.ran)}`);
        const finished = (sums: Float64Array, bias: Float32Array): Float64Array =>
          sums.map((sum, i) => {
            const total = sum + (epilogue.bias ? bias[i % bias.length]! : 0);
            return epilogue.relu ? Math.max(0, total) : total;
          });
        const magnitudes = [absolute(values), absolute(gradient), absolute(weightValues)] as const;
        const [v, g, w] = magnitudes;
        const taps = sizes.kernelHeight * sizes.kernelWidth;
        // A sum of n products is off by at most n + 1 roundings of the sum of their magnitudes, and one for the bias.
        const bound = (terms: number, sums: Float64Array) => ({
          absolute: (terms + 3) * 2 ** -24 * (maximum(sums) + 1),
        });
        close(
          got.output,
          finished(convolved(sizes, values, weightValues), biases[0]!),
          bound(taps * sizes.input.channels, convolved(sizes, v, w)),
          "forward",
        );
        close(
          got.input,
          finished(convolvedBack(sizes, gradient, weightValues), biases[1]!),
          bound(taps * sizes.output.channels, convolvedBack(sizes, g, w)),
          "adjoint",
        );
        const pixels = elements(sizes.output) / sizes.output.channels;
        close(
          got.weights,
          weightGradient(sizes, values, gradient),
          bound(pixels, weightGradient(sizes, v, g)),
          "weights",
        );
      }
    },
  })),
  {
    name: "long sums in blocks: the bits depend neither on scratch memory nor on the largest binding",
    async run(device) {
      const epilogue = { bias: true, relu: false };
      for (const [sizes, bindingBytes] of [
        // A binding holds the patches of 64 of 100 pixels, and those of a block of the weights' gradient; then one of two
        // blocks, and some rows of a map.
        [convolution([1, 16, 16, 16], [24, 7, 7]), 100 * 784 * 4],
        [convolution([2, 25, 33, 3], [9, 3, 3], 1, 1), 9 * 4 * 496 * 4],
      ] as const) {
        const { got } = await compute(device, sizes, epilogue);
        const other = { ...device.info, hardware: !device.info.hardware };
        const otherScratch = await withProperty(device, "info", other, () => compute(device, sizes, epilogue));
        sameAs(otherScratch.got, got, `${nameOf(sizes)}, other scratch memory`);
        const small = await withBindings(device, bindingBytes, () => compute(device, sizes, epilogue));
        check(JSON.stringify(small.got.ran) !== JSON.stringify(got.ran), `${nameOf(sizes)}: nothing was cut`);
        sameAs(small.got, got, `${nameOf(sizes)}, small bindings`);
      }
    },
  },
  {
    name: "blocks have equal lengths, multiples of four, of 256 terms or more; enough of them, and no more",
    run() {
      for (const [terms, tiles, expected] of [
        // fc6 of FCN-8s at 256 by 256 and at 500 by 500, and its taps, back.
        [25088, 128, 14],
        [25088, 256, 7],
        [4096, 784, 2],
        [4096, 1568, 1],
        [4096, 1024, 2],
        [4096, 1056, 1],
        [4100, 2000, 5],
        [4096, 1, 16],
        [1036, 1, 1],
        [4, 1, 1],
      ] as const) {
        check(blocksOf(terms, tiles) === expected, `${terms} terms, ${tiles} tiles: ${blocksOf(terms, tiles)} blocks`);
      }
      for (const [images, rows, columns, expected] of [
        [1, 16, 16, { terms: 256, rows: 16, apart: false }],
        [2, 16, 16, { terms: 512, rows: 16, apart: false }],
        [3, 16, 16, { terms: 256, rows: 16, apart: true }],
        [1, 698, 698, { terms: 698, rows: 1, apart: false }],
        [2, 88, 88, { terms: 440, rows: 5, apart: true }],
        [3, 1, 171, { terms: 171, rows: 1, apart: true }],
      ] as const) {
        const found = JSON.stringify(blockOf(images, rows, columns));
        check(found === JSON.stringify(expected), `${images} × ${rows} × ${columns}: ${found}`);
      }
      return Promise.resolve();
    },
  },
  {
    name: "sums are cut where tiles of 16 by 8 panels are fewer than 264 and terms more than 512, or more than 4096",
    run(real) {
      for (const [rowPanels, columnPanels, expected] of [
        [1, 1, 1],
        [16, 8, 1],
        [17, 8, 2],
        [16, 9, 2],
        [33, 17, 9],
      ] as const) {
        const tiles = tilesOf(rowPanels, columnPanels);
        check(tiles === expected, `${rowPanels} by ${columnPanels} panels: ${tiles} tiles`);
      }
      for (const [terms, tiles, expected] of [
        [4096, 264, false],
        [4097, 264, true],
        [512, 1, false],
        [513, 263, true],
        [513, 264, false],
      ] as const)
        check(worthBlocks(terms, tiles) === expected, `${terms} terms, ${tiles} tiles`);
      for (const [hardware, scratch, scarce] of [
        [false, 4, 4],
        [true, 192, 32],
      ] as const) {
        const { device } = paperDevice(real, 10, hardware);
        check(scratchBytes(device) === scratch * 2 ** 20, `${scratchBytes(device)} bytes`);
        check(scarceBytes(device) === scarce * 2 ** 20, `${scarceBytes(device)} bytes`);
        for (const [count, tables, room, times] of [
          // Four fit the room: three times four, three and three. Then two fit a binding, and then none does.
          [10, [1], 4, 4],
          [9, [1], 4, 3],
          [8, [1, 1], 9, 4],
          [9, [4, 5], 100, 2],
          [9, [4, 11], 100, 1],
          [3, [1], 100, 3],
        ] as const)
          check(atATime(device, count, tables, room) === times, `${count} of [${tables.join()}] bytes in ${room}`);
      }
      return Promise.resolve();
    },
  },
  {
    name: "fc6 and its gradients at full width: scratch memory is bounded, and every product has enough workgroups",
    run(real) {
      for (const [size, hardware, mostBytes] of [
        [15, true, 3 * 2 ** 26],
        [22, true, 3 * 2 ** 26],
        [22, false, 2 ** 25 + 2 ** 24],
      ] as const) {
        const sizes = convolution([1, size, size, 512], [4096, 7, 7]);
        const { device, allocated, ran, storage } = paperDevice(real, 2 ** 31, hardware, "webgpu");
        const operands = { input: storage, weights: storage, output: storage };
        patches.convolve(device, sizes, operands);
        patches.convolveBack(device, sizes, operands);
        patches.weightGradient(device, sizes, operands);
        check(Math.max(...allocated) <= mostBytes, `${Math.max(...allocated)} bytes`);
        for (const { kernel, args } of ran) {
          if (kernel !== "product") continue;
          const [batch, rows, columns, terms] = ["batch", "rowPanels", "columnPanels", "termColumns"].map(
            (name) => args[name] as number,
          ) as [number, number, number, number];
          const groups = batch * Math.ceil(rows / 16) * Math.ceil(columns / 8);
          check(!hardware || groups >= 264, `${size}: ${groups} workgroups`);
          check(terms <= 4096, `${size}: ${terms} terms`);
        }
      }
      return Promise.resolve();
    },
  },
];
