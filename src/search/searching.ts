import type { Device } from "../device/device.ts";
import type { Complete } from "../description.ts";
import type { Abortable } from "../turn.ts";
import { type Gain, gainOf } from "./bootstrap.ts";
import { bandwidthNames, checkStep, climb, type Scored } from "./climb.ts";
import { halve, rungsOf } from "./halving.ts";
import { inferTally } from "./infer.ts";
import type { searchOptions } from "./options.ts";
import { type Continuous, keyOf, parameterNames, type SearchParameters } from "./parameters.ts";
import { reader, type SearchSet } from "./pictures.ts";
import type { Origin, Records, Slopes } from "./records.ts";
import { pointOf, shuffled } from "./sequence.ts";
import { lossOf, slopedLossOf } from "./slopes.ts";
import { isOpen, parametersAt, publishedIn, type Space } from "./space.ts";
import { scoreOf, type Tally } from "./tally.ts";

/** All that the result of a search depends on, besides pictures and device. */
export interface SearchPlan extends Complete<typeof searchOptions> {
  readonly space: Space;
}

/** How a search goes. */
export interface Searching extends Abortable {
  /** Told after each inference. */
  readonly onInference?: (stage: string) => void;
  /** Only every `of`-th trial, beginning with the `index`-th from 1 on, and no gradients: a part, whose records others put together. */
  readonly part?: { readonly index: number; readonly of: number };
}

/** What was chosen without one part of the pictures, and how it labels that part. */
export interface Fold {
  readonly parameters: SearchParameters;
  /** The ids of the pictures that were held out. */
  readonly pictures: readonly string[];
  /** The score of the logits alone, and with the CRF, on these. */
  readonly network: number;
  readonly score: number;
}

/** What a search found. */
export interface Found {
  readonly parameters: SearchParameters;
  /** The score of the logits alone over all pictures. */
  readonly network: number;
  /** The score over all pictures, each labeled by what was chosen without it: an honest guess for pictures that nobody has seen. */
  readonly score: number;
  /** The score of the parameters on the pictures that they were chosen on, which flatters them. */
  readonly chosen: number;
  readonly gain: Gain;
  readonly folds: readonly Fold[];
}

/** Pictures that a gradient is the mean over. */
const gradientPictures = 8;

interface Trial {
  readonly parameters: SearchParameters;
  readonly from: Origin;
}

/** The trials that are drawn beforehand: the published parameters and points of the sequence, each once. */
export function trialsOf({ space, seed, trials }: SearchPlan, side: number) {
  const published = publishedIn(space, side).map((parameters): Trial => ({ parameters, from: "published" }));
  const drawn = Array.from({ length: trials }, (_, index): Trial => {
    return { parameters: parametersAt(space, pointOf(seed, parameterNames.length, index)), from: "sequence" };
  });
  return [...new Map([...published, ...drawn].map((trial) => [keyOf(trial.parameters), trial])).values()];
}

/**
 * The indices of the pictures in the order in which rungs take them, for the choice from all of them, and for that without each part.
 * The first is that from all.
 */
export function choicesOf({ seed, folds }: Pick<SearchPlan, "seed" | "folds">, count: number) {
  const order = shuffled(seed, count);
  const parts = Math.min(folds, count);
  const isHeldOut = (fold: number) => (_: number, place: number) => place % parts === fold;
  const apart = Array.from({ length: parts }, (_, fold) => ({
    chosenFrom: order.filter((index, place) => !isHeldOut(fold)(index, place)),
    heldOut: order.filter(isHeldOut(fold)),
  }));
  return [{ chosenFrom: order, heldOut: [] as number[] }, ...apart];
}

/** Searches; with `part`, only computes what it would need of these trials, and returns nothing. */
export async function search(
  device: Device,
  set: SearchSet,
  plan: SearchPlan,
  records: Records,
  { part, onInference, signal }: Searching,
): Promise<Found | undefined> {
  const { metric, seed, shifts, radius } = plan;
  const { classes, ids } = set;
  const read = reader(set, radius);
  const indices = new Map(ids.map((id, index) => [id, index]));
  const names = (pictures: readonly number[]): string[] => pictures.map((index) => ids[index]!);
  const all = trialsOf(plan, set.side);
  const trials = part ? all.filter((_, i) => i % part.of === part.index - 1) : all;

  const talliesOf = (parameters: SearchParameters | undefined, from: Origin, pictures: readonly number[]) =>
    records.tallies(parameters, from, names(pictures), async (id) => {
      const tally = await inferTally(device, await read(indices.get(id)!), parameters, classes, { signal });
      onInference?.(from === "gradient" ? "following gradients" : "trying parameters");
      return tally;
    });

  const scoreOn = async (parameters: SearchParameters, from: Origin, pictures: readonly number[]): Promise<number> =>
    scoreOf(await talliesOf(parameters, from, pictures), metric);

  const slopesOn = (parameters: SearchParameters, pictures: readonly number[]): Promise<Slopes> =>
    records.slopes(parameters, names(pictures), async () => {
      const some = { classes, shifts, seed, signal };
      const total = { loss: 0, pixels: 0, gradient: {} as Record<Continuous, number> };
      const slopes: Partial<Record<Continuous, number>> = {};
      for (const index of pictures) {
        const picture = await read(index);
        const { loss, gradient } = await slopedLossOf(device, picture, parameters, some);
        total.loss += loss;
        total.pixels += picture.labels.reduce((count, label) => count + Number(label < classes), 0);
        for (const [name, value] of Object.entries(gradient) as [Continuous, number][]) {
          total.gradient[name] = (total.gradient[name] ?? 0) + value;
        }
        for (const name of bandwidthNames.filter((each) => isOpen(plan.space[each]))) {
          const [less, more] = [-checkStep, checkStep].map((by) => ({
            ...parameters,
            [name]: parameters[name] * Math.exp(by),
          })) as [SearchParameters, SearchParameters];
          const [below, above] = [await lossOf(device, picture, less, some), await lossOf(device, picture, more, some)];
          slopes[name] = (slopes[name] ?? 0) + (above - below) / (2 * checkStep);
        }
        onInference?.("checking gradients");
      }
      const perPixel = <Name extends Continuous>(sums: Readonly<Partial<Record<Name, number>>>) =>
        Object.fromEntries(
          Object.entries(sums).map(([name, value]) => [name, (value as number) / Math.max(1, total.pixels)]),
        ) as Record<Name, number>;
      return {
        loss: total.loss / Math.max(1, total.pixels),
        gradient: perPixel(total.gradient),
        slopes: perPixel(slopes),
      };
    });

  const choose = async (pictures: readonly number[]): Promise<Scored> => {
    // A part keeps its share of what all keep together.
    const rungs = rungsOf(all.length, pictures.length).map((rung) => ({
      ...rung,
      trials: Math.ceil(rung.trials / (part?.of ?? 1)),
    }));
    const ranked = await halve(trials, rungs, (trial, count) =>
      scoreOn(trial.parameters, trial.from, pictures.slice(0, count)),
    );
    const { trial, score } = ranked[0]!;
    const begin = { parameters: trial.parameters, score };
    if (part) return begin;
    const some = pictures.slice(0, gradientPictures);
    return climb(
      begin,
      plan.space,
      plan.gradientSteps,
      (parameters) => slopesOn(parameters, some),
      (parameters) => scoreOn(parameters, "gradient", pictures),
    );
  };

  const network = await talliesOf(undefined, "published", [...ids.keys()]);
  const [{ chosenFrom }, ...apart] = choicesOf(plan, ids.length) as [Choice, ...Choice[]];
  if (part) {
    for (const choice of [chosenFrom, ...apart.map((each) => each.chosenFrom)])
      if (trials.length > 0) await choose(choice);
    return undefined;
  }
  let best = await choose(chosenFrom);
  const labeled: Tally[] = [];
  const folds: Fold[] = [];
  for (const { chosenFrom: others, heldOut } of apart) {
    const { parameters } = await choose(others);
    const tallies = await talliesOf(parameters, "sequence", heldOut);
    heldOut.forEach((index, i) => (labeled[index] = tallies[i]!));
    const before = heldOut.map((index) => network[index]!);
    folds.push({
      parameters,
      pictures: names(heldOut),
      network: scoreOf(before, metric),
      score: scoreOf(tallies, metric),
    });
    // A choice from fewer pictures may have climbed higher. It has been tried on all of them by now.
    const score = await scoreOn(parameters, "sequence", chosenFrom);
    if (score > best.score) best = { parameters, score };
  }
  return {
    parameters: best.parameters,
    network: scoreOf(network, metric),
    score: scoreOf(labeled, metric),
    chosen: best.score,
    gain: gainOf(network, labeled, metric, seed),
    folds,
  };
}

type Choice = ReturnType<typeof choicesOf>[number];

/** How many inferences a search takes: at least, where folds choose alike, and at most. */
export function costOf(plan: SearchPlan, set: Pick<SearchSet, "ids" | "side">) {
  const trials = trialsOf(plan, set.side).length;
  const choices = choicesOf(plan, set.ids.length).map(({ chosenFrom }) => chosenFrom);
  const rungs = choices.map((pictures) => rungsOf(trials, pictures.length));
  let [least, most] = [0, 0];
  const [first] = rungs as [ReturnType<typeof rungsOf>];
  first.forEach(({ trials: count }, rung) => {
    const reached = new Set(choices.flatMap((pictures, i) => pictures.slice(0, rungs[i]![rung]!.pictures)));
    const before = new Set(
      rung === 0 ? [] : choices.flatMap((pictures, i) => pictures.slice(0, rungs[i]![rung - 1]!.pictures)),
    );
    least += count * (reached.size - before.size);
    const each = (i: number): number => rungs[i]![rung]!.pictures - (rung === 0 ? 0 : rungs[i]![rung - 1]!.pictures);
    most += Math.min(
      trials * reached.size,
      rung === 0 ? count * reached.size : choices.reduce((sum, _, i) => sum + count * each(i), 0),
    );
  });
  // A try on all pictures, and, at most each time, a gradient with its checks: some twelve inferences a picture and shift.
  const climbs = choices.reduce(
    (sum, pictures) => sum + pictures.length + Math.min(gradientPictures, pictures.length) * 12 * plan.shifts,
    0,
  );
  if (plan.gradientSteps > 0) least += climbs;
  return {
    trials,
    pictures: set.ids.length,
    inferences: { least, most: Math.max(least, most + plan.gradientSteps * climbs) },
  };
}
