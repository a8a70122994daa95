import { FormatError } from "../errors.ts";
import { float32ToFloat16, requireFloat16 } from "../float16.ts";
import { elementsOf } from "../shape.ts";
import { isOfOptimizer, momentName, momentOf } from "./moments.ts";
import {
  denseKernels,
  isCrfMatrix,
  toPytorch,
  type Translation,
  translator,
  type Dialect,
  type Rearrangement,
} from "./names.ts";
import {
  allocate,
  toFloat32,
  type Checkpoint,
  type ElementType,
  type StoredTensor,
  type TensorData,
} from "./tensors.ts";

const dialects: Record<Checkpoint["format"], Dialect> = {
  safetensors: "pytorch",
  pytorch: "pytorch",
  keras: "keras",
  caffe: "caffe",
};

/**
 * The same checkpoint with our names, PyTorch's layouts and our sign of the compatibility; numbers are still read only
 * when asked for.
 * @throws FormatError if two tensors would get one name, or a shape does not fit its layer
 */
export function toOurs(checkpoint: Checkpoint, file: string): Checkpoint {
  const translate = withMoments(translator(dialects[checkpoint.format], checkpoint.tensors.keys()));
  const notes = [...checkpoint.notes];
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of checkpoint.tensors) {
    const translation = translate(name);
    if (!translation) {
      notes.push(`${name} classifies ImageNet and was skipped`);
      continue;
    }
    const place = { file, offset: tensor.offset };
    if (tensors.has(translation.name)) throw misfit(place, `one tensor for ${translation.name}`, `${name} as another`);
    const shape = layerShape(translation.name, translation.rearrangement, tensor.shape, place);
    tensors.set(translation.name, rearrange({ ...tensor, shape }, translation.rearrangement, place));
  }
  return { ...checkpoint, tensors, notes };
}

/** Translates the names of what an optimizer keeps as those of its parameters. The mean of squares has no sign to change. */
const withMoments =
  <Known extends Translation | undefined>(translate: (name: string) => Known) =>
  (name: string): Known | Translation => {
    const own = momentOf(name);
    if (!own) return translate(name);
    const parameter = translate(own.parameter);
    if (!parameter) return parameter;
    const isSquare = own.moment === "square" && parameter.rearrangement === "negated";
    const rearrangement = isSquare ? "same" : parameter.rearrangement;
    return { name: momentName(parameter.name, own.moment), rearrangement };
  };

/** A tensor of ours, an optimizer's moments too, under its name in crfasrnn_pytorch and with its sign there. */
export function toTheir(name: string, tensor: StoredTensor): [name: string, tensor: StoredTensor] {
  const translation = withMoments(toPytorch)(name);
  const place = { file: name, offset: tensor.offset };
  return [translation.name, rearrange(tensor, translation.rearrangement, place)];
}

/** Our tensors in the words of crfasrnn_pytorch, whose `load_state_dict` then takes them; notes tell what has no place. */
export function toTheirs(checkpoint: Checkpoint): Pick<Checkpoint, "tensors" | "notes"> {
  const notes: string[] = [];
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of checkpoint.tensors) {
    if (isOfOptimizer(name)) continue;
    if (name === "bandwidths") {
      notes.push("bandwidths was skipped: crfasrnn_pytorch has no parameter for it; pass them to its CrfRnn as params");
      continue;
    }
    tensors.set(...toTheir(name, tensor));
  }
  if ([...checkpoint.tensors.keys()].some(isOfOptimizer))
    notes.push("the optimizer's memory has no place in a state dictionary and was skipped; --for torch keeps it");
  return { tensors, notes };
}

/** The same checkpoint with every tensor as float32 when it is read. */
export function asFloat32(checkpoint: Checkpoint): Checkpoint {
  const widened = (tensor: StoredTensor): StoredTensor => ({
    ...tensor,
    type: "float32",
    read: async () => toFloat32(await tensor.read(), tensor.type),
  });
  return { ...checkpoint, tensors: new Map([...checkpoint.tensors].map(([name, tensor]) => [name, widened(tensor)])) };
}

/**
 * The same checkpoint with the weights of convolutions, which have four axes, as float16 when they are read: about half the
 * file, and what a network of precision "half" computes with. Other tensors, and integers, stay as they are.
 * @throws ValueError, when a tensor is read, for a number beyond half precision, naming the tensor
 */
export function asFloat16(checkpoint: Checkpoint): Checkpoint {
  const narrowed = (name: string, tensor: StoredTensor): StoredTensor => {
    if (tensor.shape.length !== 4 || !/float/.test(tensor.type) || tensor.type === "float16") return tensor;
    const read = async (): Promise<TensorData> => {
      const values = toFloat32(await tensor.read(), tensor.type);
      requireFloat16(name, values);
      return float32ToFloat16(values);
    };
    return { ...tensor, type: "float16", read };
  };
  const tensors = [...checkpoint.tensors].map(([name, tensor]) => [name, narrowed(name, tensor)] as const);
  return { ...checkpoint, tensors: new Map(tensors) };
}

/**
 * The shape in which to see a file's numbers, before they are rearranged: without the leading ones of Caffe's
 * four-dimensional blobs, and VGG's dense layers as the convolutions they are,
 * (O, C·7·7) → (O, C, 7, 7) and Keras' (7·7·C, O) → (7, 7, C, O).
 */
function layerShape(
  name: string,
  rearrangement: Rearrangement,
  shape: readonly number[],
  place: Place,
): readonly number[] {
  if (name.endsWith(".bias")) return withoutLeadingOnes(shape, 1);
  if (isCrfMatrix(name)) return withoutLeadingOnes(shape, 2);
  const layer = name.split(".")[0]!;
  if (!name.endsWith(".weight") || !Object.hasOwn(denseKernels, layer)) return shape;
  const dense = withoutLeadingOnes(shape, 2);
  if (dense.length !== 2) return shape;
  const kernel = denseKernels[layer]!;
  const [first, second] = dense as [number, number];
  const [outputs, inputs] = rearrangement === "channelsLast" ? [second, first] : [first, second];
  const channels = inputs / (kernel * kernel);
  if (!Number.isInteger(channels)) {
    throw misfit(place, `${kernel}·${kernel} inputs a channel for ${layer}`, `${inputs} inputs in all`);
  }
  return rearrangement === "channelsLast" ? [kernel, kernel, channels, outputs] : [outputs, channels, kernel, kernel];
}

function withoutLeadingOnes(shape: readonly number[], rank: number): readonly number[] {
  const extra = shape.length - rank;
  return extra > 0 && shape.slice(0, extra).every((extent) => extent === 1) ? shape.slice(extra) : shape;
}

function rearrange(tensor: StoredTensor, rearrangement: Rearrangement, place: Place): StoredTensor {
  const { shape, type } = tensor;
  if (rearrangement === "negated") return { ...tensor, read: async () => negate(await tensor.read(), type, place) };
  if (rearrangement === "same" || shape.length < 2) return tensor;
  // (…, input, output) → (output, input, …); of a transposed convolution, (…, output, input) → (input, output, …).
  const [inputs, outputs] = shape.slice(-2) as [number, number];
  const taps = shape.slice(0, -2);
  return {
    ...tensor,
    shape: [outputs, inputs, ...taps],
    read: async () => channelsFirst(await tensor.read(), type, elementsOf(taps), inputs, outputs),
  };
}

/** Side of the squares in which the matrix is walked, so that reads and writes both stay in the cache. */
const tile = 64;

/** [taps, inputs, outputs] → [outputs, inputs, taps]. */
function channelsFirst(from: TensorData, type: ElementType, taps: number, inputs: number, outputs: number): TensorData {
  const to = allocate(type, from.length, "channels-first copy");
  for (let o0 = 0; o0 < outputs; o0 += tile) {
    const o1 = Math.min(outputs, o0 + tile);
    for (let i0 = 0; i0 < inputs; i0 += tile) {
      const i1 = Math.min(inputs, i0 + tile);
      for (let t = 0; t < taps; t++) {
        for (let i = i0; i < i1; i++) {
          const row = (t * inputs + i) * outputs;
          for (let o = o0; o < o1; o++) to[(o * inputs + i) * taps + t] = from[row + o]!;
        }
      }
    }
  }
  return to;
}

/** Changes all signs in place, those of zeros too, so that doing it twice restores every bit. */
function negate(data: TensorData, type: ElementType, place: Place): TensorData {
  if (data instanceof Uint16Array) for (let i = 0; i < data.length; i++) data[i]! ^= 0x8000;
  else if (type === "float32" || type === "float64")
    for (let i = 0; i < data.length; i++) data[i] = -(data[i] as number);
  else throw misfit(place, "floating-point numbers in the compatibility", type);
  return data;
}

/** Describes where in its file a tensor was found, for errors. */
type Place = Pick<FormatError, "file" | "offset">;

function misfit(place: Place, expected: string, got: string): FormatError {
  return new FormatError({ ...place, expected, got, remedy: "check which network the file belongs to" });
}
