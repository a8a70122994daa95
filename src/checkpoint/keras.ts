import { costs } from "../budget.ts";
import type { FormatError } from "../errors.ts";
import { printable } from "../quote.ts";
import { Hdf5, readLinks, readObject, type Message } from "./hdf5.ts";
import { readAttributes, readTexts, type Attributes } from "./hdf5Attributes.ts";
import { openHdf5Dataset } from "./hdf5Data.ts";
import { isKnownLayer } from "./names.ts";
import { errorAt, type Source } from "./source.ts";
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
  const { root, attributes, layers } = await findWeights(file);
  await checkWriter(file, attributes);
  const notes: string[] = [];
  const tensors = new Map<string, StoredTensor>();
  const groups = await readLinks(file, root);
  for (const layer of layers) {
    const address = groups.get(layer);
    if (address === undefined) throw missing(source, `the group ${printable(layer)}`);
    const group = await readObject(file, address);
    const weights = await readList(file, readAttributes(file, group), "weight_names");
    if (!weights) throw missing(source, `the attribute weight_names of ${printable(layer)}`);
    for (const path of weights) {
      file.budget.spend(costs.tensor, address);
      const name = nameOf(layer, path);
      const shown = printable(`${layer}/${path}`);
      if (!parts.includes(name.slice(name.lastIndexOf(".") + 1))) {
        notes.push(`${shown} is of an unknown kind and was skipped`);
        continue;
      }
      if (tensors.has(name)) throw missing(source, `a name of its own for ${shown}`);
      tensors.set(name, await openPath(file, group, path.split("/"), shown));
    }
  }
  if (tensors.size === 0) throw missing(source, "layers with weights");
  checkTotal(source, tensors);
  return { format: "keras", tensors, metadata: {}, notes };
}

/** The group that has the layers, its attributes, and the layers' names. */
async function findWeights(file: Hdf5) {
  const top = await readObject(file, file.root);
  const find = async (root: readonly Message[]) => {
    const attributes = readAttributes(file, root);
    const layers = await readList(file, attributes, "layer_names");
    return layers && { root, attributes, layers };
  };
  const found = await find(top);
  if (found) return found;
  const model = (await readLinks(file, top)).get("model_weights");
  const inside = model === undefined ? undefined : await find(await readObject(file, model));
  if (inside) return inside;
  throw missing(file.source, "the attribute layer_names");
}

/** Keras 1 and the Theano backend lay kernels out otherwise. */
async function checkWriter(file: Hdf5, weights: Attributes): Promise<void> {
  const backend = (await readTexts(file, weights, "backend"))?.[0] ?? "tensorflow";
  const version = (await readTexts(file, weights, "keras_version"))?.[0] ?? "2";
  if (backend !== "tensorflow" || !version.startsWith("2")) {
    const got = `Keras ${printable(version, 40)} with ${printable(backend, 40)}`;
    const remedy = "load and save the weights with Keras 2 and TensorFlow";
    throw errorAt(file.source, file.root, { expected: "weights of Keras 2 with TensorFlow", got, remedy });
  }
}

/** A list in one attribute or cut into several. */
async function readList(file: Hdf5, attributes: Attributes, name: string): Promise<string[] | undefined> {
  const whole = await readTexts(file, attributes, name);
  if (whole) return whole;
  const pieces: string[][] = [];
  for (let i = 0; ; i++) {
    const piece = await readTexts(file, attributes, `${name}${i}`);
    if (!piece) return i === 0 ? undefined : pieces.flat();
    pieces.push(piece);
  }
}

/** `conv1_1`, `conv1_1/kernel:0` → `conv1_1.kernel`. In a nested model, the weight's own path names the layer. */
function nameOf(group: string, path: string): string {
  const steps = path.split("/");
  const part = steps.pop()!.replace(/:\d+$/, "");
  const layer = steps.at(-1) ?? group;
  return `${isKnownLayer(layer) || !isKnownLayer(group) ? layer : group}.${part}`;
}

async function openPath(file: Hdf5, group: readonly Message[], steps: string[], shown: string): Promise<StoredTensor> {
  let object = group;
  let address = 0;
  for (const step of steps) {
    const next = (await readLinks(file, object)).get(step);
    if (next === undefined) throw missing(file.source, `the dataset ${shown}`);
    address = next;
    object = await readObject(file, address);
  }
  return openHdf5Dataset(file, address, object);
}

function missing(source: Source, expected: string): FormatError {
  const remedy = "save the network with Keras 2's save_weights as .h5";
  return errorAt(source, source.size, { expected, got: "none", remedy });
}
