import type { Device } from "../../src/device/device.ts";
import { panels } from "../../src/layout.ts";
import type { Convolution } from "../../src/nn/geometry.ts";
import { algorithmFor } from "../../src/nn/chooseAlgorithm.ts";
import { suits, winograd } from "../../src/nn/winograd.ts";
import { padded } from "../../src/shape.ts";
import { checkMemory, memoryOf, type Used } from "../memory.ts";
import { absolute, convolved, convolvedBack, weightGradient } from "../reference/convolution.ts";
import { type Case, check, close, maximum, random } from "../suite.ts";
import { convolution, given, nameOf, paperDevice, weightShape, withBindings, withProperty } from "./convolutions.ts";

/** By how much sums of magnitudes grow on the way: (8/3)² for values of one sign (kernels/nn/winograd.wgsl). */
const growth = (8 / 3) ** 2;

const sizes = [
  convolution([1, 1, 1, 1], [1, 3, 3], 1, 1),
  convolution([1, 5, 4, 3], [8, 3, 3], 1, 1),
  convolution([2, 6, 7, 5], [9, 3, 3], 1, 1),
  convolution([1, 3, 3, 4], [4, 3, 3]),
  convolution([1, 2, 3, 7], [13, 3, 3], 1, 4),
  convolution([1, 9, 12, 12], [20, 3, 3], 1, 2),
];

interface Expected {
  readonly result: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
  /** By how much each may differ. */
  readonly bounds: Record<"result" | "values" | "weight", { readonly absolute: number }>;
}

/** The convolution and both adjoints in float64. */
function expectedOf(size: Convolution, { values, weights, seed: gradient, bias }: ReturnType<typeof given>): Expected {
  const { input, output } = size;
  const [a, c, d] = [absolute(values), absolute(weights), absolute(gradient)];
  // The tolerance is that of `checkOp`, with three roundings in each of the two transforms, before and behind.
  const bound = (terms: number, magnitudes: Float64Array): { absolute: number } => ({
    absolute: (terms + 8) * growth * 2 ** -24 * (maximum(magnitudes) + 1),
  });
  const tiles = (output.images * output.height * output.width) / 4 + 4;
  return {
    result: convolved(size, values, weights).map((sum, i) => Math.max(0, sum + bias![i % output.channels]!)),
    values: convolvedBack(size, gradient, weights),
    weight: weightGradient(size, values, gradient),
    bounds: {
      result: bound(input.channels, convolved(size, a, c)),
      values: bound(output.channels, convolvedBack(size, d, c)),
      weight: bound(tiles, weightGradient(size, a, d)),
    },
  };
}

/** Forward and both adjoints, called as they are. */
async function computed(
  device: Device,
  size: Convolution,
  { values, weights, seed: gradient, bias }: ReturnType<typeof given>,
): Promise<Record<"result" | "values" | "weight", Float32Array>> {
  using scope = device.scope();
  const { input, output } = size;
  const map = (of: typeof input): number[] => [of.images, of.height, of.width, of.channels];
  const [x, w] = [scope.tensor(map(input), values), scope.tensor(weightShape(size), weights, panels)];
  const [g, b] = [scope.tensor(map(output), gradient), scope.tensor([output.channels], bias)];
  const [y, ofValues, ofWeight] = [g, x, w].map((tensor) => scope.add(tensor.like()));
  const operands = { input: x.storage, weights: w.storage, output: g.storage };
  winograd.convolve(device, size, { ...operands, output: y!.storage }, { bias: b.storage, relu: true });
  winograd.convolveBack(device, size, { ...operands, input: ofValues!.storage });
  winograd.weightGradient(device, size, { ...operands, weights: ofWeight!.storage });
  return { result: await y!.read(), values: await ofValues!.read(), weight: await ofWeight!.read() };
}

/** Compares with float64, as the device is and with other properties. */
async function checkAll(
  device: Device,
  size: Convolution,
  seed: number,
  infos: readonly Device["info"][] = [device.info],
): Promise<void> {
  const inputs = given(random(seed), size, { bias: true });
  const expected = expectedOf(size, inputs);
  for (const info of infos) {
    const found = await withProperty(device, "info", info, () => computed(device, size, inputs));
    for (const name of ["result", "values", "weight"] as const)
      close(found[name], expected[name], expected.bounds[name], name);
  }
}

export const cases: Case[] = [
  ...sizes.map((size, index) => ({
    name: `minimal filtering, forward and both adjoints: ${nameOf(size)}`,
    run: (device: Device) => checkAll(device, size, index + 1),
  })),
  {
    name: "minimal filtering in ranges of tiles, as scratch memory bounds them",
    // 930 tiles of (68 + 8)·64 bytes: two ranges of 4 MiB; one of the 192 that a GPU has.
    run: (device) =>
      checkAll(
        device,
        convolution([1, 61, 59, 68], [1, 3, 3], 1, 1),
        20,
        [false, true].map((hardware) => ({ ...device.info, hardware })),
      ),
  },
  {
    name: "minimal filtering in ranges of tiles, as small bindings bound them",
    // Maps of 12 KB; a tile has 1,024 bytes on either side.
    run: (device) =>
      withBindings(device, 20_000, () => checkAll(device, convolution([2, 11, 9, 15], [12, 3, 3], 1, 1), 21)),
  },
  {
    name: "minimal filtering has its transformed weights, and the tiles of one range at a time with their products",
    async run(device) {
      const standard = device.limits.bindingBytes;
      for (const [size, bindingBytes, hardware, most] of [
        // A tile has 768 bytes before and 1024 behind; the transformed weights have 12,288.
        [convolution([1, 10, 20, 12], [12, 3, 3], 1, 1), standard, false, 50],
        [convolution([1, 10, 20, 12], [12, 3, 3], 1, 1), 16_384, false, 16],
        [convolution([1, 10, 20, 12], [12, 3, 3], 1, 1), 16_383, false, 12],
        // 768 bytes and 512.
        [convolution([1, 10, 20, 12], [4, 3, 3], 1, 1), 16_384, false, 20],
        // 1536 bytes before and 512 behind.
        [convolution([2, 7, 11, 24], [4, 3, 3], 1, 1), 18_432, true, 12],
        [convolution([2, 7, 11, 24], [4, 3, 3], 1, 1), 24_575, true, 12],
        [convolution([2, 7, 11, 24], [4, 3, 3], 1, 1), 24_576, true, 16],
        // 65,536 and 512: sixty-three tiles have 4 MiB, and a range is a multiple of four.
        [convolution([1, 15, 18, 1024], [8, 3, 3], 1, 1), standard, false, 60],
        [convolution([1, 15, 18, 1024], [8, 3, 3], 1, 1), standard, true, 72],
      ] as const) {
        using scope = device.scope();
        const { input, output } = size;
        const map = (of: typeof input): number[] => [of.images, of.height, of.width, of.channels];
        const [x, w, y] = [
          scope.tensor(map(input)),
          scope.tensor(weightShape(size), undefined, panels),
          scope.tensor(map(output)),
        ];
        const operands = { input: x.storage, weights: w.storage, output: y.storage };
        const [inputs, outputs] = [padded(input.channels), 8 * Math.ceil(output.channels / 8)];
        const tables = [
          16 * inputs * outputs * 4,
          ...[inputs, outputs].map((length) => 16 * length * padded(most) * 4),
        ];
        // Where not all maps fit a binding, no range spans two pieces; these do.
        const tiles = output.images * Math.ceil(output.height / 2) * Math.ceil(output.width / 2);
        const ranges = Array.from({ length: Math.ceil(tiles / most) }, () => tables);
        const steps = (names: readonly string[]) =>
          ranges.flatMap((range) => names.map((name) => [`nn/${name}`, range] as const));
        const info = { ...device.info, hardware };
        const of = (work: () => void): Promise<Used[]> =>
          withProperty(device, "info", info, () =>
            withBindings(device, bindingBytes, () => memoryOf(device, "nn/", work)),
          );
        const what = `${nameOf(size)}, ${bindingBytes} bytes`;
        const forward = await of(() => winograd.convolve(device, size, operands));
        const [weights, fold] = [
          ["nn/winograd.weights", [tables[0]!]],
          ["nn/winograd.fold", tables],
        ] as const;
        checkMemory(device, forward, [weights, ...steps(["winograd.input", "product", "winograd.output"])], what);
        // A GPU's weight gradient goes by blocks: see below.
        if (device.kind === "webgpu") continue;
        const back = await of(() => winograd.weightGradient(device, size, operands));
        checkMemory(device, back, [...steps(["winograd.input", "winograd.gradient", "product"]), fold], what);
      }
    },
  },
  {
    name: "a GPU sums the weights' gradient by blocks of rows of tiles, as many at a time as scratch memory holds",
    async run(real) {
      for (const [size, hardware, bindingBytes, block, tiles, blocks] of [
        // Two rows of 200 tiles each, of 100; 12 KiB a tile of 192 channels and 512 KiB a block's sums: 37 blocks fit.
        [convolution([1, 200, 400, 64], [128, 3, 3], 1, 1), true, 2 ** 30, 400, "10000,10000", "25,25"],
        [convolution([1, 10, 400, 64], [128, 3, 3], 1, 1), false, 2 ** 30, 400, "400,400,200", ""],
        // All tiles of small images are one block; of larger ones, each has its own.
        [convolution([2, 32, 32, 8], [8, 3, 3], 1, 1), true, 2 ** 30, 512, "512", ""],
        [convolution([2, 34, 32, 8], [8, 3, 3], 1, 1), true, 2 ** 30, 272, "272,272", ""],
        // Of the 64 rows of 40 tiles twelve are a block; a binding holds 1100 tiles of twelve channels.
        [convolution([1, 128, 80, 12], [8, 3, 3], 1, 1), true, 1100 * 16 * 12 * 4, 480, "960,960,640", "2,2,2"],
        // A binding holds 109 rows of 128, which are cut after 96, of which 24 give a block.
        [
          convolution([1, 128, 80, 12], [8, 3, 3], 1, 1),
          true,
          111 * 80 * 12 * 4 + 256,
          480,
          "480,480,480,480,480,160",
          "",
        ],
        // 25 MiB a block of tiles and 16 a block's sums: four of the five blocks fit, three and two are computed.
        [convolution([1, 20, 400, 512], [512, 3, 3], 1, 1), true, 2 ** 30, 400, "1200,800", "3,2"],
        // Rows and columns whose last tiles are half empty.
        [convolution([1, 7, 9, 12], [8, 3, 3], 1, 1), true, 2 ** 30, 20, "20", ""],
        // A binding holds two of three times four tiles of twelve channels.
        [convolution([1, 6, 8, 12], [8, 3, 3], 1, 1), true, 8 * 16 * 12 * 4, 8, "8,4", ""],
        // A binding that holds no block holds six tiles, of which four are a block.
        [convolution([1, 6, 8, 12], [8, 3, 3], 1, 1), true, 6 * 16 * 12 * 4, 4, "4,4,4", ""],
      ] as const) {
        const { device, ran, storage } = paperDevice(real, bindingBytes, hardware, "webgpu");
        winograd.weightGradient(device, size, { input: storage, weights: storage, output: storage });
        const of = (kernel: string, name: string): string =>
          ran.flatMap((one) => (one.kernel === kernel ? [one.args[name]] : [])).join();
        const what = `${nameOf(size)}, ${hardware}`;
        for (const kernel of ["winogradInput", "winogradGradient"]) {
          check(of(kernel, "tiles") === tiles, `${what}: ${of(kernel, "tiles")} tiles`);
          const sizes = tiles.split(",").map((each) => Math.min(block, Number(each)));
          check(of(kernel, "blockTiles") === sizes.join(), `${what}: blocks of ${of(kernel, "blockTiles")} tiles`);
        }
        check(of("productBlocks", "count") === blocks, `${what}: ${of("productBlocks", "count")} blocks`);
        const adds = tiles.split(",").map((_, i) => Math.min(i, 1));
        const last = blocks === "" ? "product" : "productBlocks";
        check(of(last, "accumulate") === adds.join(), `${what}: accumulates ${of(last, "accumulate")}`);
      }
    },
  },
  {
    name: "on WASM the weights' gradient goes by pieces of whole rows of tiles, as many as a binding holds",
    async run(real) {
      const size = convolution([1, 20, 10, 12], [8, 3, 3], 1, 1);
      // Room for seven rows of 480 bytes, of which two stand around the five that a piece has at most.
      const { device, ran, storage } = paperDevice(real, 7 * 480 + 256);
      winograd.weightGradient(device, size, { input: storage, weights: storage, output: storage });
      const heights = ran.flatMap(({ kernel, args }) => (kernel === "winogradGradient" ? [args["height"]] : []));
      check(heights.length > 1 && heights.every((rows) => rows === 4), heights.join());
    },
  },
  {
    name: "a range has as many tiles as 4 MiB of scratch memory hold, 192 MiB on a GPU, and no fewer than four",
    async run(real) {
      const tilesOn = (size: Convolution, hardware: boolean, bindingBytes: number): string => {
        const { device, ran, storage } = paperDevice(real, bindingBytes, hardware);
        winograd.convolve(device, size, { input: storage, weights: storage, output: storage });
        const inputs = ran.filter(({ kernel }) => kernel === "winogradInput");
        return inputs.map(({ args }) => args["tiles"]).join();
      };
      // 4096 bytes on either side of 22,500 tiles.
      const large = convolution([1, 300, 300, 64], [64, 3, 3], 1, 1);
      const software = [...new Array<number>(43).fill(512), 484].join();
      check(tilesOn(large, false, 2 ** 30) === software, tilesOn(large, false, 2 ** 30));
      const larger = convolution([1, 400, 400, 64], [64, 3, 3], 1, 1);
      check(tilesOn(larger, true, 2 ** 30) === "24576,15424", tilesOn(larger, true, 2 ** 30));
      // A map that is stored as halves is computed in bands of 16 MiB, here of 160 rows, with the tiles that 32 MiB hold.
      const scarce = { ...larger, output: { ...larger.output, halves: true } };
      const band = "4096,4096,4096,3712";
      check(tilesOn(scarce, true, 2 ** 30) === `${band},${band},4096,3904`, tilesOn(scarce, true, 2 ** 30));
      // 1024 bytes, of which a binding holds two, before nine tiles.
      const small = convolution([1, 6, 6, 12], [12, 3, 3], 1, 1);
      check(tilesOn(small, false, 3000) === "4,4,1", tilesOn(small, false, 3000));
    },
  },
  {
    name: "minimal filtering suits 3 × 3 taps and stride 1, from eight channels on, whose weights fit a binding twice",
    async run(device) {
      const bindingBytes = 2 * 16 * 12 * 16 * 4;
      for (const [size, expected] of [
        [convolution([1, 9, 9, 8], [8, 3, 3], 1, 1), true],
        [convolution([1, 9, 9, 12], [16, 3, 3], 1, 5), true],
        [convolution([1, 9, 9, 9], [13, 3, 3], 1, 0), true],
        [convolution([1, 9, 9, 7], [8, 3, 3], 1, 1), false],
        [convolution([1, 9, 9, 8], [7, 3, 3], 1, 1), false],
        [convolution([1, 9, 9, 13], [16, 3, 3], 1, 1), false],
        [convolution([1, 9, 9, 8], [8, 3, 2], 1, 1), false],
        [convolution([1, 9, 9, 8], [8, 2, 3], 1, 1), false],
        [convolution([1, 9, 9, 8], [8, 3, 3], 2, 1), false],
      ] as const) {
        await withBindings(device, bindingBytes, async () => {
          check(suits(device, size) === expected, nameOf(size));
          check((algorithmFor(device, size) === winograd) === expected, `${nameOf(size)}: the algorithm`);
        });
      }
    },
  },
];
