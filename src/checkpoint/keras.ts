import { FormatError } from "../errors.ts";
import { Hdf5, readLinks, readObject, type Message } from "./hdf5.ts";
import { readTexts } from "./hdf5Attributes.ts";
import { openDataset } from "./hdf5Data.ts";
import { isKnownLayer } from "./names.ts";
import type { Source } from "./source.ts";
import { checkTotal, type Checkpoint, type StoredTensor } from "./tensors.ts";

// Keras 2, save_weights and save: the attribute layer_names lists groups, each with an attribute weight_names that
// lists datasets by their path inside the group, e.g. conv1_1/conv1_1/kernel:0. Attributes beyond 64 KiB are cut into
// layer_names0, layer_names1, … A whole model has all this in the group model_weights.

/** Parts of layers that have a place in our networks; gamma, beta, moving_mean, … have none. */
const parts = ["kernel", "bias", "spatial_ker_weights", "bilateral_ker_weights", "compatibility_matrix"];

/**
 * Opens the weights that Keras 2 saves as `.h5`. Tensors are called `layer.part`, e.g. `conv1_1.kernel`.
 * @throws FormatError
 */
export async function openKeras(source: Source): Promise<Checkpoint> {
  const file = await Hdf5.open(source);
  const root = await findWeights(file);
  await checkWriter(file, root);
  const notes: string[] = [];
  const tensors = new Map<string, StoredTensor>();
  const groups = await readLinks(file, root);
  for (const layer of (await readList(file, root, "layer_names"))!) {
    const address = groups.get(layer);
    if (address === undefined) throw missing(source, `the group ${layer}`);
    const group = await readObject(file, address);
    const weights = await readList(file, group, "weight_names");
    if (!weights) throw missing(source, `the attribute weight_names of ${layer}`);
    for (const path of weights) {
      const name = nameOf(layer, path);
      if (!parts.includes(name.slice(name.lastIndexOf(".") + 1))) {
        notes.push(`${layer}/${path} is of an unknown kind and was skipped`);
        continue;
      }
      if (tensors.has(name)) throw missing(source, `a name of its own for ${layer}/${path}`);
      tensors.set(name, await openPath(file, group, `${layer}/${path}`, path.split("/")));
    }
  }
  if (tensors.size === 0) throw missing(source, "layers with weights");
  checkTotal(source, tensors);
  return { format: "keras", tensors, metadata: {}, notes };
}

async function findWeights(file: Hdf5): Promise<Message[]> {
  const root = await readObject(file, file.root);
  if (await readList(file, root, "layer_names")) return root;
  const model = (await readLinks(file, root)).get("model_weights");
  const weights = model === undefined ? [] : await readObject(file, model);
  if (await readList(file, weights, "layer_names")) return weights;
  throw missing(file.source, "the attribute layer_names");
}

/** Keras 1 and the Theano backend lay kernels out otherwise. */
async function checkWriter(file: Hdf5, weights: readonly Message[]): Promise<void> {
  const backend = (await readTexts(file, weights, "backend"))?.[0] ?? "tensorflow";
  const version = (await readTexts(file, weights, "keras_version"))?.[0] ?? "2";
  if (backend !== "tensorflow" || !version.startsWith("2")) {
    const got = `Keras ${version} with ${backend}`;
    const remedy = "load and save the weights with Keras 2 and TensorFlow";
    const facts = { file: file.source.name, offset: file.root, expected: "weights of Keras 2 with TensorFlow" };
    throw new FormatError({ ...facts, got, remedy });
  }
}

/** A list in one attribute or cut into several. */
async function readList(file: Hdf5, object: readonly Message[], name: string): Promise<string[] | undefined> {
  const whole = await readTexts(file, object, name);
  if (whole) return whole;
  const list: string[] = [];
  for (let i = 0; ; i++) {
    const piece = await readTexts(file, object, `${name}${i}`);
    if (!piece) return i === 0 ? undefined : list;
    list.push(...piece);
  }
}

/** `conv1_1`, `conv1_1/kernel:0` → `conv1_1.kernel`. In a nested model, the weight's own path names the layer. */
function nameOf(group: string, path: string): string {
  const steps = path.split("/");
  const part = steps.pop()!.replace(/:\d+$/, "");
  const layer = steps.at(-1) ?? group;
  return `${isKnownLayer(layer) || !isKnownLayer(group) ? layer : group}.${part}`;
}

async function openPath(file: Hdf5, group: readonly Message[], path: string, steps: string[]): Promise<StoredTensor> {
  let object = group;
  let address = 0;
  for (const step of steps) {
    const next = (await readLinks(file, object)).get(step);
    if (next === undefined) throw missing(file.source, `the dataset ${path}`);
    address = next;
    object = await readObject(file, address);
  }
  return openDataset(file, address, object);
}

function missing(source: Source, expected: string): FormatError {
  const remedy = "save the network with Keras 2's save_weights as .h5";
  return new FormatError({ file: source.name, offset: source.size, expected, got: "none", remedy });
}
