/** Entry of dist/trainPage.js, the bundle that a page loads for `crf-rnn train --host chromium`. */
import { blobSource, type Source } from "../../checkpoint/checkpoint.ts";
import { open } from "../../device/open.ts";
import { CrfRnnError } from "../../errors.ts";
import { remoteSurroundings } from "../../train/remote.ts";
import { runTraining, type Outcome } from "../../train/runTraining.ts";
import type { PageNews, PageTask } from "./inPage.ts";

type Report = (said: PageNews) => Promise<{ readonly stop: boolean }>;

/** Runs the task on this page's device; `report` brings metrics, outcome and this library's errors to the command line. */
export async function trainHere(task: PageTask, report: Report): Promise<void> {
  try {
    await report({ outcome: await trainOnDevice(task, report) });
  } catch (error) {
    if (!(error instanceof CrfRnnError)) throw error;
    const { where, expected, got, remedy } = error;
    await report({ refusal: { where, expected, got, remedy } });
  }
}

async function trainOnDevice(task: PageTask, report: Report): Promise<Outcome> {
  using device = await open(task.device);
  const surroundings = remoteSurroundings(task.images, request, (metric) => report({ metric }));
  const begin = async (what: "resume" | "init"): Promise<Source | undefined> =>
    task[what] === undefined ? undefined : blobSource(await (await request(`begin/${what}`)).blob(), task[what]);
  const { exact } = task;
  const beginning = { resume: await begin("resume"), init: await begin("init"), exact };
  return await runTraining(device, task.configuration, task.timetable, surroundings, beginning);
}

async function request(path: string, options?: RequestInit): Promise<Response> {
  const response = await fetch(path, options);
  if (response.ok) return response;
  throw new Error(`${path}: ${response.status} ${await response.text()}`);
}
