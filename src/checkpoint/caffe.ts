import { WireType } from "@bufbuild/protobuf/wire";
import { Budget, costs } from "../budget.ts";
import type { FormatError } from "../errors.ts";
import { printable } from "../quote.ts";
import { openBlob } from "./caffeBlob.ts";
import { isKnownLayer } from "./names.ts";
import { FieldWindow, visitFields, type Field } from "./protobuf.ts";
import { errorAt, type Source } from "./source.ts";
import { checkTotal, type Checkpoint, type StoredTensor } from "./tensors.ts";

// Field numbers and enumerators of Caffe's caffe.proto, as published with Caffe.
const netFields = { v1Layer: 2, layer: 100 } as const;
const layerFields = { name: 1, type: 2, top: 4, blobs: 7 } as const;
const v1LayerFields = { v0: 1, top: 3, name: 4, type: 5, blobs: 6 } as const;
const v1Types: Record<number, string> = { 4: "Convolution", 14: "InnerProduct", 39: "Deconvolution" };
const weightTypes = ["Convolution", "InnerProduct", "Deconvolution"];
const crfType = "MultiStageMeanfield";

interface CaffeLayer {
  readonly name: string;
  readonly type: string;
  readonly tops: readonly string[];
  readonly blobs: readonly StoredTensor[];
}

/**
 * Opens a `.caffemodel`, of layers or of V1 layers. Tensors are called `layer.0`, `layer.1`, … after their blobs; where
 * two layers share a name, both are called by what they put out first, and so is a layer of which only that is known.
 * @throws FormatError
 */
export async function openCaffe(source: Source): Promise<Checkpoint> {
  const layers: CaffeLayer[] = [];
  const reading: Reading = { source, window: new FieldWindow(source), budget: new Budget(source.name, source.size) };
  await visitFields(reading.window, 0, source.size, async (field) => {
    reading.budget.spend(costs.field, field.start);
    if (field.number === netFields.layer) layers.push(await openLayer(reading, field));
    else if (field.number === netFields.v1Layer) layers.push(await openV1Layer(reading, field));
  });
  const weighted = layers.filter(({ blobs }) => blobs.length > 0);
  if (weighted.length === 0) {
    const remedy = "pass a .caffemodel (not a .prototxt or a solver state)";
    throw errorAt(source, source.size, { expected: "layers with weights", got: "none", remedy });
  }
  const bearers = new Map<string, number>();
  for (const { name } of weighted) bearers.set(name, (bearers.get(name) ?? 0) + 1);
  const notes: string[] = [];
  const tensors = new Map<string, StoredTensor>();
  for (const layer of weighted) {
    const [top = layer.name] = layer.tops;
    // A name that repeats in the whole net stands alone in the beginning of it.
    const isSole = bearers.get(layer.name) === 1 && (isKnownLayer(layer.name) || !isKnownLayer(top));
    const key = isSole ? layer.name : top;
    if (!isKnown(layer)) {
      const name = `${printable(key)} (${printable(layer.type, 40)}, ${layer.blobs.length} blobs)`;
      notes.push(`layer ${name} is of an unknown kind and was skipped`);
      continue;
    }
    layer.blobs.forEach((blob, index) => {
      const name = `${key}.${index}`;
      if (tensors.has(name)) throw repeated(source, name, blob);
      tensors.set(name, blob);
    });
  }
  checkTotal(source, tensors);
  return { format: "caffe", tensors, metadata: {}, notes };
}

/** V1 nets number their kinds; the CRF's number differs between builds of Caffe, so its three L×L blobs tell it. */
function isKnown({ type, blobs }: CaffeLayer): boolean {
  if (type === crfType || weightTypes.includes(type)) return blobs.length <= (type === crfType ? 3 : 2);
  const squares = blobs.every(({ shape }) => shape.length >= 2 && shape.at(-1) === shape.at(-2));
  return type.startsWith("V1 ") && blobs.length === 3 && squares;
}

/** State that is kept while one file is read. */
interface Reading {
  readonly source: Source;
  readonly window: FieldWindow;
  readonly budget: Budget;
}

async function openLayer(reading: Reading, layer: Field): Promise<CaffeLayer> {
  expectMessage(reading.source, layer);
  reading.budget.spend(costs.object, layer.start);
  const found = { name: "", type: "", tops: [] as string[], blobs: [] as StoredTensor[] };
  await visitFields(reading.window, layer.start, layer.end, async (field) => {
    reading.budget.spend(costs.field, field.start);
    if (field.number === layerFields.name) found.name = await text(reading, field);
    else if (field.number === layerFields.type) found.type = await text(reading, field);
    else if (field.number === layerFields.top) found.tops.push(await text(reading, field));
    else if (field.number === layerFields.blobs) found.blobs.push(await blobOf(reading, field));
  });
  return found;
}

async function openV1Layer(reading: Reading, layer: Field): Promise<CaffeLayer> {
  expectMessage(reading.source, layer);
  reading.budget.spend(costs.object, layer.start);
  const found = { name: "", type: "V1 kind 0", tops: [] as string[], blobs: [] as StoredTensor[] };
  await visitFields(reading.window, layer.start, layer.end, async (field) => {
    reading.budget.spend(costs.field, field.start);
    if (field.number === v1LayerFields.name) found.name = await text(reading, field);
    else if (field.number === v1LayerFields.type) found.type = v1Types[field.value] ?? `V1 kind ${field.value}`;
    else if (field.number === v1LayerFields.top) found.tops.push(await text(reading, field));
    else if (field.number === v1LayerFields.blobs) found.blobs.push(await blobOf(reading, field));
    else if (field.number === v1LayerFields.v0) {
      const remedy = "run Caffe's upgrade_net_proto_binary on it";
      throw errorAt(reading.source, field.start, { expected: "V1 layers", got: "V0 layers", remedy });
    }
  });
  return found;
}

function blobOf({ source, window, budget }: Reading, field: Field): Promise<StoredTensor> {
  return openBlob(window, budget, expectMessage(source, field));
}

function expectMessage(source: Source, field: Field): Field {
  if (field.wire === WireType.LengthDelimited) return field;
  const remedy = "the file is damaged, or no caffemodel; fetch it again";
  throw errorAt(source, field.start, { expected: "a message", got: `wire type ${field.wire}`, remedy });
}

/** Layer names are words; a longer one means that the file is something else. */
const longestName = 4096;

const utf8 = new TextDecoder("utf-8", { fatal: true });

async function text({ source, window, budget }: Reading, field: Field): Promise<string> {
  expectMessage(source, field);
  const remedy = "the file is damaged, or no caffemodel; fetch it again";
  const length = field.end - field.start;
  if (length > longestName) throw errorAt(source, field.start, { expected: "a name", got: `${length} bytes`, remedy });
  budget.spend(costs.character * length, field.start);
  const bytes = await window.read(field.start, length);
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw errorAt(source, field.start, { expected: "a name in UTF-8", got: "other bytes", remedy }, cause);
  }
}

function repeated(source: Source, name: string, blob: StoredTensor): FormatError {
  const remedy = "rename one of the two layers";
  return errorAt(source, blob.offset ?? source.size, { expected: `one ${printable(name)}`, got: "two", remedy });
}
