import { publishedLayers, vggBlocks } from "../models/specification.ts";

// One table of names: what the layers of published CRF-RNN, FCN and VGG checkpoints are called, and what they are here.

/**
 * The framework whose names and signs a checkpoint uses. Ours are those of PyTorch, except for the CRF, whose names
 * differ.
 */
export type Dialect = "pytorch" | "keras" | "caffe";

/** How a tensor is rearranged on its way to PyTorch's layout (output, input, height, width). */
export type Rearrangement =
  /** Already there. */
  | "same"
  /** Keras: height, width, input, output; transposed: height, width, output, input; dense: (height width input), output. */
  | "channelsLast"
  /** The sign of the compatibility matrix: PyTorch adds what Caffe, Keras and this library subtract. */
  | "negated";

export interface Translation {
  readonly name: string;
  readonly rearrangement: Rearrangement;
}

/** Layers with another name elsewhere: ours and PyTorch's, then that of the CRF-RNN release for Caffe and Keras. */
const layerNames = [
  ["score_fr", "score-fr"],
  ["upscore2", "score2"],
  ["score_pool4", "score-pool4"],
  ["upscore_pool4", "score4"],
  ["score_pool3", "score-pool3"],
  ["upscore8", "upsample"],
] as const;

/** The CRF: ours, PyTorch's and Keras' after the layer's name, Caffe's blob of `inference1`. */
const crfNames = [
  ["spatialWeight", "spatial_ker_weights", "0"],
  ["bilateralWeight", "bilateral_ker_weights", "1"],
  ["compatibility", "compatibility_matrix", "2"],
] as const;

const crfLayers = ["crfrnn", "inference1"];

/** Dense layers of VGG that are convolutions in the trunk, with the kernel's width. */
export const denseKernels: Readonly<Record<string, number>> = Object.fromEntries(
  publishedLayers("fcn32s").flatMap((layer) =>
    layer.kind === "convolution" && /^fc\d$/.test(layer.name) ? [[layer.name, layer.kernel]] : [],
  ),
);

/** The classifier of ImageNet, which no segmentation network has: torchvision's, Keras' and Caffe's. */
const classifiers: Record<Dialect, string> = { pytorch: "classifier.6", keras: "predictions", caffe: "fc8" };

/** The names of weight and bias in PyTorch and in Keras, and the number of their blob in Caffe. */
const weightWords: Record<Dialect, string> = { pytorch: "weight", keras: "kernel", caffe: "0" };
const biasWords: Record<Dialect, string> = { pytorch: "bias", keras: "bias", caffe: "1" };

/**
 * The translator of one checkpoint's names into ours; undefined for the classifier of ImageNet, which has no place.
 * Names that no table knows stay what they are, with `weight` and `bias` for the parts.
 *
 * @param names all names of the checkpoint, as the reader of its format gives them: `layer.part`
 */
export function translator(format: Dialect, names: Iterable<string>): (name: string) => Translation | undefined {
  const all = new Set(names);
  const dialect = [...all].some(isKerasName) ? "keras" : format;
  const layers = new Map<string, string>(layerNames.map(([ours, theirs]) => [theirs, ours]));
  for (const [theirs, ours] of dialect === "keras" ? kerasLayers() : torchvisionLayers(all)) layers.set(theirs, ours);
  return (name) => {
    const dot = name.lastIndexOf(".");
    if (dot < 0) return { name, rearrangement: "same" };
    const layer = name.slice(0, dot);
    const part = name.slice(dot + 1);
    if (layer === classifiers[dialect]) return undefined;
    const crf = crfLayers.includes(layer) && crfNames.find(([, torch, caffe]) => part === torch || part === caffe);
    if (crf) {
      const negated = crf[0] === "compatibility" && dialect === "pytorch";
      return { name: crf[0], rearrangement: negated ? "negated" : "same" };
    }
    const ours = layers.get(layer) ?? layer;
    if (part === biasWords[dialect]) return { name: `${ours}.bias`, rearrangement: "same" };
    if (part !== weightWords[dialect]) return { name, rearrangement: "same" };
    return { name: `${ours}.weight`, rearrangement: dialect === "keras" ? "channelsLast" : "same" };
  };
}

/** Keras' weights also come as safetensors, with Keras' names and layouts. */
function isKerasName(name: string): boolean {
  return /^(block\d_conv\d|conv\d_\d|fc\d)\.kernel$/.test(name);
}

/** Whether a name as stored is of a layer that the CRF-RNN release for Caffe calls otherwise than everybody else. */
export function isReleaseName(name: string): boolean {
  return layerNames.some(([, theirs]) => name.startsWith(`${theirs}.`));
}

/** Whether a layer is one of the table's, under any of its names. */
export function isKnownLayer(layer: string): boolean {
  const known: string[] = [...layerNames.flat(), ...crfLayers, ...Object.values(classifiers)];
  return known.includes(layer) || /^(conv\d_\d|block\d_conv\d|fc\d)$/.test(layer);
}

/** Whether a name of ours is a matrix of the CRF. */
export function isCrfMatrix(name: string): boolean {
  return crfNames.some(([ours]) => ours === name);
}

/** Translates our name to that of crfasrnn_pytorch; only the CRF's names differ. */
export function toPytorch(name: string): Translation {
  const crf = crfNames.find(([ours]) => ours === name);
  if (!crf) return { name, rearrangement: "same" };
  return { name: `crfrnn.${crf[1]}`, rearrangement: name === "compatibility" ? "negated" : "same" };
}

/** `features.N` counts convolutions, ReLUs and poolings; which N are convolutions tells VGG-16 from VGG-19. */
function torchvisionLayers(names: ReadonlySet<string>): [string, string][] {
  if (!names.has("features.0.weight")) return [];
  // The fourth convolution of block 3 stands where VGG-16 pools.
  const blocks = vggBlocks(names.has("features.16.weight") ? 19 : 16);
  const layers: [string, string][] = [
    ["classifier.0", "fc6"],
    ["classifier.3", "fc7"],
  ];
  let index = 0;
  for (const block of blocks) {
    for (const name of block) {
      layers.push([`features.${index}`, name]);
      index += 2;
    }
    index++;
  }
  return layers;
}

function kerasLayers(): [string, string][] {
  const layers: [string, string][] = [
    ["fc1", "fc6"],
    ["fc2", "fc7"],
  ];
  vggBlocks(19).forEach((names, block) => {
    names.forEach((name, i) => layers.push([`block${block + 1}_conv${i + 1}`, name]));
  });
  return layers;
}
