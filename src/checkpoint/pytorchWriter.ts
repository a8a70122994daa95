import { ZipWriter } from "@zip.js/zip.js/lib/zip-core.js";
import { elementsOf } from "../shape.ts";
import { PickleWriter } from "./pickleWriter.ts";
import type { Sink } from "./sink.ts";
import { asBytes, type Checkpoint, type StoredTensor } from "./tensors.ts";
import { storageClass } from "./torchVocabulary.ts";
import { toTheirs } from "./translate.ts";

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
  await add("data.pkl", stateDictionary(tensors));
  await add("byteorder", new TextEncoder().encode("little"));
  let key = 0;
  for (const [name, tensor] of tensors) {
    begin?.(name);
    await add(`data/${key++}`, asBytes(await tensor.read()));
  }
  await add("version", new TextEncoder().encode("3\n"));
  await zip.close();
  const lost = Object.keys(checkpoint.metadata).length > 0 ? ["metadata has no place in a .pth and was skipped"] : [];
  return [...notes, ...lost];
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

/** OrderedDict((name, _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())), …), as torch.save has it. */
function stateDictionary(tensors: ReadonlyMap<string, StoredTensor>): Uint8Array {
  const pickle = new PickleWriter();
  pickle.global("collections", "OrderedDict").tuple([]).reduce();
  let key = 0;
  for (const [name, { shape, type }] of tensors) {
    const [module, storage] = storageClass(type).split(".") as [string, string];
    pickle.text(name).global("torch._utils", "_rebuild_tensor_v2").mark();
    pickle.mark().text("storage").global(module, storage).text(`${key++}`).text("cpu").integer(elementsOf(shape));
    pickle.endTuple().persistent();
    pickle.integer(0).tuple(shape).tuple(stridesOf(shape)).no();
    pickle.global("collections", "OrderedDict").tuple([]).reduce();
    pickle.endTuple().reduce().setItem();
  }
  return pickle.finish();
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementsOf(shape.slice(axis + 1)));
}
