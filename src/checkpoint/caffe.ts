import { WireType } from "@bufbuild/protobuf/wire";
import { FormatError } from "../errors.ts";
import { openBlob } from "./caffeBlob.ts";
import { isKnownLayer } from "./names.ts";
import { visitFields, type Field } from "./protobuf.ts";
import { readBytes, type Source } from "./source.ts";
import { checkTotal, type Checkpoint, type StoredTensor } from "./tensors.ts";

// Field numbers and enumerators of Caffe's caffe.proto, as published with Caffe.
const netFields = { v1Layer: 2, layer: 100 } as const;
const layerFields = { name: 1, type: 2, top: 4, blobs: 7 } as const;
const v1LayerFields = { v0: 1, top: 3, name: 4, type: 5, blobs: 6 } as const;
const v1Types: Record<number, string> = { 4: "Convolution", 14: "InnerProduct", 39: "Deconvolution" };
const weightTypes = ["Convolution", "InnerProduct", "Deconvolution"];
const crfType = "MultiStageMeanfield";

interface Layer {
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
  const layers: Layer[] = [];
  await visitFields(source, 0, source.size, async (field) => {
    if (field.number === netFields.layer) layers.push(await openLayer(source, field));
    else if (field.number === netFields.v1Layer) layers.push(await openV1Layer(source, field));
  });
  const weighted = layers.filter(({ blobs }) => blobs.length > 0);
  if (weighted.length === 0) {
    const remedy = "pass a .caffemodel (not a .prototxt or a solver state)";
    throw new FormatError({
      file: source.name,
      offset: source.size,
      expected: "layers with weights",
      got: "none",
      remedy,
    });
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
      notes.push(`layer ${key} (${layer.type}, ${layer.blobs.length} blobs) is of an unknown kind and was skipped`);
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
function isKnown({ type, blobs }: Layer): boolean {
  if (type === crfType || weightTypes.includes(type)) return blobs.length <= (type === crfType ? 3 : 2);
  const squares = blobs.every(({ shape }) => shape.length >= 2 && shape.at(-1) === shape.at(-2));
  return type.startsWith("V1 ") && blobs.length === 3 && squares;
}

async function openLayer(source: Source, layer: Field): Promise<Layer> {
  expectMessage(source, layer);
  const found = { name: "", type: "", tops: [] as string[], blobs: [] as StoredTensor[] };
  await visitFields(source, layer.start, layer.end, async (field) => {
    if (field.number === layerFields.name) found.name = await text(source, field);
    else if (field.number === layerFields.type) found.type = await text(source, field);
    else if (field.number === layerFields.top) found.tops.push(await text(source, field));
    else if (field.number === layerFields.blobs) found.blobs.push(await openBlob(source, expectMessage(source, field)));
  });
  return found;
}

async function openV1Layer(source: Source, layer: Field): Promise<Layer> {
  expectMessage(source, layer);
  const found = { name: "", type: "V1 kind 0", tops: [] as string[], blobs: [] as StoredTensor[] };
  await visitFields(source, layer.start, layer.end, async (field) => {
    if (field.number === v1LayerFields.name) found.name = await text(source, field);
    else if (field.number === v1LayerFields.type) found.type = v1Types[field.value] ?? `V1 kind ${field.value}`;
    else if (field.number === v1LayerFields.top) found.tops.push(await text(source, field));
    else if (field.number === v1LayerFields.blobs)
      found.blobs.push(await openBlob(source, expectMessage(source, field)));
    else if (field.number === v1LayerFields.v0) {
      const remedy = "run Caffe's upgrade_net_proto_binary on it";
      throw new FormatError({
        file: source.name,
        offset: field.start,
        expected: "V1 layers",
        got: "V0 layers",
        remedy,
      });
    }
  });
  return found;
}

function expectMessage(source: Source, field: Field): Field {
  if (field.wire === WireType.LengthDelimited) return field;
  const remedy = "the file is damaged, or no caffemodel; fetch it again";
  const facts = { file: source.name, offset: field.start, expected: "a message", got: `wire type ${field.wire}` };
  throw new FormatError({ ...facts, remedy });
}

/** Layer names are words; a longer one means that the file is something else. */
const longestName = 4096;

async function text(source: Source, field: Field): Promise<string> {
  expectMessage(source, field);
  const remedy = "the file is damaged, or no caffemodel; fetch it again";
  const facts = { file: source.name, offset: field.start, remedy };
  const length = field.end - field.start;
  if (length > longestName) throw new FormatError({ ...facts, expected: "a name", got: `${length} bytes` });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readBytes(source, field.start, length));
  } catch (cause) {
    throw new FormatError({ ...facts, expected: "a name in UTF-8", got: "other bytes" }, { cause });
  }
}

function repeated(source: Source, name: string, blob: StoredTensor): FormatError {
  const remedy = "rename one of the two layers";
  return new FormatError({ file: source.name, offset: blob.offset, expected: `one ${name}`, got: "two", remedy });
}
