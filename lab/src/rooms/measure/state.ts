import { computed, effect, signal } from "@preact/signals";
import { proxy } from "comlink";
import { connect } from "../../engine/connect.ts";
import { notify, notifyError } from "../../shell/notices.ts";
import type { Machine } from "./machine.ts";
import { parameters, patternOf } from "./parameters.ts";
import type { Event, Figures, Line, MeasureService, Others } from "./service.ts";

const connection = connect<MeasureService>(
  "measure",
  () => new Worker(new URL("./measure.worker.ts", import.meta.url), { type: "module" }),
);
const { service } = connection;
export const facts = connection.facts;

/** What the machine tells of itself. */
export const machine = signal<Machine | undefined>(undefined);
/** The names of all lines, in their order. */
export const names = signal<readonly string[]>([]);
/** What was measured last, whole. */
export const figures = signal<Figures | undefined>(undefined);
/** Lines that have been measured in the run that is under way, or in the last. */
export const lines = signal<readonly Line[]>([]);
/** The names of what the run that is under way measures, or the last one measured. */
export const wanted = signal<readonly string[]>([]);
/** A run that is under way. */
export const running = signal<Running | undefined>(undefined);
/** What another run measured. */
export const others = signal<Others | undefined>(undefined);

export interface Running {
  readonly line: string;
  /** Lines that were begun, the ceilings among them, and all that there will be. */
  readonly begun: number;
  readonly all: number;
  /** Seconds that are left, about. */
  readonly left: number;
}

effect(() => {
  if (connection.opened.value === 0) return;
  // Another device: what was measured on the one before stays on view until it is measured anew.
  void Promise.all([service.machine(), service.names()]).then(([told, all]) => {
    machine.value = told;
    names.value = all;
  }, notifyError);
});

/** Names that are asked for; undefined where the pattern is none. */
export const asked = computed<readonly string[] | undefined>(() => {
  try {
    const pattern = new RegExp(patternOf(parameters.value));
    return names.value.filter((name) => pattern.test(name));
  } catch {
    return undefined;
  }
});

/** The ceilings are five measurements. */
const ofCeilings = 5;
/** What a line takes over the seconds that it is measured for, in seconds: to prepare, and to measure thrice where that is longer. */
const besides = 1.3;

/** About how many seconds this will take. */
export const expected = computed(
  () => ofCeilings * parameters.value.seconds + (asked.value?.length ?? 0) * (parameters.value.seconds + besides),
);

export async function measure(): Promise<void> {
  const { seconds, size } = parameters.peek();
  const [width = 0, height = 0] = size.split("x").map(Number);
  const all = 1 + (asked.peek()?.length ?? 0);
  const start = performance.now();
  const whole = expected.peek();
  const hear = (event: Event): void => {
    if ("line" in event) lines.value = [...lines.peek(), event.line];
    else running.value = progressOf(event.begins, (running.peek()?.begun ?? 0) + 1, all, start, whole);
  };
  running.value = { line: "", begun: 0, all, left: whole };
  wanted.value = asked.peek() ?? [];
  lines.value = [];
  figures.value = undefined;
  try {
    await connection.ready();
    const wish = { only: patternOf(parameters.peek()), seconds, width, height };
    const measured = await service.measure(wish, proxy(hear));
    figures.value = measured;
    lines.value = [...measured.kernels, ...measured.composites];
  } catch (error) {
    wanted.value = [];
    notifyError(error, "measure");
  } finally {
    running.value = undefined;
  }
}

/** Lines are of all lengths: at first what is left is guessed, then more and more told by what was. */
function progressOf(line: string, begun: number, all: number, start: number, guess: number): Running {
  const elapsed = (performance.now() - start) / 1000;
  const share = (begun - 1) / all;
  const told = share > 0 ? elapsed / share : guess;
  const whole = share * told + (1 - share) * Math.max(guess, elapsed);
  return { line, begun, all, left: Math.max(1, whole - elapsed) };
}

/** Ends the run with what was measured. */
export async function stop(): Promise<void> {
  wanted.value = [];
  await service.stop();
}

/** Reads another run's figures, to compare with. */
export async function load(files: readonly File[]): Promise<void> {
  const [file] = files;
  if (!file) return;
  try {
    await connection.ready();
    others.value = await service.read(new Uint8Array(await file.arrayBuffer()), file.name);
    notify({ kind: "success", key: "compare", text: `The figures of “${file.name}” are there to compare with.` });
  } catch (error) {
    notifyError(error, "compare");
  }
}

/** The least time of a line in the other run, in milliseconds. */
export const theirs = (name: string): number | undefined => others.value?.times.milliseconds[name];

/** What is saved: facts that `crf-rnn bench --compare` reads, with ratios where there is something to compare with. */
export const json = computed(() => (figures.value ? `${JSON.stringify(figures.value, undefined, 2)}\n` : ""));

export const markdown = (measured: Figures): Promise<string> => service.markdown(measured);
