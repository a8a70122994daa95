import { computed, signal } from "@preact/signals";
import { proxy } from "comlink";
import { connect } from "../../engine/connect.ts";
import { moved } from "../../engine/moved.ts";
import { roomParameters } from "../../shell/address.ts";
import { notify, notifyError } from "../../shell/notices.ts";
import { withLook } from "./looks.ts";
import type { CrfValues, Event, FileAt, FolderReport, Predicted, RunView } from "./run.ts";
import type { LearnService } from "./service.ts";
import { sameRun, type Settings, settingLimits, usualSettings } from "./settings.ts";

/** What the reader has set, in the address. */
export const settings = roomParameters("learn", usualSettings, settingLimits);

export const set = (changed: Partial<Settings>): void => {
  settings.value = { ...settings.peek(), ...changed };
};

const connection = connect<LearnService>(
  "learn",
  () => new Worker(new URL("./learn.worker.ts", import.meta.url), { type: "module" }),
);
const { service } = connection;

/** What the device is, for the command that goes on elsewhere. */
export const facts = connection.facts;

/** `preparing`: there is no run yet, or another one is made. */
export type Doing = "preparing" | "waiting" | "training" | "pausing";
export const doing = signal<Doing>("preparing");
/** The run as it was when it last stood still. */
export const run = signal<RunView | undefined>(undefined);
export const predictions = signal<readonly Predicted[]>([]);
/** What the CRF had learned, at some of the steps. */
export const crf = signal<readonly CrfValues[]>([]);
export const folder = signal<FolderReport | undefined>(undefined);
/** Steps a second, over the last second or so; none while nothing is trained. */
export const speed = signal<number | undefined>(undefined);

/** What the charts draw, by step. The arrays grow; the signal `drawn` says when. */
export interface History {
  readonly steps: number[];
  readonly loss: number[];
  /** The loss as it would be without the differences between pictures. */
  readonly smooth: number[];
  readonly validations: number[];
  readonly network: number[];
  readonly crf: (number | null)[];
}
const emptied = (): History => ({ steps: [], loss: [], smooth: [], validations: [], network: [], crf: [] });
export const history = signal<History>(emptied());
export const drawn = signal(0);

/** Steps done. */
export const step = computed(() => (drawn.value, Math.max(run.value?.step ?? 0, history.value.steps.at(-1) ?? 0)));

/** Whether what is set would make another run than the one that is here. */
export const differs = computed(() => run.value !== undefined && !sameRun(settings.value, run.value.settings));

/** The smoothed loss forgets a step's to a third in this many steps. */
const memory = 20;

function addStep({ steps, loss, smooth }: History, at: number, value: number): void {
  const before = smooth.at(-1);
  const share = 1 / Math.min(steps.length + 1, memory);
  steps.push(at);
  loss.push(value);
  smooth.push(before === undefined ? value : before + share * (value - before));
}

function show(view: RunView): void {
  const fresh = emptied();
  for (const metric of view.metrics) {
    if (metric.event === "step") addStep(fresh, metric.step, metric.lossPerPixel);
    if (metric.event === "validation") addValidation(fresh, metric);
  }
  run.value = view;
  predictions.value = view.predictions;
  crf.value = view.crf;
  history.value = fresh;
  drawn.value++;
}

type Validation = Extract<Event, { kind: "validation" }>["metric"];

function addValidation({ validations, network, crf: refined }: History, metric: Validation): void {
  validations.push(metric.step);
  network.push(metric.network.meanIU);
  refined.push(metric.crf?.meanIU ?? null);
}

/** When steps were heard of, in milliseconds, for their speed. */
let heard: { readonly step: number; readonly time: number }[] = [];

function hear(event: Event): void {
  const past = history.peek();
  switch (event.kind) {
    case "warning":
      notify({ kind: "warning", key: "learn-kept", text: event.sentence });
      return;
    case "validation":
      addValidation(past, event.metric);
      predictions.value = event.predictions;
      break;
    case "steps": {
      for (const metric of event.metrics) addStep(past, metric.step, metric.lossPerPixel);
      if (event.crf) crf.value = withLook(crf.peek(), event.crf);
      const now = { step: past.steps.at(-1) ?? 0, time: performance.now() };
      heard = [...heard.filter(({ time }) => now.time - time < 2000), now];
      const [first] = heard;
      if (heard.length > 1) speed.value = (1000 * (now.step - first!.step)) / (now.time - first!.time);
    }
  }
  drawn.value++;
}

/** Whether training was under way in this tab when it was last looked at: then it goes on after a reload. */
const going = {
  key: "crf-rnn-learn-going",
  get: (): boolean => sessionStorage.getItem(going.key) !== null,
  set: (on: boolean): void => {
    if (on) sessionStorage.setItem(going.key, "yes");
    else sessionStorage.removeItem(going.key);
  },
};

/** Shows the run that is kept, or a new one. Called whenever a device was opened. */
export async function openRun(): Promise<void> {
  // What the address says stands; one that says nothing leaves it to the run that is kept.
  const silent = sameRun(settings.peek(), usualSettings);
  try {
    const opened = await service.open(settings.peek());
    folder.value = opened.folder;
    show(opened.run);
    if (silent) settings.value = opened.run.settings;
    doing.value = "waiting";
    if (going.get()) void train();
  } catch (error) {
    notifyError(error, "learn");
  }
}
export const opened = connection.opened;

/** Trains until the reader pauses, or for so many steps. */
export async function train(steps?: number): Promise<void> {
  if (doing.peek() !== "waiting") return;
  doing.value = "training";
  heard = [];
  going.set(steps === undefined);
  try {
    show(await service.train(steps, proxy(hear)));
    settle(true);
  } catch (error) {
    notifyError(error, "learn");
    settle(false);
  }
}

/** Training has ended: as the reader wanted, because of another device, or by a mistake. */
function settle(well: boolean): void {
  speed.value = undefined;
  if (!well) going.set(false);
  // Where another run is prepared meanwhile, that is not done yet.
  if (doing.peek() !== "preparing") doing.value = "waiting";
  if (!well) service.view().then(show, notifyError);
}

export async function pause(): Promise<void> {
  if (doing.peek() !== "training") return;
  doing.value = "pausing";
  going.set(false);
  await service.pause();
}

/** Does something for which nothing may be under way. */
async function standing(work: () => Promise<RunView>): Promise<boolean> {
  going.set(false);
  doing.value = "preparing";
  try {
    const view = await work();
    show(view);
    settings.value = view.settings;
    return true;
  } catch (error) {
    notifyError(error, "learn");
    return false;
  } finally {
    speed.value = undefined;
    doing.value = "waiting";
  }
}

/** Begins a run of what is set, with no step done. */
export const begin = (): Promise<boolean> => standing(() => service.begin(settings.peek()));

export async function loadCheckpoint(file: File): Promise<void> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const loaded = await standing(() => service.load(moved(bytes), file.name, settings.peek()));
  if (loaded) {
    notify({ kind: "success", key: "learn", text: `${file.name} goes on from step ${run.peek()!.step}.` });
  }
}

export async function takeFolder(name: string, files: readonly FileAt[]): Promise<void> {
  try {
    folder.value = await service.take(name, files, settings.peek().size);
    set({ source: "folder" });
  } catch (error) {
    notifyError(error, "learn-folder");
  }
}

/** Hands the reader a file. */
function save(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  const url = URL.createObjectURL(new Blob([bytes]));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** While a run goes on, what is saved is its last step: it stops for a moment. */
async function whileStanding(work: () => Promise<void>): Promise<void> {
  const goesOn = doing.peek() === "training";
  try {
    if (goesOn) await pauseWhole();
    await work();
  } catch (error) {
    notifyError(error, "learn");
  }
  if (goesOn) void train();
}

/** Pauses, and waits until the page knows of it. */
async function pauseWhole(): Promise<void> {
  await pause();
  while (doing.peek() !== "waiting") await new Promise((resolve) => setTimeout(resolve, 10));
}

export const saveCheckpoint = (): Promise<void> =>
  whileStanding(async () => save(await service.checkpoint(), `crf-rnn-step-${run.peek()!.step}.safetensors`));

export const saveArchive = (): Promise<void> =>
  whileStanding(async () => save(await service.archive(), `crf-rnn-step-${run.peek()!.step}.zip`));
