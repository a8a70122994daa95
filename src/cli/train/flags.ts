import { Command, InvalidArgumentError, Option } from "commander";
import { formats } from "../../data/openDataset.ts";
import type { Augmentation } from "../../data/labeledImage.ts";
import { losses, optimizers, stages, type Configuration, type CrfConfiguration } from "../../train/configuration.ts";
import { currentHost, type Host } from "../hosts.ts";
import { positiveNumber, toNumber, wholeNumber, type CommonFlags } from "../options.ts";
import { runOptions } from "../../models/specification.ts";
import { bandwidthOptions, inferenceOptions, temperatureOption, weightOptions } from "../../crf/options.ts";
import type { Complete, Given } from "../../description.ts";
import {
  type CompatibilityFreedom,
  compatibilityFreedoms,
  type WeightFreedom,
  weightFreedoms,
} from "../../train/freedom.ts";
import { freeFlags, settings } from "../../train/goingOn.ts";
import { trainingOptions } from "../../train/options.ts";
import type { ScheduleOption } from "../../train/trainingConfiguration.ts";
import { addFlags } from "../describedFlags.ts";
import { addParamsFlag } from "../paramsFlag.ts";
import type { ImageFlags } from "./images.ts";
import { augmentationOf, classWeightsOf, learnOf, parseMultipliers, ratesOf, scheduleOf } from "./words.ts";

export interface TrainFlags
  extends
    CommonFlags,
    ImageFlags,
    Omit<Given<typeof runOptions>, "fc">,
    Complete<typeof bandwidthOptions>,
    Complete<typeof weightOptions>,
    Complete<typeof temperatureOption> {
  readonly params?: string;
  readonly out: string;
  readonly stage: Configuration["stage"];
  readonly init?: string;
  readonly logits?: string;
  readonly width: number;
  /** The channels of the five VGG blocks, and of fc6 and fc7. */
  readonly widths?: readonly number[];
  readonly freeze?: string[];
  readonly steps?: number;
  readonly epochs?: number;
  readonly optimizer?: Configuration["optimizer"]["kind"];
  readonly rate?: number;
  readonly schedule?: ScheduleOption;
  readonly momentum?: number;
  readonly decay?: number;
  readonly clip?: number;
  readonly batch: number;
  readonly loss: Configuration["loss"];
  readonly classWeights?: "balanced" | readonly number[];
  readonly warmUp?: number;
  readonly rateOf?: Readonly<Record<string, number>>;
  readonly seed: number;
  readonly augment?: Augmentation;
  readonly iterations: number;
  readonly normalize: CrfConfiguration["normalization"];
  readonly activation: CrfConfiguration["activation"];
  readonly untied?: boolean;
  readonly learn: CrfConfiguration["learn"];
  readonly lstm?: number;
  readonly weights: WeightFreedom;
  readonly compatibility: CompatibilityFreedom;
  readonly valIterations?: number;
  readonly crfOnly?: boolean;
  readonly multipliers?: Partial<CrfConfiguration["multipliers"]>;
  readonly validateEvery?: number;
  readonly saveEvery?: number;
  readonly patience?: number;
  readonly resume?: boolean;
  readonly exact?: boolean;
  readonly dryRun?: boolean;
  readonly host: Host;
  /** By what several processes train together. */
  readonly distributed?: "mpi";
}

const examples = `
Examples:
  crf-rnn train --data nuclei --out runs/fcn --stage fcn8s --width 0.25 --epochs 40
  crf-rnn train --data nuclei --out runs/crf --stage crf-rnn --width 0.25 --init runs/fcn/checkpoint.safetensors --epochs 10
  crf-rnn train … --resume                      goes on where the run was stopped, to the same bits
  Only the CRF, over logits of another network:
    crf-rnn train --data voc --out runs/crf --stage crf-rnn --logits logits.safetensors --learn weights,compatibility,bandwidths
  The paper's data:
    crf-rnn train --data VOC2012@train benchmark_RELEASE@train,val --val VOC2012@reduced.txt …
  On several machines (in Node with the package koffi; see the guide "More than one machine"):
    mpirun -n 4 crf-rnn train --data voc --out runs/fcn --batch 8 --distributed mpi

--init takes what fits by name and shape from a checkpoint of any format: VGG weights, the stage before, a whole CRF-RNN, also one of
other classes, whose trunk it takes; notes say before the first step what was not taken.
OUT gets checkpoint.safetensors (with the optimizer's memory), the one before it as checkpoint.former.safetensors, best.safetensors
(the parameters with the highest mean IU at a validation; use it for evaluate, segment and --init), metrics.jsonl, metrics.csv and report.html,
drawn anew with each checkpoint; of a CRF also params.json, by which --params puts it on other networks.
The mean IU is over the classes in the truth of all validation images. Ctrl-C saves and stops; the exit status is 130 then. Where the last checkpoint is damaged or gone, --resume
sets it aside and goes on from the former.
`;

const list = (words: readonly string[]): string => `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

const resumeHelp = `
--resume with --out suffices: a run remembers its flags (flags.json). Those that are given anew count. These may then differ: ${list(Object.values(settings).map(({ flag }) => flag))}.
If one does, the result is no longer, bit for bit, that of an uninterrupted run, and metrics.jsonl and the report say from
which step on the new value holds. The optimizer's memory begins anew unless only the schedule differs. A flag that is left
out keeps the checkpoint's value. ${list(freeFlags)}
may differ as well, because the checkpoint does not store them. All other flags must be as before.
`;

const rateHelp = `
Where a run begins from published weights of the whole network: SGD at the papers' rates, 1e-10 (fcn32s), 1e-12, 1e-14, 1e-13
(crf-rnn). Else Adam, at 1e-3 from scratch, 1e-4 from a checkpoint. SGD from scratch: 1e-6 over the pixels of a typical image,
or with --loss mean 1e-6; from a checkpoint a tenth of it. The CRF's weights learn at 1e-2, its compatibility at 1e-3, as
multiples of that rate.`;

/** The command with all its flags. */
export function trainWords(): Command {
  const some = (word: string, former: readonly string[] | undefined): readonly string[] => [...(former ?? []), word];
  const command = new Command("train")
    .description("train FCN-32s, FCN-16s, FCN-8s or FCN-8s with CRF-RNN end to end, or the CRF alone")
    .addOption(
      new Option(
        "--data <dir...>",
        "DIR (its split train), or DIR@SPLIT,…; several make one set; to be named unless a run goes on",
      ).argParser(some),
    )
    .requiredOption("--out <run>", "folder of the run, made if need be")
    .option("--val <dir>", "DIR@SPLIT to validate on (default: the split val of the data)")
    .option("--val-images <n>", "validate on this many images, evenly spread over the set", wholeNumber(0))
    .addOption(
      new Option("--format <kind>", "format of the folders (default: recognized by their files)").choices(formats),
    )
    .addOption(new Option("--stage <name>", "which network").choices(stages).default("fcn8s"))
    .option("--init <file>", "checkpoint to begin from; parameters that it lacks are initialized at random")
    .option(
      "--logits <file>",
      "stage crf-rnn: train on these logits of another network (.safetensors) instead of a network",
    )
    .option("--width <share>", "channels, as a share of VGG-16's", positiveNumber, trainingOptions.width.default)
    .option("--widths <list>", "channels of the five blocks and of fc6, as 64,128,256,128,128,512", widthsOf);
  addFlags(command, runOptions)
    .option("--freeze <layers>", "layers that stay as --init has them, named by how they begin: conv1,conv2", namesOf)
    .option(
      "--lstm <channels>",
      "a convolutional LSTM with so many hidden channels improves the scores, in --iterations steps; in stages without a CRF",
      wholeNumber(1, 65536),
    )
    .option("--steps <n>", "total number of steps", wholeNumber(1))
    .option("--epochs <n>", "total number of epochs, instead of --steps (default: 20)", positiveNumber)
    .addOption(new Option("--optimizer <kind>", "how gradients become steps (default: see below)").choices(optimizers))
    .option("--rate <r>", "learning rate (default: see below)", positiveNumber)
    .option("--schedule <words>", "fixed, step:EVERY:FACTOR, poly:POWER or cosine (default: fixed)", scheduleOf)
    .option("--warm-up <n>", "steps in which the rate rises evenly to what the schedule says", wholeNumber(1))
    .option("--rate-of <words>", "factors of the rate by names of parameters, as score*=10,conv1*=0.1", ratesOf)
    .option("--momentum <m>", `momentum of SGD (default: ${trainingOptions.momentum.default})`, share)
    .option("--decay <d>", `weight decay (default: ${trainingOptions.decay.default})`, notNegative)
    .option("--clip <norm>", "largest norm of a step's gradient", positiveNumber)
    .option(
      "--batch <n>",
      "images whose gradients are summed for one step",
      wholeNumber(1),
      trainingOptions.batch.default,
    )
    .addOption(
      new Option(
        "--loss <kind>",
        "cross-entropy summed or averaged over pixels, robust log-likelihood, summed, Dice, or average and Dice together",
      )
        .choices(losses)
        .default("sum"),
    )
    .option(
      "--class-weights <words>",
      "how much the pixels of each class count: balanced by their pixels, or a number a class, as 1,4,0.5",
      classWeightsOf,
    )
    .option(
      "--seed <s>",
      "seed of the order, the initialization, dropout and augmentation",
      wholeNumber(0, 2 ** 32 - 1),
      1,
    )
    .option(
      "--augment <words>",
      "flip,scale=1.25,rotation=10,shear=5,shift=0.1,color=0.2,crop=256, any of them",
      augmentationOf,
    )
    .option(
      "--iterations <T>",
      "CRF: mean-field iterations",
      wholeNumber(1, 1000),
      inferenceOptions.iterations.default,
    );
  addFlags(command, { ...inferenceOptions, ...bandwidthOptions, ...weightOptions, ...temperatureOption }, "CRF: ");
  return addParamsFlag(command, { matrices: false })
    .option("--untied", "CRF: each iteration has parameters of its own")
    .addOption(
      new Option("--learn <words>", "CRF: weights,compatibility,bandwidths, any of them")
        .argParser(learnOf)
        .default(learnOf("weights,compatibility"), "weights,compatibility"),
    )
    .addOption(
      new Option("--weights <form>", "CRF: what is learned of W_s and W_b: one number, one a class, or the matrices")
        .choices(weightFreedoms)
        .default("full"),
    )
    .addOption(
      new Option("--compatibility <form>", "CRF: what is learned of C: nothing, one number a pair of classes, or all")
        .choices(compatibilityFreedoms)
        .default("full"),
    )
    .option("--val-iterations <T>", "CRF: iterations of validations (default: those of training)", wholeNumber(1, 1000))
    .option(
      "--multipliers <words>",
      "CRF: multiples of the rate, as weights=100,compatibility=10,bandwidths=1",
      parseMultipliers,
    )
    .option("--crf-only", "CRF: only the CRF learns, the network stays as --init has it")
    .option("--validate-every <n>", "steps between validations (default: a tenth of all)", wholeNumber(1))
    .option("--save-every <n>", "steps between checkpoints (default: a tenth of all, at most 1000)", wholeNumber(1))
    .option("--patience <n>", "end after so many validations in a row without a better mean IU", wholeNumber(1))
    .option("--resume", "go on with the run in OUT (see below for what may differ)")
    .option("--exact", "refuse to go on where another build, host or device may compute other bits")
    .option("--dry-run", "check data and options, print the plan, train nothing")
    .addOption(new Option("--host <name>", "where to run").choices(["node", "deno", "chromium"]).default(currentHost))
    .addOption(
      new Option(
        "--distributed <engine>",
        "train in all processes that mpirun or srun started, each on its share of every batch, to the bits of one process",
      ).choices(["mpi"]),
    )
    .addHelpText("after", examples + resumeHelp + rateHelp);
}

function share(text: string): number {
  const value = toNumber(text);
  if (value >= 0 && value < 1) return value;
  throw new InvalidArgumentError("expected a number from 0 up to 1");
}

function notNegative(text: string): number {
  const value = toNumber(text);
  if (value >= 0) return value;
  throw new InvalidArgumentError("expected a number, 0 or more");
}

function namesOf(text: string): string[] {
  const names = text.split(",");
  if (names.every((name) => /^\w+$/.test(name))) return names;
  throw new InvalidArgumentError("expected names of layers with commas between");
}

function widthsOf(text: string): number[] {
  const widths = text.split(",").map(wholeNumber(1, 65536));
  if (widths.length === 6) return widths;
  throw new InvalidArgumentError("expected six whole numbers with commas between");
}
