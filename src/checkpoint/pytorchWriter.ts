import { ZipWriter } from "@zip.js/zip.js/lib/zip-core.js";
import { elementsOf } from "../shape.ts";
import { PickleWriter } from "./pickleWriter.ts";
import type { Sink } from "./sink.ts";
import { asBytes, type Checkpoint, type StoredTensor } from "./tensors.ts";
import { storageClass } from "./torchVocabulary.ts";
import { toTheirs } from "./translate.ts";

/** What a `.pth` holds: tensors and plain values, in dictionaries and lists. */
export type Plain =
  | StoredTensor
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | ReadonlyMap<string | number, Plain>;

/**
 * Writes a state dictionary in PyTorch's zip format and crfasrnn_pytorch's names, for
 * `network.load_state_dict(torch.load(file, weights_only=True))`. The largest tensor is all that is in memory.
 *
 * @param checkpoint with our names
 * @param begin called with the name of each tensor before it is read
 * @returns what could not be kept, one sentence each
 * @throws FormatError from reading the tensors
 */
export async function writePytorch(
  checkpoint: Checkpoint,
  sink: Sink,
  begin?: (name: string) => void,
): Promise<readonly string[]> {
  const { tensors, notes } = toTheirs(checkpoint);
  await writePlain(tensors, sink, begin);
  const lost = Object.keys(checkpoint.metadata).length > 0 ? ["metadata has no place in a .pth and was skipped"] : [];
  return [...notes, ...lost];
}

/**
 * Writes dictionaries of tensors and plain values for `torch.load(file, weights_only=True)`.
 * @throws FormatError from reading the tensors
 */
export async function writePlain(value: Plain, sink: Sink, begin?: (name: string) => void): Promise<void> {
  const pickle = new PickleWriter();
  const tensors: [name: string, tensor: StoredTensor][] = [];
  put(pickle, value, "", tensors);
  let position = 0;
  const write = async (bytes: Uint8Array) => {
    await sink.write(bytes);
    position += bytes.length;
  };
  const zip = new ZipWriter(new WritableStream<Uint8Array>({ write }), {
    level: 0,
    useWebWorkers: false,
    extendedTimestamp: false,
    // The same checkpoint makes the same bytes, whenever it is written.
    lastModDate: new Date(1980, 0, 1),
  });
  const add = async (name: string, bytes: Uint8Array) => {
    const path = `archive/${name}`;
    await zip.add(path, streamOf(bytes), { uncompressedSize: bytes.length, localExtraField: padding(position, path) });
  };
  await add("data.pkl", pickle.finish());
  await add("byteorder", new TextEncoder().encode("little"));
  let key = 0;
  for (const [name, tensor] of tensors) {
    begin?.(name);
    await add(`data/${key++}`, asBytes(await tensor.read()));
  }
  await add("version", new TextEncoder().encode("3\n"));
  await zip.close();
}

/** The bytes in pieces, none of them copied: a tensor may be a good part of the memory there is. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const piece = 1 << 20;
  let position = 0;
  return new ReadableStream({
    pull(controller) {
      if (position >= bytes.length) return void controller.close();
      controller.enqueue(bytes.subarray(position, position + piece));
      position += piece;
    },
  });
}

/** Bytes to which torch.save aligns every entry, so that readers can map it. */
const alignment = 64;

/** The extra field, with torch.save's id "FB", that aligns the contents of an entry whose header begins at `start`. */
function padding(start: number, path: string): Map<number, Uint8Array> {
  const unpadded = start + 30 + path.length + 4;
  return new Map([[0x4246, new Uint8Array((alignment - (unpadded % alignment)) % alignment)]]);
}

/** Puts a value, and the tensors that are in it into a list: their places there are the keys of their storages. */
function put(pickle: PickleWriter, value: Plain, name: string, tensors: [string, StoredTensor][]): void {
  if (value === null) pickle.none();
  else if (value === true) pickle.yes();
  else if (value === false) pickle.no();
  else if (typeof value === "string") pickle.text(value);
  else if (typeof value === "number") putNumber(pickle, value);
  else if (isMap(value)) putDictionary(pickle, value, tensors);
  else if (isList(value)) {
    pickle.list();
    for (const item of value) {
      put(pickle, item, name, tensors);
      pickle.append();
    }
  } else putTensor(pickle, value, `${tensors.push([name, value]) - 1}`);
}

function putNumber(pickle: PickleWriter, value: number): void {
  if (Number.isSafeInteger(value)) pickle.integer(value);
  else pickle.float(value);
}

const isMap = (value: Plain): value is ReadonlyMap<string | number, Plain> => value instanceof Map;
const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);

function putDictionary(
  pickle: PickleWriter,
  items: ReadonlyMap<string | number, Plain>,
  tensors: [string, StoredTensor][],
): void {
  pickle.global("collections", "OrderedDict").tuple([]).reduce();
  for (const [key, item] of items) {
    if (typeof key === "string") pickle.text(key);
    else pickle.integer(key);
    put(pickle, item, `${key}`, tensors);
    pickle.setItem();
  }
}

/** _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict()), as torch.save has it. */
function putTensor(pickle: PickleWriter, { shape, type }: StoredTensor, key: string): void {
  const [module, storage] = storageClass(type).split(".") as [string, string];
  pickle.global("torch._utils", "_rebuild_tensor_v2").mark();
  pickle.mark().text("storage").global(module, storage).text(key).text("cpu").integer(elementsOf(shape));
  pickle.endTuple().persistent();
  pickle.integer(0).tuple(shape).tuple(stridesOf(shape)).no();
  pickle.global("collections", "OrderedDict").tuple([]).reduce();
  pickle.endTuple().reduce();
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementsOf(shape.slice(axis + 1)));
}
