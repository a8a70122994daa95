import type { Metric } from "crf-rnn/train";
import { createStore, del, get, set } from "idb-keyval";
import type { CrfValues, Pictures, Predicted } from "./run.ts";
import type { Settings } from "./settings.ts";

/** A run as it is kept: all that it goes on from. */
export interface KeptRun {
  readonly settings: Settings;
  /** As trainingConfiguration made it, in JSON. */
  readonly configuration: string;
  readonly step: number;
  readonly metrics: readonly Metric[];
  readonly crf: readonly CrfValues[];
  readonly predictions: readonly Predicted[];
  readonly learned?: number;
  /** None before the first step. */
  readonly checkpoint?: Uint8Array<ArrayBuffer>;
  /** What its parameters began from. */
  readonly init?: Uint8Array<ArrayBuffer>;
}

/** The reader's own pictures as they were read, with the name of their folder. */
export interface KeptFolder {
  readonly name: string;
  readonly size: number;
  readonly pictures: Pictures;
}

const store = createStore("crf-rnn-learn", "kept");

/** What the browser keeps between visits; nothing where it keeps nothing. */
export const keptRun = (): Promise<KeptRun | undefined> => get<KeptRun>("run", store).catch(() => undefined);
export const keptFolder = (): Promise<KeptFolder | undefined> =>
  get<KeptFolder>("folder", store).catch(() => undefined);

/** @throws what the browser does where it keeps nothing, or has no room left */
export const keepRun = (run: KeptRun): Promise<void> => set("run", run, store);
export const keepFolder = (folder: KeptFolder): Promise<void> => set("folder", folder, store);
export const forgetRun = (): Promise<void> => del("run", store).catch(() => {});
