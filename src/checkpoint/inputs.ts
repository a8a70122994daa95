import { FormatError } from "../errors.ts";
import { meanColor } from "../models/meanColor.ts";
import { elementsOf } from "../shape.ts";
import { toFloat32, type Checkpoint, type StoredTensor } from "./tensors.ts";

/**
 * The form in which the first convolution gets a color. With `caffe` it is blue, green, red in 0…255 minus a mean, as
 * in this library's networks. With `torchvision` it is red, green, blue in 0…1, minus a mean and divided by standard
 * deviations.
 */
export type Input = "caffe" | "torchvision";

/** Red, green, blue: Caffe's mean in 0…255, torchvision's mean and standard deviations in 0…1, as published with each. */
const caffeMean = [...meanColor].reverse();
const torchvisionMean = [0.485, 0.456, 0.406];
const torchvisionDeviation = [0.229, 0.224, 0.225];

/** The input of torchvision's network, in its own units, where ours is zero. Its magnitude is below 0.018. */
const offsets = caffeMean.map((mean, c) => (mean / 255 - torchvisionMean[c]!) / torchvisionDeviation[c]!);

/**
 * A checkpoint whose conv1_1 was trained on torchvision's input, for ours. Color c is t = u/(255σ) + d there, with u our
 * input and d = (mean/255 − μ)/σ, so the kernel is turned from RGB to BGR and divided by 255σ, and what d gives is a
 * constant for the bias: W'₂₋c = W_c/(255σ_c), b' = b + Σ_c d_c·ΣW_c. That is exact, to the rounding to float32, for every
 * pixel whose window lies in the image. Outside it both pad with zero, which is t = 0 there and t = d here: within a pixel
 * of the border the outputs differ by d·W of the taps outside.
 * @throws FormatError without a conv1_1 of three input channels
 */
export function fromTorchvision(checkpoint: Checkpoint, file: string): Checkpoint {
  const weight = checkpoint.tensors.get("conv1_1.weight");
  const bias = checkpoint.tensors.get("conv1_1.bias");
  if (!weight || !bias || weight.shape.length !== 4 || weight.shape[1] !== 3) {
    const got = weight ? `[${weight.shape}] and ${bias ? "a bias" : "no bias"}` : "none";
    const remedy = "leave the input as it is, caffe";
    throw new FormatError({ file, offset: weight?.offset, expected: "conv1_1 of three colors", got, remedy });
  }
  const tensors = new Map(checkpoint.tensors);
  tensors.set("conv1_1.weight", { ...weight, type: "float32", read: () => turnedKernel(weight) });
  tensors.set("conv1_1.bias", { ...bias, type: "float32", read: () => raisedBias(weight, bias) });
  const note =
    "conv1_1 was changed from torchvision's input to this library's: the same but within a pixel of the border";
  return { ...checkpoint, tensors, notes: [...checkpoint.notes, note] };
}

async function turnedKernel(weight: StoredTensor): Promise<Float32Array<ArrayBuffer>> {
  const numbers = await readNumbers(weight);
  const taps = elementsOf(weight.shape.slice(2));
  return numbers.map((_, i) => {
    const ours = Math.floor(i / taps) % 3;
    const theirs = 2 - ours;
    return numbers[i + (theirs - ours) * taps]! / (255 * torchvisionDeviation[theirs]!);
  });
}

async function raisedBias(weight: StoredTensor, bias: StoredTensor): Promise<Float32Array<ArrayBuffer>> {
  const kernel = await readNumbers(weight);
  const taps = elementsOf(weight.shape.slice(2));
  return (await readNumbers(bias)).map((number, o) => {
    let sum = number;
    for (let i = 0; i < 3 * taps; i++) sum += offsets[Math.floor(i / taps)]! * kernel[o * 3 * taps + i]!;
    return sum;
  });
}

async function readNumbers({ read, type }: StoredTensor): Promise<Float32Array<ArrayBuffer>> {
  return toFloat32(await read(), type);
}

/** What is said of a checkpoint whose names do not tell which colors its first convolution expects. */
export const inputNote =
  "names are torchvision's: if the weights are too, conv1_1 expects another input: pass --input torchvision (in the library `input`), or caffe to leave it";

/** Whether that is said of a checkpoint. */
export const isOfUnknownInput = ({ notes }: Checkpoint): boolean => notes.includes(inputNote);
