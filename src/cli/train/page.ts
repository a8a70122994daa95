/** Entry of dist/train.js, the bundle that a page loads for `crf-rnn train --host chromium`. */
import { blobSource, type Source } from "../../checkpoint/checkpoint.ts";
import { open } from "../../device/open.ts";
import type { Metric } from "../../train/metrics.ts";
import { remoteSurroundings } from "../../train/remote.ts";
import { trainSession, type Outcome } from "../../train/session.ts";
import type { PageTask } from "./inPage.ts";

type Report = (said: { readonly metric?: Metric; readonly outcome?: Outcome }) => Promise<{ readonly stop: boolean }>;

/** Runs the task on this page's device; `report` brings metrics and the outcome to the command line. */
export async function trainHere(task: PageTask, report: Report): Promise<void> {
  using device = await open({ prefer: task.prefer, threads: task.threads });
  const surroundings = remoteSurroundings(task.images, request, (metric) => report({ metric }));
  const begin = async (what: "resume" | "init"): Promise<Source | undefined> =>
    task[what] === undefined ? undefined : blobSource(await (await request(`/begin/${what}`)).blob(), task[what]);
  const beginning = { resume: await begin("resume"), init: await begin("init") };
  const outcome = await trainSession(device, task.configuration, task.schedule, surroundings, beginning);
  await report({ outcome });
}

async function request(path: string, options?: RequestInit): Promise<Response> {
  const response = await fetch(path, options);
  if (response.ok) return response;
  throw new Error(`${path}: ${response.status} ${await response.text()}`);
}
