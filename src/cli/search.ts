import { existsSync } from "node:fs";
import type { Command } from "commander";
import { UsageError } from "../errors.ts";
import { describeParameters } from "../search/parameters.ts";
import { formatParams } from "../search/params.ts";
import { inferTally } from "../search/infer.ts";
import { reader } from "../search/pictures.ts";
import { Records, type SearchRecord } from "../search/records.ts";
import { drawSearchReport } from "../search/report.ts";
import { costOf, search, type SearchPlan, trialsOf } from "../search/searching.ts";
import { planOf } from "../search/tuneCrf.ts";
import { foundOf, verdictOf } from "../search/verdict.ts";
import { leaves } from "../train/configuration.ts";
import { describeNotes } from "./notes.ts";
import { openDevice } from "./openDevice.ts";
import { report } from "./options.ts";
import { checkDestinations, writeTogether } from "./output.ts";
import { countPassedOver, incomplete, type PassedOver } from "./passedOver.ts";
import { startProgress } from "./progress.ts";
import { type SearchFlags, searchWords } from "./search/flags.ts";
import { listItems, type OpenSet, openSet } from "./search/pictures.ts";
import { readTrials, requireFresh, type SearchFacts, TrialsFile } from "./search/trialsFile.ts";

export const searchCommand = (): Command => searchWords().action(run);

/** The files of a search, by the name of its parameters. */
function filesOf({ out, shard }: SearchFlags) {
  const stem = out.replace(/\.json$/i, "");
  const part = shard.of > 1 ? `.${shard.index}-of-${shard.of}` : "";
  return { trials: `${stem}${part}.trials.jsonl`, report: `${stem}.html`, cache: `${stem}${part}.logits.safetensors` };
}

async function run(flags: SearchFlags): Promise<void> {
  const { facts, text, failures } = await searchAs(flags);
  report(flags, { ...facts, failures }, text);
  if (failures.length > 0) process.exitCode = incomplete;
}

/** What a search has to tell, and the pictures that it passed over. */
interface Told {
  readonly facts: object;
  readonly text: string;
  readonly failures: readonly PassedOver[];
}

/** Searches as `crf-rnn search` does, printing progress alone; returns what it would print. @throws as the command does */
export async function searchAs(flags: SearchFlags): Promise<Told> {
  checkFlags(flags);
  const files = filesOf(flags);
  checkDestinations(
    [
      { flag: "--out", file: flags.out, extension: ".json" },
      { flag: "--out", file: files.report, extension: ".html" },
    ],
    [flags.logits, flags.checkpoint].filter((file) => file !== undefined),
  );
  if (!flags.resume && !flags.dryRun) requireFresh(files.trials);
  const listed = await listItems(flags);
  await using opened = await openDevice(flags);
  const { device } = opened;
  using progress = startProgress(flags, 1);
  progress.stage("reading");
  if (flags.dryRun && flags.checkpoint !== undefined && !existsSync(files.cache)) {
    // Without the network's logits there is nothing to time, and computing them is much of the work.
    const plan = planOf(optionsOf(flags), 500, flags.range);
    const cost = costOf(plan, { ids: listed.items.map(({ id }) => id), side: 500 });
    progress[Symbol.dispose]();
    return { facts: { command: "search", dryRun: true, ...cost }, text: describeCost(cost), failures: [] };
  }
  const set = await openSet(device, flags, listed, files.cache, progress);
  progress[Symbol.dispose]();
  const { failures } = set;
  try {
    const plan = planOf(optionsOf(flags), set.side, flags.range);
    const cost = costOf(plan, set);
    if (flags.dryRun) {
      const seconds = await timeOne(set, plan, device);
      const facts = { command: "search", dryRun: true, ...cost, secondsEach: seconds, adapter: device.info.name };
      return { facts, text: describeCost(cost, seconds, device.info.name), failures };
    }
    if (!flags.quiet) for (const line of describeNotes(set.notes)) process.stderr.write(`${line}\n`);
    const facts = factsOf(plan, set);
    const known: SearchRecord[] = (flags.merge ?? []).flatMap((file) => readTrials(file, facts));
    if (flags.resume && existsSync(files.trials)) known.push(...readTrials(files.trials, facts, true));
    const file = new TrialsFile(files.trials, facts);
    const records = new Records(known, (record) => file.write(record));
    const began = performance.now();
    using bar = startProgress(flags, cost.inferences.most);
    const part = flags.shard.of > 1 ? flags.shard : undefined;
    const found = await search(device, set, plan, records, {
      part,
      onInference: (stage) => {
        bar.stage(stage);
        bar.step();
      },
    });
    bar[Symbol.dispose]();
    const seconds = (performance.now() - began) / 1000;
    const adapter = device.info.name;
    if (!found) {
      const text = `${files.trials}: part ${flags.shard.index} of ${flags.shard.of} is done${countPassedOver(failures)}; put all together by --merge`;
      return {
        facts: { command: "search", trials: files.trials, shard: flags.shard, seconds, adapter },
        text,
        failures,
      };
    }
    const encode = (text: string) => new TextEncoder().encode(text);
    const title = `${flags.checkpoint ?? flags.logits} on ${flags.data}`;
    writeTogether([
      { file: flags.out, bytes: encode(formatParams(found.parameters, foundOf(found, plan.metric))) },
      { file: files.report, bytes: encode(drawSearchReport({ title, plan, found, records, adapter })) },
    ]);
    const { parameters, network, score, chosen, gain, folds } = found;
    const verdict = verdictOf(found, plan);
    const result = foundOf(found, plan.metric);
    return {
      facts: {
        command: "search",
        out: flags.out,
        report: files.report,
        trials: files.trials,
        parameters,
        ...result,
        network,
        score,
        chosen,
        gain,
        folds,
        verdict,
        seconds,
        adapter,
      },
      text: [
        `${flags.out}: ${describeParameters(parameters)}`,
        `${verdict}${failures.length > 0 ? ` (${set.ids.length} pictures${countPassedOver(failures)})` : ""}`,
        `${files.report} shows the landscape; ${seconds.toFixed(1)} s on ${adapter}`,
      ].join("\n"),
      failures,
    };
  } finally {
    await set.close();
  }
}

const optionsOf = (flags: SearchFlags) => {
  const { metric, trials, folds, gradientSteps, shifts, seed, band: radius } = flags;
  return { metric, trials, folds, gradientSteps, shifts, seed, radius };
};

/** @throws UsageError for flags that exclude each other, or lack another one */
function checkFlags({ logits, checkpoint, shard, merge, resume, dryRun }: SearchFlags): void {
  const refuse = (where: string, expected: string, got: string, remedy?: string): never => {
    throw new UsageError({ where, expected, got, remedy });
  };
  if ((logits === undefined) === (checkpoint === undefined)) {
    const got = logits === undefined ? "neither" : "both";
    refuse("search", "one of --logits and --checkpoint", got, "say what the network below the CRF gives");
  }
  if (merge && shard.of > 1) refuse("--merge", "no --shard beside it", `${shard.index}/${shard.of}`);
  if (dryRun && (merge || resume)) refuse("--dry-run", "a search from its beginning", merge ? "--merge" : "--resume");
}

/** All that the records of a search depend on. */
const factsOf = (plan: SearchPlan, { digests, classes, named }: OpenSet): SearchFacts =>
  Object.fromEntries(leaves({ ...plan, classes, pictures: named, digests }));

/** Seconds of one inference with published parameters on the first picture; the second one, as the first warms up. */
async function timeOne(set: OpenSet, plan: SearchPlan, device: Parameters<typeof inferTally>[0]): Promise<number> {
  const [{ parameters }] = trialsOf(plan, set.side) as [ReturnType<typeof trialsOf>[number]];
  const read = reader(set, plan.radius);
  let seconds = 0;
  for (let time = 0; time < 2; time++) {
    const began = performance.now();
    await inferTally(device, await read(0), parameters, set.classes);
    seconds = (performance.now() - began) / 1000;
  }
  return seconds;
}

function describeCost(
  { trials, pictures, inferences }: ReturnType<typeof costOf>,
  seconds?: number,
  adapter = "",
): string {
  const { least, most } = inferences;
  const lines = [
    `${trials} trials on ${pictures} pictures: ${least} inferences at least, where all folds choose alike, ${most} at most`,
    seconds === undefined
      ? "the network's logits come first; what an inference takes is told once they are there"
      : `${seconds.toFixed(2)} s each on ${adapter}: ${duration(least * seconds)} to ${duration(most * seconds)}`,
    "Nothing was searched or written.",
  ];
  return lines.join("\n");
}

const duration = (seconds: number): string =>
  seconds < 100
    ? `${seconds.toFixed(0)} s`
    : seconds < 6000
      ? `${(seconds / 60).toFixed(0)} min`
      : `${(seconds / 3600).toFixed(1)} h`;
