import { open } from "../../device/open.ts";
import { differentiate, disposeAll } from "../../train/differentiate.ts";
import { createTrainable } from "../../train/learner.ts";
import { report } from "../options.ts";
import { partOf } from "../shard.ts";
import { configure } from "../train/configure.ts";
import { readSample } from "../train/images.ts";
import { planOf } from "../train/plan.ts";
import { moreOf, type Study, trainFlags } from "./task.ts";

/** Prints rows, runs, steps and the memory of the largest step. */
export async function printPlan(study: Study): Promise<void> {
  const { flags, images, runs, common } = study;
  const seeds = partOf(
    Array.from({ length: flags.seeds }, (_, i) => i + 1),
    flags.shard,
  ).length;
  const steps = runs.reduce((sum, { base }) => sum + (base ? flags.steps : moreOf(flags)), 0);
  using device = await open({ prefer: "wasm", threads: 1 });
  const plans: { stage: string; seconds: number; bytes: number; learned: number }[] = [];
  for (const stage of ["fcn8s", ...(runs.some(({ crf }) => crf) ? ["crf-rnn"] : [])]) {
    const own = trainFlags(
      ["--data", flags.data, "--stage", stage, "--steps", String(flags.steps), ...flags.train],
      common,
    );
    const { configuration, timetable } = await configure(own, images);
    using trainable = createTrainable(device, configuration);
    const plan = await planOf(images, configuration, timetable);
    plans.push({
      stage,
      seconds: await secondsOf(study, trainable, configuration),
      bytes: plan.bytes,
      learned: plan.learned,
    });
  }
  const seconds = runs.reduce((sum, { base, crf }) => {
    const { seconds: each } = plans.find(({ stage }) => stage === (crf ? "crf-rnn" : "fcn8s"))!;
    return sum + each * (base ? flags.steps : moreOf(flags));
  }, 0);
  const facts = {
    command: "study",
    dryRun: true,
    rows: flags.rows.map(({ name }) => name),
    runs: runs.map(({ name }) => name),
    seeds,
    steps: seeds * steps,
    hours: (seeds * seconds) / 3600,
    plans,
  };
  const megabytes = Math.ceil(Math.max(...plans.map(({ bytes }) => bytes)) / 2 ** 20);
  const text = [
    `rows        ${facts.rows.join(", ")}`,
    `runs        ${facts.runs.join(", ")}, each of ${seeds} ${seeds === 1 ? "seed" : "seeds"}`,
    `steps       ${facts.steps} in all: ${flags.steps} of FCN-8s and ${moreOf(flags)} of each other run`,
    ...plans.map(
      (plan) =>
        `a step      ${plan.seconds.toFixed(2)} s of ${plan.stage}, ${plan.learned.toLocaleString("en-US")} learned numbers, by one thread of WebAssembly`,
    ),
    `cost        about ${facts.hours.toFixed(1)} h by one thread, and what searches and scoring take`,
    `memory      about ${megabytes.toLocaleString("en-US")} MiB for a step on the largest image`,
    "Nothing was trained or written.",
  ];
  report(flags, facts, text.join("\n"));
}

/** Seconds that the gradients of one picture take; the second time, as the first warms up. */
async function secondsOf(
  { images }: Study,
  trainable: ReturnType<typeof createTrainable>,
  configuration: Awaited<ReturnType<typeof configure>>["configuration"],
): Promise<number> {
  const sample = await readSample(images.train[0]!);
  let seconds = 0;
  for (let time = 0; time < 2; time++) {
    const began = performance.now();
    const { gradients } = await differentiate({ trainable, configuration }, sample, time, {});
    disposeAll(gradients);
    await trainable.finish();
    seconds = (performance.now() - began) / 1000;
  }
  return seconds;
}
