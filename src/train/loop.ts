import { augment } from "../data/augment.ts";
import { ValueError } from "../errors.ts";
import { accumulate } from "../optim/accumulate.ts";
import type { Tensor } from "../tensor.ts";
import { ahead } from "./ahead.ts";
import { type Configuration, isAveraged, scheduleOf } from "./configuration.ts";
import { differentiate, type Differentiated, disposeAll } from "./differentiate.ts";
import { adviceFor, explainClipping, type Saved } from "./diverged.ts";
import { Draws } from "./draws.ts";
import { freeGradients } from "./freedom.ts";
import { Order } from "./order.ts";
import { purpose, randomNumbers } from "../shared/random.ts";
import type { Run } from "./run.ts";
import type { Sample } from "./sample.ts";
import { Share } from "./share.ts";
import { type Best, crfNames, writeParameters, writeState } from "./state.ts";
import { bestFile, checkpointFile, startFile, type Surroundings } from "./surroundings.ts";
import { validate } from "./validate.ts";

/** How long to train, and how often to look and to save, in steps. */
export interface Timetable {
  /** Steps in all, those before a run was resumed included. */
  readonly steps: number;
  readonly validateEvery: number;
  readonly saveEvery: number;
  /** After how many validations in a row that are no better than the best one the run ends. Left out, it goes to its last step. */
  readonly patience?: number;
}

/** What is left of a timetable. */
interface Stretch extends Timetable {
  /** Steps done before. */
  readonly from: number;
  /** The best validation before. */
  readonly best?: Best;
  /** Whether the network that the run begins from was trained without the CRF. */
  readonly apart?: boolean;
}

/** How a run ends: after its last step, by a request to stop, or because its patience is spent. */
export type Ending = "finished" | "interrupted" | "patience";

/**
 * Trains from one step to another. The bits after a step depend on configuration, parameters, the optimizer's memory and the
 * number of the step alone, so that a run that goes on from a checkpoint ends where one without a stop does.
 * @throws ValueError where a loss is NaN or infinite, with the layer where it first appears; the last checkpoint stands
 */
export async function train(run: Run, timetable: Stretch): Promise<Ending> {
  const { optimizer, configuration, surroundings } = run;
  const { batch, seed, optimizer: options } = configuration;
  const { ranks } = surroundings;
  const rateOf = scheduleOf(options);
  const order = new Order(surroundings.images.train, seed);
  const draws = new Draws(batch, timetable.steps, ranks);
  const sample = (draw: number): Promise<Sample> => sampleOf(draw, order, configuration, surroundings);
  const first = timetable.from * batch;
  const share = ranks && (await Share.begin(run, ranks, await sample(first), first));
  const next = ahead(sample, (draw) => draws.after(draw));
  const isSound = soundness(configuration.classes.length);
  let saved: Saved = timetable.from === 0 ? {} : { step: timetable.from, unproven: true };
  let due = timetable.from === 0;
  await surroundings.look?.(run.trainable.parameters, timetable.from);
  let { best } = timetable;
  const keep = async (step: number): Promise<void> => {
    if (step === 0) await saveStart(run);
    await save(run, checkpointFile, { step, best }, saved);
    saved = { step };
    due = false;
  };
  /** A better validation is kept with a checkpoint that knows of it: a mean IU shows, as a loss does, that the parameters are sound. */
  const look = async (step: number, apart = false): Promise<void> => {
    const meanIU = await validate(run, step, saved, apart);
    if (meanIU === undefined || Number.isNaN(meanIU)) return;
    if (best && meanIU <= best.meanIU) return void (best = { ...best, waited: best.waited + 1 });
    best = { step, meanIU, waited: 0 };
    await keep(step);
    await save({ ...run, optimizer: undefined }, bestFile, { step, best }, saved);
  };
  const isSpent = (): boolean => best !== undefined && best.waited >= (timetable.patience ?? Infinity);
  if (timetable.from === 0 && !best && configuration.beginning !== "none") await look(0, timetable.apart);
  if (isSpent()) return "patience";
  for (let step = timetable.from; step < timetable.steps; step++) {
    let began = performance.now();
    const own = draws.of(step);
    const summed = share ? share.differentiate(own, next, saved) : differentiateAll(run, own, next, saved);
    const { gradients, loss, pixels } = await summed;
    const lossPerPixel = isAveraged(configuration.loss) ? loss / batch : loss / pixels;
    const sound = isSound(lossPerPixel);
    try {
      if (sound && saved.unproven) saved = { step: saved.step };
      if (sound && due) {
        const before = performance.now();
        await keep(step);
        began += performance.now() - before;
      }
      await freeGradients(gradients, run.trainable.parameters, configuration);
      optimizer.rate = rateOf(step);
      optimizer(gradients);
      const error = await explainClipping(gradients, run, step + 1, saved);
      if (error) throw error;
    } finally {
      disposeAll(gradients);
    }
    await run.trainable.finish();

    const done = step + 1;
    const { stop: asked } = await surroundings.record({
      event: "step",
      step: done,
      epoch: (done * batch) / surroundings.images.train,
      loss,
      lossPerPixel,
      rate: optimizer.rate,
      seconds: (performance.now() - began) / 1000,
    });
    const stop = share ? await share.any(asked) : asked;
    await surroundings.look?.(run.trainable.parameters, done);
    const last = done === timetable.steps;
    if (last || done % timetable.validateEvery === 0) await look(done);
    due ||= done % timetable.saveEvery === 0 && saved.step !== done;
    const spent = isSpent();
    if ((last || stop || spent) && saved.step !== done) await keep(done);
    if (spent && !last) return "patience";
    if (stop && !last) return "interrupted";
  }
  return "finished";
}

/** A run whose losses have been large for this many steps is not diverging; large losses are normal for it. */
const patience = 20;

/**
 * Tells from the loss of a step whether the parameters before it are worth resuming from. A diverging run stays finite
 * for some steps while its loss grows beyond any plausible value. A checkpoint from such a moment would not help at any
 * rate, so a checkpoint that is due waits until a loss has shown that the parameters are sound.
 */
function soundness(classes: number): (lossPerPixel: number) => boolean {
  const most = (loss: number): number => 10 * (loss + Math.log(classes));
  let limit: number | undefined;
  let wild = 0;
  return (loss) => {
    limit ??= most(loss);
    wild = loss <= limit ? 0 : wild + 1;
    if (wild > patience) [limit, wild] = [most(loss), 0];
    return wild === 0;
  };
}

async function save(
  { surroundings, ...run }: Omit<Run, "optimizer"> & Partial<Pick<Run, "optimizer">>,
  file: string,
  { step, best }: { readonly step: number; readonly best?: Best },
  saved: Saved,
): Promise<void> {
  const { configuration } = run;
  try {
    await surroundings.save(file, (sink) => writeState(sink, { ...run, best }, step));
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const { where, expected, got } = error;
    throw new ValueError({ where, expected, got, remedy: adviceFor(configuration, saved) }, { cause: error });
  }
}

/** Keeps what a CRF begins from, so that what it has learned can be told. */
async function saveStart({ trainable, surroundings }: Run): Promise<void> {
  const own = Object.entries(trainable.parameters).filter(([name]) => crfNames.includes(name));
  if (own.length === 0) return;
  await surroundings.save(startFile, (sink) => writeParameters(sink, Object.fromEntries(own)));
}

/** Goes through a step's draws, one item after the other, of whatever sizes. What throws leaves no gradient behind. */
async function differentiateAll(
  run: Run,
  draws: readonly number[],
  sampleOf: (draw: number) => Promise<Sample>,
  saved: Saved,
): Promise<Differentiated> {
  const total = { gradients: new Map<Tensor, Tensor>(), loss: 0, pixels: 0 };
  try {
    for (const draw of draws) {
      const { gradients, loss, pixels } = await differentiate(run, await sampleOf(draw), draw, saved);
      accumulate(total.gradients, gradients);
      total.loss += loss;
      total.pixels += pixels;
    }
    return total;
  } catch (error) {
    disposeAll(total.gradients);
    throw error;
  }
}

async function sampleOf(
  draw: number,
  order: Order,
  { seed, augmentation }: Configuration,
  surroundings: Surroundings,
): Promise<Sample> {
  const sample = await surroundings.sample("train", order.at(draw));
  return { ...sample, ...augment(sample, augmentation, randomNumbers(seed, purpose.augmentation, draw)) };
}
