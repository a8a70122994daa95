import {
  annotationScores,
  argmax,
  bilateralFeatures,
  buildLattice,
  type Color,
  confidence,
  type CrfLattices,
  type CrfOptions,
  type CrfRnn,
  crfRnn,
  type Device,
  imageTensor,
  type Lattice,
  scoresTensor,
  spatialFeatures,
  type Tensor,
  trace,
  type TraceEvent,
} from "crf-rnn";
import { Latest } from "../../engine/latest.ts";
import { moved } from "../../engine/moved.ts";
import type { ReadLabels, ReadScores } from "./codec.ts";
import type { Model, ModelFacts, Preparation } from "./onnx.ts";
import { nothing } from "./drawing.ts";
import type { CrfValues } from "./parameters.ts";
import type { Numbers } from "./state.ts";

/** A picture to refine on: red, green, blue and alpha. */
export interface Guide {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Scores that stand where nothing is drawn. */
export interface Given {
  readonly data: Float32Array;
  readonly classes: number;
}

export interface RefineRequest {
  readonly classes: number;
  readonly values: CrfValues;
  /** What is drawn, 255 where nothing is. */
  readonly labels: Uint8Array;
}

export interface RefineAnswer {
  readonly labels: Uint8Array;
  readonly confidence: Float32Array;
  readonly before: Uint8Array;
  readonly numbers: Omit<Numbers, "milliseconds"> & { readonly milliseconds: Omit<Numbers["milliseconds"], "whole"> };
}

/** A file that is to be written. */
export type FileToWrite =
  | { readonly kind: "photograph"; readonly width: number; readonly height: number; readonly data: Uint8ClampedArray }
  | {
      readonly kind: "labels";
      readonly width: number;
      readonly height: number;
      readonly data: Uint8Array;
      readonly palette: readonly Color[];
    }
  | { readonly kind: "array"; readonly shape: readonly number[]; readonly data: Float32Array };

type OnFrame = (iteration: number, labels: Uint8Array) => void;
type Asked =
  | { readonly kind: "refine"; readonly request: RefineRequest }
  | { readonly kind: "play"; readonly request: RefineRequest; readonly iterations: number; readonly onFrame: OnFrame };

/** A lattice and what it was built for. */
interface Kept {
  readonly key: string;
  readonly lattice: Lattice;
  readonly milliseconds: number;
}

/** Refines what is drawn. Lattices stay from one request to the next, and only those whose bandwidths changed are built anew. */
export class RefineService implements Disposable {
  readonly #device: Device;
  #picture: Guide | undefined;
  #guide: Tensor | undefined;
  #model: Model | undefined;
  #given: Given | undefined;
  #spatial: Kept | undefined;
  #bilateral: Kept | undefined;
  #pictures = 0;
  readonly #latest = new Latest((asked: Asked, signal) => this.#work(asked, signal));

  constructor(device: Device) {
    this.#device = device;
  }

  /** Takes another picture in the place of the last. */
  show(guide: Guide): void {
    this.#latest.cancel();
    this.#guide?.dispose();
    this.#picture = guide;
    this.#guide = imageTensor(this.#device, guide);
    this.#given = undefined;
    this.#pictures++;
  }

  give(given: Given | undefined): void {
    this.#given = given;
  }

  /** The labels and how sure they are; undefined where a newer request took this one's place. */
  refine = async (request: RefineRequest): Promise<RefineAnswer | undefined> =>
    (await this.#latest.run({ kind: "refine", request })) as RefineAnswer | undefined;

  /** Tells the labels after 0, 1, … iterations, one after the other; true once all are told. */
  play = async (request: RefineRequest, iterations: number, onFrame: OnFrame): Promise<boolean> =>
    (await this.#latest.run({ kind: "play", request, iterations, onFrame })) === true;

  /** Reads labels or scores from a file, scores at the picture's size. @throws Error with a sentence */
  async read(bytes: Uint8Array, file: string): Promise<ReadLabels | ReadScores> {
    const { readArray, readLabels } = await import("./codec.ts");
    const [height, width] = this.#size;
    const found = bytes[0] === 0x93 ? readArray(bytes, file, { width, height }) : readLabels(bytes, file);
    if (found.kind === "labels") return moved(found);
    const { data, shape, layout } = found;
    using fitted = scoresTensor(this.#device, data, { shape, layout, size: [height, width] });
    const values = (await fitted.read()) as Float32Array<ArrayBuffer>;
    return moved({ kind: "scores", layout: "hwc", shape: [height, width, fitted.channels], data: values });
  }

  /** Opens a model in ONNX, in the place of the last. @throws Error with a sentence */
  async openModel(bytes: Uint8Array, file: string): Promise<ModelFacts> {
    const { Model } = await import("./onnx.ts");
    const model = await Model.open(bytes, file);
    await this.#model?.release();
    this.#model = model;
    return model.facts;
  }

  /** Runs the model on the picture. @throws Error with a sentence */
  async runModel(size: readonly [height: number, width: number], preparation: Preparation): Promise<ReadScores> {
    return moved(await this.#model!.run(this.#device, this.#picture!, size, preparation));
  }

  /** Writes files: the photograph, labels, arrays. */
  async write(files: readonly FileToWrite[]): Promise<Uint8Array[]> {
    const { writeArray, writeLabels, writePhotograph } = await import("./codec.ts");
    return moved(
      files.map((file) => {
        if (file.kind === "array") return writeArray(file.shape, file.data);
        const { width, height, data } = file;
        if (file.kind === "photograph") return writePhotograph(width, height, data);
        return writeLabels(width, height, file.data, file.palette);
      }),
    );
  }

  /** The scores that a request stands for, as a file's contents. */
  async writeScores(request: RefineRequest): Promise<Uint8Array> {
    const { writeArray } = await import("./codec.ts");
    return moved(writeArray([...this.#size, request.classes], this.scoresOf(request)));
  }

  /** What the CRF is given: scores of what is drawn, and elsewhere those that were given, divided by the temperature. */
  scoresOf({ labels, classes, values }: RefineRequest): Float32Array<ArrayBuffer> {
    const given = this.#given && Float32Array.from(this.#given.data, (value) => value / values.temperature);
    const some = labels.some((label) => label !== nothing);
    if (!some) return given ?? new Float32Array(labels.length * classes);
    const [height, width] = this.#size;
    const { data } = annotationScores({ width, height, labels }, { classes, confidence: values.confidence });
    if (given) {
      for (let pixel = 0; pixel < labels.length; pixel++) {
        if (labels[pixel] !== nothing) continue;
        const from = pixel * classes;
        for (let c = from; c < from + classes; c++) data[c] = given[c]!;
      }
    }
    return data;
  }

  [Symbol.dispose](): void {
    this.#latest.cancel();
    for (const kept of [this.#spatial, this.#bilateral]) kept?.lattice.dispose();
    this.#guide?.dispose();
    void this.#model?.release();
  }

  get #size(): readonly [height: number, width: number] {
    const [height, width] = this.#guide!.shape as [number, number];
    return [height, width];
  }

  async #work(asked: Asked, signal: AbortSignal): Promise<RefineAnswer | true> {
    const { classes, values } = asked.request;
    using crf = crfRnn(this.#device, optionsOf(classes, values));
    const began = performance.now();
    const data = this.scoresOf(asked.request);
    using unary = this.#device.tensor([...this.#size, classes], data);
    const ofScores = performance.now() - began;
    const lattices = await this.#lattices(values, signal);
    if (asked.kind === "refine") {
      const before = beforeOf(asked.request.labels, data, classes, this.#given !== undefined);
      return await this.#refined(crf, unary, lattices, before, ofScores, signal);
    }
    const { iterations, onFrame } = asked;
    for await (const { iteration, marginals } of crf.steps(unary, lattices, { iterations, signal })) {
      onFrame(iteration, moved(await argmax(marginals)));
    }
    return true;
  }

  async #refined(
    crf: CrfRnn,
    unary: Tensor,
    { built, ...lattices }: CrfLattices & { readonly built: { spatial?: number; bilateral?: number } },
    before: Uint8Array,
    ofScores: number,
    signal: AbortSignal,
  ): Promise<RefineAnswer> {
    const device = this.#device;
    using tracing = trace(device);
    const began = performance.now();
    using logits = await crf(unary, lattices, { signal });
    await device.finish();
    const iterated = performance.now();
    const kernels = byKernel(await tracing.stop());
    const found = performance.now();
    const labels = await argmax(logits);
    const sure = await confidence(logits);
    const milliseconds = {
      ...built,
      scores: ofScores,
      iterations: iterated - began,
      reading: performance.now() - found,
    };
    const vertices = { spatial: lattices.spatial.vertices, bilateral: lattices.bilateral.vertices };
    const { bytes, peakBytes } = device;
    device.resetPeak();
    return moved({
      labels,
      confidence: sure,
      before,
      numbers: { milliseconds, kernels, vertices, bytes, peakBytes },
    });
  }

  async #lattices({ thetaAlpha, thetaBeta, thetaGamma }: CrfValues, signal: AbortSignal) {
    const device = this.#device;
    const guide = this.#guide!;
    const [ofSpatial, ofBilateral] = [
      [...this.#size, thetaGamma],
      [this.#pictures, thetaAlpha, thetaBeta],
    ];
    const spatial = await lattice(this.#spatial, ofSpatial, signal, () =>
      spatialFeatures(device, this.#size, { position: Math.fround(thetaGamma) }),
    );
    const newSpatial = spatial !== this.#spatial;
    this.#spatial = spatial;
    const bilateral = await lattice(this.#bilateral, ofBilateral, signal, () =>
      bilateralFeatures(guide, { position: Math.fround(thetaAlpha), color: Math.fround(thetaBeta) }),
    );
    const newBilateral = bilateral !== this.#bilateral;
    this.#bilateral = bilateral;
    const built = {
      spatial: newSpatial ? spatial.milliseconds : undefined,
      bilateral: newBilateral ? bilateral.milliseconds : undefined,
    };
    return { spatial: spatial.lattice, bilateral: bilateral.lattice, built };
  }
}

/** The lattice that is kept, if it is of the same numbers; or one that is built in its place. */
async function lattice(
  kept: Kept | undefined,
  numbers: readonly number[],
  signal: AbortSignal,
  features: () => Tensor,
): Promise<Kept> {
  const key = numbers.join(" ");
  if (kept?.key === key) return kept;
  const began = performance.now();
  using points = features();
  const built = await buildLattice(points, { signal });
  await points.device.finish();
  kept?.lattice.dispose();
  return { key, lattice: built, milliseconds: performance.now() - began };
}

/** The options of the layer that the values stand for; with lattices of its own, its bandwidths are not used. */
function optionsOf(classes: number, values: CrfValues): CrfOptions {
  const { iterations, normalization, bilateralWeight, spatialWeight, compatibility } = values;
  return {
    classes,
    iterations,
    normalization,
    bilateral: { weight: bilateralWeight },
    spatial: { weight: spatialWeight },
    compatibility: compatibility.length === 0 ? "potts" : [...compatibility],
  };
}

/** The labels before the CRF: what is drawn, and elsewhere the most probable class of scores that were given. */
function beforeOf(labels: Uint8Array, data: Float32Array, classes: number, given: boolean): Uint8Array {
  if (!given) return labels.slice();
  return labels.map((label, pixel) => {
    if (label !== nothing) return label;
    let best = 0;
    for (let c = 1; c < classes; c++) if (data[pixel * classes + c]! > data[pixel * classes + best]!) best = c;
    return best;
  });
}

/** What the kernels of an iteration are called here. */
const names: Readonly<Record<string, string>> = {
  splat: "splat",
  splatAdd: "splat",
  blur: "blur",
  update: "slice and update",
  slice: "slice and update",
};

/** The time of each kind of kernel, the longest first; nothing where the device has no clock. */
function byKernel(events: readonly TraceEvent[]): Numbers["kernels"] {
  const sums = new Map<string, number>();
  for (const { kernel, milliseconds } of events) {
    if (milliseconds === undefined) return [];
    const name = names[kernel] ?? "other";
    sums.set(name, (sums.get(name) ?? 0) + milliseconds);
  }
  return [...sums]
    .map(([name, milliseconds]) => ({ name, milliseconds }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}
