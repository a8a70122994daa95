import { tableOf } from "../models/layers.ts";
import { publishedLayers, vggBlocks } from "../models/specification.ts";
import { denseKernels, isReleaseName } from "./names.ts";
import type { Checkpoint } from "./tensors.ts";

/** A network that checkpoints are known to hold, and the tensors without which it is not whole. */
interface KnownNetwork {
  readonly name: string;
  readonly tensors: readonly string[];
}

/** The tensors that a checkpoint lacks of the network that it is recognized as. */
export interface Gap {
  readonly network: string;
  /** Layers of which every tensor is missing, and single tensors. */
  readonly missing: readonly string[];
}

const both = (...layers: readonly string[]): string[] =>
  layers.flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]);

const dense = both(...Object.keys(denseKernels));
const classifier = both("fc8");
const crf = ["spatialWeight", "bilateralWeight", "compatibility"];

// The CRF's bandwidths, and biases of transposed convolutions, are in some checkpoints and not in others.
const published = { "FCN-32s": "fcn32s", "FCN-16s": "fcn16s", "FCN-8s": "fcn8s" } as const;

const trunks = ([16, 19] as const).map((depth) => ({
  name: `VGG-${depth}`,
  tensors: both(...vggBlocks(depth).flat()),
}));
const fcns = Object.entries(published).map(([name, stage]) => ({
  name,
  tensors: Object.keys(tableOf(publishedLayers(stage))),
}));
const crfRnns = fcns.map(({ name, tensors }) => ({ name: `${name} with CRF-RNN`, tensors: [...tensors, ...crf] }));
const crfAlone = { name: "a CRF", tensors: crf };

const networks: readonly KnownNetwork[] = [
  ...trunks.map(({ name, tensors }) => ({ name: `${name}'s convolutions`, tensors })),
  ...trunks.map(({ name, tensors }) => ({ name, tensors: [...tensors, ...dense] })),
  ...fcns,
  ...crfRnns,
  crfAlone,
];

/**
 * A caffemodel has no length, directory or checksum, so a file that was cut between two layers looks like a whole
 * smaller network. Therefore a network counts as whole only if it cannot be the beginning of another one: VGG needs its
 * classifier, and a network with the layer names of the CRF-RNN release needs its CRF.
 */
const caffeNetworks: readonly KnownNetwork[] = [
  ...trunks.map(({ name, tensors }) => ({ name, tensors: [...tensors, ...dense, ...classifier] })),
  ...fcns,
  ...crfRnns,
  crfAlone,
];

/**
 * Finds what is missing where the names are recognizably those of one of our networks: of the one that has most of the
 * tensors found, and among those of the one that lacks least. Returns undefined for a whole network, and for one that
 * we do not know.
 * @param stored as the reader of the format gives it
 * @param ours the same with our names
 */
export function findGap(stored: Checkpoint, ours: Checkpoint): Gap | undefined {
  const found = new Set([...stored.tensors.keys(), ...ours.tensors.keys()]);
  if (found.has("fc8.0")) for (const name of classifier) found.add(name);
  const candidates =
    stored.format !== "caffe" ? networks : [...found].some(isReleaseName) ? [crfRnns[2]!] : caffeNetworks;
  const has = ({ tensors }: KnownNetwork): number => tensors.filter((name) => found.has(name)).length;
  const lacks = (network: KnownNetwork): number => network.tensors.length - has(network);
  const best = [...candidates].sort((a, b) => has(b) - has(a) || lacks(a) - lacks(b))[0];
  if (!best || has(best) === 0 || lacks(best) === 0) return undefined;
  return { network: best.name, missing: byLayer(best.tensors.filter((name) => !found.has(name))) };
}

function byLayer(missing: readonly string[]): string[] {
  const layerOf = (name: string): string => name.replace(/\.(weight|bias)$/, "");
  const whole = (layer: string): boolean => both(layer).every((name) => missing.includes(name));
  return [...new Set(missing.map((name) => (whole(layerOf(name)) ? layerOf(name) : name)))];
}
