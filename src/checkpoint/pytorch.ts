import { FormatError } from "../errors.ts";
import { ByteReader } from "./byteReader.ts";
import { checkRange, readBytes, type Source } from "./source.ts";
import { isStateDictionary, Storage, TensorView, vocabulary } from "./torchVocabulary.ts";
import {
  allocate,
  bytesPerElement,
  checkTotal,
  elementCount,
  readElements,
  type Checkpoint,
  type StoredTensor,
  type TensorData,
} from "./tensors.ts";
import { Tuple, unpickle } from "./unpickle.ts";
import { openZip } from "./zip.ts";

// torch.save(state_dict) in its two forms. Zip (PyTorch 1.6 and later): NAME/data.pkl, NAME/data/KEY, NAME/version.
// Legacy: five pickles (magic number, protocol, system, the object, the storages' keys), then for every key its count
// as int64 and its numbers. Both facts: torch/serialization.py (_save, _legacy_save).

/** Reads the numbers of one storage. */
type ReadStorage = (storage: Storage) => Promise<TensorData>;

/** Longest pickle that is read; names and shapes of a thousand layers take a few hundred kilobytes. */
const longestPickle = 1 << 26;

/**
 * Opens a checkpoint in PyTorch's zip format; nothing in it is executed.
 * @throws FormatError
 */
export async function openPytorch(source: Source): Promise<Checkpoint> {
  const zip = await openZip(source);
  const pickles = [...zip.names()].filter((name) => name.endsWith("/data.pkl"));
  if (pickles.length !== 1) throw foreign(source, "one NAME/data.pkl in the archive", `${pickles.length}`);
  const folder = pickles[0].slice(0, -"data.pkl".length);
  if (zip.find(`${folder}constants.pkl`)) {
    throw foreign(source, "a state dictionary", "a TorchScript program");
  }
  if (zip.find(`${folder}byteorder`)) {
    const order = new TextDecoder().decode(await zip.read(`${folder}byteorder`, 16));
    if (order !== "little") throw foreign(source, "little-endian numbers", `byteorder ${JSON.stringify(order)}`);
  }
  const pickle = await zip.read(pickles[0], longestPickle);
  const object = unpickle(new ByteReader(`${source.name}/data.pkl`, pickle), vocabulary);
  const location = (storage: Storage) => `${folder}data/${storage.key}`;
  return checkpointOf(source, object, {
    find(storage) {
      const entry = zip.find(location(storage));
      if (entry?.size === storage.bytes) return entry.offset;
      throw foreign(source, `${storage.bytes} bytes in ${location(storage)}`, `${entry?.size ?? "no such entry"}`);
    },
    async read(storage) {
      const data = allocate(storage.type, storage.count, source.name);
      await zip.readInto(location(storage), new Uint8Array(data.buffer));
      return data;
    },
  });
}

const magicNumber = 0x1950a86a20f9469cfc6cn;

/** How a file in the legacy format begins: PROTO 2, LONG1 of 10 bytes, the magic number. */
export const legacyPrefix = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/**
 * Opens a checkpoint in the format that torch.save wrote before PyTorch 1.6; nothing in it is executed.
 * @throws FormatError
 */
export async function openLegacyPytorch(source: Source): Promise<Checkpoint> {
  const { object, keys, end } = await readPickles(source);
  const storages = new Map<string, { offset: number; count: number }>();
  let offset = end;
  const sizes = storageSizes(object);
  for (const key of keys) {
    const size = sizes.get(key);
    if (size === undefined) throw foreign(source, `a tensor that uses storage ${key}`, "none");
    const count = new ByteReader(source.name, await readBytes(source, offset, 8), offset).u64();
    checkRange(source, offset + 8, count * size);
    storages.set(key, { offset: offset + 8, count });
    offset += 8 + count * size;
  }
  if (offset !== source.size)
    throw foreign(source, "the end of the file", `${source.size - offset} more bytes`, offset);
  return checkpointOf(source, object, {
    find(storage) {
      const found = storages.get(storage.key);
      if (found?.count === storage.count) return found.offset;
      throw foreign(source, `${storage.count} numbers in ${storage.key}`, `${found?.count ?? "no such storage"}`);
    },
    read: (storage) => readElements(source, storages.get(storage.key)!.offset, storage.type, storage.count),
  });
}

async function readPickles(source: Source) {
  // How long the pickles are is known only after reading them, so the piece that is read doubles until it is enough.
  for (let length = 1 << 20; ; length *= 2) {
    const whole = length >= source.size;
    const reader = new ByteReader(source.name, await readBytes(source, 0, Math.min(length, source.size)));
    try {
      return parsePickles(source, reader);
    } catch (error) {
      if (whole || reader.remaining > longestOperand || length >= longestPickle) throw error;
    }
  }
}

/** A pickle that broke off with more than this left broke for another reason than its end. */
const longestOperand = 1 << 18;

function parsePickles(source: Source, reader: ByteReader) {
  const magic = unpickle(reader, vocabulary);
  if (magic !== magicNumber) throw foreign(source, "PyTorch's magic number", `${magic}`, 0);
  const protocol = unpickle(reader, vocabulary);
  if (protocol !== 1001) throw foreign(source, "legacy protocol 1001", String(protocol), reader.offset);
  const system = unpickle(reader, vocabulary);
  if (!(system instanceof Map) || system.get("little_endian") !== true) {
    throw foreign(source, "numbers written little-endian", "another order", reader.offset);
  }
  const object = unpickle(reader, vocabulary);
  const keys = unpickle(reader, vocabulary);
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string")) {
    throw foreign(source, "a list of storages", "another value", reader.offset);
  }
  return { object, keys: keys as string[], end: reader.offset };
}

/** Bytes per number of every storage that the tensors of an object use, by key. */
function storageSizes(object: unknown): Map<string, number> {
  const sizes = new Map<string, number>();
  const seen = new Set<unknown>();
  const pending = [object];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof TensorView) sizes.set(value.storage.key, bytesPerElement(value.storage.type));
    else if (value instanceof Map) for (const item of value.values()) pending.push(item);
    else if (value instanceof Tuple) for (const item of value.items) pending.push(item);
    else if (Array.isArray(value)) for (const item of value) pending.push(item);
  }
  return sizes;
}

/** Where trainers keep the parameters, when the file holds more than them. */
const stateKeys = ["model_state_dict", "state_dict", "model_state", "model", "network"];

function checkpointOf(
  source: Source,
  object: unknown,
  storages: { find(storage: Storage): number; read: ReadStorage },
): Checkpoint {
  const notes: string[] = [];
  const state = findState(source, object, notes);
  const tensors = new Map<string, StoredTensor>();
  const parallel = [...state.keys()].every((name) => typeof name === "string" && name.startsWith("module."));
  if (parallel) notes.push("module., the prefix of a DataParallel network, was taken off every name");
  for (const [key, view] of state) {
    if (!(view instanceof TensorView) || typeof key !== "string") {
      notes.push(`${typeof key === "string" ? key : "an entry"} is not a tensor and was skipped`);
      continue;
    }
    const offset = storages.find(view.storage);
    tensors.set(parallel ? key.slice("module.".length) : key, {
      shape: view.shape,
      type: view.storage.type,
      offset,
      read: async () => gather(await storages.read(view.storage), view, source.name),
    });
  }
  checkTotal(source, tensors);
  return { format: "pytorch", tensors, metadata: {}, notes };
}

function findState(source: Source, object: unknown, notes: string[]): ReadonlyMap<unknown, unknown> {
  if (isStateDictionary(object)) return object;
  if (object instanceof Map) {
    const key = stateKeys.find((name) => isStateDictionary(object.get(name)));
    if (key) {
      const others = [...object.keys()].filter((other) => other !== key).map((other) => String(other).slice(0, 40));
      if (others.length > 0) notes.push(`the state under ${key} was taken, ${others.join(", ")} skipped`);
      return object.get(key);
    }
  }
  throw foreign(
    source,
    `a dictionary of tensors by name, alone or under one of ${stateKeys.join(", ")}`,
    object instanceof Map ? "a dictionary without them" : "another value",
  );
}

/** The numbers of a view of a storage, row-major; the storage itself where it is just that. */
function gather(storage: TensorData, view: TensorView, where: string): TensorData {
  const count = elementCount(view.shape);
  if (view.isContiguous()) {
    return count === storage.length ? storage : (storage.slice(view.offset, view.offset + count) as TensorData);
  }
  const data = allocate(view.storage.type, count, where);
  const index = view.shape.map(() => 0);
  let from = view.offset;
  for (let to = 0; to < count; to++) {
    data[to] = storage[from];
    for (let axis = index.length - 1; axis >= 0; axis--) {
      from += view.strides[axis];
      if (++index[axis] < view.shape[axis]) break;
      from -= view.shape[axis] * view.strides[axis];
      index[axis] = 0;
    }
  }
  return data;
}

function foreign(source: Source, expected: string, got: string, offset?: number): FormatError {
  const remedy = "save the network's state_dict() with torch.save";
  return new FormatError({ file: source.name, offset: offset ?? source.size, expected, got, remedy });
}
