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

/** What is said of a dispatch, by its kernel. */
const told: Readonly<Record<string, readonly string[]>> = {
  patches: ["pack", "firstPixel", "pixels", "valueSkip", "blockPixels", "blockTerms"],
  product: ["product", "columnPanels", "firstColumnPanel", "batch", "rowPanels", "termColumns", "accumulate", "halves"],
  patchesCollect: ["collect", "firstPixel", "pixels", "firstPanel", "panels", "resultSkip"],
  productBlocks: ["blocks", "count"],
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
    name: "the tables that are made and the kernels that run, to the byte, where memory holds all and where it does not",
    run(real) {
      /** Bytes of the patches of a tile of 64 pixels, and of the products of a panel. */
      const [tile, products] = [64 * 784 * 4, 49 * 2 * 128];
      for (const [sizes, way, bindingBytes, hardware, expected] of [
        // 784 terms in two blocks of 392. All pixels go at once.
        [
          convolution([1, 9, 8, 16], [24, 7, 7]),
          "convolve",
          2 ** 30,
          false,
          "25088,1536,-1536,-25088: pack 0·6·0·6·392, product 3·0·2·2·392·0·0, collect 0·6·0·3·0",
        ],
        // Of 32 tiles of 64 pixels 19 fit scratch memory, with 200,704 bytes of patches and 12,288 of products each: 16, and 16.
        [
          convolution([1, 56, 46, 16], [24, 7, 7]),
          "convolve",
          2 ** 30,
          false,
          "3211264,196608,-196608,-3211264,3060736,187392,-187392,-3060736: pack 0·1024·0·1024·392, product 3·0·2·256·392·0·0, collect 0·1024·0·3·0, pack 1024·976·0·976·392, product 3·0·2·244·392·0·0, collect 1024·976·0·3·0",
        ],
        // A binding holds three tiles of patches, or two; one, or none.
        [
          convolution([1, 18, 22, 16], [24, 7, 7]),
          "convolve",
          3 * tile,
          false,
          "602112,36864,-36864,-602112: pack 0·192·0·192·392, product 3·0·2·48·392·0·0, collect 0·192·0·3·0",
        ],
        [
          convolution([1, 18, 22, 16], [24, 7, 7]),
          "convolve",
          3 * tile - 1,
          false,
          "401408,24576,-24576,-401408,200704,12288,-12288,-200704: pack 0·128·0·128·392, product 3·0·2·32·392·0·0, collect 0·128·0·3·0, pack 128·64·0·64·392, product 3·0·2·16·392·0·0, collect 128·64·0·3·0",
        ],
        [
          convolution([1, 9, 8, 16], [24, 7, 7]),
          "convolve",
          tile,
          false,
          "25088,1536,-1536,-25088: pack 0·6·0·6·392, product 3·0·2·2·392·0·0, collect 0·6·0·3·0",
        ],
        [convolution([1, 9, 8, 16], [24, 7, 7]), "convolve", tile - 1, false, ": convolution"],
        [
          { ...convolution([1, 9, 8, 16], [24, 7, 7]), halves: true },
          "convolve",
          tile,
          false,
          "25088,1536,-1536,-25088: pack 0·6·0·6·392, product 3·0·2·2·392·0·1, collect 0·6·0·3·0",
        ],
        // Five tiles fit, since 128 panels have 524,288 bytes of products a tile; of six, three go at a time.
        [
          convolution([1, 22, 26, 16], [1024, 7, 7]),
          "convolve",
          2 ** 30,
          false,
          "1003520,2621440,-2621440,-1003520: pack 0·320·0·320·392, product 128·0·2·80·392·0·0, collect 0·320·0·128·0",
        ],
        [
          convolution([1, 22, 30, 16], [1024, 7, 7]),
          "convolve",
          2 ** 30,
          false,
          "602112,1572864,-1572864,-602112,602112,1572864,-1572864,-602112: pack 0·192·0·192·392, product 128·0·2·48·392·0·0, collect 0·192·0·128·0, pack 192·192·0·192·392, product 128·0·2·48·392·0·0, collect 192·192·0·128·0",
        ],
        // Two times 16 tiles of the product: 1056 make 33 blocks, of which 49 is the next that 25,088 terms allow.
        [
          convolution([1, 11, 19, 512], [1024, 7, 7]),
          "convolve",
          2 ** 30,
          true,
          "6823936,13647872,-13647872,-6823936: pack 0·65·0·65·512, product 128·0·49·17·512·0·0, collect 0·65·0·128·0",
        ],
        // Twelve rows of the map fit, and the other eight begin half an alignment behind where they are bound.
        [
          convolution([1, 20, 10, 516], [9, 1, 1]),
          "convolve",
          264_192,
          false,
          "247680,7680,-7680,-247680,165120,5120,-5120,-165120: pack 0·120·0·120·516, product 2·0·1·30·516·0·0, collect 0·120·0·2·0, pack 0·80·8·80·516, product 2·0·1·20·516·0·0, collect 0·80·0·2·8",
        ],
        // Back, 49 taps of 24 terms: 12,544 bytes of products a panel, which a binding holds or does not.
        [
          convolution([1, 9, 8, 16], [24, 7, 7]),
          "convolveBack",
          2 ** 30,
          false,
          "768,75264,25088,-75264,-25088,-768: pack 0·6·0·6·24, product 2·0·49·2·24·0·0, collect 0·72·0·2·0",
        ],
        [
          convolution([1, 9, 8, 16], [24, 7, 7]),
          "convolveBack",
          products,
          false,
          "768,37632,12544,-37632,-12544,37632,12544,-37632,-12544,-768: pack 0·6·0·6·24, product 1·0·49·2·24·0·0, collect 0·72·0·1·0, product 1·0·49·2·24·0·0, collect 0·72·1·1·0",
        ],
        [
          convolution([1, 9, 8, 16], [24, 7, 7]),
          "convolveBack",
          products - 1,
          false,
          "75264,-75264: convolution, convolution",
        ],
        // 5349 row panels have 33,548,928 bytes of products, and 5352 more than 2²⁵.
        [
          convolution([1, 18, 1789, 16], [96, 7, 7]),
          "convolveBack",
          2 ** 31,
          false,
          "8216064,150528,33548928,-150528,-33548928,150528,33548928,-150528,-33548928,-8216064: pack 0·21396·0·21396·96, product 1·0·49·5349·96·0·0, collect 0·32202·0·1·0, product 1·0·49·5349·96·0·0, collect 0·32202·1·1·0",
        ],
        [convolution([1, 18, 1790, 16], [96, 7, 7]), "convolveBack", 2 ** 31, false, "301056,-301056: convolution"],
        // Of 60 panels 51 fit 2²⁵ bytes: 30, and in whole tiles of eight 32.
        [
          convolution([1, 22, 26, 480], [96, 7, 7]),
          "convolveBack",
          2 ** 30,
          false,
          "122880,4816896,16056320,-4816896,-16056320,4214784,14049280,-4214784,-14049280,-122880: pack 0·320·0·320·96, product 32·0·49·80·96·0·0, collect 0·572·0·32·0, product 28·0·49·80·96·0·0, collect 0·572·32·28·0",
        ],
        [
          convolution([1, 12, 14, 9], [520, 3, 2], 2, 1),
          "convolveBack",
          2 ** 30,
          false,
          "99840,199680,36864,-199680,-36864,-99840: pack 0·48·0·48·260, product 2·0·12·12·260·0·0, collect 0·168·0·2·0",
        ],
        // 49 times 12 tiles, and 49 times 9, are 588 and 441: two blocks and four. Nine panels fit 2²⁵ bytes, or thirteen.
        [
          convolution([1, 18, 17, 200], [2048, 7, 7]),
          "convolveBack",
          2 ** 30,
          false,
          "1081344,28901376,3725568,-28901376,-3725568,28901376,3725568,-28901376,-3725568,22478848,2897664,-22478848,-2897664,-1081344: pack 0·132·0·132·1024, product 9·0·98·33·1024·0·0, collect 0·306·0·9·0, product 9·0·98·33·1024·0·0, collect 0·306·9·9·0, product 7·0·98·33·1024·0·0, collect 0·306·18·7·0",
        ],
        [
          convolution([1, 18, 17, 144], [1024, 7, 7]),
          "convolveBack",
          2 ** 30,
          false,
          "540672,14450688,7451136,-14450688,-7451136,14450688,7451136,-14450688,-7451136,-540672: pack 0·132·0·132·256, product 9·0·196·33·256·0·0, collect 0·306·0·9·0, product 9·0·196·33·256·0·0, collect 0·306·9·9·0",
        ],
        // The packed gradient has 832,000 bytes.
        [
          convolution([1, 20, 10, 9], [1038, 1, 1]),
          "convolveBack",
          832_000,
          false,
          "832000,66560,51200,-66560,-51200,-832000: pack 0·200·0·200·260, product 2·0·4·50·260·0·0, collect 0·200·0·2·0",
        ],
        [
          convolution([1, 20, 10, 9], [1038, 1, 1]),
          "convolveBack",
          831_999,
          false,
          "66560,-66560: convolution, convolution",
        ],
        // Four phases of 4160 pixels are 260 tiles, and of 4161 pixels 264, which is enough.
        [
          convolution([1, 127, 129, 9], [132, 3, 3], 2),
          "convolveBack",
          2 ** 30,
          false,
          "2128896,76032,2322432,-76032,-2322432,-2128896: pack 0·4032·0·4032·132, product 2·0·9·1008·132·0·0, collect 0·16383·0·2·0",
        ],
        [convolution([1, 113, 145, 9], [132, 3, 3], 2), "convolveBack", 2 ** 30, false, "76032,-76032: convolution"],
        // Six pixels in eight terms; sixty rows of 41 in blocks of twelve; of twenty rows of 33 fifteen, where a binding holds them.
        [
          convolution([1, 9, 8, 16], [24, 7, 7]),
          "weightGradient",
          2 ** 30,
          false,
          "25088,768,-25088,-768: pack 0·6·0·6·4, pack 0·6·0·6·4, product 3·0·1·196·8·0·0",
        ],
        [
          convolution([1, 60, 41, 30], [24, 3, 3], 1, 1),
          "weightGradient",
          2 ** 30,
          false,
          "2833920,236160,138240,-138240,-2833920,-236160: pack 0·2460·0·492·4, pack 0·2460·0·492·4, product 3·0·5·72·492·0·0, blocks 5",
        ],
        [
          convolution([2, 20, 33, 3], [9, 3, 3], 1, 1),
          "weightGradient",
          9 * 4 * 496 * 4,
          false,
          "71424,31744,-71424,-31744: pack 0·495·0·495·4, pack 0·495·0·495·4, product 2·0·1·9·496·0·0, pack 495·165·0·495·4, pack 495·165·0·495·4, product 2·0·1·9·496·1·0, pack 0·495·4·495·4, pack 0·495·12·495·4, product 2·0·1·9·496·1·0, pack 495·165·4·495·4, pack 495·165·12·495·4, product 2·0·1·9·496·1·0",
        ],
        [
          convolution([2, 20, 33, 3], [9, 3, 3], 1, 1),
          "weightGradient",
          9 * 4 * 496 * 4 - 1,
          false,
          "12320,42240,-12320,-42240: convolutionPack, convolutionPack, product 2·0·9·1·33·0·0, convolutionPack, convolutionPack, product 2·0·9·1·33·1·0",
        ],
      ] as const) {
        const tireless = { info: real.info, limits: { ...real.limits, operations: Infinity } } as Device;
        const { device, allocated, ran, storage } = paperDevice(tireless, bindingBytes, hardware, "webgpu");
        Object.assign(device, { release: ({ bytes }: { bytes: number }) => allocated.push(-bytes) });
        patches[way](device, sizes, { input: storage, weights: storage, output: storage });
        const steps = ran.flatMap(({ kernel, args }) => {
          // How often weights are transposed is for what a dispatch may take.
          if (kernel === "convolutionTranspose") return [];
          const [name = kernel, ...numbers] = told[kernel] ?? [];
          return [[name, numbers.map((number) => String(args[number])).join("·")].join(" ").trim()];
        });
        const found = `${allocated.join()}: ${steps.join(", ")}`;
        check(found === expected, `${nameOf(sizes)}, ${way} in ${bindingBytes} bytes: ${found}`);
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
