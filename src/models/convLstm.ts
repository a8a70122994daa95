import { softmax } from "../crf/softmax.ts";
import { type Complete, type Description, type Given, namesOf, whole, withDefaults } from "../description.ts";
import type { Device } from "../device/device.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { disposedError, holding } from "../held.ts";
import { requireDevice, requireInputs } from "../inputs.ts";
import { type Loadable, loadParameters, readParameters, requireTensors } from "../loading.ts";
import { add } from "../nn/add.ts";
import { concat } from "../nn/concat.ts";
import { conv2d } from "../nn/conv2d.ts";
import { multiply } from "../nn/multiply.ts";
import { scale } from "../nn/scale.ts";
import { tanh } from "../nn/tanh.ts";
import type { Values } from "../optim/optimizer.ts";
import { requireOptions } from "../options.ts";
import { Scope } from "../scope.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type Abortable, breathe } from "../turn.ts";
import { found } from "../values.ts";
import type { ParameterTable } from "./layers.ts";
import { makeParameters, type Parameters } from "./parameters.ts";

const odd: Pick<Description<number>, "accepts" | "expected"> = {
  // Of a number that is not whole the remainder is neither, and of one below 0 it is not above.
  accepts: (value): value is number => typeof value === "number" && value % 2 === 1,
  expected: "an odd whole number of 1 or more",
};

/** The options of a layer that have one value. */
export const convLstmOptions = {
  hidden: whole(16, { least: 1 }),
  kernelSize: { default: 3, ...odd },
  iterations: whole(5, { least: 0 }),
  seed: whole(1, { least: 0, most: Number.MAX_SAFE_INTEGER }),
};

/** Options of a convolutional LSTM. */
export interface ConvLstmOptions extends Given<typeof convLstmOptions> {
  /** The number of classes, L. */
  readonly classes: number;
  /** Channels of its memory. Default: 16. */
  readonly hidden?: number;
  /** Pixels of its convolutions in height and width, an odd number. Default: 3. */
  readonly kernelSize?: number;
  /** The number of iterations, T. Default: 5. */
  readonly iterations?: number;
  /** The seed of its weights. Default: 1. */
  readonly seed?: number;
}

/** Options of one call. */
export interface ConvLstmCall extends Abortable {
  /** The number of iterations of this call. Default: the layer's. */
  readonly iterations?: number;
}

/** A convolutional LSTM that improves logits: call it with unary logits and the guide image. */
export interface ConvLstm extends Disposable {
  /**
   * Improves logits [h, w, L] or [b, h, w, L] beside a guide of the same size with 3 channels, 0…255 or less its mean. Returns the logits
   * X_T, in their shape.
   * @throws ShapeError, ValueError, LimitError, DeviceError, DisposedError, AbortError
   */
  (unary: Tensor, guide: Tensor, call?: ConvLstmCall): Promise<Tensor>;
  readonly parameters: Parameters;
  /** The values of all parameters. */
  state(): Promise<Record<string, Values>>;
  /** Replaces the values of all parameters. @throws ShapeError that names what does not fit; nothing is changed then */
  load(tensors: Readonly<Record<string, Loadable>>): Promise<void>;
  dispose(): void;
}

const where = "convLstm";
const gates = ["input", "forget", "output", "candidate"] as const;
/** What colors are divided by, so that they are about as large as probabilities. */
const colorScale = 1 / 128;

/**
 * Makes what the authors of CRF-RNN call a sensible baseline: a recurrent network that learns to improve the unary logits over T
 * iterations, and knows nothing of Gaussians. It is a convolutional LSTM (Shi et al., NIPS 2015, without peepholes). In each iteration it
 * reads the marginals so far and the guide, and adds a convolution of what it remembers to the logits:
 * h, c ← LSTM([softmax X, guide/128, h], c); X ← X + A·h. A begins at 0, so that a new layer leaves logits as they are.
 * @throws ValueError for options that are unknown or out of range
 * @example
 * const lstm = convLstm(device, { classes: 21 });
 * const logits = await lstm(unary, guide); // until it has learned, these are the logits that it was given
 */
export function convLstm(device: Device, options: ConvLstmOptions): ConvLstm {
  requireDevice(where, device);
  requireOptions(where, options, { classes: true, ...namesOf(convLstmOptions) });
  const { classes, ...given } = options ?? {};
  if (!Number.isInteger(classes) || classes < 1) {
    throw new ValueError({ where, expected: "a whole number of classes, 1 or more", got: found(classes) });
  }
  const own = withDefaults(where, convLstmOptions, given);
  const parameters = makeParameters(device, convLstmTable(classes, own), own.seed);
  parameters["forget.bias"]!.write(new Float32Array(own.hidden).fill(1)); // It remembers until it has learned to forget.
  let disposed = false;
  const requireLive = (): void => {
    if (disposed) throw disposedError(where, "the layer");
  };
  const run = async (unary: Tensor, guide: Tensor, call: ConvLstmCall = {}): Promise<Tensor> => {
    requireLive();
    requireOptions(where, call, { iterations: true, signal: true });
    requireInputs(where, { logits: unary, guide }, device);
    requireMaps(unary, guide, classes);
    const { iterations } = withDefaults(
      where,
      { iterations: convLstmOptions.iterations },
      { iterations: call.iterations ?? own.iterations },
    );
    using _held = holding(unary, guide, ...Object.values(parameters));
    const padding = (own.kernelSize - 1) / 2;
    return Scope.inherit(await iterate({ unary, guide, parameters, padding, iterations, call }), [unary, guide]);
  };
  const dispose = (): void => {
    disposed = true;
    for (const tensor of Object.values(parameters)) tensor.dispose();
  };
  return Object.assign(run, {
    parameters,
    state: async () => {
      requireLive();
      return await readParameters(parameters);
    },
    load: async (tensors: Readonly<Record<string, Loadable>>) => {
      requireLive();
      requireTensors(where, tensors);
      await loadParameters(parameters, tensors, (got) => {
        const remedy = "load the state of a layer of as many classes, hidden channels and pixels of its convolutions";
        return new ShapeError({ where: `${where}: load`, expected: "the tensors of its parameters", got, remedy });
      });
    },
    dispose,
    [Symbol.dispose]: dispose,
  });
}

/** What a layer has: its parameters depend on these and on the number of classes. */
export type ConvLstmSize = Pick<Complete<typeof convLstmOptions>, "hidden" | "kernelSize">;

/** The parameters of a layer. */
export function convLstmTable(classes: number, { hidden, kernelSize }: ConvLstmSize): ParameterTable {
  const inputs = classes + 3 + hidden;
  const table = gates.flatMap((gate) => [
    [`${gate}.weight`, { shape: [hidden, inputs, kernelSize, kernelSize], initial: "he" }] as const,
    [`${gate}.bias`, { shape: [hidden], initial: "zero" }] as const,
  ]);
  const improve = { shape: [classes, hidden, 1, 1], initial: "zero" } as const;
  return {
    ...(Object.fromEntries(table) as ParameterTable),
    "improve.weight": improve,
    "improve.bias": { shape: [classes], initial: "zero" },
  };
}

function requireMaps(unary: Tensor, guide: Tensor, classes: number): void {
  const fits = unary.shape.length === 3 || unary.shape.length === 4;
  const same = sameShape(unary.shape.slice(0, -1), guide.shape.slice(0, -1));
  if (fits && same && unary.channels === classes && guide.channels === 3) return;
  throw new ShapeError({
    where,
    expected: `logits [h, w, ${classes}] or [b, h, w, ${classes}] and a guide of the same size with 3 channels`,
    got: `${formatShape(unary.shape)} and ${formatShape(guide.shape)}`,
    remedy: "resize the logits to the image: resize(logits, [h, w])",
  });
}

interface Iterating {
  readonly unary: Tensor;
  readonly guide: Tensor;
  readonly parameters: Parameters;
  readonly padding: number;
  readonly iterations: number;
  readonly call: Abortable;
}

async function iterate({ unary, guide, parameters, padding, iterations, call }: Iterating): Promise<Tensor> {
  const { device } = unary;
  await breathe(where, call);
  const made: Tensor[] = [];
  const keep = (tensor: Tensor): Tensor => {
    made.push(tensor);
    return tensor;
  };
  /** σ(a)·v = (v + tanh(a/2)·v)/2. */
  const gated = (gate: Tensor, value: Tensor): Tensor => {
    const open = keep(tanh(keep(scale(gate, 0.5))));
    return keep(scale(keep(add(value, keep(multiply(open, value)))), 0.5));
  };
  try {
    const colors = keep(scale(guide, colorScale));
    const hidden = parameters["input.bias"]!.channels;
    let memory: Tensor | undefined;
    let shown = keep(device.tensor([...unary.shape.slice(0, -1), hidden]));
    let logits = keep(scale(unary, 1)); // a copy, which is the result of no iterations
    for (let t = 0; t < iterations; t++) {
      const seen = keep(concat([keep(softmax(logits)), colors, shown]));
      const [input, forget, output, candidate] = gates.map((gate) =>
        keep(conv2d(seen, parameters[`${gate}.weight`]!, { bias: parameters[`${gate}.bias`]!, padding })),
      ) as [Tensor, Tensor, Tensor, Tensor];
      const added = gated(input, keep(tanh(candidate)));
      memory = memory ? keep(add(gated(forget, memory), added)) : added;
      shown = gated(output, keep(tanh(memory)));
      const change = keep(conv2d(shown, parameters["improve.weight"]!, { bias: parameters["improve.bias"]! }));
      logits = keep(add(logits, change));
      // What later iterations do not read is given back; a tape holds what it needs.
      const needed = new Set([colors, memory, shown, logits]);
      for (const tensor of made.splice(0)) {
        if (needed.has(tensor)) made.push(tensor);
        else tensor.dispose();
      }
      await breathe(where, call);
    }
    made.splice(made.indexOf(logits), 1);
    return logits;
  } finally {
    for (const tensor of made) tensor.dispose();
  }
}
