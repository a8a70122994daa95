import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { costs, type Budget } from "../budget.ts";
import type { FormatError } from "../errors.ts";
import { elementsOf } from "../shape.ts";
import { FieldWindow, visitFields, type Field } from "./protobuf.ts";
import { errorAt, type Source } from "./source.ts";
import { allocate, asBytes, bytesPerElement, type ElementType, type StoredTensor } from "./tensors.ts";

// Field numbers of BlobProto: Caffe's, and from NVIDIA's fork the raw ones.
const fields = {
  num: 1,
  channels: 2,
  height: 3,
  width: 4,
  data: 5,
  shape: 7,
  doubles: 8,
  rawType: 10,
  raw: 12,
} as const;
const rawTypes: Record<number, ElementType> = { 0: "float64", 1: "float32", 2: "float16" };

/** Numbers of one kind, as they lie in a blob: whole runs, or one by one with a tag before each. */
interface Numbers {
  readonly type: ElementType;
  readonly number: number;
  count: number;
  readonly runs: Field[];
}

/** The wire type of numbers that are not packed. Half-precision numbers are always packed. */
const singleWires: Partial<Record<ElementType, WireType>> = { float32: WireType.Bit32, float64: WireType.Bit64 };

/** Finds shape and numbers of the blob in `message`, without reading the numbers. @throws FormatError */
export async function openBlob(window: FieldWindow, budget: Budget, message: Field): Promise<StoredTensor> {
  const { source } = window;
  budget.spend(costs.tensor, message.start);
  const legacy = [0, 0, 0, 0];
  let shape: number[] | undefined;
  let rawType: number | undefined;
  const floats: Numbers = { type: "float32", number: fields.data, count: 0, runs: [] };
  const doubles: Numbers = { type: "float64", number: fields.doubles, count: 0, runs: [] };
  const raw: Field[] = [];
  let isLegacy = false;
  await visitFields(window, message.start, message.end, (field) => {
    // Numbers that stand one by one are data and not structure, so the budget does not pay for them: there may be a
    // hundred million.
    const single = [floats, doubles].find((numbers) => isSingle(field, numbers));
    if (single) return collect(source, single, field);
    budget.spend(costs.field, field.start);
    if (field.number === fields.shape) {
      return readShape(window, budget, field).then((dims) => {
        shape = dims;
      });
    }
    if (field.number >= fields.num && field.number <= fields.width) {
      legacy[field.number - fields.num] = field.value;
      isLegacy = true;
    } else if (field.number === fields.data) collect(source, floats, field);
    else if (field.number === fields.doubles) collect(source, doubles, field);
    else if (field.number === fields.rawType) rawType = field.value;
    else if (field.number === fields.raw) raw.push(field);
  });
  const numbers = raw.length > 0 ? rawNumbers(source, raw, rawType) : doubles.runs.length > 0 ? doubles : floats;
  const resolved = shape ?? (isLegacy ? legacy : [numbers.count]);
  if (!resolved.every((extent) => extent >= 0) || elementsOf(resolved) !== numbers.count) {
    throw malformed(source, message.start, `the numbers of a blob [${resolved}]`, `${numbers.count}`);
  }
  return {
    offset: message.start,
    shape: resolved,
    type: numbers.type,
    read: () => readNumbers(source, message, numbers),
  };
}

function isSingle({ number, wire }: Field, numbers: Numbers): boolean {
  return number === numbers.number && wire === singleWires[numbers.type];
}

function collect(source: Source, numbers: Numbers, field: Field): void {
  const size = bytesPerElement(numbers.type);
  const bytes = field.end - field.start;
  const single = isSingle(field, numbers);
  if (!single && (field.wire !== WireType.LengthDelimited || bytes % size !== 0)) {
    throw malformed(
      source,
      field.start,
      `packed numbers of ${size} bytes`,
      `${bytes} bytes of wire type ${field.wire}`,
    );
  }
  numbers.count += bytes / size;
  // Numbers one by one are not listed: they are found again when read.
  if (!single || numbers.runs.length === 0) numbers.runs.push(field);
}

function rawNumbers(source: Source, raw: Field[], rawType: number | undefined): Numbers {
  const type = rawType === undefined ? undefined : rawTypes[rawType];
  if (!type) throw malformed(source, raw[0]!.start, "raw_data of doubles, floats or halves", `kind ${rawType}`);
  const numbers: Numbers = { type, number: fields.raw, count: 0, runs: [] };
  for (const field of raw) collect(source, numbers, field);
  return numbers;
}

async function readShape(window: FieldWindow, budget: Budget, message: Field): Promise<number[]> {
  const dims: number[] = [];
  // A dimension may be one varint or a packed run of them; a shape has few, so that both are short.
  await visitFields(window, message.start, message.end, async (field) => {
    budget.spend(costs.field, field.start);
    if (field.number !== 1) return;
    if (field.wire === WireType.Varint) dims.push(field.value);
    else dims.push(...(await readVarints(window, field)));
    if (dims.length > 32) throw malformed(window.source, field.start, "32 dimensions or fewer", `${dims.length}`);
  });
  return dims;
}

async function readVarints(window: FieldWindow, field: Field): Promise<number[]> {
  const length = field.end - field.start;
  if (length > 320) throw malformed(window.source, field.start, "32 dimensions or fewer", `${length} bytes of them`);
  const reader = new BinaryReader(await window.read(field.start, length));
  const values: number[] = [];
  try {
    while (reader.pos < length) values.push(Number(reader.int64()));
  } catch (cause) {
    throw malformed(window.source, field.start, "packed dimensions", (cause as Error).message);
  }
  return values;
}

async function readNumbers(source: Source, message: Field, numbers: Numbers) {
  const data = allocate(numbers.type, numbers.count, source.name);
  const bytes = asBytes(data);
  const size = bytesPerElement(numbers.type);
  let position = 0;
  const window = new FieldWindow(source);
  await visitFields(window, message.start, message.end, (field) => {
    if (field.number !== numbers.number) return;
    const length = field.end - field.start;
    const target = bytes.subarray(position, position + length);
    position += length;
    // One by one: the number lies in the window with its tag.
    if (length === size && window.holds(field.start, size)) return void target.set(window.slice(field.start, size));
    return source.readInto(field.start, target);
  });
  return data;
}

function malformed(source: Source, offset: number, expected: string, got: string): FormatError {
  const remedy = "the file is damaged; fetch it again";
  return errorAt(source, offset, { expected, got, remedy });
}
