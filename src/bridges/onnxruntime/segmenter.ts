import { crfRnn, type PlainCrfCall, plainCallNames } from "../../crf/crfRnn.ts";
import type { Device } from "../../device/device.ts";
import { open } from "../../device/open.ts";
import { DeviceError, ValueError } from "../../errors.ts";
import { disposedError } from "../../held.ts";
import { requireDevice } from "../../inputs.ts";
import { type Names, requireOptions } from "../../options.ts";
import { imageTensor } from "../../pictures/imageTensor.ts";
import { refine, type RefineOptions } from "../../pictures/refine.ts";
import { type Refined, refinedOf } from "../../pictures/refined.ts";
import type { ImageSource } from "../../pictures/source.ts";
import type { Tensor } from "../../tensor.ts";
import { kindOf, remedyFor, requireChoice } from "../../values.ts";
import { fromOrt, type FromOrtOptions } from "./fromOrt.ts";
import { type Input, type InputOptions, inputOf, inputTensor } from "./input.ts";
import { type Ort, type OrtSession, type OrtTensor, requireName, requireOrt } from "./module.ts";
import { gpuOf, openWith, sessionOptions } from "./openWith.ts";
import { toOrt } from "./toOrt.ts";

/** Options of `segmenter`. */
export interface SegmenterOptions {
  /** What the network wants to see. */
  readonly input?: InputOptions;
  /** The name of the output that has the scores. Default: the model's first. */
  readonly output?: string;
  /** What its numbers are: see `scoresTensor`. Default: logits, channels first. */
  readonly scores?: Omit<FromOrtOptions, "dispose">;
  /** Options of the CRF: see `refine`. */
  readonly crf?: RefineOptions;
  /** The device of the CRF. Default: one that `openWith` opens. It stays the caller's. */
  readonly device?: Device;
  /**
   * Whether a session of the caller's takes its input in a GPUBuffer: then it must run on the device's GPUDevice. Default:
   * `cpu`.
   */
  readonly location?: "cpu" | "gpu-buffer";
}

/** Options of one call of a segmenter. */
export type SegmenterCall = PlainCrfCall & Pick<RefineOptions, "marginals">;

/** From a picture to labels: see `segmenter`. */
export interface Segmenter extends AsyncDisposable {
  /**
   * Runs the network, and the CRF on its scores. Options of the call replace those of `segmenter({ crf })`. Calls may
   * overlap; the network runs for one of them after the other.
   * @throws as `refine` does, and what ONNX Runtime throws
   */
  (picture: ImageSource, call?: SegmenterCall): Promise<Refined>;
  readonly device: Device;
  /** Gives back what was made here, after the calls under way: the device, and the session of a model that was loaded. */
  dispose(): Promise<void>;
}

const where = "segmenter";
const optionNames: Names<SegmenterOptions> = {
  input: true,
  output: true,
  scores: true,
  crf: true,
  device: true,
  location: true,
};

const segmenterCallNames: Names<SegmenterCall> = { ...plainCallNames, marginals: true };

/**
 * Makes a function from pictures to labels of a segmentation network in ONNX: the picture is resized and normalized, the
 * network runs, and a CRF refines its scores along the edges of the picture. `model` is the address of a model or its bytes,
 * which then runs where the device does, on WebGPU without copies through the processor; or a session that was made already.
 * @throws ValueError, DeviceError, and what ONNX Runtime throws
 * @example
 * const mean = [0.485, 0.456, 0.406] as const; // as it was trained
 * const segment = await segmenter(ort, "segformer.onnx", { input: { mean }, crf: { iterations: 10 } });
 * const { labels, confidence } = await segment(image); // .draw(canvas) shows them
 */
export async function segmenter(
  ort: Ort,
  model: string | Uint8Array | OrtSession,
  options: SegmenterOptions = {},
): Promise<Segmenter> {
  requireOrt(where, ort);
  requireOptions(where, options, optionNames);
  if (options.device !== undefined) requireDevice(where, options.device);
  if (options.location !== undefined) requireChoice(where, "location", options.location, ["cpu", "gpu-buffer"]);
  const loaded = isSession(model) ? undefined : await load(ort, model, options.device);
  const session = loaded?.session ?? (model as OrtSession);
  const device = loaded?.device ?? options.device ?? (await openWith(ort));
  const release = async (): Promise<void> => {
    await loaded?.session.release();
    if (device !== options.device) device.dispose();
  };
  try {
    const { location = loaded && device.gpu ? "gpu-buffer" : "cpu" } = options;
    const network = { session, input: inputOf(session, options.input), output: outputOf(session, options), location };
    return callable(ort, device, network, options, release);
  } catch (error) {
    await release();
    throw error;
  }
}

/** @throws ValueError for what is neither a model nor a session */
function isSession(model: unknown): model is OrtSession {
  if (typeof model === "string" || model instanceof Uint8Array) return false;
  if (typeof (model as Partial<OrtSession> | null)?.run === "function") return true;
  const remedy = remedyFor(
    model,
    'pass its address, its bytes as a Uint8Array, or a session of "ort.InferenceSession"',
  );
  throw new ValueError({ where, expected: "a model or a session", got: kindOf(model), remedy });
}

/** Loads a model where the device is, or opens a device where the model is. */
async function load(
  ort: Ort,
  model: string | Uint8Array,
  given: Device | undefined,
): Promise<{ readonly session: OrtSession; readonly device: Device }> {
  let device = given ?? (await openWith(ort));
  const session = await ort.InferenceSession.create(model as never, sessionOptions(device)).catch((error: unknown) => {
    if (!given) device.dispose();
    throw error;
  });
  const gpu = device.gpu && (await gpuOf(ort));
  if (!gpu || gpu === device.gpu) return { session, device };
  // This build of ONNX Runtime takes no GPUDevice: it has made one of its own.
  if (given) {
    await session.release();
    const remedy = 'import "onnxruntime-web/webgpu", or leave the device out';
    const expected = "an ONNX Runtime that runs on the GPUDevice of the device";
    throw new DeviceError({ where, expected, got: "one that runs on its own", remedy });
  }
  device.dispose();
  device = await open({ gpu });
  return { session, device };
}

/** @throws ValueError for an output that the model does not have */
function outputOf({ outputNames }: OrtSession, { output = outputNames[0]! }: SegmenterOptions): string {
  requireName(where, "an output", output, outputNames);
  return output;
}

interface Network {
  readonly session: OrtSession;
  readonly input: Input;
  readonly output: string;
  readonly location: "cpu" | "gpu-buffer";
}

function callable(
  ort: Ort,
  device: Device,
  network: Network,
  { scores, crf = {} }: SegmenterOptions,
  release: () => Promise<void>,
): Segmenter {
  const { crf: given, iterations, until, prune, onPruned, onIteration, signal, marginals, ...layerOptions } = crf;
  let layer = given;
  let disposed = false;
  let calls: Promise<unknown> = Promise.resolve();
  // In browsers, a session refuses a second run while one is under way.
  let before: Promise<unknown> = Promise.resolve();
  const run = (input: Tensor): Promise<OrtTensor> => {
    const after = before.then(() => runNetwork(ort, network, input));
    before = after.catch(() => {});
    return after;
  };
  const segment = async (picture: ImageSource, options?: SegmenterCall): Promise<Refined> => {
    requireOptions(where, options, segmenterCallNames);
    if (disposed) throw disposedError(where, "the segmenter");
    using scope = device.scope();
    const guide = scope.add(imageTensor(device, picture));
    const output = await run(scope.add(inputTensor(device, guide, network.input)));
    const unary = scope.add(scoresOf(device, output, { ...scores, dispose: true }));
    // One layer for all pictures keeps the spatial lattice. The scores tell how many classes it has.
    layer ??= crfRnn(device, { ...layerOptions, classes: unary.channels });
    // The network and the CRF see one and the same frame, also of a video that goes on.
    const words = { iterations, until, prune, onPruned, onIteration, signal, marginals, ...options, crf: layer };
    return refinedOf({ ...(await refine(device, guide, unary, words)), classes: unary.channels }, picture);
  };
  const call: typeof segment = (picture, options) => {
    const result = segment(picture, options);
    calls = Promise.allSettled([calls, result]);
    return result;
  };
  const dispose = async (): Promise<void> => {
    if (disposed) return;
    disposed = true;
    await calls;
    if (!given) layer?.dispose();
    await release();
  };
  return Object.assign(call, { device, dispose, [Symbol.asyncDispose]: dispose });
}

/** Does what `fromOrt` does, and lets go of the output even where it is refused. */
function scoresOf(device: Device, output: OrtTensor, options: FromOrtOptions): Tensor {
  try {
    return fromOrt(device, output, options);
  } catch (error) {
    output.dispose();
    throw error;
  }
}

/** Runs a network on one input, and gives back all that it tells but the scores. */
async function runNetwork(ort: Ort, { session, input, output, location }: Network, tensor: Tensor): Promise<OrtTensor> {
  const { name, layout } = input;
  const fed = await toOrt(ort, tensor, { layout, location });
  try {
    const { [output]: scores, ...others } = await session.run({ [name]: fed });
    for (const other of Object.values(others)) other.dispose();
    return scores!;
  } finally {
    fed.dispose();
  }
}
