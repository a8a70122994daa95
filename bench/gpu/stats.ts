/**
 * Compiles every kernel and form for AMD GPUs that are not here and prints what their compiler says. Nothing runs.
 *
 *   npm run gpu:stats                            the five families, a table each
 *   npm run gpu:stats -- navi31 --only product   one of them, kernels whose path matches
 *   npm run gpu:stats -- --write                 records all in bench/results/gpu-stats.md
 *   npm run gpu:stats -- navi31 --only splat --assembly    the machine code
 *
 * It needs what scripts/setup.sh installs: Mesa's RADV and a C compiler.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { kinds, shareOf } from "./code.ts";
import { kernelName } from "../floor.ts";
import { compiledKernels } from "./kernels.ts";
import { type Compiled, compileFor, families, type Family, type Statistics } from "./radv.ts";
import { type Column, markdownTable, percent, textTable } from "./text.ts";

const root = process.cwd();

const columns: readonly Column<Statistics>[] = [
  ["kernel", kernelName],
  ["VGPR", ({ vectorRegisters }) => `${vectorRegisters}`],
  ["SGPR", ({ scalarRegisters }) => `${scalarRegisters}`],
  ["spills", ({ spills }) => `${spills}`],
  ["scratch", ({ scratch }) => `${scratch}`],
  ["LDS", ({ workgroupBytes }) => `${workgroupBytes}`],
  ["waves", ({ waves }) => `${waves}`],
  ["instructions", ({ instructions }) => `${instructions}`],
  ["latency", ({ latency }) => `${latency}`],
  ["multiply-adds in the innermost loop", ({ loops }) => (loops ? shareText(loops.innermost) : "–")],
  ["in the chunk", ({ loops }) => (loops ? shareText(loops.chunk) : "–")],
  ["what else is in the innermost loop", ({ loops }) => (loops ? elseText(loops.innermost.kinds) : "–")],
];

function shareText(mix: Parameters<typeof shareOf>[0]): string {
  return `${mix.multiplyAdds}/${mix.instructions} = ${percent(shareOf(mix))}`;
}

const elseText = (counts: Readonly<Partial<Record<string, number>>>): string =>
  kinds
    .filter((kind) => kind !== "multiply-add" && (counts[kind] ?? 0) > 0)
    .map((kind) => `${counts[kind]} ${kind}`)
    .join(", ");

const program = new Command("gpu:stats")
  .description("compile every kernel for AMD GPUs that are not here and print what their compiler says")
  .argument("[families...]", `of ${families.join(", ")}`, [...families])
  .option("--only <pattern>", "kernels whose path matches this regular expression", "")
  .option("--assembly", "print the machine code as well")
  .option("--json", "print facts instead of tables")
  .option("--write", "record the tables in bench/results/gpu-stats.md")
  .parse();
const flags = program.opts<{ only: string; assembly?: boolean; json?: boolean; write?: boolean }>();
const wanted = program.processedArgs[0] as string[];
const unknown = wanted.find((name) => !(families as readonly string[]).includes(name));
if (unknown !== undefined) program.error(`error: '${unknown}' is none of ${families.join(", ")}`);
if (flags.write && (flags.only !== "" || wanted.length < families.length))
  program.error("error: --write records all kernels of all families: leave the others out");
const kernels = compiledKernels.filter(({ file }) => new RegExp(flags.only).test(file));
if (kernels.length === 0) program.error(`error: no kernel's path matches '${flags.only}'`);

const compiled: Compiled[] = [];
for (const family of wanted) compiled.push(await compileFor(family as Family, kernels, root));

if (flags.write) {
  writeFileSync(join(root, "bench/results/gpu-stats.md"), describe(compiled));
} else if (flags.json) {
  console.log(
    JSON.stringify(
      compiled.map(({ assembly: _, ...facts }) => facts),
      undefined,
      2,
    ),
  );
} else {
  for (const { family, driver, statistics, assembly } of compiled) {
    console.log(`${family}: ${driver}\n\n${textTable(columns, statistics)}\n`);
    if (flags.assembly) console.log([...assembly.values()].join("\n"));
  }
}

function describe(all: readonly Compiled[]): string {
  const parts = all.map(({ family, statistics }) => `## ${family}\n\n${markdownTable(columns, statistics)}\n`);
  return `# What compilers make of the kernels

Recorded by \`npm run gpu:stats -- --write\`: every kernel and form, with the constants that its file has, compiled by Dawn and Mesa's RADV
(${all[0]!.driver.replace(/^[^,]*, /, "")}) for AMD GPUs that were not there. Nothing has run. \`test/gpu/stats.test.ts\` refuses spills and scratch.

VGPR and SGPR are registers of an invocation and of a wave, LDS bytes of workgroup memory, scratch bytes of an invocation's own memory, waves those that a SIMD
holds at once (Dawn runs RDNA in waves of 64), latency the compiler's estimate in cycles for one wave. Multiply-adds are counted against all instructions, waits and hints
included: in the innermost loop that holds most of them, and in one chunk of the reduction, which is that loop as often as a chunk runs it, and the loops around it once.

<!-- prettier-ignore-start -->

${parts.join("\n")}
<!-- prettier-ignore-end -->
`;
}
