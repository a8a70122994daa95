import { asFloat32, type Checkpoint, type StoredTensor } from "../checkpoint/checkpoint.ts";
import { isOfUnknownInput } from "../checkpoint/inputs.ts";
import { isOfOptimizer } from "../checkpoint/moments.ts";
import { FormatError } from "../errors.ts";
import { adoptParameters } from "../loading.ts";
import { listed } from "../mismatches.ts";
import type { Parameters } from "../models/parameters.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Configuration } from "./configuration.ts";
import { networkTable } from "./model.ts";
import { loadable, misfitOf } from "./state.ts";

type Shapes = Readonly<Record<string, { readonly shape: readonly number[] }>>;

/** What a model takes from a checkpoint, by the names of parameters. */
export interface Fit {
  /** Tensors of the same name and shape. */
  readonly taken: readonly string[];
  /** A tied CRF's matrices, which every iteration of an untied one begins from. */
  readonly repeated: readonly string[];
  /** Layers of another number of classes; they begin as if the checkpoint lacked them. */
  readonly otherClasses: readonly string[];
  /** Parameters that the checkpoint lacks. */
  readonly left: readonly string[];
  /** Tensors that the model has no parameter for. */
  readonly unused: readonly string[];
}

/** The parameters whose shapes depend on the number of classes. */
const matrices = ["spatialWeight", "bilateralWeight", "compatibility"];
const dependsOnClasses = (name: string): boolean => /^(up)?score|^lstm\./.test(name) || matrices.includes(name);

/** The shapes of all parameters of a configuration's model. */
export function shapesOf(configuration: Configuration): Shapes {
  const { crf, classes } = configuration;
  const network = networkTable(configuration);
  if (!crf) return network;
  const matrix = { shape: [(crf.tied ? 1 : crf.iterations) * classes.length, classes.length] };
  return { ...network, ...Object.fromEntries(matrices.map((name) => [name, matrix])), bandwidths: { shape: [3] } };
}

/**
 * Compares a checkpoint with the parameters of a model, before anything is read or taken.
 * @throws FormatError where nothing fits, where a layer that does not depend on the classes has another shape, and where it is unknown which
 * colors the first convolution expects
 */
export function fitOf(checkpoint: Checkpoint, file: string, parameters: Shapes): Fit {
  if (isOfUnknownInput(checkpoint)) {
    throw new FormatError({
      file,
      expected: "weights for blue, green, red in 0…255 less a mean",
      got: "names that torchvision gives, whose weights expect other colors",
      remedy: `convert it first: crf-rnn convert --input torchvision ${file} vgg16.safetensors (or --input caffe, if the weights are Caffe's)`,
    });
  }
  const tensors = storedOf(checkpoint);
  const own = Object.entries(parameters);
  const shared = own.filter(([name]) => tensors.has(name));
  const isAs = (name: string, shape: readonly number[]): boolean => sameShape(tensors.get(name)!.shape, shape);
  const taken = shared.filter(([name, { shape }]) => isAs(name, shape)).map(([name]) => name);
  const others = shared.filter(([name]) => !taken.includes(name));
  const repeated = others.filter(([name, { shape }]) => isRepeated(name, tensors.get(name)!.shape, shape));
  const rest = others.filter((entry) => !repeated.includes(entry));
  const classes = parameters["score_fr.weight"]?.shape[0] ?? parameters.compatibility?.shape[1];
  const theirs = tensors.get("score_fr.weight")?.shape[0] ?? tensors.get("compatibility")?.shape[1];
  const otherClasses = rest.filter(([name]) => theirs !== classes && dependsOnClasses(name));
  const wrong = rest.filter((entry) => !otherClasses.includes(entry));
  if (wrong.length > 0) {
    const words = wrong.map(
      ([name, { shape }]) => `${name} is ${formatShape(tensors.get(name)!.shape)} instead of ${formatShape(shape)}`,
    );
    throw misfitOf(file)(listed(words));
  }
  const names = (entries: typeof own): string[] => entries.map(([name]) => name);
  const fit = {
    taken,
    repeated: names(repeated),
    otherClasses: names(otherClasses),
    left: names(own.filter(([name]) => !tensors.has(name))),
    unused: [...tensors.keys()].filter((name) => !Object.hasOwn(parameters, name)),
  };
  if (taken.length + repeated.length > 0) return fit;
  throw new FormatError({
    file,
    expected: `some of the parameters ${Object.keys(parameters).slice(0, 3).join(", ")}, …`,
    got: fit.unused.slice(0, 3).join(", ") || "nothing that does not depend on the number of classes",
    remedy: "see crf-rnn convert --list for what it holds",
  });
}

const isRepeated = (name: string, [theirs = 0, one]: readonly number[], [ours = 0, classes]: readonly number[]) =>
  matrices.includes(name) && one === classes && theirs === classes && ours % theirs === 0;

/** Says what a model does not take from a checkpoint as it is. */
export const describeFit = (file: string, { repeated, otherClasses, left, unused }: Fit): string[] => [
  ...(left.length > 0 ? [`not in ${file}, so drawn at random or set by flags: ${left.join(", ")}`] : []),
  ...(otherClasses.length > 0
    ? [`of another number of classes in ${file}, so drawn at random or set by flags: ${otherClasses.join(", ")}`]
    : []),
  ...(repeated.length > 0 ? [`of one set in ${file}, from which every iteration begins: ${repeated.join(", ")}`] : []),
  ...(unused.length > 0 ? [`in ${file}, but not in the model: ${unused.join(", ")}`] : []),
];

/**
 * Takes from a checkpoint what fits a model by name and shape; tells what does not.
 * @throws FormatError as `fitOf` does; then no parameter is changed
 */
export async function beginFrom(checkpoint: Checkpoint, file: string, parameters: Parameters): Promise<string[]> {
  const fit = fitOf(checkpoint, file, parameters);
  const tensors = storedOf(checkpoint);
  const given = new Map(fit.taken.map((name) => [name, tensors.get(name)!]));
  for (const name of fit.repeated) given.set(name, repeat(tensors.get(name)!, parameters[name]!.shape));
  await adoptParameters(parameters, loadable(given), misfitOf(file));
  return describeFit(file, fit);
}

const storedOf = (checkpoint: Checkpoint): Map<string, StoredTensor> =>
  new Map([...asFloat32(checkpoint).tensors].filter(([name]) => !isOfOptimizer(name)));

const repeat = (tensor: StoredTensor, shape: readonly number[]): StoredTensor => ({
  shape,
  type: "float32",
  async read() {
    const values = (await tensor.read()) as Float32Array<ArrayBuffer>;
    const times = shape[0]! / tensor.shape[0]!;
    const all = new Float32Array(times * values.length);
    for (let set = 0; set < times; set++) all.set(values, set * values.length);
    return all;
  },
});
