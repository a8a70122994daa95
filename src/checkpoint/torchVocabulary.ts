import { printable } from "../quote.ts";
import { elementsOf } from "../shape.ts";
import { bytesPerElement, type ElementType } from "./tensors.ts";
import { Global, Tuple, type Complain, type Vocabulary } from "./unpickle.ts";

/** A run of numbers in a PyTorch file, to which tensors refer by key. */
export class TorchStorage {
  readonly key: string;
  readonly type: ElementType;
  readonly count: number;

  constructor(key: string, type: ElementType, count: number) {
    this.key = key;
    this.type = type;
    this.count = count;
  }

  get bytes(): number {
    return this.count * bytesPerElement(this.type);
  }
}

/** A tensor as PyTorch has it: a window onto a storage. Offset and strides count numbers. */
export class TensorView {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }

  /** How many numbers of the storage the view spans, from its first to its last. */
  get span(): number {
    if (elementsOf(this.shape) === 0) return 0;
    return 1 + this.shape.reduce((sum, extent, axis) => sum + (extent - 1) * this.strides[axis]!, 0);
  }

  isContiguous(): boolean {
    let stride = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      if (this.shape[axis] !== 1 && this.strides[axis] !== stride) return false;
      stride *= this.shape[axis]!;
    }
    return true;
  }
}

/** Whether an unpickled value maps names to tensors; other entries may stand among them. */
export function isStateDictionary(value: unknown): value is ReadonlyMap<unknown, unknown> {
  if (!(value instanceof Map)) return false;
  for (const item of value.values()) if (item instanceof TensorView) return true;
  return false;
}

const storageTypes: Record<string, ElementType> = {
  "torch.DoubleStorage": "float64",
  "torch.FloatStorage": "float32",
  "torch.HalfStorage": "float16",
  "torch.BFloat16Storage": "bfloat16",
  "torch.LongStorage": "int64",
  "torch.IntStorage": "int32",
  "torch.ShortStorage": "int16",
  "torch.CharStorage": "int8",
  "torch.ByteStorage": "uint8",
  "torch.BoolStorage": "bool",
};

/** The storage class with which torch.load makes tensors of a type. */
export function storageClass(type: ElementType): string {
  return Object.keys(storageTypes).find((name) => storageTypes[name] === type)!;
}

/** Trainers store NumPy numbers, such as a best score, beside the parameters; they are skipped without being read. */
const ignored = () => null;

const calls: Record<string, NonNullable<Global["call"]>> = {
  "collections.OrderedDict": () => new Map(),
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_tensor": rebuildTensor,
  "torch._utils._rebuild_parameter": rebuildParameter,
  "torch.Size": (values) => values[0],
  "numpy.core.multiarray.scalar": ignored,
  "numpy._core.multiarray.scalar": ignored,
  "numpy.dtype": () => new Map(),
  "_codecs.encode": ignored,
};

/** All that a checkpoint may name. A name that is not here ends the reading; none of these runs code from the file. */
export const vocabulary: Vocabulary = {
  globals: new Map(
    [...Object.keys(storageTypes), ...Object.keys(calls)].map((name) => [name, new Global(name, calls[name])]),
  ),
  persistent: storageOf,
};

/** ("storage", torch.FloatStorage, key, device, count) and, in the legacy format, None for "not a view". */
function storageOf(id: unknown, complain: Complain): TorchStorage {
  if (!(id instanceof Tuple) || id.items[0] !== "storage") throw complain("the id of a storage", "another id");
  const [, kind, key, , count, view] = id.items;
  if (!(kind instanceof Global) || !Object.hasOwn(storageTypes, kind.name)) {
    throw complain(`a storage of ${Object.keys(storageTypes).join(", ")}`, "another class");
  }
  if (typeof key !== "string" || !isCount(count)) throw complain("a storage's key and count", "other values");
  if (view !== undefined && view !== null) throw complain("a whole storage", "a view of one");
  return new TorchStorage(key, storageTypes[kind.name]!, count);
}

/** (storage, offset, shape, strides, …); what follows, requires_grad and hooks, says nothing about the numbers. */
function rebuildTensor(values: readonly unknown[], complain: Complain): TensorView {
  const [storage, offset, shape, strides] = values;
  if (!(storage instanceof TorchStorage)) throw complain("a storage", "another value");
  if (!isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.items.length !== strides.items.length) {
    throw complain("offset, shape and strides", "other values");
  }
  const view = new TensorView(storage, offset, shape.items, strides.items);
  const count = elementsOf(view.shape);
  const fits = count === 0 || (count <= storage.count && offset + view.span <= storage.count);
  if (!fits) {
    throw complain(`a view of the ${storage.count} numbers of storage ${printable(storage.key)}`, `[${view.shape}]`);
  }
  return view;
}

function rebuildParameter(values: readonly unknown[], complain: Complain): TensorView {
  if (!(values[0] instanceof TensorView)) throw complain("a tensor", "another value");
  return values[0];
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: unknown): value is Tuple & { readonly items: readonly number[] } {
  return value instanceof Tuple && value.items.length <= 32 && value.items.every(isCount);
}
