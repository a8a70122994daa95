import { type Command, InvalidArgumentError, Option } from "commander";

/** Every `of`-th thing, beginning with the `index`-th, from 1 on. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

/** All of them. */
export const wholeShard: Shard = { index: 1, of: 1 };

/** The variables in which a scheduler says which of how many jobs of an array this one is. */
interface Scheduler {
  readonly name: string;
  readonly index: string;
  /** The variable with the first index, or that index itself. Without it the index counts from 1. */
  readonly first?: string | number;
  /** The variable with the step from one index to the next. */
  readonly step?: string;
  /** The variable with the number of jobs. */
  readonly count?: string;
  /** The variable with the last index, which tells the number of jobs where no variable has it. */
  readonly last?: string;
}

const schedulers: readonly Scheduler[] = [
  {
    name: "Slurm",
    index: "SLURM_ARRAY_TASK_ID",
    first: "SLURM_ARRAY_TASK_MIN",
    step: "SLURM_ARRAY_TASK_STEP",
    count: "SLURM_ARRAY_TASK_COUNT",
  },
  { name: "AWS Batch", index: "AWS_BATCH_JOB_ARRAY_INDEX", first: 0, count: "AWS_BATCH_JOB_ARRAY_SIZE" },
  { name: "Kubernetes", index: "JOB_COMPLETION_INDEX", first: 0 },
  {
    name: "Grid Engine",
    index: "SGE_TASK_ID",
    first: "SGE_TASK_FIRST",
    step: "SGE_TASK_STEPSIZE",
    last: "SGE_TASK_LAST",
  },
  { name: "PBS", index: "PBS_ARRAY_INDEX" },
  { name: "Torque", index: "PBS_ARRAYID" },
];

/** Explains `--shard` in the help of a command. */
export const shardHelp = `Job arrays: --shard 3/16 does the third of 16 parts. --shard auto takes both numbers from Slurm, AWS Batch or Grid Engine;
Kubernetes' indexed jobs and PBS tell only which part it is: --shard auto/16.`;

/** Adds `--shard`; `things` names what is shared out. */
export function addShardFlag(command: Command, things: string): Command {
  const help = `only the i-th of n parts of the ${things}, i from 1 on; auto or auto/n in a job array`;
  const flag = new Option("--shard <i/n>", help).argParser((text: string) => parseShard(text));
  return command.addOption(flag.default(wholeShard, "all of them"));
}

/** The things of one part. */
export const partOf = <Thing>(things: readonly Thing[], { index, of }: Shard): Thing[] =>
  things.filter((_, i) => i % of === index - 1);

/** Reads `i/n`, `auto` or `auto/n`. @throws InvalidArgumentError */
export function parseShard(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Shard {
  const [, automatic, total] = /^(auto)(?:\/(\d+))?$/.exec(text) ?? [];
  if (automatic) return automaticShard(environment, total === undefined ? undefined : Number(total));
  const [index = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).slice(1).map(Number);
  if (index >= 1 && index <= of) return { index, of };
  throw new InvalidArgumentError("expected i/n with i from 1 to n, as 3/16, or auto");
}

function automaticShard(environment: Readonly<Record<string, string | undefined>>, total: number | undefined): Shard {
  const numberOf = (variable: string | undefined): number | undefined => {
    const value = variable === undefined ? undefined : environment[variable];
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const scheduler = schedulers.find(({ index }) => numberOf(index) !== undefined);
  if (!scheduler) {
    const names = schedulers.map(({ index }) => index);
    throw new InvalidArgumentError(`expected one of the variables ${names.join(", ")}, which job arrays have`);
  }
  const given = numberOf(scheduler.index)!;
  const first = typeof scheduler.first === "number" ? scheduler.first : (numberOf(scheduler.first) ?? 1);
  const step = numberOf(scheduler.step) ?? 1;
  const last = numberOf(scheduler.last);
  const own = numberOf(scheduler.count) ?? (last === undefined ? undefined : Math.floor((last - first) / step) + 1);
  const of = total ?? own;
  const { name } = scheduler;
  if (own !== undefined && own !== of) {
    // A few jobs of an array, run again: which parts they were, nothing tells.
    throw new InvalidArgumentError(`expected an array of ${of} jobs, got one of ${own}: name the part, as 3/${of}`);
  }
  if (of === undefined)
    throw new InvalidArgumentError(`expected auto/n: ${name} does not say how many parts there are`);
  const index = (given - first) / step + 1;
  if (Number.isInteger(index) && index >= 1 && index <= of) return { index, of };
  // An array as 1,3,7 has no such place, and a part that nobody does would be missing in silence.
  const got = `${scheduler.index}=${given}`;
  throw new InvalidArgumentError(`expected an array of ${of} jobs, numbered evenly from ${first} on, got ${got}`);
}
