/** `npm run mutate`: which small faults in the host's code do the suites notice? (scripts/mutate.mjs starts it) */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { findChromium, vulkanEnvironment } from "../../scripts/environment.mjs";
import { generate } from "../../scripts/generate.mjs";
import { findFolders, root } from "../hosts/folders.ts";
import type { DeviceChoice } from "../hosts/runner.ts";
import { bundleMutants } from "./bundle.ts";
import { Foreman, type Verdict } from "./foreman.ts";
import type { Mutant } from "./instrument.ts";
import type { Measured } from "./protocol.ts";
import { describeOutcomes, type Equivalent, isAlike, type Outcome, roomOf, scoreOf } from "./report.ts";

/** The rooms of the host's code that the suites answer for. */
const rooms = [
  "tape",
  "addUnrecorded",
  "tensor",
  "labels",
  "held",
  "device",
  "lattice",
  "crf",
  "nn",
  "optim",
  "models",
];
/** The share of mutants that are not equivalent which the tests of every room have to kill, in percent. */
const goal = 95;
/** Where mutants run. */
interface Stage {
  readonly name: string;
  /** The device of the suites' cases. Without one, the tests of vitest run. */
  readonly choice?: DeviceChoice;
  /** Files whose mutants run here if they live so far, in the cases that use them. */
  readonly takes: RegExp;
  /** Files that do all their work here, so that every case counts. Mutants of others get a second chance in few. */
  readonly home: RegExp;
}

/** How many cases make a second chance, the quickest: what only shows on another device mostly shows in any. */
const secondChance = 10;
const everything = /./;
const threads = /device\/(threads|control|worker|machine|wasm)\.ts$/;
const webgpu = /(device\/(webgpu|pipelines|bufferPool|gpuClock|flags)|nn\/(forms|tune))\.ts$/;
/** What the tests of vitest in test/device answer for: what hosts and collectors do, which no suite can ask for. */
const ofTests =
  /(device\/(adapters?|gpu|base|device|open|wasm\w*|threads|control|worker|machine|port|remote|serve|webgpu|pipelines|gpuClock|flags)|held|labels|tensor)\.ts$/;
const stages: readonly Stage[] = [
  { name: "WASM, 1 thread", choice: { prefer: "wasm", threads: 1 }, takes: everything, home: everything },
  { name: "vitest", takes: ofTests, home: ofTests },
  { name: "WASM, 2 threads", choice: { prefer: "wasm", threads: 2 }, takes: threads, home: threads },
  { name: "WebGPU", choice: { prefer: "webgpu" }, takes: everything, home: webgpu },
];

interface Flags {
  readonly jobs: number;
  readonly cases: number;
  readonly suites?: readonly string[];
  readonly json?: boolean;
  readonly known?: string;
}

const positive = (word: string): number => {
  const value = Number(word);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("expected 1 or more");
  return value;
};

const command = new Command("npm run mutate --")
  .description("Runs the suites against small faults in the host's code, and tells which of them no suite notices.")
  .argument("[room...]", `rooms or files below src/: optim, nn/conv2d; ${rooms.join(", ")} without one`)
  .option("--jobs <n>", "processes at work", positive, availableParallelism())
  .addOption(
    new Option("--cases <n>", "cases a mutant runs at most, for a first look: what they do not kill may yet be killed")
      .argParser(positive)
      .default(Infinity, "all"),
  )
  .option(
    "--suites <names>",
    "run no suites but those whose names begin so, with commas between: quicker, since not every case is measured; what they do not kill may yet be killed",
    (names) => names.split(","),
  )
  .option("--json", "print every mutant and its fate as JSON")
  .option(
    "--known <file>",
    "what --json printed before: what was killed then counts and is not run again, for the way from one test to the next",
  )
  .exitOverride();

/** Of this run, so that several do not disturb each other. */
const folder = `${root}build/mutation-${process.pid}/`;

class UnknownRoomError extends Error {
  override readonly name = "UnknownRoomError";
}

function findFiles(words: readonly string[]): string[] {
  const all = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return words.flatMap((word) => {
    const found = all.filter((file) => file === `${word}.ts` || file.startsWith(`${word}/`)).sort();
    if (found.length > 0) return found.map((file) => `src/${file}`);
    throw new UnknownRoomError(`no room or file below src/ is named "${word}"; the rooms are ${rooms.join(", ")}`);
  });
}

/** What killed mutants in a former run; the mutants are found as those of equivalent.json are. */
function readKilled(path: string, mutants: readonly Mutant[]): Map<number, Verdict> {
  const known = JSON.parse(readFileSync(path, "utf8")) as Outcome[];
  const killed = known.filter(({ fate }) => fate === "killed");
  const verdicts = mutants.flatMap((mutant): [number, Verdict][] => {
    const found = killed.find((one) => isAlike(one, mutant));
    return found ? [[mutant.id, { case: found.case, reason: found.reason }]] : [];
  });
  return new Map(verdicts);
}

/** What is known of the mutants so far. */
interface Knowledge {
  readonly mutants: readonly Mutant[];
  readonly verdicts: Map<number, Verdict>;
  /** Names of the cases that reached a file, by file. */
  readonly casesOfFile: Map<string, Set<string>>;
  /** Names of the cases that a mutant ran in first, by mutant. */
  readonly casesOfMutant: Map<number, readonly string[]>;
}

/** After an interrupt, no further mutant is begun, and those that ran are reported. */
let interrupted = false;

/** Runs the mutants that still live on one device, until a case fails; says now and then how far it is. */
async function runStage(stage: Stage, knowledge: Knowledge, { jobs, cases: mostCases, suites }: Flags): Promise<void> {
  const { mutants, verdicts, casesOfFile, casesOfMutant } = knowledge;
  const left = mutants.filter(({ id, file }) => stage.takes.test(file) && verdicts.get(id)?.reason === undefined);
  if (left.length === 0) return;
  const environment = stage.choice?.prefer !== "wasm" ? vulkanEnvironment(await findChromium()) : {};
  const options = { folders: findFolders(), choice: stage.choice };
  const foremen = Array.from({ length: jobs }, () => new Foreman(`${folder}worker.js`, options, environment));
  console.error(`${stage.name}: measuring cases`);
  const only = left.some(({ file }) => stage.home.test(file))
    ? suites
    : [...new Set(left.flatMap(({ id }) => casesOfMutant.get(id)?.slice(0, secondChance) ?? []))];
  const { cases, loaded } = await foremen[0]!.measure(only);
  for (const { name, error } of cases.filter((entry) => entry.error !== undefined)) {
    console.error(`  left out, since it fails without a mutant: ${name}: ${error}`);
  }
  const sound = cases.filter(({ error }) => error === undefined).sort((a, b) => a.milliseconds - b.milliseconds);
  const fileOf = new Map(mutants.map(({ id, file }) => [id, file]));
  const casesOf = new Map<number, Measured[]>();
  for (const entry of sound) {
    for (const id of entry.reached) {
      casesOf.set(id, [...(casesOf.get(id) ?? []), entry]);
      const file = fileOf.get(id);
      if (file !== undefined) casesOfFile.set(file, (casesOfFile.get(file) ?? new Set()).add(entry.name));
    }
  }
  const usersOf = ({ id, file }: Mutant): readonly Measured[] => {
    const own = file.replace(/^src\/(.*)\.ts$/, "$1");
    const isOwn = (name: string): boolean => name.startsWith(`${own}: `) || name.startsWith(`${own}.test: `);
    // What runs when modules are loaded shows in any case that uses its file. One that reads a constant reaches no mutant
    // while it runs, so the file's own suite counts in any case.
    const uses = (name: string): boolean => casesOfFile.get(file)?.has(name) ?? true;
    const users = loaded.includes(id) ? sound.filter(({ name }) => uses(name) || isOwn(name)) : (casesOf.get(id) ?? []);
    // The file's own suite first, then its room, each from the quickest case on.
    const distance = ({ name }: Measured): number =>
      isOwn(name) ? 0 : name.startsWith(`${own.split("/")[0]}/`) ? 1 : 2;
    const most = stage.home.test(file) ? mostCases : Math.min(mostCases, secondChance);
    return [...users].sort((a, b) => distance(a) - distance(b)).slice(0, most);
  };
  const attempt = async (foreman: Foreman, id: number, users: readonly Measured[]): Promise<Verdict> => {
    const verdict = await foreman.attempt(id, users, loaded.includes(id));
    if (verdict.reason !== undefined || stage.choice || loaded.includes(id)) return verdict;
    // What a module makes when it is first asked for, such as the entry point to WebGPU, is there already. A module that is
    // loaded anew makes it with the mutant.
    return await foreman.attempt(id, users.slice(0, secondChance), true);
  };
  const queue = [...left];
  const work = async (foreman: Foreman): Promise<void> => {
    for (let mutant = queue.shift(); mutant && !interrupted; mutant = queue.shift()) {
      const users = usersOf(mutant);
      if (!casesOfMutant.has(mutant.id))
        casesOfMutant.set(
          mutant.id,
          users.map(({ name }) => name),
        );
      if (users.length > 0) verdicts.set(mutant.id, await attempt(foreman, mutant.id, users));
      const living = left.filter(({ id }) => verdicts.get(id)?.reason === undefined).length - queue.length;
      const done = left.length - queue.length;
      if (done % 100 === 0) console.error(`${stage.name}: ${done} of ${left.length} mutants, ${living} of them live`);
    }
    foreman.dispose();
  };
  await Promise.all(foremen.map(work));
}

async function mutate(words: readonly string[], flags: Flags): Promise<number> {
  const files = findFiles(words.length === 0 ? rooms : words);
  await generate();
  const mutants = await bundleMutants(files, folder);
  const equivalents = JSON.parse(readFileSync(`${root}test/mutation/equivalent.json`, "utf8")) as Equivalent[];
  const stale = equivalents.filter(
    (one) => files.includes(one.file) && !mutants.some((mutant) => isAlike(one, mutant)),
  );
  for (const { file, text } of stale) console.error(`equivalent.json: ${file} has no such mutant any more: ${text}`);
  const isEquivalent = (mutant: Mutant): boolean => equivalents.some((one) => isAlike(one, mutant));
  const counted = mutants.filter((mutant) => !isEquivalent(mutant));
  const verdicts = flags.known === undefined ? new Map<number, Verdict>() : readKilled(flags.known, counted);
  const knowledge: Knowledge = { mutants: counted, verdicts, casesOfFile: new Map(), casesOfMutant: new Map() };
  try {
    for (const stage of stages) if (!interrupted) await runStage(stage, knowledge, flags);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const ran = interrupted ? mutants.filter(({ id }) => verdicts.has(id)) : mutants;
  const outcomes = ran.map((mutant): Outcome => {
    const verdict = verdicts.get(mutant.id);
    if (isEquivalent(mutant)) return { ...mutant, fate: "equivalent" };
    return {
      ...mutant,
      ...verdict,
      fate: !verdict ? "not reached" : verdict.reason === undefined ? "survived" : "killed",
    };
  });
  console.log(flags.json ? JSON.stringify(outcomes, undefined, 2) : describeOutcomes(outcomes));
  const scores = [...new Set(files.map(roomOf))].map((room) =>
    scoreOf(outcomes.filter(({ file }) => roomOf(file) === room)),
  );
  return stale.length === 0 && scores.every((score) => score >= goal) ? 0 : 1;
}

async function main(): Promise<number> {
  process.once("SIGINT", () => (interrupted = true));
  try {
    command.parse();
    return await mutate(command.args, command.opts<Flags>());
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // Commander has printed it
    if (!(error instanceof UnknownRoomError)) throw error;
    console.error(`mutate: ${error.message}`);
    return 2;
  }
}

process.exitCode = await main();
