/**
 * Records what a pass would queue on GPUs that are not here, and models its time. Nothing is computed.
 *
 *   npm run gpu:plan -- fcn8s --size 500                forward, full width
 *   npm run gpu:plan -- fcn8s --size 500 --train        a training step
 *   npm run gpu:plan -- crf                             CRF-RNN, T = 5, at the usual photograph
 *   npm run gpu:plan -- fcn8s-crfrnn --gpu rtx4070 --limits default --dispatches
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { decodeImage } from "../../src/data/images.ts";
import type { Precision } from "../../src/models/parameters.ts";
import { makeScene, type Scene } from "../scene.ts";
import { adapterModels } from "./adapters.ts";
import { describePlan, describeTimes, factsOf } from "./planText.ts";
import { limitSets, type Plan, recordPlan, tellOf } from "./record.ts";
import { type WorkName, workNames } from "./works.ts";

const positive = (text: string): number => {
  if (Number(text) > 0) return Number(text);
  throw new InvalidArgumentError("It must be a number above 0.");
};
const whole = (text: string): number => {
  if (Number.isInteger(positive(text))) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 1 on.");
};

interface Flags {
  readonly size?: number;
  readonly width: number;
  readonly train: boolean;
  readonly precision: Precision;
  readonly iterations: number;
  readonly limits: keyof typeof limitSets;
  readonly gpu: string;
  readonly image?: string;
  readonly dispatches: boolean;
  readonly json: boolean;
}

const program = new Command("gpu:plan")
  .description("record what a pass would queue on GPUs that are not here, and model its time")
  .argument("[work]", `one of ${workNames.join(", ")}`, "fcn8s")
  .option("--size <pixels>", "height and width of the picture (networks: 500; crf: the usual photograph)", whole)
  .option("--width <factor>", "of the network's widths", positive, 1)
  .option("--train", "a training step in place of forward alone", false)
  .addOption(new Option("--precision <kind>", "of the network's weights").choices(["single", "half"]).default("single"))
  .option("--iterations <T>", "of the CRF", whole, 5)
  .addOption(
    new Option("--limits <set>", "bindings of 128 MiB, or of 2 GiB").choices(Object.keys(limitSets)).default("large"),
  )
  .addOption(
    new Option("--gpu <id>", "whose kernels are listed").choices(adapterModels.map(({ id }) => id)).default("h100"),
  )
  .option("--image <file.png>", "the picture of a CRF")
  .option("--dispatches", "list every dispatch, not kernels only", false)
  .option("--json", "print facts instead of text", false)
  .parse();
const flags = program.opts<Flags>();
const work = program.processedArgs[0] as string;
if (!(workNames as readonly string[]).includes(work))
  program.error(`error: '${work}' is none of ${workNames.join(", ")}`);

const usualImage = join(process.env.CRF_RNN_SHARED ?? "../shared", "data/bench/raccoon-500x375.png");

async function sceneOf({ image, size }: Flags): Promise<Scene> {
  const file = image ?? (work === "crf" && size === undefined && existsSync(usualImage) ? usualImage : undefined);
  if (file !== undefined) return { ...makeScene(await decodeImage(readFileSync(file), file)), source: file };
  return work === "crf" && size === undefined ? makeScene(undefined) : squareOf(size ?? 500);
}

const squareOf = (size: number): Scene => makeScene(undefined, { height: size, width: size });

const options = { ...flags, work: work as WorkName, scene: await sceneOf(flags) };
const told = await tellOf(options);
const plans: Plan[] = [];
for (const adapter of adapterModels) plans.push(await recordPlan(adapter, limitSets[flags.limits], options, told));
const listed = plans.find(({ adapter }) => adapter.id === flags.gpu)!;

if (flags.json) {
  console.log(JSON.stringify(factsOf(plans, options, flags), undefined, 2));
} else {
  console.log(describePlan(listed, options, flags));
  console.log(describeTimes(plans));
}
