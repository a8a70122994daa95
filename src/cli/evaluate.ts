import { Command, Option } from "commander";
import { usualBand } from "../data/boundary.ts";
import { formats } from "../data/openDataset.ts";
import { vocPalette } from "../data/palette.ts";
import { UsageError } from "../errors.ts";
import { checkOutputs, conclude } from "./evaluate/outputs.ts";
import { mergeParts } from "./evaluate/parts.ts";
import { evaluate, type EvaluateFlags } from "./evaluate/score.ts";
import { addModelFlags } from "./modelFlags.ts";
import { positiveNumber, wholeNumber } from "./options.ts";
import { addShardFlag, shardHelp } from "./shard.ts";

const examples = `
Examples:
  crf-rnn evaluate --data nuclei --checkpoint runs/fcn/checkpoint.safetensors
  crf-rnn evaluate --data nuclei --checkpoint runs/fcn/checkpoint.safetensors --crf disconnected --theta-alpha 40
  crf-rnn evaluate --data VOC2012@reduced.txt --checkpoint TVG_CRFRNN_COCO_VOC.caffemodel --iterations 10
  In parts, as in a job array, and put together:
    crf-rnn evaluate --data VOC2012 --checkpoint crf.safetensors --shard 1/2 --json > 1.json
    crf-rnn evaluate --data VOC2012 --checkpoint crf.safetensors --shard 2/2 --json > 2.json
    crf-rnn evaluate --merge 1.json 2.json
${shardHelp}

One confusion matrix over all images at their own size; pixels of 255 do not count. The mean IU is over the classes that
occur in the truth of the whole set, whatever is predicted, so that models are compared over the same classes. The band is what lies within some pixels of a boundary of the ground truth.
The boundary F-score is that of Csurka and others (2013): of each class and image, how much of the predicted boundary lies near a true one and
the other way round; the mean over the images that have the class, then over the classes. The calibration error is the expected one (Guo and others
2017), over 15 bins of the largest probability. --json has the confusion matrices (truth by row), the trimap curve (errors in bands of several
widths), the reliability curve, and the scores of each image; --report draws them, with the images that came out worst.
An image that cannot be scored, since it, its labels or its logits are damaged or missing, is passed over and in no score: a line on standard
error tells why, the summary, --json and the report name it, also of parts that are put together, and the exit status is 1.`;

export const evaluateCommand = (): Command => evaluateWords().action(run);

/** The command with all its flags. */
export function evaluateWords(): Command {
  const command = new Command("evaluate")
    .description("score a checkpoint: the network alone, with a disconnected CRF, or with its trained CRF")
    .option("--data <dir>", "DIR (its split val), or DIR@SPLIT,…")
    .addOption(
      new Option("--format <kind>", "format of the folder (default: recognized by its files)").choices(formats),
    );
  addModelFlags(command)
    .options.find(({ long }) => long === "--checkpoint")!
    .makeOptionMandatory(false);
  return addShardFlag(command, "images")
    .option("--merge <files...>", "put together what the parts printed with --json, instead of scoring")
    .option("--logits <file>", "logits of another network (.safetensors), for a checkpoint that holds only a CRF")
    .option("--images <n>", "score only this many images, evenly spread over the set", wholeNumber(1))
    .option("--band <pixels>", "half the width of the boundary band", positiveNumber, usualBand)
    .option(
      "--tolerance <pixels>",
      "how far apart boundaries may lie for the boundary F-score (default: 0.75 % of an image's diagonal)",
      positiveNumber,
    )
    .option("--report <page.html>", "draw a page: curves, confusion, classes, the images that came out worst")
    .option("--pictures <table>", "write the scores of each image to this file, .csv or .json")
    .option("--strict", "stop at the first image that cannot be scored, with exit status 2")
    .addHelpText("after", examples);
}

async function run(flags: EvaluateFlags): Promise<void> {
  requireOne(flags);
  checkOutputs(flags);
  if (!flags.merge) return void conclude(flags, await evaluate(flags));
  const { part, tally, failures } = await mergeParts(flags.merge);
  const { data, checkpoint, crf, iterations, names, images, seconds, adapter, band: radius } = part;
  const scores = { scores: tally.whole.scores(), band: tally.bands.get(radius)!.scores() };
  const nothing = { notes: [], worst: [], palette: vocPalette() };
  const found = { crf, iterations, names, images, failures, seconds, adapter, radius, tally, ...nothing, ...scores };
  const { tolerance } = part;
  conclude({ ...flags, data, checkpoint, band: radius, tolerance: tolerance ?? undefined }, found);
}

/** @throws UsageError unless there is either a checkpoint with data, or parts to merge */
function requireOne({ data, checkpoint, merge }: Partial<EvaluateFlags>): void {
  const given = Object.entries({ "--data": data, "--checkpoint": checkpoint });
  const stray = given.find(([, value]) => (value === undefined) === (merge === undefined));
  if (!stray) return;
  const [where] = stray;
  if (merge) throw new UsageError({ where, expected: "no --merge beside it", got: `${merge.length} files to merge` });
  throw new UsageError({
    where,
    expected: "what to score",
    got: "nothing",
    remedy: `add ${where}, or --merge the parts`,
  });
}
