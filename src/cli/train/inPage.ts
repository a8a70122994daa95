import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { DeviceError, ValueError, type ErrorFacts } from "../../errors.ts";
import type { Configuration } from "../../train/configuration.ts";
import type { Schedule } from "../../train/loop.ts";
import type { Metric } from "../../train/metrics.ts";
import { packSample } from "../../train/remote.ts";
import type { Outcome } from "../../train/runTraining.ts";
import { checkpointFile, samplesFile, type Split, type Surroundings } from "../../train/surroundings.ts";
import { runInPage } from "../chromium.ts";
import { hasGraphics } from "../hosts.ts";
import type { CommonFlags } from "../options.ts";

/** What a page is told of its work. */
export interface PageTask {
  readonly configuration: Configuration;
  readonly schedule: Omit<Schedule, "from">;
  readonly images: Surroundings["images"];
  readonly prefer: CommonFlags["device"];
  readonly threads?: number;
  /** Names of the files to begin from, as `/begin/resume` and `/begin/init` serve them. */
  readonly resume?: string;
  readonly init?: string;
}

/** What a page tells: a metric, or how it ended. */
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
  const bundle = dirname(fileURLToPath(import.meta.url));
  const begin = { resume: task.resume, init: task.init };
  try {
    await runInPage({
      places: { bundle },
      answer: (request, response) => answer(request, response, surroundings, begin).catch(remember),
      isolated: true,
      software: !hasGraphics(),
      keepOnInterrupt: true,
      script: `import("/bundle/train.js").then(({ trainHere }) => trainHere(${JSON.stringify(task)}, report))`,
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

/** Serves samples and the files to begin from, and takes files; false for other paths. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  surroundings: Surroundings,
  begin: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const [, place, name, index] = (request.url ?? "").split("/");
  if (place === "sample" && (name === "train" || name === "val")) {
    response.end(packSample(await surroundings.sample(name satisfies Split, Number(index))));
    return true;
  }
  if (place === "save" && (name === checkpointFile || name === samplesFile)) {
    await surroundings.save(name, async (sink) => {
      for await (const chunk of request) await sink.write(chunk as Uint8Array);
    });
    response.end();
    return true;
  }
  const file = place === "begin" ? begin[name] : undefined;
  if (file === undefined) return false;
  createReadStream(file).pipe(response);
  return true;
}
