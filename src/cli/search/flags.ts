import { Command, InvalidArgumentError, Option } from "commander";
import type { Complete } from "../../description.ts";
import { CrfRnnError } from "../../errors.ts";
import { formats, type Format } from "../../data/openDataset.ts";
import { searchOptions } from "../../search/options.ts";
import { type GivenSpace, spaceOf } from "../../search/space.ts";
import { addFlags } from "../describedFlags.ts";
import { type CommonFlags, toNumber, wholeNumber } from "../options.ts";
import type { ScoresFlags } from "../refine/unary.ts";
import { addShardFlag, type Shard, shardHelp } from "../shard.ts";

export interface SearchFlags extends CommonFlags, Omit<Complete<typeof searchOptions>, "radius">, ScoresFlags {
  readonly data: string;
  readonly format?: Format;
  readonly images?: number;
  readonly logits?: string;
  readonly checkpoint?: string;
  readonly out: string;
  readonly band: number;
  readonly range?: GivenSpace;
  readonly shard: Shard;
  readonly merge?: readonly string[];
  readonly resume?: boolean;
  readonly strict?: boolean;
  readonly dryRun?: boolean;
}

const examples = `
Examples:
  crf-rnn search --data voc --logits logits.safetensors --out params.json
  crf-rnn search --data nuclei --checkpoint runs/fcn/best.safetensors --out params.json --metric boundary
  crf-rnn search --data photos --logits 'logits/{name}.npy' --layout chw --out params.json --range theta-alpha=10:80,iterations=5
  crf-rnn refine photo.jpg --logits logits.npy --params params.json --out labels.png
  In parts, as in a job array, and put together:
    crf-rnn search --data voc --logits logits.safetensors --out params.json --shard 1/2
    crf-rnn search --data voc --logits logits.safetensors --out params.json --shard 2/2
    crf-rnn search --data voc --logits logits.safetensors --out params.json --merge params.1-of-2.trials.jsonl params.2-of-2.trials.jsonl
${shardHelp}

Search on pictures that the network did not learn from: on its own it is surer than it will ever be again. Published parameters and
--trials others, drawn evenly from their ranges, are tried on some pictures, the best third of them on three times as many, and so on;
from the best of all, gradients are followed as far as the score rises. All of that is done once more without each of the --folds
parts of the pictures, and each picture is scored by what was chosen without it; of all that was chosen, the best on all pictures is taken. The
gain is over no CRF at all, with an interval of 95 %, drawn over pictures; where there is none, the result says that a CRF does not help.
OUT.json is what refine, train, evaluate and segment take as --params. Beside it come OUT.html, the landscape, and OUT.trials.jsonl,
a line a trial, with which --resume goes on; of --checkpoint also the network's logits.
A picture that cannot be read is passed over: a line on standard error tells why, the summary counts it, and the exit status is 1. Once its image
or labels are mended, --resume searches with it, too; other logits make another search.`;

/** The command with all its flags. */
export function searchWords(): Command {
  const command = new Command("search")
    .description("find a CRF's parameters on pictures with labels, by cross-validation, and what they gain over no CRF")
    .requiredOption("--data <dir>", "DIR (its split val), or DIR@SPLIT,…")
    .addOption(
      new Option("--format <kind>", "format of the folder (default: recognized by its files)").choices(formats),
    )
    .option("--images <n>", "search with only this many pictures, evenly spread over the set", wholeNumber(2))
    .option(
      "--logits <L>",
      "a network's logits: .safetensors by ids, or a folder or pattern with {name} of .npy and the like",
    )
    .addOption(
      new Option("--input <kind>", "what these scores are")
        .choices(["logits", "probabilities", "log", "sigmoid"])
        .default("logits"),
    )
    .addOption(new Option("--layout <order>", "axes of logits by name").choices(["hwc", "chw"]).default("hwc"))
    .option("--resize", "interpolate logits by name of another size bilinearly to the image's size")
    .option("--checkpoint <file>", "a checkpoint whose network makes the logits")
    .requiredOption("--out <params.json>", "write the parameters to this file");
  addFlags(command, searchOptions)
    .option(
      "--range <words>",
      "where to look: theta-alpha=10:80,theta-beta=3,iterations=5:10,normalization=after",
      ranges,
    )
    .option("--merge <files...>", "take what parts of this search computed, compute what is missing, and finish it");
  return addShardFlag(command, "trials")
    .option("--resume", "go on with the search whose trials lie beside OUT")
    .option("--strict", "stop at the first picture that cannot be read, with exit status 2")
    .option("--dry-run", "say how much would be tried and what it would cost")
    .addHelpText("after", examples);
}

const names: Readonly<Record<string, keyof GivenSpace>> = {
  "theta-alpha": "thetaAlpha",
  "theta-beta": "thetaBeta",
  "theta-gamma": "thetaGamma",
  "spatial-weight": "spatialWeight",
  "bilateral-weight": "bilateralWeight",
  temperature: "temperature",
  iterations: "iterations",
  normalization: "normalization",
};

function ranges(text: string): GivenSpace {
  const space = Object.fromEntries(
    text.split(",").map((words) => {
      const [, name = "", values = ""] = /^([\w-]+)=(.+)$/.exec(words.trim()) ?? [];
      const key = Object.hasOwn(names, name) ? names[name] : undefined;
      if (!key)
        throw new InvalidArgumentError(`expected NAME=VALUE or NAME=LOW:HIGH, of ${Object.keys(names).join(", ")}`);
      const each = values.split(":").map((word) => (key === "normalization" ? word : toNumber(word)));
      return [key, each.length === 1 ? each[0] : each];
    }),
  ) as GivenSpace;
  try {
    spaceOf("--range", 500, space);
  } catch (error) {
    if (error instanceof CrfRnnError) throw new InvalidArgumentError(`expected ${error.expected}`);
    throw error;
  }
  return space;
}
