import * as valibot from "valibot";
import { openAsIs, writeSafetensors, type Sink, type Source, type StoredTensor } from "../checkpoint/checkpoint.ts";
import { isOfOptimizer, optimizerPrefix } from "../checkpoint/moments.ts";
import { FormatError, ValueError } from "../errors.ts";
import { type Loadable, loadParameters, type Misfit } from "../loading.ts";
import type { Parameters } from "../models/parameters.ts";
import type { Tensor } from "../tensor.ts";
import { parseConfiguration, type Configuration } from "./configuration.ts";
import { type Made, parseMade } from "./made.ts";
import type { Optimizer, Values } from "../optim/optimizer.ts";
import type { Trainable } from "./trainable.ts";

/** The best validation of a run so far. */
export interface Best {
  readonly step: number;
  readonly meanIU: number;
  /** How many validations there were since, none of which was better. */
  readonly waited: number;
}

/** The state of a run, from which it goes on to the same bits. */
export interface State {
  /** Steps done. */
  readonly step: number;
  readonly configuration: Configuration;
  /** Absent where nothing was validated. */
  readonly best?: Best;
  /** By what it was computed; absent in checkpoints of former versions. */
  readonly made?: Made;
  readonly parameters: ReadonlyMap<string, StoredTensor>;
  readonly optimizer: ReadonlyMap<string, StoredTensor>;
}

/** What is written of a run: parameters, and the optimizer's memory where the run is to go on from it. */
export interface Written {
  readonly trainable: Trainable;
  readonly optimizer?: Optimizer;
  readonly configuration: Configuration;
  readonly best?: Best;
  readonly made?: Made;
}

/**
 * Writes parameters, the optimizer's memory, the step and the configuration as safetensors, a tensor at a time.
 * @throws ValueError where a value is NaN or infinite: such a state is not worth keeping
 */
export async function writeState(
  sink: Sink,
  { trainable, optimizer, configuration, best, made }: Written,
  step: number,
): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of Object.entries(trainable.parameters)) tensors.set(name, stored(name, tensor, step));
  for (const [name, { shape, values }] of Object.entries((await optimizer?.state()) ?? {})) {
    const data = Float32Array.from(values);
    tensors.set(optimizerPrefix + name, { shape, type: "float32", read: async () => data });
  }
  const metadata = {
    step: String(step),
    seed: String(configuration.seed),
    configuration: JSON.stringify(configuration),
    ...(best && { best: JSON.stringify(best) }),
    ...(made && { made: JSON.stringify(made) }),
  };
  await writeSafetensors({ tensors, metadata }, sink);
}

/** The parameters of a CRF under the names that they have in checkpoints. */
export const crfNames: readonly string[] = ["spatialWeight", "bilateralWeight", "compatibility", "bandwidths"];

/** Writes some parameters as they begin, as safetensors. @throws ValueError where a value is NaN or infinite */
export async function writeParameters(sink: Sink, parameters: Parameters): Promise<void> {
  const entries = Object.entries(parameters).map(([name, tensor]) => [name, stored(name, tensor, 0)] as const);
  await writeSafetensors({ tensors: new Map(entries), metadata: {} }, sink);
}

/** @throws FormatError where the file is damaged or no checkpoint of `train` */
export async function openState(source: Source): Promise<State> {
  const { tensors, metadata } = await openAsIs(source);
  const configuration = parseConfiguration(metadata.configuration);
  const step = Number(metadata.step);
  if (!configuration || !Number.isSafeInteger(step) || step < 0) {
    throw new FormatError({
      file: source.name,
      expected: "a checkpoint that crf-rnn train wrote, with step and configuration",
      got: "one without them",
      remedy: "pass it as --init to begin a new run from its weights",
    });
  }
  const all = [...tensors];
  return {
    step,
    configuration,
    best: parseBest(metadata.best),
    made: parseMade(metadata.made),
    parameters: new Map(all.filter(([name]) => !isOfOptimizer(name))),
    optimizer: new Map(
      all.filter(([name]) => isOfOptimizer(name)).map(([name, tensor]) => [name.slice(optimizerPrefix.length), tensor]),
    ),
  };
}

const bestSchema = valibot.object({ step: valibot.number(), meanIU: valibot.number(), waited: valibot.number() });

function parseBest(text: string | undefined): Best | undefined {
  if (text === undefined || text.length > 1000) return undefined;
  try {
    return valibot.parse(bestSchema, JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Copies tensors of a file into those of the same names on the device.
 * @throws FormatError naming those that are missing, not asked for, or of another shape; nothing is copied then
 */
export const restore = (
  file: string,
  stored: ReadonlyMap<string, StoredTensor>,
  parameters: Parameters,
): Promise<void> => loadParameters(parameters, loadable(stored), misfitOf(file));

/** Tensors of a checkpoint as networks load them. */
export const loadable = (stored: ReadonlyMap<string, StoredTensor>): Readonly<Record<string, Loadable>> =>
  Object.fromEntries(stored);

/** The error for tensors of a file that are not those of a model. */
export const misfitOf =
  (file: string): Misfit =>
  (got) =>
    new FormatError({
      file,
      expected: "the tensors of this architecture and class count",
      got,
      remedy: "use the options that the checkpoint was made with",
    });

/** Gives the optimizer back its memory. @throws ShapeError where it is that of other parameters */
export async function restoreOptimizer(stored: State["optimizer"], optimizer: Optimizer): Promise<void> {
  const state: Record<string, Values> = {};
  for (const [name, { shape, read }] of stored) state[name] = { shape, values: (await read()) as Float32Array };
  optimizer.load(state);
}

function stored(name: string, tensor: Tensor, step: number): StoredTensor {
  const read = async (): Promise<Float32Array<ArrayBuffer>> => {
    const values = (await tensor.read()) as Float32Array<ArrayBuffer>;
    const stray = values.findIndex((value) => !Number.isFinite(value));
    if (stray < 0) return values;
    throw new ValueError({
      where: `step ${step}, parameter ${name}`,
      expected: "finite values to save",
      got: `${values[stray]} at ${stray}`,
    });
  };
  return { shape: tensor.shape, type: "float32", read };
}
