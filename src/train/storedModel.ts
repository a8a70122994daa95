import { asFloat32, type Checkpoint, type StoredTensor } from "../checkpoint/checkpoint.ts";
import { isOfOptimizer } from "../checkpoint/moments.ts";
import { type CrfOptions, crfRnn } from "../crf/crfRnn.ts";
import { bandwidthOptions, inferenceOptions, weightOptions } from "../crf/options.ts";
import type { Device } from "../device/device.ts";
import { recall, type StoredShapes, withDefaults } from "../description.ts";
import { FormatError } from "../errors.ts";
import { listed, mismatches } from "../mismatches.ts";
import { tableOf } from "../models/layers.ts";
import { architectureOf, type CrfNetworkCall, makeNetwork } from "../models/makeNetwork.ts";
import type { Network } from "../models/network.ts";
import type { Precision } from "../models/parameters.ts";
import { libraryOptions, networkOptions, stageOf } from "../models/specification.ts";
import { formatShape, sameShape } from "../shape.ts";
import { type ConvLstm, convLstm, convLstmOptions } from "../models/convLstm.ts";
import {
  parseConfiguration,
  type Configuration,
  type CrfConfiguration,
  type LstmConfiguration,
} from "./configuration.ts";
import { type CrfMatrices, crfOptionsOf, isOfLstm, Model } from "./model.ts";
import { crfNames, misfitOf, restore } from "./state.ts";

/** A CRF instead of the checkpoint's. Its compatibility is Potts' where it has none. */
export type OtherCrf = Pick<CrfConfiguration, "iterations" | "bandwidths"> &
  Partial<Pick<CrfConfiguration, "normalization" | "temperature">> &
  CrfMatrices;

type Tensors = ReadonlyMap<string, StoredTensor>;

const { thetaAlpha, thetaBeta, thetaGamma } = bandwidthOptions;

/** Values for what a checkpoint does not say about its CRF: those of the published CRF-RNN. */
const published: Omit<CrfConfiguration, "multipliers" | "network"> = {
  ...withDefaults("CRF", inferenceOptions, {}),
  bandwidths: [thetaAlpha.default, thetaBeta.default, thetaGamma.default],
  weights: { spatial: weightOptions.spatialWeight.default, bilateral: weightOptions.bilateralWeight.default },
  learn: { weights: false, compatibility: false, bandwidths: false },
};

/** Whether a checkpoint has a CRF of its own. */
export const hasCrf = ({ tensors }: Pick<Checkpoint, "tensors">): boolean => tensors.has("compatibility");

/** How many iterations a checkpoint's CRF has parameters for, where it is untied: one set for each. */
export function setsOf({ tensors }: Pick<Checkpoint, "tensors">): number | undefined {
  const [rows = 0, classes = 1] = tensors.get("compatibility")?.shape ?? [];
  return rows > classes ? Math.floor(rows / classes) : undefined;
}

/**
 * The model in a checkpoint: its architecture by the names and shapes of the tensors, what these do not tell by the metadata
 * of `train` where it is there. `crf`: none, the checkpoint's own, or another. `precision`: how the network's weights are stored.
 * @throws FormatError where there is neither network nor CRF, the CRF that is asked for is missing, or tensors do not fit
 * together
 */
export async function openModel(
  device: Device,
  checkpoint: Checkpoint,
  file: string,
  crf: "none" | "own" | OtherCrf,
  precision: Precision = "single",
): Promise<Model> {
  const tensors = new Map([...asFloat32(checkpoint).tensors].filter(([name]) => !isOfOptimizer(name)));
  const configuration = parseConfiguration(checkpoint.metadata.configuration);
  const shapes = shapesOf(tensors);
  const scored = shapes.outputs("score_fr");
  const classes = scored || tensors.get("compatibility")?.shape[1];
  if (!classes) {
    throw new FormatError({
      file,
      expected: "a network, with score_fr, or a CRF, with compatibility",
      got: [...tensors.keys()].slice(0, 4).join(", ") || "nothing",
      remedy: "see crf-rnn convert --list for what it holds",
    });
  }
  const crfOptions = chooseCrf(file, tensors, classes, configuration?.crf, crf);
  const { temperature } = crf === "own" ? { ...configuration?.crf } : { ...(crf !== "none" && crf) };
  const lstm = storedLstm(device, tensors, classes, configuration?.lstm);
  if (lstm && crf !== "none") {
    lstm.dispose();
    const got = "a convolutional LSTM on its scores";
    throw new FormatError({ file, expected: "a network to put a CRF on", got, remedy: "pass --crf none" });
  }
  const parts = scored
    ? {
        network: storedNetwork(
          device,
          { file, tensors, shapes, classes, precision },
          configuration?.network,
          crfOptions,
          temperature,
        ),
        lstm,
      }
    : { crf: crfOptions && crfRnn(device, { ...crfOptions, classes }), temperature };
  const model = new Model(device, { classes, ...parts });
  const isWanted = (name: string): boolean => (crfNames.includes(name) ? crf === "own" : scored > 0);
  const wanted = Object.entries(model.parameters).filter(([name]) => isWanted(name));
  try {
    await restore(file, new Map([...tensors].filter(([name]) => isWanted(name))), Object.fromEntries(wanted));
    return model;
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}

const shapesOf = (tensors: Tensors): StoredShapes => ({
  has: (name) => tensors.has(name),
  outputs: (layer) => tensors.get(`${layer}.weight`)?.shape[0] ?? 0,
});

/** The convolutional LSTM of a checkpoint, where it has one. How often it iterates, its configuration alone tells. */
function storedLstm(
  device: Device,
  tensors: Tensors,
  classes: number,
  { iterations = convLstmOptions.iterations.default }: Partial<LstmConfiguration> = {},
): ConvLstm | undefined {
  const [hidden, , kernelSize] = tensors.get("lstm.input.weight")?.shape ?? [];
  return hidden && kernelSize ? convLstm(device, { classes, hidden, kernelSize, iterations }) : undefined;
}

/** A stored network: what its file says of it. */
interface Stored {
  readonly file: string;
  readonly tensors: Tensors;
  readonly shapes: StoredShapes;
  readonly classes: number;
  readonly precision: Precision;
}

/**
 * The network that the tensors tell of; what they do not tell is as in the configuration beside them, where there is one.
 * All shapes are compared before memory is taken, since a file of a few bytes may claim any.
 */
function storedNetwork(
  device: Device,
  { file, tensors, shapes, classes, precision }: Stored,
  run: Configuration["network"],
  crf: Omit<CrfOptions, "classes"> | undefined,
  temperature?: number,
): Network<CrfNetworkCall> {
  const stage = stageOf(shapes);
  const options = { ...recall(networkOptions[stage], shapes, run ? libraryOptions(run) : {}), classes, precision };
  const own = [...tensors].filter(([name]) => !crfNames.includes(name) && !isOfLstm(name));
  const wrong = mismatches(tableOf(architectureOf(file, stage, options).layers), Object.fromEntries(own));
  if (wrong.length > 0) throw misfitOf(file)(listed(wrong));
  return makeNetwork(stage, device, stage, options, crf, temperature);
}

/** The options of the CRF that is asked for. */
function chooseCrf(
  file: string,
  tensors: Tensors,
  classes: number,
  settings: CrfConfiguration | undefined,
  crf: "none" | "own" | OtherCrf,
): Omit<CrfOptions, "classes"> | undefined {
  if (crf === "none") return undefined;
  if (crf !== "own") return crfOptionsOf({ ...published, ...crf });
  const compatibility = tensors.get("compatibility");
  if (!compatibility) {
    throw new FormatError({
      file,
      expected: "a trained CRF: spatialWeight, bilateralWeight, compatibility",
      got: "a network alone",
      remedy: "train one by --stage crf-rnn, or pass --crf disconnected",
    });
  }
  const sets = (compatibility.shape[0] ?? 0) / classes;
  for (const name of crfMatrices) {
    const shape = tensors.get(name)?.shape ?? [];
    if (Number.isInteger(sets) && sets > 0 && sameShape(shape, [sets * classes, classes])) continue;
    throw misfitOf(file)(`${name} ${formatShape(shape)} for ${classes} classes`);
  }
  return crfOptionsOf({ ...published, ...settings, tied: sets === 1, iterations: sets });
}

const crfMatrices = crfNames.filter((name) => name !== "bandwidths");
