import { Command } from "commander";
import {
  confidence,
  describePhotographs,
  parameters,
  photographs as photographCount,
  refinePhotographs,
} from "./demo/photographs.ts";
import { describeStory, tellStory } from "./demo/story.ts";
import { openDevice } from "./openDevice.ts";
import { report, wholeNumber, type CommonFlags } from "./options.ts";
import { makeFolder, writeTogether } from "./output.ts";
import { startProgress } from "./progress.ts";
import { interrupted } from "./train/interrupt.ts";

interface DemoFlags extends CommonFlags {
  readonly out: string;
  readonly steps: number;
}

const examples = `
Examples:
  crf-rnn demo
  crf-rnn demo --out pictures --device webgpu
  crf-rnn demo --steps 0                        the photographs alone, in seconds

First two photographs: each comes with a quick drawing, which is refined, and a careful one, which only measures the result.
<name>-sheet.png shows the photograph, the quick drawing, the refined one and the careful one, from left to right.
Then training, on pictures of textured shapes that it makes itself: a small FCN-8s, a CRF-RNN on top of it end to end, and
the table of the network alone, with a disconnected CRF, and end to end. See report.html and masks.`;

export function demoCommand(): Command {
  return new Command("demo")
    .description("refine rough drawings on two photographs, then train FCN-8s and CRF-RNN on pictures it makes itself")
    .option("--out <folder>", "folder for the results, made if need be", "runs/demo")
    .option("--steps <n>", "training steps of the FCN; the CRF-RNN takes a third more", wholeNumber(0), 450)
    .addHelpText("after", examples)
    .action(run);
}

async function run(flags: DemoFlags): Promise<void> {
  const began = performance.now();
  const { adapter, photographs, outputs } = await refine(flags);
  const first = `${describePhotographs(photographs)}\n\n${outputs.length} pictures in ${flags.out} (see *-sheet.png)`;
  if (flags.steps > 0 && !flags.json && !flags.quiet) process.stdout.write(`${first}\n\n`);
  const { out, steps, ...common } = flags;
  const story = steps > 0 ? await tellStory(out, steps, { ...common, json: false }) : undefined;
  if (steps > 0 && !story) {
    process.exitCode = interrupted;
    return;
  }
  const seconds = (performance.now() - began) / 1000;
  const facts = { command: "demo", adapter, parameters, confidence, photographs, outputs, ...story, seconds };
  const ending = `${seconds.toFixed(0)} s on ${adapter}`;
  report(
    flags,
    facts,
    story ? `${describeStory(story)}\n\n${story.report} and ${story.masks}: ${ending}` : `${first}, ${ending}`,
  );
}

/** The photographs' part. */
async function refine(flags: DemoFlags) {
  makeFolder(flags.out);
  using progress = startProgress(flags, photographCount);
  await using opened = await openDevice(flags);
  const { device } = opened;
  const refined = await refinePhotographs(device, flags.out, progress);
  writeTogether(refined.flatMap(({ outputs }) => outputs));
  return {
    adapter: device.info.name,
    photographs: refined.map(({ facts }) => facts),
    outputs: refined.flatMap(({ outputs }) => outputs.map(({ file }) => file)),
  };
}
