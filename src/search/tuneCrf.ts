import type { Device } from "../device/device.ts";
import { type Given, namesOf, withDefaults } from "../description.ts";
import { ValueError } from "../errors.ts";
import { requireDevice } from "../inputs.ts";
import { requireOptions } from "../options.ts";
import type { TrainingImage } from "../train/sample.ts";
import type { Abortable } from "../turn.ts";
import { searchOptions } from "./options.ts";
import { layerOptionsOf } from "./parameters.ts";
import { formatParams } from "./params.ts";
import { type SearchSet, setOf } from "./pictures.ts";
import { Records, type SearchRecord } from "./records.ts";
import { drawSearchReport } from "./report.ts";
import { costOf, type Found, search, type SearchPlan } from "./searching.ts";
import { type GivenSpace, spaceOf } from "./space.ts";
import { foundOf, helps, verdictOf } from "./verdict.ts";

/** Options of `tuneCrf`. */
export interface TuneOptions extends Given<typeof searchOptions>, Abortable {
  /** Where parameters are looked for, as `{ thetaAlpha: [10, 200], iterations: 5 }`. Default: from far below to far above published ones. */
  readonly space?: GivenSpace;
  /** Told after each inference how many were made, and how many it will be at most. */
  readonly onProgress?: (done: number, most: number) => void;
  /** What an earlier search of the same pictures found (`records` of its result), which is not computed again. */
  readonly known?: readonly SearchRecord[];
}

/** What `tuneCrf` found. */
export interface Tuned extends Found {
  /** The parameters as options of `crfRnn` and `refine`. */
  readonly options: ReturnType<typeof layerOptionsOf>;
  /** By what logits are divided first: the option `temperature` of scores. */
  readonly temperature: number;
  /** Whether the whole interval of the gain lies above 0. */
  readonly helps: boolean;
  /** The same in a sentence, with the figures. */
  readonly verdict: string;
  /** The text of a `params.json`, which `crf-rnn refine`, `train`, `evaluate` and `segment` take by `--params`. */
  readonly params: string;
  /** The search as an HTML page that needs nothing else. */
  readonly report: () => string;
  /** All that was computed. */
  readonly records: readonly SearchRecord[];
}

const where = "tuneCrf";

/** The plan of a search over pictures of this size. @throws ValueError for options that are unknown or out of range */
export function planOf(options: Given<typeof searchOptions>, side: number, space: GivenSpace = {}): SearchPlan {
  return { ...withDefaults(where, searchOptions, options), space: spaceOf(where, side, space) };
}

/** @throws ValueError for too few pictures to hold any out */
export function requirePictures({ ids }: Pick<SearchSet, "ids">): void {
  if (ids.length >= 2) return;
  const expected = "two pictures or more, so that each can be labeled by what the others chose";
  throw new ValueError({ where, expected, got: String(ids.length) });
}

/**
 * Finds the parameters of a CRF for pictures with labels and a network's logits: θα, θβ, θγ, both weights, the temperature of the logits,
 * T and the normalization. First it draws trials evenly from the space, of which thirds go on to more pictures; then it follows
 * gradients from the best, as far as the score rises. It does the same without each part of the pictures, and labels that part by what was
 * chosen so: `gain` is what pictures that nobody has seen may expect. Labels have to be others than those that the network learned from.
 * @throws ValueError, ShapeError for what is no labeled picture with logits; LimitError, DeviceError, AbortError
 * @example
 * const values = new Float32Array(8 * 8 * 2).map((_, i) => (i + (i >> 4)) % 3);
 * const pictures = [0, 1, 2].map((seed) => ({ ...drawShapes(seed, 0, 8), logits: { shape: [8, 8, 2], values } as const }));
 * const labeled = pictures.map((one) => ({ ...one, labels: one.labels.map((label) => Math.min(label, 1)) }));
 * const { options, temperature, verdict } = await tuneCrf(device, labeled, { trials: 3, gradientSteps: 0 });
 * const crf = crfRnn(device, { classes: 2, ...options }); // over logits that were divided by the temperature
 */
export async function tuneCrf(
  device: Device,
  pictures: readonly TrainingImage[],
  options: TuneOptions = {},
): Promise<Tuned> {
  requireDevice(where, device);
  requireOptions(where, options, {
    ...namesOf(searchOptions),
    space: true,
    onProgress: true,
    known: true,
    signal: true,
  });
  const { space, onProgress, known = [], signal, ...own } = options;
  const set = setOf(where, pictures);
  requirePictures(set);
  const plan = planOf(own, set.side, space);
  const all = [...known];
  const records = new Records(known, (record) => all.push(record));
  const { most } = costOf(plan, set).inferences;
  let done = 0;
  const found = (await search(device, set, plan, records, {
    signal,
    onInference: () => onProgress?.(++done, Math.max(done, most)),
  }))!;
  return {
    ...found,
    ...describeFound(found, plan),
    report: () => drawSearchReport({ title: where, plan, found, records, adapter: device.info.name }),
    records: all,
  };
}

function describeFound(found: Found, plan: SearchPlan) {
  const { parameters } = found;
  return {
    options: layerOptionsOf(parameters),
    temperature: parameters.temperature,
    helps: helps(found),
    verdict: verdictOf(found, plan),
    params: formatParams(parameters, foundOf(found, plan.metric)),
  };
}
