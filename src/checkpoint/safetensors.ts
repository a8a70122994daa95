import { Budget, costs } from "../budget.ts";
import { jsonText } from "../data/jsonText.ts";
import { FormatError } from "../errors.ts";
import { describe, printable, quote } from "../quote.ts";
import { elementsOf } from "../shape.ts";
import { checkRange, errorAt, readBytes, type Source } from "./source.ts";
import type { Sink } from "./sink.ts";
import {
  asBytes,
  byteLength,
  bytesPerElement,
  checkTotal,
  readElements,
  type Checkpoint,
  type ElementType,
  type StoredTensor,
} from "./tensors.ts";

// The format: 8 bytes N little-endian, N bytes of JSON {"name": {dtype, shape, data_offsets: [begin, end]}, …},
// optionally with "__metadata__": {text: text}, then the numbers without gaps, offsets counted from there.
// https://huggingface.co/docs/safetensors (section Format).

const dtypes: Record<string, ElementType> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
};

/** The reference reader refuses longer headers, too. */
const longestHeader = 100_000_000;

/**
 * Opens a safetensors file of any size; names and layouts as they are in the file.
 * @throws FormatError
 */
export async function openSafetensors(source: Source): Promise<Checkpoint> {
  const prefix = await readBytes(source, 0, 8);
  const headerLength = new DataView(prefix.buffer).getBigUint64(0, true);
  if (headerLength > longestHeader) throw malformed(source, 0, "a header below 100 MB", `${headerLength} bytes`);
  const budget = new Budget(source.name, source.size);
  const header = parseHeader(source, budget, await readBytes(source, 8, Number(headerLength)));
  const start = 8 + Number(headerLength);
  const metadata = parseMetadata(source, header.get("__metadata__"));
  header.delete("__metadata__");

  const tensors = new Map<string, StoredTensor>();
  const ranges: { name: string; begin: number; end: number }[] = [];
  for (const [name, entry] of header) {
    budget.spend(costs.tensor, start);
    const { type, shape, begin, end } = parseEntry(source, name, entry);
    checkRange(source, start + begin, end - begin);
    ranges.push({ name, begin, end });
    tensors.set(name, {
      shape,
      type,
      offset: start + begin,
      read: () => readElements(source, start + begin, type, (end - begin) / bytesPerElement(type)),
    });
  }
  checkGaps(source, start, ranges);
  checkTotal(source, tensors);
  return { format: "safetensors", tensors, metadata, notes: [] };
}

function parseHeader(source: Source, budget: Budget, bytes: Uint8Array): Map<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(jsonText(bytes, budget, { file: source.name, base: 8 }));
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw malformed(source, 8, "a JSON header", printable((cause as Error).message));
  }
  if (!isRecord(json)) throw malformed(source, 8, "a JSON object", describe(json));
  return new Map(Object.entries(json));
}

function parseMetadata(source: Source, json: unknown): Record<string, string> {
  if (json === undefined) return {};
  if (!isRecord(json) || !Object.values(json).every((value) => typeof value === "string")) {
    throw malformed(source, 8, "__metadata__ of text by text", isRecord(json) ? "other values" : describe(json));
  }
  return json as Record<string, string>;
}

function parseEntry(source: Source, name: string, entry: unknown) {
  const where = quote(name);
  if (!isRecord(entry)) throw malformed(source, 8, `dtype, shape and data_offsets for ${where}`, describe(entry));
  const type = typeof entry.dtype === "string" && Object.hasOwn(dtypes, entry.dtype) ? dtypes[entry.dtype] : undefined;
  if (!type) {
    throw malformed(source, 8, `a dtype of ${Object.keys(dtypes)} for ${where}`, describe(entry.dtype));
  }
  if (!isCounts(entry.shape)) throw malformed(source, 8, `a shape for ${where}`, brief(entry.shape));
  if (!isCounts(entry.data_offsets) || entry.data_offsets.length !== 2) {
    throw malformed(source, 8, `two data_offsets for ${where}`, brief(entry.data_offsets));
  }
  const [begin, end] = entry.data_offsets as [number, number];
  const bytes = elementsOf(entry.shape) * bytesPerElement(type);
  if (end - begin !== bytes) throw malformed(source, 8, `${bytes} bytes for ${where}`, `data_offsets ${begin}, ${end}`);
  return { type, shape: entry.shape, begin, end };
}

/** Every byte after the header belongs to exactly one tensor. */
function checkGaps(source: Source, start: number, ranges: { name: string; begin: number; end: number }[]): void {
  ranges.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of ranges) {
    if (begin !== position) {
      throw malformed(source, start + position, `${printable(name)} to begin here`, `it begins at ${begin}`);
    }
    position = end;
  }
  if (start + position !== source.size) {
    throw malformed(source, start + position, "the end of the file", `${source.size - start - position} more bytes`);
  }
}

/**
 * Writes a safetensors file, tensor after tensor; the largest tensor is all that is in memory.
 *
 * @param begin called with the name of each tensor before it is read
 * @returns what could not be kept: nothing
 * @throws FormatError from reading the tensors
 */
export async function writeSafetensors(
  checkpoint: Pick<Checkpoint, "tensors" | "metadata">,
  sink: Sink,
  begin?: (name: string) => void,
): Promise<readonly string[]> {
  const header = Object.create(null) as Record<string, unknown>;
  if (Object.keys(checkpoint.metadata).length > 0) header.__metadata__ = checkpoint.metadata;
  let position = 0;
  for (const [name, tensor] of checkpoint.tensors) {
    const end = position + byteLength(tensor);
    const dtype = Object.keys(dtypes).find((key) => dtypes[key] === tensor.type);
    header[name] = { dtype, shape: tensor.shape, data_offsets: [position, end] };
    position = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces bring the numbers to a multiple of 8, so that readers can map them.
  const prefix = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(prefix.length - 8), true);
  prefix.set(json, 8);
  await sink.write(prefix);
  for (const [name, tensor] of checkpoint.tensors) {
    begin?.(name);
    await sink.write(asBytes(await tensor.read()));
  }
  return [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((number) => Number.isSafeInteger(number) && number >= 0);
}

/** A list of a few numbers as it is, anything else in a word. */
function brief(value: unknown): string {
  const isShort = Array.isArray(value) && value.length <= 8 && value.every((item) => typeof item === "number");
  return isShort ? `[${value.join(",")}]` : describe(value);
}

function malformed(source: Source, offset: number, expected: string, got: string): FormatError {
  const remedy = "the file is damaged or not safetensors; fetch it again";
  return errorAt(source, offset, { expected, got, remedy });
}
