import type { Device } from "../device/device.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { disposedError, holding } from "../held.ts";
import { requireInputs } from "../inputs.ts";
import { tune } from "../nn/tune.ts";
import type { Values } from "../optim/optimizer.ts";
import { requireOptions } from "../options.ts";
import { Scope } from "../scope.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import {
  type Adopted,
  adoptParameters,
  type Loadable,
  loadParameters,
  readParameters,
  requireTensors,
} from "../loading.ts";
import type { Parameters, Precision } from "./parameters.ts";
import { type NetworkCall, networkCallNames, Pass } from "./pass.ts";

/** A network: call it with an image. */
export interface Network<Call = NetworkCall> extends Disposable {
  /**
   * The scores [h, w, classes] of an image [h, w, 3], or [n, h, w, …] of a batch, of any height and width: BGR, 0…255,
   * minus `meanColor`, for weights of Caffe's lineage. Dropout acts only while a tape watches the image or a parameter of
   * the network itself; those of a CRF on top of it do not count.
   * @throws ShapeError, ValueError, LimitError, DeviceError, DisposedError, AbortError
   */
  (image: Tensor, call?: Call): Promise<Tensor>;
  readonly parameters: Parameters;
  /**
   * The seed of dropout in the next call that a tape records. Each such call increases it by one. Set it to the number of
   * the step, and a run that was resumed drops what one without a stop does. A whole number from 0 on, below 2⁵².
   */
  seed: number;
  /**
   * Replaces the values of all parameters.
   * @throws ShapeError that names what is missing, unknown or of another shape; nothing is changed then
   */
  load(tensors: Readonly<Record<string, Loadable>>): Promise<void>;
  /**
   * Takes those of the given tensors that bear the name of a parameter, for example from the stage before this one or from
   * VGG; all other parameters keep their values.
   * @throws ShapeError where one of them has another shape; then none is changed
   */
  adopt(tensors: Readonly<Record<string, Loadable>>): Promise<Adopted>;
  /** The values of all parameters. */
  state(): Promise<Record<string, Values>>;
  dispose(): void;
}

/** How a network is put together. */
export interface Architecture<Call> {
  readonly name: string;
  readonly device: Device;
  readonly parameters: Parameters;
  /** How the weights are stored. Those that are halves have no gradients. */
  readonly precision?: Precision;
  /** The parameters of a CRF on top of it. While a tape watches only these, nothing is dropped, since the network rests. */
  readonly crf?: Parameters;
  /** The options of a call in addition to those that every network has. */
  readonly callNames?: Readonly<Record<string, true>>;
  readonly forward: (image: Tensor, pass: Pass, call: Call) => Promise<Tensor>;
  /** Disposes of what else belongs to the network, besides its parameters. */
  readonly dispose?: () => void;
}

export function network<Call extends NetworkCall>(architecture: Architecture<Call>): Network<Call> {
  const { name, device, forward } = architecture;
  const parameters = { ...architecture.parameters, ...architecture.crf };
  const all = Object.values(parameters);
  const below = Object.values(architecture.parameters);
  const callNames = { ...networkCallNames, ...architecture.callNames };
  let disposed = false;
  const misfit = (got: string): ShapeError =>
    new ShapeError({
      where: `${name}: load`,
      expected: "the tensors of its parameters",
      got,
      remedy: "load a checkpoint of this network, with its classes and widths, or begin from it with adopt()",
    });
  const requireLive = (): void => {
    if (disposed) throw disposedError(name, "the network");
  };

  const run = async (image: Tensor, call: Call = {} as Call): Promise<Tensor> => {
    requireLive();
    requireInputs(name, { image }, device);
    requireOptions(name, call, callNames);
    requireImage(name, image);
    const recorded = [image, ...below].some(({ tape }) => tape?.recording);
    if (recorded && architecture.precision === "half") throw notTrained(name);
    using _held = holding(image, ...all);
    // An alias, since the caller may dispose of the image meanwhile; but gradients are to reach the image itself.
    using alias = image.tape?.recording ? undefined : image.alias();
    using pass = new Pass(call, recorded ? running.seed++ : undefined);
    await tune(device);
    return Scope.inherit(pass.release(await forward(alias ?? image, pass, call)), [image]);
  };

  const load = async (tensors: Readonly<Record<string, Loadable>>): Promise<void> => {
    requireLive();
    requireTensors(name, tensors);
    await loadParameters(parameters, tensors, misfit);
  };

  const adopt = async (tensors: Readonly<Record<string, Loadable>>): Promise<Adopted> => {
    requireLive();
    requireTensors(name, tensors);
    return await adoptParameters(parameters, tensors, misfit);
  };

  const state = async (): Promise<Record<string, Values>> => {
    requireLive();
    return await readParameters(parameters);
  };

  const dispose = (): void => {
    disposed = true;
    for (const tensor of all) tensor.dispose();
    architecture.dispose?.();
  };

  const running = Object.assign(run, {
    parameters,
    seed: 0,
    load,
    adopt,
    state,
    dispose,
    [Symbol.dispose]: dispose,
  });
  return running;
}

const notTrained = (name: string): ValueError =>
  new ValueError({
    where: name,
    expected:
      "no tape on its image or parameters, since gradients are not defined for weights that are stored as halves",
    got: "one, on a network of half precision",
    remedy: 'train with precision "single", and load what was learned into a network of "half"',
  });

/** @throws ShapeError */
function requireImage(name: string, { shape, channels }: Tensor): void {
  if ((shape.length === 3 || shape.length === 4) && channels === 3) return;
  throw new ShapeError({
    where: name,
    expected: "an image [h, w, 3] or a batch [n, h, w, 3]",
    got: formatShape(shape),
    remedy: "give every pixel its blue, green and red, minus the mean color",
  });
}
