import { type Budget, costs } from "../budget.ts";
import { elementsOf } from "../shape.ts";
import { type Moment, momentName, momentOf, stepsName } from "./moments.ts";
import type { Plain } from "./pytorchWriter.ts";
import { errorAt, type Source } from "./source.ts";
import { type Checkpoint, type StoredTensor, toFloat32 } from "./tensors.ts";
import { TensorView } from "./torchVocabulary.ts";
import { toTheir } from "./translate.ts";
import { OtherKey } from "./unpickle.ts";

// A run in PyTorch's words: {"model_state_dict", "optimizer_state_dict", "crf_rnn": {"metadata", "others"}}. Groups of the optimizer have
// "names" beside "params", since PyTorch itself knows parameters by their place alone; load_state_dict keeps what it does not know.

/** The key of what PyTorch has no place for, by which a file is known to hold a run of ours. */
export const runKey = "crf_rnn";

/** Parameters that learn alike. */
export interface TorchGroup {
  /** Our names. */
  readonly names: readonly string[];
  /** The rate of the next step. */
  readonly rate: number;
  readonly decay: number;
  /** The rate as a multiple of the run's. */
  readonly factor: number;
}

/** How gradients become steps. */
export interface TorchOptimizer {
  /** Adam and AdamW keep the same of each parameter. */
  readonly kind: "sgd" | "adam" | "adamw";
  readonly momentum: number;
  readonly groups: readonly TorchGroup[];
}

/** Tensors that crfasrnn_pytorch has no parameter for. A run in PyTorch leaves them as they are. */
const isOther = (name: string): boolean => (momentOf(name)?.parameter ?? name) === "bandwidths";

/**
 * A run as PyTorch's own programs take one up: a network's `load_state_dict` the one part, an optimizer's the other. The velocity of
 * Caffe's SGD has the rate in it, PyTorch's buffer has not.
 */
export function torchRunOf(
  { tensors, metadata }: Pick<Checkpoint, "tensors" | "metadata">,
  optimizer: TorchOptimizer,
): Plain {
  const model = new Map<string, Plain>();
  const others = new Map<string, Plain>();
  for (const [name, tensor] of tensors) {
    if (isOther(name)) others.set(name, tensor);
    else if (!momentOf(name) && name !== stepsName) model.set(...toTheir(name, tensor));
  }
  const state = new Map<number, Plain>();
  const steps = tensors.get(stepsName);
  const groups = optimizer.groups.map(({ names, rate, decay, factor }) => {
    const own = names.filter((name) => !isOther(name));
    const ids = own.map((name) => {
      const id = state.size;
      state.set(id, stateOf(name, tensors, rate, steps));
      return id;
    });
    const theirs = own.map((name) => toTheir(name, tensors.get(name)!)[0]);
    return dictionary({
      params: ids,
      names: theirs,
      lr: rate,
      weight_decay: decay,
      factor,
      ...(optimizer.kind !== "sgd"
        ? { betas: [0.9, 0.999], eps: 1e-8, amsgrad: false }
        : { momentum: optimizer.momentum, dampening: 0, nesterov: false }),
    });
  });
  return dictionary({
    model_state_dict: model,
    optimizer_state_dict: dictionary({ state, param_groups: groups }),
    [runKey]: dictionary({ metadata: dictionary(metadata), others }),
  });
}

const dictionary = (items: Readonly<Record<string, Plain>>): Plain => new Map(Object.entries(items));

/** What PyTorch's optimizers keep of a parameter. */
function stateOf(
  name: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  rate: number,
  steps: StoredTensor | undefined,
): Plain {
  const theirs = (moment: Moment): StoredTensor | undefined => {
    const full = momentName(name, moment);
    const tensor = tensors.get(full);
    return tensor && toTheir(full, tensor)[1];
  };
  const [velocity, mean, square] = [theirs("velocity"), theirs("mean"), theirs("square")];
  if (velocity) return dictionary({ momentum_buffer: scaled(velocity, 1 / rate) });
  if (mean && square && steps) return dictionary({ step: { ...steps, shape: [] }, exp_avg: mean, exp_avg_sq: square });
  return dictionary({});
}

const scaled = (tensor: StoredTensor, factor: number): StoredTensor => ({
  ...tensor,
  type: "float32",
  read: async () => toFloat32(await tensor.read(), tensor.type).map((value) => value * factor),
});

type Dictionary = ReadonlyMap<unknown, unknown>;

/**
 * Adds to the parameters of a run what else there is of it, under the names that our checkpoints have, and returns its metadata.
 * @throws FormatError where the optimizer's memory is not that of named parameters
 */
export function readRun(
  source: Source,
  budget: Budget,
  object: Dictionary,
  tensors: Map<string, StoredTensor>,
  storedOf: (view: TensorView) => StoredTensor,
): Pick<Checkpoint, "metadata"> {
  const own = object.get(runKey) as Dictionary;
  const said = own.get("metadata");
  const isText = (value: unknown): value is string => typeof value === "string";
  const texts = [...(said instanceof Map ? (said as Dictionary) : [])];
  const metadata = Object.fromEntries(texts.filter((pair): pair is [string, string] => pair.every(isText)));
  const parameters = new Map(tensors);
  const kept = object.get("optimizer_state_dict");
  if (kept instanceof Map) {
    for (const [name, tensor] of momentsIn(source, budget, kept, parameters, storedOf, Number(metadata.step)))
      tensors.set(name, tensor);
  }
  const others = own.get("others");
  for (const [name, view] of others instanceof Map ? (others as Dictionary) : []) {
    budget.spend(costs.tensor, source.size);
    if (typeof name === "string" && view instanceof TensorView) tensors.set(name, storedOf(view));
  }
  return { metadata };
}

function momentsIn(
  source: Source,
  budget: Budget,
  kept: Dictionary,
  parameters: ReadonlyMap<string, StoredTensor>,
  storedOf: (view: TensorView) => StoredTensor,
  step: number,
): Map<string, StoredTensor> {
  const groups = kept.get("param_groups");
  const state = kept.get("state");
  if (!Array.isArray(groups) || !(state instanceof Map)) throw misfit(source, "param_groups and state", "others");
  const byId: unknown[] = Array<unknown>(parameters.size).fill(undefined);
  for (const [key, entry] of state as Dictionary) {
    const id = key instanceof OtherKey ? key.value : undefined;
    if (!isIndex(id, byId.length)) throw misfit(source, `states of at most ${byId.length} parameters`, "another key");
    byId[id] = entry;
  }
  const moments = new Map<string, StoredTensor>();
  let steps: unknown = step;
  for (const group of groups as unknown[]) {
    const { names, ids, rate, isAdam } = groupIn(source, budget, group, byId.length);
    for (const [i, name] of names.entries()) {
      const parameter = parameters.get(name);
      if (!parameter) throw misfit(source, `parameters of the network in the optimizer's groups`, name);
      const entry = byId[ids[i]!];
      const of = (key: string): unknown => (entry instanceof Map ? (entry as Dictionary).get(key) : undefined);
      const tensor = (key: string): StoredTensor => {
        const view = of(key);
        return view instanceof TensorView ? storedOf(view) : zeros(parameter.shape);
      };
      if (isAdam) {
        moments.set(momentName(name, "mean"), tensor("exp_avg"));
        moments.set(momentName(name, "square"), tensor("exp_avg_sq"));
        steps = of("step") ?? steps;
      } else moments.set(momentName(name, "velocity"), scaled(tensor("momentum_buffer"), rate));
    }
  }
  moments.set(stepsName, steps instanceof TensorView ? { ...storedOf(steps), shape: [1] } : constant(Number(steps)));
  return moments;
}

interface Group {
  readonly names: readonly string[];
  readonly ids: readonly number[];
  readonly rate: number;
  readonly isAdam: boolean;
}

function groupIn(source: Source, budget: Budget, group: unknown, count: number): Group {
  const of = (key: string): unknown => (group instanceof Map ? (group as Dictionary).get(key) : undefined);
  const [names, ids, rate] = [of("names"), of("params"), of("lr")];
  // One list may stand in a thousand groups, and is paid for in each.
  for (const list of [names, ids]) if (Array.isArray(list)) budget.spend(costs.tensor * (1 + list.length), source.size);
  const areNames = (values: unknown): values is string[] =>
    Array.isArray(values) && values.every((name) => typeof name === "string");
  const areIds = (values: unknown): values is number[] =>
    Array.isArray(values) && values.every((id) => isIndex(id, count));
  if (!areNames(names) || !areIds(ids) || names.length !== ids.length || typeof rate !== "number")
    throw misfit(source, "groups with lr, and as many names as params", "another one");
  return { names, ids, rate, isAdam: of("betas") !== undefined };
}

const isIndex = (id: unknown, count: number): id is number =>
  Number.isInteger(id) && 0 <= (id as number) && (id as number) < count;

const zeros = (shape: readonly number[]): StoredTensor => ({
  shape,
  type: "float32",
  read: async () => new Float32Array(elementsOf(shape)),
});

const constant = (value: number): StoredTensor => ({
  shape: [1],
  type: "float32",
  read: async () => Float32Array.of(value),
});

const misfit = (source: Source, expected: string, got: string) =>
  errorAt(source, source.size, {
    expected: `an optimizer's state_dict with ${expected}`,
    got,
    remedy: "save optimizer.state_dict() of the groups that the file came with, names included",
  });
