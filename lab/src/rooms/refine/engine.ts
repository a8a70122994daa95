import { batch, computed, effect } from "@preact/signals";
import { proxy } from "comlink";
import { connect } from "../../engine/connect.ts";
import { notifyError } from "../../shell/notices.ts";
import { parameters, ranges } from "./parameters.ts";
import type { RefineAnswer, RefineRequest, RefineService } from "./service.ts";
import {
  busy,
  classes,
  compatibility,
  drawing,
  drawn,
  film,
  frame,
  isEmpty,
  picture,
  result,
  scores,
  settled,
} from "./state.ts";

const connection = connect<RefineService>(
  "refine",
  () => new Worker(new URL("./refine.worker.ts", import.meta.url), { type: "module" }),
);
export const { service, facts } = connection;

/**
 * A result that takes longer than this gives way to a newer request, in milliseconds. A shorter one is shown first, or a hand that
 * does not rest would see none.
 */
const patience = 1500;

/** What the worker has: it is sent a picture and scores once, not with every stroke. */
let sent = { opened: 0, picture: 0, scores: 0 };
let running: { readonly since: number } | undefined;
let again = false;
/** What the last result was asked for: the same numbers ask for nothing new. */
let asked: string | undefined;

/** What is asked for now; undefined while there is nothing to refine. */
export function requestNow(): RefineRequest | undefined {
  const { labels } = drawing.peek();
  if (isEmpty.peek() || labels.length !== (picture.peek()?.pixels.length ?? 0) / 4) return undefined;
  return { ...crf.peek(), labels: labels.slice() };
}

/** What the CRF is told: the values that are computed with, and the number of classes. */
export const crf = computed((): Omit<RefineRequest, "labels"> => {
  const { value: all } = parameters;
  const count = classes.value.length;
  // What the address says for other classes than there are is as good as nothing.
  const own = all.compatibility.length === count ** 2 ? compatibility.value : [];
  const confidence = Math.max(all.confidence, leastConfidence(count));
  const { thetaAlpha, thetaBeta, thetaGamma, bilateralWeight, spatialWeight, iterations, temperature, normalization } =
    all;
  const filters = { thetaAlpha, thetaBeta, thetaGamma, bilateralWeight, spatialWeight };
  const numbers = { ...filters, iterations, temperature, confidence };
  return { classes: count, values: { ...numbers, normalization, compatibility: own } };
});

/** A drawn pixel is surer than a guess. */
export const leastConfidence = (count: number): number => Math.max(ranges.confidence[0], 1 / count + 0.01);

/** Sees to it that the worker has the picture and the scores. */
export async function supply(): Promise<void> {
  await connection.ready();
  const opened = connection.opened.peek();
  const [shown, given] = [picture.peek()!, scores.peek()];
  if (sent.opened !== opened || sent.picture !== shown.id) {
    await service.show({ data: shown.pixels, width: shown.width, height: shown.height });
    sent = { opened, picture: shown.id, scores: 0 };
  }
  if (sent.scores !== (given?.id ?? 0)) {
    await service.give(given && { data: given.data, classes: given.classes });
    sent = { ...sent, scores: given?.id ?? 0 };
  }
}

async function refineNow(): Promise<void> {
  again = false;
  const request = requestNow();
  if (!request) {
    batch(() => {
      result.value = undefined;
      busy.value = false;
      settled.value = true;
    });
    return;
  }
  const mine = (running = { since: performance.now() });
  busy.value = true;
  const id = picture.peek()!.id;
  try {
    await supply();
    const began = performance.now();
    const answer = await service.refine(request);
    if (answer && picture.peek()!.id === id && classes.peek().length === request.classes) {
      show(answer, request, performance.now() - began);
    }
  } catch (error) {
    notifyError(error, "refine");
  } finally {
    if (running === mine) {
      running = undefined;
      if (again) void refineNow();
      else {
        busy.value = false;
        settled.value = true;
      }
    }
  }
}

function show(answer: RefineAnswer, { classes: count, values }: RefineRequest, whole: number): void {
  const numbers = { ...answer.numbers, milliseconds: { ...answer.numbers.milliseconds, whole } };
  const { id } = picture.peek()!;
  result.value = { ...answer, numbers, picture: id, classes: count, iterations: values.iterations };
}

/** Asks for a result of what is drawn and set now, soon. */
function follow(): void {
  batch(() => {
    film.value = undefined;
    frame.value = undefined;
  });
  again = true;
  if (!running || performance.now() - running.since > patience) void refineNow();
}

/** What a result depends on. */
effect(() => {
  const shown = picture.value;
  const key = JSON.stringify([crf.value, drawn.value, scores.value?.id, connection.opened.value, shown?.id]);
  if (!shown || key === asked) return;
  asked = key;
  settled.value = false;
  queueMicrotask(follow);
});

/** The number of iterations that the film shows. */
export const lastFrame = ranges.iterations[1];

/** Computes the label maps after 0 … 20 iterations, unless they are there. */
export async function shoot(): Promise<void> {
  if (film.peek()) return;
  const wanted = requestNow();
  if (!wanted) return;
  // A request that comes in between would take the place of the result.
  while (running) await new Promise((resolve) => setTimeout(resolve, 20));
  if (film.peek()) return;
  const maps: Uint8Array[] = [];
  const mine = { maps, whole: false };
  film.value = mine;
  const kept = asked;
  try {
    await supply();
    const onFrame = proxy((iteration: number, labels: Uint8Array) => {
      if (kept !== asked) return;
      maps[iteration] = labels;
      film.value = { maps, whole: iteration === lastFrame };
    });
    const whole = await service.play(wanted, lastFrame, onFrame);
    if (!whole && film.peek()?.maps === maps) film.value = undefined;
  } catch (error) {
    film.value = undefined;
    notifyError(error, "refine");
  }
}
