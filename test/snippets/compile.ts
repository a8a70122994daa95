import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { build } from "esbuild";
import ts from "typescript";
import { entries, importName } from "../../scripts/entries.mjs";
import { root } from "../hosts/folders.ts";
import type { Snippet } from "./extract.ts";
import * as given from "./given.ts";

const run = promisify(execFile);
const folder = `${root}build/snippets/`;
const fileOf = (index: number): string => `snippet${index}.ts`;

/** A snippet with the function of given.ts that makes what it takes for granted. */
export interface Program extends Snippet {
  readonly given: keyof typeof given.kinds;
}

/** What became of the snippets, by where they stand: the compiler's complaints, and the errors that they ended in. */
export interface Verdicts {
  readonly complaints: Readonly<Record<string, string>>;
  readonly failures: Readonly<Record<string, string>>;
}

/** Compiles all snippets in one run of the compiler, and runs all in one process. */
export async function tryOut(programs: readonly Program[]): Promise<Verdicts> {
  using tree = await given.writeDataSets();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const known = await exported();
  const names = await givenNames(tree.path);
  for (const [i, program] of programs.entries()) {
    await writeFile(`${folder}${fileOf(i)}`, moduleOf(program, names[program.given]!, known));
  }
  await writeFile(`${folder}all.ts`, runnerOf(programs));
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false };
  const config = { extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"] };
  await writeFile(`${folder}tsconfig.json`, JSON.stringify(config));
  const [complaints, failures] = await Promise.all([compile(programs), runAll(tree.path)]);
  return { complaints, failures };
}

/** Values that the entries export, by name, each with its entries: an `@example` may use them without an import. */
async function exported(): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = new Map<string, string[]>();
  for (const [name, { source }] of Object.entries(entries)) {
    const module = (await import(/* @vite-ignore */ `${root}${source}`)) as object;
    for (const value of Object.keys(module)) names.set(value, [...(names.get(value) ?? []), importName(name)]);
  }
  return names;
}

/** The entry that an example means: that of its own bridge, where several have a value of this name. */
const entryFor = (where: string, entriesOf: readonly string[]): string =>
  entriesOf.find((entry) => where.startsWith(`src/bridges/${entry.split("/")[1]}`)) ?? entriesOf[0]!;

async function givenNames(dataSets: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const all = Object.entries(given.kinds).map(
    async ([kind, make]) => [kind, Object.keys(await make(dataSets))] as const,
  );
  return Object.fromEntries(await Promise.all(all));
}

/**
 * A module whose function does what a snippet does. Its imports come first, then what it takes for granted, then the snippet in a block, where it
 * may give those names another meaning; functions that it declares are called with what their parameters are named after.
 */
function moduleOf(
  { where, text, given: kind }: Program,
  names: readonly string[],
  known: ReadonlyMap<string, readonly string[]>,
): string {
  const source = ts.createSourceFile("snippet.ts", text, ts.ScriptTarget.ES2022, true);
  const [imports, rest] = [true, false].map((wanted) =>
    source.statements
      .filter((statement) => ts.isImportDeclaration(statement) === wanted)
      .map((one) => one.getFullText()),
  );
  const missing = freeNames(source).filter((name) => known.has(name) && !names.includes(name));
  const calls = source.statements
    .filter(ts.isFunctionDeclaration)
    .map(
      ({ name, parameters }) =>
        `await ${name!.text}(${parameters.map((parameter) => parameter.name.getText()).join(", ")});`,
    );
  return [
    ...imports!,
    ...missing.map((name) => `import { ${name} } from "${entryFor(where, known.get(name)!)}";`),
    `import { kinds } from "../../test/snippets/given.ts";`,
    `export async function run() {`,
    `const { ${names.join(", ")} } = await kinds.${kind}();`,
    `{`,
    ...rest!,
    ...calls,
    `}\n}`,
  ].join("\n");
}

/** Identifiers that are used but neither imported nor declared in a snippet. */
function freeNames(source: ts.SourceFile): string[] {
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isDeclared = "name" in parent && parent.name === node && !ts.isPropertyAccessExpression(parent);
      const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
      if (isDeclared) declared.add(node.text);
      else if (!isMember) used.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...used].filter((name) => !declared.has(name));
}

/** A program that runs every snippet and prints, as JSON, what those that failed ended in. */
const runnerOf = (programs: readonly Program[]): string => `
${programs.map((_, i) => `import { run as run${i} } from "./${fileOf(i)}";`).join("\n")}
const runs: Record<string, () => Promise<unknown>> = { ${programs.map(({ where }, i) => `"${where}": run${i}`).join(", ")} };
const failures: Record<string, string> = {};
for (const [where, run] of Object.entries(runs)) {
  await run().catch((error) => (failures[where] = String(error?.stack ?? error)));
}
console.log(JSON.stringify(failures));
`;

async function compile(programs: readonly Program[]): Promise<Record<string, string>> {
  const tsc = [`${root}node_modules/@typescript/native/bin/tsc`, "--project", folder, "--pretty", "false"];
  const output = await run(process.execPath, tsc, { cwd: folder }).then(
    () => "",
    ({ stdout }: { stdout: string }) => stdout,
  );
  const lines = output.split("\n").filter((line) => line !== "");
  const of = (i: number): string[] => lines.filter((line) => line.startsWith(`${fileOf(i)}(`));
  const strangers = lines.filter((line) => /^\S/.test(line) && !line.startsWith("snippet"));
  if (strangers.length > 0) throw new Error(strangers.join("\n"));
  return Object.fromEntries(programs.flatMap(({ where }, i) => (of(i).length > 0 ? [[where, of(i).join("\n")]] : [])));
}

async function runAll(cwd: string): Promise<Record<string, string>> {
  const outfile = `${folder}all.js`;
  await build({
    absWorkingDir: root,
    entryPoints: [`${folder}all.ts`],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    packages: "external",
    alias: {
      ...Object.fromEntries(
        Object.entries(entries).map(([name, { source }]) => [importName(name), `${root}${source}`]),
      ),
      "crf-rnn": `${root}test/snippets/small.ts`,
    },
    logLevel: "silent",
  });
  const { stdout } = await run(process.execPath, [outfile], { cwd });
  // What snippets print comes before.
  return JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as Record<string, string>;
}
