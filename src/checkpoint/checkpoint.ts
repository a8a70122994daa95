/**
 * `crf-rnn/checkpoint`: reads checkpoints of Caffe, Keras, PyTorch and safetensors as tensors under the names of the networks here, and
 * writes those of PyTorch and safetensors.
 *
 * @module
 */
import { FormatError } from "../errors.ts";
import { openCaffe } from "./caffe.ts";
import { fromTorchvision, type Input, inputNote } from "./inputs.ts";
import { openKeras } from "./keras.ts";
import { findGap } from "./networks.ts";
import { legacyPrefix, openLegacyPytorch, openPytorch } from "./pytorch.ts";
import { openSafetensors } from "./safetensors.ts";
import { readBytes, type Source } from "./source.ts";
import type { Checkpoint, LoadedTensor } from "./tensors.ts";
import { asFloat32, toOurs } from "./translate.ts";

export { blobSource, bytesSource, fileSource, type Source } from "./source.ts";
export { memorySink, type Sink } from "./sink.ts";
export type { Checkpoint, ElementType, LoadedTensor, StoredTensor, TensorData } from "./tensors.ts";
export { asFloat16, asFloat32 } from "./translate.ts";
export { writePytorch } from "./pytorchWriter.ts";
export { writeSafetensors } from "./safetensors.ts";

export interface OpenCheckpointOptions {
  /** Whether a known network may lack some of its tensors, which a note then names; default: that is an error. */
  readonly partial?: boolean;
  /**
   * The input on which conv1_1 was trained. The default `caffe` changes nothing. With `torchvision`, conv1_1 is adapted
   * to this library's input, which the weights that torchvision publishes need. The names of tensors do not tell which
   * it is, because Caffe's weights are also distributed under torchvision's names.
   */
  readonly input?: Input;
}

/**
 * Opens a `.safetensors`, `.pth`, `.h5` or `.caffemodel`, whichever it is by its first bytes, and maps names, layouts
 * (output, input, height, width) and the compatibility's sign to this library's. Numbers stay in the file until a
 * tensor is read, so `source` must stay open for as long. Networks that are known by their names (VGG-16 and VGG-19,
 * FCN-32s, FCN-16s and FCN-8s, with CRF-RNN or without, the CRF alone) must be whole.
 *
 * ```ts
 * const checkpoint = await openCheckpoint(await fileSource("crfrnn.caffemodel"));
 * const weights = await checkpoint.tensors.get("conv1_1.weight")!.read(); // [64, 3, 3, 3]
 * ```
 * @throws FormatError for a file that is malformed, unsafe, incomplete or of another kind, with the offset
 */
export async function openCheckpoint(source: Source, options: OpenCheckpointOptions = {}): Promise<Checkpoint> {
  const stored = await openAsIs(source);
  const named = checkWhole(stored, toOurs(stored, source.name), source, options.partial);
  if (options.input === "torchvision") return fromTorchvision(named, source.name);
  if (!options.input && stored.tensors.has("features.0.weight"))
    return { ...named, notes: [...named.notes, inputNote] };
  return named;
}

function checkWhole(stored: Checkpoint, ours: Checkpoint, source: Source, partial = false): Checkpoint {
  const gap = findGap(stored, ours);
  if (!gap) return ours;
  const missing = gap.missing.join(", ");
  if (partial) return { ...ours, notes: [...ours.notes, `not the whole of ${gap.network}: it lacks ${missing}`] };
  throw new FormatError({
    file: source.name,
    offset: source.size,
    expected: `the whole of ${gap.network}`,
    got: `the end without ${missing}`,
    remedy: "fetch the file again, or pass --partial (in the library `partial: true`) if it is meant to have no more",
  });
}

/** Opens a checkpoint without changing its names and layouts. @throws FormatError */
export async function openAsIs(source: Source): Promise<Checkpoint> {
  const head = await readBytes(source, 0, Math.min(source.size, 16));
  const begins = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  if (begins(0x50, 0x4b, 0x03, 0x04)) return openPytorch(source);
  if (begins(...legacyPrefix)) return openLegacyPytorch(source);
  if (begins(0x89, 0x48, 0x44, 0x46)) return openKeras(source);
  if (head[8] === 0x7b) return openSafetensors(source);
  // The tags of a NetParameter's name, layers and layer, the last of two bytes.
  if (begins(0x0a) || begins(0x12) || begins(0x1a) || begins(0xa2, 0x06)) return openCaffe(source);
  throw new FormatError({
    file: source.name,
    offset: 0,
    expected: "safetensors, PyTorch, Keras .h5 or a caffemodel",
    got: head.length === 0 ? "an empty file" : `bytes ${[...head.subarray(0, 8)].map((byte) => byte.toString(16))}`,
    remedy: "check that the download is complete and not a web page",
  });
}

/**
 * Reads a whole checkpoint as `openCheckpoint` maps it, every tensor in memory of its own as float32 (`asStored`: in
 * its own type). Beyond the result, memory stays below 1.5 times the largest tensor.
 * @throws FormatError; LimitError without memory
 */
export async function loadCheckpoint(
  source: Source,
  options: OpenCheckpointOptions & { readonly asStored?: boolean } = {},
): Promise<Omit<Checkpoint, "tensors"> & { readonly tensors: Map<string, LoadedTensor> }> {
  const opened = await openCheckpoint(source, options);
  const checkpoint = options.asStored ? opened : asFloat32(opened);
  const tensors = new Map<string, LoadedTensor>();
  for (const [name, { shape, type, read }] of checkpoint.tensors)
    tensors.set(name, { shape, type, data: await read() });
  return { ...checkpoint, tensors };
}
