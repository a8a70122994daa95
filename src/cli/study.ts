import { join } from "node:path";
import type { Command } from "commander";
import { linesOf, markdownOf } from "../study/table.ts";
import { report } from "./options.ts";
import { startProgress } from "./progress.ts";
import { partOf } from "./shard.ts";
import { drawStudy, notesOf } from "./study/draw.ts";
import { type StudyFlags, studyWords } from "./study/flags.ts";
import { printPlan } from "./study/plan.ts";
import { resultsOf } from "./study/score.ts";
import { studySeed } from "./study/seed.ts";
import { beginStudy, factsOf, listOf, write } from "./study/task.ts";
import { interrupted } from "./train/interrupt.ts";

export const studyCommand = (): Command => studyWords().action(run);

async function run(flags: StudyFlags): Promise<void> {
  const study = await beginStudy(flags);
  if (flags.dryRun) return printPlan(study);
  write(flags.out, "study.json", `${JSON.stringify(factsOf(study), undefined, 1)}\n`);
  for (const name of ["learn", "search"] as const) write(flags.out, `${name}.txt`, listOf(study, name));
  const seeds = partOf(
    Array.from({ length: flags.seeds }, (_, i) => i + 1),
    flags.shard,
  );
  {
    using progress = startProgress(flags, seeds.length * (study.runs.length + flags.rows.length));
    for (const seed of seeds) {
      if (await studySeed(study, seed, progress)) continue;
      process.exitCode = interrupted;
      progress[Symbol.dispose]();
      return void report(
        flags,
        { command: "study", interrupted: true },
        `${flags.out}: interrupted; repeat the command to go on.`,
      );
    }
  }
  const lines = linesOf(flags.rows, resultsOf(study));
  const markdown = markdownOf(lines);
  write(flags.out, "study.md", `${markdown}\n\n${notesOf(study).join("\n")}\n`);
  write(flags.out, "study.html", await drawStudy(study, lines));
  const text = [
    markdown,
    ...study.failures.map(({ what, problem }) => `not done: ${what}: ${problem}`),
    `${join(flags.out, "study.html")} shows it with pictures`,
  ];
  report(flags, { command: "study", out: flags.out, lines, failures: study.failures }, text.join("\n"));
  if (study.failures.length > 0) process.exitCode = 1;
}
