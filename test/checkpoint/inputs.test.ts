import { expect, test } from "vitest";
import {
  bytesSource,
  loadCheckpoint,
  memorySink,
  openCheckpoint,
  writeSafetensors,
} from "../../src/checkpoint/checkpoint.ts";
import { fromTorchvision } from "../../src/checkpoint/inputs.ts";
import { FormatError } from "../../src/errors.ts";
import { random } from "../suite.ts";
import { networkOf, tensorOf, value, vgg16 } from "./network.ts";

const [height, width, outputs] = [6, 7, 2];

/** A 3×3 convolution [height, width, 3] → [height, width, outputs] in float64, padded with one row and column of zeros. */
function convolve(image: ArrayLike<number>, kernel: ArrayLike<number>, bias: ArrayLike<number>): Float64Array {
  const result = new Float64Array(height * width * outputs);
  for (let i = 0; i < result.length; i++) {
    const o = i % outputs;
    const [y, x] = [Math.floor(i / outputs / width), Math.floor(i / outputs) % width];
    result[i] = bias[o]!;
    for (let c = 0; c < 3; c++) {
      for (let tap = 0; tap < 9; tap++) {
        const [row, column] = [y + Math.floor(tap / 3) - 1, x + (tap % 3) - 1];
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        result[i]! += kernel[(o * 3 + c) * 9 + tap]! * image[(row * width + column) * 3 + c]!;
      }
    }
  }
  return result;
}

test("torchvision's conv1_1 gives the same on our input, but at the border", async () => {
  const dice = random(7);
  const rgb = Array.from({ length: height * width * 3 }, () => dice.integer(256));
  // torchvision.transforms: ToTensor, Normalize(mean, std); ours: BGR less Caffe's mean (semantics as published).
  const [mean, deviation] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ];
  const theirs = rgb.map((level, i) => (level / 255 - mean[i % 3]!) / deviation[i % 3]!);
  const bgrMean = [104.00698793, 116.66876762, 122.67891434];
  const ours = rgb.map((_, i) => rgb[i - (i % 3) + 2 - (i % 3)]! - bgrMean[i % 3]!);

  const kernel = value("conv1_1.weight", outputs * 27);
  const bias = value("conv1_1.bias", outputs);
  const sink = memorySink();
  await writeSafetensors(networkOf(vgg16), sink);
  const { tensors } = await loadCheckpoint(bytesSource(sink.bytes()), { input: "torchvision" });
  const folded = ["weight", "bias"].map((part) => tensors.get(`conv1_1.${part}`)!.data as Float32Array);
  const expected = convolve(theirs, kernel, bias);
  const found = convolve(ours, folded[0]!, folded[1]!);

  const isInside = (i: number): boolean => {
    const [y, x] = [Math.floor(i / outputs / width), Math.floor(i / outputs) % width];
    return y > 0 && y < height - 1 && x > 0 && x < width - 1;
  };
  let atBorder = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(found[i]! - expected[i]!);
    // 28 numbers rounded to float32, with inputs of at most 2.7.
    if (isInside(i)) expect(difference).toBeLessThan(28 * 2.7 * 0.5 * 2 ** -24);
    else atBorder = Math.max(atBorder, difference);
  }
  // At most five of nine taps lie outside, of weights up to 0.5 and offsets up to 0.018; some difference there must be.
  expect(atBorder).toBeGreaterThan(1e-4);
  expect(atBorder).toBeLessThan(5 * 3 * 0.5 * 0.018);
});

test("everything else stays, and halves become floats", async () => {
  const sink = memorySink();
  await writeSafetensors(networkOf(vgg16), sink);
  const source = bytesSource(sink.bytes());
  const [plain, folded] = [await openCheckpoint(source), await openCheckpoint(source, { input: "torchvision" })];
  expect([...folded.tensors.keys()]).toEqual([...plain.tensors.keys()]);
  for (const [name, tensor] of plain.tensors) {
    const same = expect.objectContaining({ shape: tensor.shape, type: tensor.type });
    expect(folded.tensors.get(name)).toEqual(same);
    if (!name.startsWith("conv1_1.")) expect(await folded.tensors.get(name)!.read()).toEqual(await tensor.read());
  }
  const half = {
    ...tensorOf([1, 3, 1, 1], new Float32Array(3)),
    type: "float16",
    read: async () => Uint16Array.of(0x3c00, 0, 0xc000),
  } as const;
  const tensors = new Map([
    ["conv1_1.weight", half],
    ["conv1_1.bias", tensorOf([1], Float32Array.of(0))],
  ]);
  const turned = fromTorchvision({ format: "pytorch", tensors, metadata: {}, notes: [] }, "x");
  expect(turned.tensors.get("conv1_1.weight")!.type).toBe("float32");
  const kernel = await turned.tensors.get("conv1_1.weight")!.read();
  expect([...kernel].map(Number)).toEqual([Math.fround(-2 / (255 * 0.225)), 0, Math.fround(1 / (255 * 0.229))]);
});

test.each([
  ["no conv1_1", {}, "none"],
  ["four channels", { "conv1_1.weight": [2, 4, 3, 3], "conv1_1.bias": [2] }, "[2,4,3,3] and a bias"],
  ["no bias", { "conv1_1.weight": [2, 3, 3, 3] }, "[2,3,3,3] and no bias"],
])("%s is refused", (_, shapes, got) => {
  const fold = () => fromTorchvision(networkOf(shapes), "x.pth");
  expect(fold).toThrow(FormatError);
  expect(fold).toThrow(`expected conv1_1 of three colors, got ${got}`);
});
