import type { IncomingMessage } from "node:http";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { DeviceError, ValueError, type ErrorFacts } from "../../errors.ts";
import type { Configuration } from "../../train/configuration.ts";
import { checkpointLimit, samplesLimit } from "../../train/limits.ts";
import type { Timetable } from "../../train/loop.ts";
import type { Metric } from "../../train/metrics.ts";
import { packSample } from "../../train/remote.ts";
import type { Outcome } from "../../train/runTraining.ts";
import {
  bestFile,
  checkpointFile,
  samplesFile,
  startFile,
  type Split,
  type Surroundings,
} from "../../train/surroundings.ts";
import { runInPage } from "../chromium.ts";
import { hasGraphics } from "../hosts.ts";
import type { DeviceOptions } from "../options.ts";
import { allowOnly, bodyOf, Refused, unknown, type Answer } from "../pageServer.ts";

/** The task that a page receives. */
export interface PageTask {
  readonly configuration: Configuration;
  readonly timetable: Timetable;
  readonly images: Surroundings["images"];
  readonly device: DeviceOptions;
  /** Names of the files to begin from, as `begin/resume` and `begin/init` serve them. */
  readonly resume?: string;
  readonly init?: string;
  readonly exact?: boolean;
}

/** What a page reports: a metric, or how the training ended. */
export interface PageNews {
  readonly metric?: Metric;
  readonly outcome?: Outcome;
  readonly refusal?: ErrorFacts;
}

/** A step of a large network on a slow adapter may take minutes. */
const silentMilliseconds = 3_600_000;

/**
 * Trains in a page of headless Chromium: images go there and checkpoints come back over the loopback interface.
 * @throws DeviceError where the page fails; ValueError for what the training refuses there; what reading an image throws
 */
export async function trainInPage(task: PageTask, surroundings: Surroundings): Promise<Outcome> {
  let outcome: Outcome | undefined;
  let failure: unknown;
  const remember = (error: unknown): never => {
    failure ??= error;
    throw error;
  };
  const answer = serveRun(task, surroundings);
  try {
    await runInPage({
      places: { bundle: dirname(fileURLToPath(import.meta.url)) },
      // A request that is refused is no fault of the run: the page fails by itself where it was the page's.
      answer: (words, request) =>
        answer(words, request).catch((error: unknown) => {
          if (error instanceof Refused) throw error;
          return remember(error);
        }),
      isolated: true,
      software: !hasGraphics(),
      keepOnInterrupt: true,
      script: `import("./bundle/trainPage.js").then(({ trainHere }) => trainHere(${JSON.stringify(task)}, report))`,
      report: async (said: PageNews) => {
        if (said.metric) return surroundings.record(said.metric).catch(remember);
        if (said.refusal) failure ??= new ValueError(said.refusal);
        outcome = said.outcome;
        return undefined;
      },
      silence: silentMilliseconds,
    });
  } catch (error) {
    throw failure ?? error;
  }
  if (failure) throw failure;
  if (outcome) return outcome;
  throw new DeviceError({ where: "Chromium", expected: "the outcome of the training", got: "none" });
}

/** Serves samples and the files to begin from, and takes the files that a run writes. */
export function serveRun(
  { configuration, resume, init }: Pick<PageTask, "configuration" | "resume" | "init">,
  surroundings: Surroundings,
): Answer {
  const begin = new Map(Object.entries({ resume, init }));
  /** Pixels of the largest validation image that the page has seen. */
  let pixels = 0;
  const limits = new Map([
    [checkpointFile, () => checkpointLimit(configuration)],
    [bestFile, () => checkpointLimit(configuration)],
    [startFile, () => checkpointLimit(configuration)],
    [samplesFile, () => samplesLimit(pixels, configuration.classes.length, surroundings.images.val)],
  ]);
  const saving = new Set<string>();

  async function sample(split: string, word: string) {
    const count = split === "train" || split === "val" ? surroundings.images[split] : 0;
    const index = /^\d{1,15}$/.test(word) ? Number(word) : NaN;
    if (!(index < count)) throw unknown();
    const found = await surroundings.sample(split as Split, index);
    if (split === "val") pixels = Math.max(pixels, found.labels.length);
    return { bytes: packSample(found) };
  }

  async function save(name: string, request: IncomingMessage) {
    const limit = limits.get(name);
    if (!limit) throw unknown();
    if (saving.has(name)) throw new Refused(409, "expected one upload at a time");
    saving.add(name);
    try {
      await surroundings.save(name, async (sink) => {
        for await (const chunk of bodyOf(request, limit())) await sink.write(chunk);
      });
    } finally {
      saving.delete(name);
    }
    return { bytes: new Uint8Array() };
  }

  return async (words, request) => {
    const [place, name = "", index = ""] = words;
    if (place === "sample" && words.length === 3) {
      allowOnly("GET", request);
      return sample(name, index);
    }
    if (place === "save" && words.length === 2) {
      allowOnly("POST", request);
      return save(name, request);
    }
    const file = place === "begin" && words.length === 2 ? begin.get(name) : undefined;
    if (file === undefined) return undefined;
    allowOnly("GET", request);
    return { file };
  };
}
