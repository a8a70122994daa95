import { asFloat32, type Checkpoint, type StoredTensor } from "../checkpoint/checkpoint.ts";
import type { CrfRnn } from "../crf/crfRnn.ts";
import type { Device } from "../device/device.ts";
import { FormatError } from "../errors.ts";
import { parseConfiguration, type Configuration, type CrfConfiguration } from "./configuration.ts";
import { createCrf, createNetwork, Model, type NetworkPlan } from "./model.ts";
import { isOfOptimizer, restore } from "./state.ts";

/** A CRF with Potts' compatibility, in place of the checkpoint's. */
export type OtherCrf = Pick<CrfConfiguration, "iterations" | "bandwidths" | "weights">;

type Tensors = ReadonlyMap<string, StoredTensor>;

/** What a checkpoint does not say about its CRF is as in the published CRF-RNN. */
const published: Omit<CrfConfiguration, "iterations" | "tied" | "multipliers" | "network"> = {
  normalization: "after",
  activation: "softmax",
  bandwidths: [160, 3, 3],
  weights: { spatial: 3, bilateral: 5 },
  learn: { weights: false, compatibility: false, bandwidths: false },
};

/** Whether a checkpoint has a CRF of its own. */
export const hasCrf = ({ tensors }: Pick<Checkpoint, "tensors">): boolean => tensors.has("compatibility");

/**
 * The model in a checkpoint: its architecture by the names and shapes of the tensors, what these do not tell by the metadata
 * of `train` where it is there. `crf`: none, the checkpoint's own, or another.
 * @throws FormatError where there is neither network nor CRF, the CRF that is asked for is missing, or tensors do not fit
 * together
 */
export async function openModel(
  device: Device,
  checkpoint: Checkpoint,
  file: string,
  crf: "none" | "own" | OtherCrf,
): Promise<Model> {
  const tensors = new Map([...asFloat32(checkpoint).tensors].filter(([name]) => !isOfOptimizer(name)));
  const configuration = parseConfiguration(checkpoint.metadata.configuration);
  const plan = planOf(tensors, configuration);
  const classes = plan?.classes ?? tensors.get("compatibility")?.shape[1];
  if (classes === undefined) {
    throw new FormatError({
      file,
      expected: "a network, with score_fr, or a CRF, with compatibility",
      got: [...tensors.keys()].slice(0, 4).join(", ") || "nothing",
      remedy: "see crf-rnn convert --list for what it holds",
    });
  }
  const network = plan && createNetwork(device, plan);
  if (network) await restore(file, without(tensors, crfTensors), network.parameters);
  return new Model(device, classes, network, await openCrf(device, file, tensors, classes, configuration?.crf, crf));
}

/** What the tensors tell of the network; undefined where there is none. */
function planOf(tensors: Tensors, configuration: Configuration | undefined): NetworkPlan | undefined {
  const outputs = (layer: string): number => tensors.get(`${layer}.weight`)?.shape[0] ?? 0;
  if (outputs("score_fr") === 0) return undefined;
  const stage = tensors.has("upscore8.weight") ? "fcn8s" : tensors.has("upscore16.weight") ? "fcn16s" : "fcn32s";
  return {
    stage,
    classes: outputs("score_fr"),
    widths: [1, 2, 3, 4, 5].map((block) => outputs(`conv${block}_1`)),
    fc: outputs("fc6"),
    scales: configuration?.network?.scales ?? "staged",
    upscore2Bias: tensors.has("upscore2.bias"),
  };
}

async function openCrf(
  device: Device,
  file: string,
  tensors: Tensors,
  classes: number,
  settings: CrfConfiguration | undefined,
  crf: "none" | "own" | OtherCrf,
): Promise<CrfRnn | undefined> {
  if (crf === "none") return undefined;
  if (crf !== "own") return createCrf(device, classes, { ...published, ...crf, tied: true });
  const compatibility = tensors.get("compatibility");
  if (!compatibility) {
    throw new FormatError({
      file,
      expected: "a trained CRF: spatialWeight, bilateralWeight, compatibility",
      got: "a network alone",
      remedy: "train one by --stage crf-rnn, or pass --crf disconnected",
    });
  }
  const sets = compatibility.shape[0] / classes;
  const layer = createCrf(device, classes, { ...published, ...settings, tied: sets === 1, iterations: sets });
  const { bandwidths, ...matrices } = layer.parameters;
  // Published checkpoints have matrices alone.
  const parameters = tensors.has("bandwidths") ? { ...matrices, bandwidths } : matrices;
  await restore(file, new Map([...tensors].filter(([name]) => crfTensors.includes(name))), parameters);
  return layer;
}

const crfTensors = ["spatialWeight", "bilateralWeight", "compatibility", "bandwidths"];

const without = (tensors: Tensors, names: readonly string[]): Tensors =>
  new Map([...tensors].filter(([name]) => !names.includes(name)));
