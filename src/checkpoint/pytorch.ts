import { Budget, costs } from "../budget.ts";
import type { FormatError } from "../errors.ts";
import { describe, enumerate, printable } from "../quote.ts";
import { elementsOf } from "../shape.ts";
import { ByteReader } from "./byteReader.ts";
import { checkRange, errorAt, readBytes, type Source } from "./source.ts";
import { readRun, runKey } from "./torchRun.ts";
import { isStateDictionary, type TorchStorage, TensorView, vocabulary } from "./torchVocabulary.ts";
import {
  allocate,
  bytesPerElement,
  checkTotal,
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

/** Finds the numbers of an object's storages. */
interface Storages {
  /** @throws FormatError for a storage that is not there, or has another size than the tensors say */
  find(storage: TorchStorage): number;
  /** The numbers of a storage from `from` on. @throws FormatError */
  read(storage: TorchStorage, from: number, count: number): Promise<TensorData>;
}

/** Longest pickle that is read; names and shapes of a thousand layers take a few hundred kilobytes. */
const longestPickle = 1 << 26;

/**
 * Opens a checkpoint in PyTorch's zip format; nothing in it is executed.
 * @throws FormatError
 */
export async function openPytorch(source: Source): Promise<Checkpoint> {
  const budget = new Budget(source.name, source.size);
  const zip = await openZip(source, budget, (names) => (isTorchScript(names) ? torchScript(source) : undefined));
  const pickles = [...zip.names()].filter((name) => name.endsWith("/data.pkl"));
  if (pickles.length !== 1) throw foreign(source, "one NAME/data.pkl in the archive", `${pickles.length}`);
  const folder = pickles[0]!.slice(0, -"data.pkl".length);
  if (isTorchScript([...zip.names()])) throw torchScript(source);
  if (zip.find(`${folder}byteorder`)) {
    const order = new TextDecoder().decode(await zip.read(`${folder}byteorder`, 16));
    if (order !== "little") throw foreign(source, "little-endian numbers", `byteorder ${describe(order)}`);
  }
  const pickle = await zip.read(pickles[0]!, longestPickle);
  const object = unpickle(new ByteReader(`${source.name}/data.pkl`, pickle), vocabulary, budget);
  const location = (storage: TorchStorage) => `${folder}data/${storage.key}`;
  /** The offsets of the storages whose checksums have been verified. */
  const checked = new Map<string, number>();
  return checkpointOf(source, budget, object, {
    find(storage) {
      const entry = zip.find(location(storage));
      if (entry?.size === storage.bytes) return entry.offset;
      const place = printable(location(storage));
      throw foreign(source, `${storage.bytes} bytes in ${place}`, `${entry?.size ?? "no such entry"}`);
    },
    async read(storage, from, count) {
      const name = location(storage);
      const size = bytesPerElement(storage.type);
      // The first tensor that reads a shared storage verifies its checksum; the others need not do it again.
      const start = checked.get(name);
      if (start !== undefined) return readElements(source, start + from * size, storage.type, count);
      const data = allocate(storage.type, count, source.name);
      await zip.readInto(name, new Uint8Array(data.buffer), from * size);
      checked.set(name, await zip.locate(name));
      return data;
    },
  });
}

/** Whether the names in an archive are those of torch.jit.save: its code, and the constants of the code. */
function isTorchScript(names: readonly string[]): boolean {
  return names.some((name) => /^[^/]*\/(code\/.+\.py|constants\.pkl)$/.test(name));
}

function torchScript(source: Source): FormatError {
  return errorAt(source, source.size, {
    expected: "a state dictionary, which holds numbers alone",
    got: "a TorchScript program",
    remedy: "in Python, torch.save(torch.jit.load(file).state_dict(), other), and pass the other",
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
  const { object, keys, end, budget } = await readPickles(source);
  const storages = new Map<string, { offset: number; count: number }>();
  let offset = end;
  const sizes = storageSizes(object);
  for (const key of keys) {
    const size = sizes.get(key);
    if (size === undefined || storages.has(key)) {
      const expected = `a tensor that uses storage ${printable(key)}`;
      throw foreign(source, expected, size === undefined ? "none" : "a second storage of that key");
    }
    budget.spend(costs.read, offset);
    const count = new ByteReader(source.name, await readBytes(source, offset, 8), offset).u64();
    checkRange(source, offset + 8, count * size);
    storages.set(key, { offset: offset + 8, count });
    offset += 8 + count * size;
  }
  if (offset !== source.size)
    throw foreign(source, "the end of the file", `${source.size - offset} more bytes`, offset);
  return checkpointOf(source, budget, object, {
    find(storage) {
      const found = storages.get(storage.key);
      if (found?.count === storage.count) return found.offset;
      const expected = `${storage.count} numbers in storage ${printable(storage.key)}`;
      throw foreign(source, expected, `${found?.count ?? "no such storage"}`);
    },
    read: ({ key, type }, from, count) =>
      readElements(source, storages.get(key)!.offset + from * bytesPerElement(type), type, count),
  });
}

async function readPickles(source: Source) {
  // How long the pickles are is known only after reading them, so the piece that is read doubles until it is enough.
  for (let length = 1 << 20; ; length *= 2) {
    const whole = length >= source.size;
    const reader = new ByteReader(source.name, await readBytes(source, 0, Math.min(length, source.size)));
    const budget = new Budget(source.name, source.size);
    try {
      return { ...parsePickles(source, reader, budget), budget };
    } catch (error) {
      if (whole || budget.spent > budget.most || reader.remaining > longestOperand || length >= longestPickle)
        throw error;
    }
  }
}

/** If a pickle ends early although more than this many bytes are left, the end of the bytes read was not the reason. */
const longestOperand = 1 << 18;

function parsePickles(source: Source, reader: ByteReader, budget: Budget) {
  const magic = unpickle(reader, vocabulary, budget);
  if (magic !== magicNumber) throw foreign(source, "PyTorch's magic number", describe(magic), 0);
  const protocol = unpickle(reader, vocabulary, budget);
  if (protocol !== 1001) throw foreign(source, "legacy protocol 1001", describe(protocol), reader.offset);
  const system = unpickle(reader, vocabulary, budget);
  if (!(system instanceof Map) || system.get("little_endian") !== true) {
    throw foreign(source, "numbers written little-endian", "another order", reader.offset);
  }
  const object = unpickle(reader, vocabulary, budget);
  const keys = unpickle(reader, vocabulary, budget);
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string")) {
    throw foreign(source, "a list of storages", "another value", reader.offset);
  }
  return { object, keys: keys, end: reader.offset };
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

/** The keys under which trainers store the parameters, if the file holds more than them. */
const stateKeys = ["model_state_dict", "state_dict", "model_state", "model", "network"];

function checkpointOf(source: Source, budget: Budget, object: unknown, storages: Storages): Checkpoint {
  const notes: string[] = [];
  const own: unknown = object instanceof Map ? object.get(runKey) : undefined;
  const state = findState(source, object, notes, own instanceof Map);
  const tensors = new Map<string, StoredTensor>();
  const parallel = all(state.keys(), (name) => typeof name === "string" && name.startsWith("module."));
  if (parallel) notes.push("module., the prefix of a DataParallel network, was taken off every name");
  const storedOf = (view: TensorView): StoredTensor => ({
    shape: view.shape,
    type: view.storage.type,
    offset: storages.find(view.storage),
    span: view.span * bytesPerElement(view.storage.type),
    read: async () => gather(await storages.read(view.storage, view.offset, view.span), view, source.name),
  });
  for (const [key, view] of state) {
    budget.spend(view instanceof TensorView ? costs.tensor : costs.object, source.size);
    if (!(view instanceof TensorView) || typeof key !== "string") {
      notes.push(`${nameOf(key)} is not a tensor and was skipped`);
      continue;
    }
    tensors.set(parallel ? key.slice("module.".length) : key, storedOf(view));
  }
  const run =
    own instanceof Map
      ? readRun(source, budget, object as ReadonlyMap<unknown, unknown>, tensors, storedOf)
      : undefined;
  checkTotal(source, tensors);
  return { format: "pytorch", tensors, metadata: run?.metadata ?? {}, notes };
}

function findState(source: Source, object: unknown, notes: string[], isRun: boolean): ReadonlyMap<unknown, unknown> {
  if (isStateDictionary(object)) return object;
  if (object instanceof Map) {
    const key = stateKeys.find((name) => isStateDictionary(object.get(name)));
    if (key) {
      const others = [...object.keys()].filter((other) => other !== key).map(nameOf);
      if (others.length > 0 && !isRun) notes.push(`the state under ${key} was taken, ${enumerate(others)} skipped`);
      return object.get(key) as ReadonlyMap<unknown, unknown>;
    }
  }
  throw foreign(
    source,
    `a dictionary of tensors by name, alone or under one of ${stateKeys.join(", ")}`,
    object instanceof Map ? "a dictionary without them" : "another value",
  );
}

function nameOf(key: unknown): string {
  return typeof key === "string" ? printable(key) : "an entry";
}

function all<T>(values: Iterable<T>, holds: (value: T) => boolean): boolean {
  for (const value of values) if (!holds(value)) return false;
  return true;
}

/** The numbers of a view, row-major, from those of its span: these themselves where they are just that. */
function gather(span: TensorData, view: TensorView, where: string): TensorData {
  if (view.isContiguous()) return span;
  const count = elementsOf(view.shape);
  const data = allocate(view.storage.type, count, where);
  const index = view.shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    data[to] = span[from]!;
    for (let axis = index.length - 1; axis >= 0; axis--) {
      from += view.strides[axis]!;
      if (++index[axis]! < view.shape[axis]!) break;
      from -= view.shape[axis]! * view.strides[axis]!;
      index[axis] = 0;
    }
  }
  return data;
}

function foreign(source: Source, expected: string, got: string, offset?: number): FormatError {
  const remedy = "save the network's state_dict() with torch.save";
  return errorAt(source, offset ?? source.size, { expected, got, remedy });
}
