import { Command, InvalidArgumentError, Option } from "commander";
import { formats, type Format } from "../../data/openDataset.ts";
import { type Row, studyRows } from "../../study/rows.ts";
import { type CommonFlags, wholeNumber } from "../options.ts";
import { addShardFlag, type Shard, shardHelp } from "../shard.ts";

export interface StudyFlags extends CommonFlags {
  readonly data: string;
  readonly val?: string;
  readonly format?: Format;
  readonly out: string;
  readonly seeds: number;
  readonly rows: readonly Row[];
  readonly steps: number;
  readonly more?: number;
  readonly train: readonly string[];
  readonly params?: string;
  readonly trials: number;
  readonly band: number;
  readonly shard: Shard;
  readonly dryRun?: boolean;
}

const examples = `
Rows: ${studyRows.map(({ name, title }) => `${name} (${title})`).join("; ")}.

Examples:
  crf-rnn study --data nuclei --out runs/study --steps 784 --train '--width 0.125 --dropout 0.2 --augment flip,rotation=180'
  crf-rnn study --data voc --out runs/study --rows plain,disconnected,crf-rnn --train '--init vgg16.safetensors' --dry-run
  One seed in each job of an array, and the table of all:
    crf-rnn study --data nuclei --out runs/study --seeds 3 --shard auto
    crf-rnn study --data nuclei --out runs/study --seeds 3
${shardHelp}

Of each seed, FCN-8s learns --steps steps; from there the network alone and each CRF-RNN learn --more steps, all at the same rate: what train's
defaults are from a checkpoint, or what --train says. The CRF begins with parameters that are searched for, behind the network alone, on every fifth
picture of the split train, which no run learns from; --params gives others, and then all pictures are learned from. Rows are scored on the
split val by one seed each; the table has mean and deviation over seeds, and the change beside another row with an interval of 95 %,
drawn over pictures, of which both rows and all seeds get the same. Repeat the command to go on with what is there; more rows and seeds may be asked for.
OUT gets study.md, study.html, and a folder for each seed with its runs, its search, and each row's tallies.`;

/** The command with all its flags. */
export function studyWords(): Command {
  const command = new Command("study")
    .description("train and score the paper's Table 1 and the choices of its section 7.1, on any data")
    .requiredOption("--data <dir>", "DIR (its split train), or DIR@SPLIT,…")
    .option("--val <dir>", "DIR@SPLIT to score on (default: the split val of the data)")
    .addOption(
      new Option("--format <kind>", "format of the folder (default: recognized by its files)").choices(formats),
    )
    .requiredOption("--out <study>", "folder of the study, made if need be")
    .option("--seeds <n>", "how often each row is trained", wholeNumber(1, 100), 3)
    .addOption(new Option("--rows <names>", "which rows").argParser(rowsOf).default(studyRows, "all"))
    .option("--steps <n>", "steps of FCN-8s", wholeNumber(1), 784)
    .option(
      "--more <n>",
      "steps of the network alone and of each CRF-RNN from there (default: a quarter of --steps)",
      wholeNumber(1),
    )
    .addOption(
      new Option("--train <flags>", "flags of crf-rnn train for all runs, as '--width 0.125 --augment flip'")
        .argParser(wordsOf)
        .default([], "none"),
    )
    .option("--params <params.json>", "the CRF's first parameters, instead of a search")
    .option("--trials <n>", "trials of each search", wholeNumber(1), 32)
    .option("--band <pixels>", "half the width of the boundary band", wholeNumber(1), 7);
  return addShardFlag(command, "seeds")
    .option("--dry-run", "check data and flags, print the plan with its cost and memory, train nothing")
    .addHelpText("after", examples);
}

/** Rows by their names, in the order of the table. */
function rowsOf(text: string): readonly Row[] {
  const names = text.split(",");
  const stray = names.find((name) => !studyRows.some((row) => row.name === name));
  if (stray === undefined) return studyRows.filter(({ name }) => names.includes(name));
  throw new InvalidArgumentError(
    `expected some of ${studyRows.map(({ name }) => name).join(", ")}; '${stray}' is none`,
  );
}

const wordsOf = (text: string): string[] =>
  [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, one, two, bare]) => one ?? two ?? bare!);
