import type { Device, Storage } from "../device/device.ts";
import { elementRanges } from "../elementwise.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { disposedError, holding } from "../held.ts";
import { requireInputs } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { kindOf, remedyFor, requireNumber } from "../values.ts";
import { requireAlike } from "../shared/alike.ts";
import type { Tensor } from "../tensor.ts";
import { listed, mismatches } from "../mismatches.ts";
import { clipFactor } from "./clip.ts";
import { requireGradients } from "./gradients.ts";
import { type Multiplier, multiplierOf, type Multipliers } from "./multipliers.ts";

/** Options of every optimizer. */
export interface OptimizerOptions {
  readonly rate: number;
  /** Weight decay: this multiple of a parameter is added to its gradient. Default: 0. */
  readonly decay?: number;
  readonly multipliers?: Multipliers;
  /**
   * The largest Euclidean norm that all gradients together may have. Larger gradients are scaled down to it. Default:
   * no limit.
   */
  readonly clip?: number;
}

export const optimizerNames: Names<OptimizerOptions> = { rate: true, decay: true, multipliers: true, clip: true };
const multiplierNames: Names<Multiplier> = { rate: true, decay: true };

/** A tensor's values on the host, dense and row-major, as files hold them. */
export interface Values {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Call it with the gradients of `tape.gradients` to take a step; they stay the caller's. */
export interface Optimizer extends Disposable {
  /** Parameters without a gradient are left alone. @throws ShapeError for a gradient of another shape, ValueError, DisposedError */
  (gradients: ReadonlyMap<Tensor, Tensor>): void;
  /** The learning rate of the steps to come. */
  rate: number;
  /** How many steps were taken. */
  steps: number;
  /**
   * The moments by name, for example `conv1_1.weight.velocity`: what the optimizer carries from step to step besides
   * their number.
   */
  readonly moments: Readonly<Record<string, Tensor>>;
  /** Returns `steps` and the values of all moments, for checkpoints. */
  state(): Promise<Record<string, Values>>;
  /**
   * Restores what `state` returned.
   * @throws ShapeError naming what is missing, unexpected or of another shape; nothing is changed then
   */
  load(state: Readonly<Record<string, Values>>): void;
  dispose(): void;
}

/** The arguments of one update: views of memory with `count` quads each. */
export interface Update<Moment extends string> {
  readonly count: number;
  readonly storages: Record<Moment | "gradient" | "factor" | "parameter", Storage>;
  readonly rate: number;
  readonly decay: number;
  /** The number of the step, counted from 1. */
  readonly step: number;
}

interface Moving<Moment extends string> {
  readonly name: string;
  readonly parameter: Tensor;
  readonly rate: number;
  readonly decay: number;
  readonly moments: Readonly<Record<Moment, Tensor>>;
}

/**
 * Makes an optimizer that keeps the named moments of each parameter, which are zero at first, and runs `update` on each
 * range.
 */
export function optimizer<Moment extends string>(
  where: string,
  parameters: Readonly<Record<string, Tensor>>,
  options: OptimizerOptions,
  names: readonly Moment[],
  update: (device: Device, work: Update<Moment>) => void,
): Optimizer {
  check(where, parameters, options);
  const { decay = 0, multipliers = {}, clip } = options;
  const moving = Object.entries(parameters).flatMap(([name, parameter]): Moving<Moment>[] => {
    const multiplier = multiplierOf(name, multipliers);
    if (multiplier.rate === 0) return [];
    const moments = Object.fromEntries(names.map((moment) => [moment, zeros(parameter)]));
    const own = { rate: multiplier.rate, decay: decay * multiplier.decay };
    return [{ name, parameter, ...own, moments: moments as Record<Moment, Tensor> }];
  });
  /** One quad whose first number is what gradients are multiplied by. */
  const factor = moving[0]?.parameter.device.tensor([1], [1]);
  const all: Record<string, Tensor> = Object.fromEntries(
    moving.flatMap(({ name, moments }) => names.map((moment) => [`${name}.${moment}`, moments[moment]])),
  );

  let disposed = false;
  const requireLive = (): void => {
    if (disposed) throw disposedError(where, "the optimizer");
  };

  const step = (gradients: ReadonlyMap<Tensor, Tensor>): void => {
    requireLive();
    requireGradients(where, gradients);
    const due = moving.flatMap((one) => {
      const gradient = gradients.get(one.parameter);
      if (!gradient) return [];
      requireInputs(where, { [`gradient of ${one.name}`]: gradient, [one.name]: one.parameter });
      requireAlike(`${where}: gradient of ${one.name}`, gradient, one.parameter);
      return [{ ...one, gradient }];
    });
    if (due.length > 0 && clip !== undefined) {
      const all = due.map(({ gradient }) => gradient);
      clipFactor(factor!.device, all, clip, factor!.storage);
    }
    // Nothing allocates memory from here on, so that a step is taken whole or not at all.
    optimizing.steps++;
    for (const { parameter, gradient, moments, ...own } of due) {
      for (const { storages, count } of elementRanges({ parameter, gradient, ...moments })) {
        update(parameter.device, {
          count,
          storages: { ...storages, factor: factor!.storage },
          rate: optimizing.rate * own.rate,
          decay: own.decay,
          step: optimizing.steps,
        });
      }
    }
  };

  const state = async (): Promise<Record<string, Values>> => {
    requireLive();
    using _held = holding(...Object.values(all));
    const read: Record<string, Values> = { steps: { shape: [1], values: Float32Array.of(optimizing.steps) } };
    for (const [name, tensor] of Object.entries(all)) read[name] = { shape: tensor.shape, values: await tensor.read() };
    return read;
  };

  const load = (state: Readonly<Record<string, Values>>): void => {
    requireLive();
    requireState(where, all, state);
    for (const [name, tensor] of Object.entries(all)) tensor.write(state[name]!.values);
    optimizing.steps = state.steps!.values[0]!;
  };

  const dispose = (): void => {
    disposed = true;
    for (const tensor of Object.values(all)) tensor.dispose();
    factor?.dispose();
  };

  const settings = { rate: options.rate, steps: 0, moments: all };
  const optimizing = Object.assign(step, settings, { state, load, dispose, [Symbol.dispose]: dispose });
  return optimizing;
}

function zeros({ device, shape, layout }: Tensor): Tensor {
  return device.tensor(shape, undefined, layout);
}

/** @throws ValueError, DisposedError, DeviceError */
function check(where: string, parameters: unknown, { rate, decay = 0, clip, multipliers }: OptimizerOptions): void {
  const isObject = typeof parameters === "object" && parameters !== null;
  const isList = parameters instanceof Map || Array.isArray(parameters);
  if (!isObject || isList || Object.keys(parameters).length === 0) {
    throw new ValueError({
      where,
      expected: "parameters, an object of tensors by name",
      got: isObject && !isList ? "none" : kindOf(parameters),
      remedy: remedyFor(parameters, "pass network.parameters or crf.parameters"),
    });
  }
  requireInputs(where, parameters as Record<string, unknown>);
  for (const [name, multiplier] of Object.entries(multipliers ?? {})) {
    requireOptions(`${where}: multipliers of ${name}`, multiplier, multiplierNames);
  }
  requireNumber(where, "rate", rate, 0);
  requireNumber(where, "decay", decay, 0);
  if (clip === undefined || (clip > 0 && Number.isFinite(clip))) return;
  throw new ValueError({ where, expected: "a norm above 0 to clip at", got: String(clip) });
}

/** @throws ShapeError */
function requireState(
  where: string,
  own: Readonly<Record<string, Tensor>>,
  state: Readonly<Record<string, Values>>,
): void {
  const wrong = mismatches({ steps: { shape: [1] }, ...own }, state);
  if (wrong.length === 0) return;
  throw new ShapeError({
    where: `${where}: state`,
    expected: "the state of these parameters",
    got: listed(wrong),
    remedy: "load the state of the same model, optimizer and multipliers",
  });
}
