import { existsSync, readFileSync } from "node:fs";
import packageJson from "../../package.json" with { type: "json" };
import runtimes from "../bridges/runtimes/package.json" with { type: "json" };
import { program } from "../../src/cli/cli.ts";
import { root } from "../hosts/folders.ts";
import { fences, pages, type Snippet, spans } from "./extract.ts";

/** Programs that the documentation may tell people to start. */
const ours = /^((crf-rnn|npx|npm|node) |scripts\/\S+\.sh)/;

/** Every command that documentation shows, in fences and in the running text. */
export function commands(): Snippet[] {
  const shown = pages.flatMap((page) => [...fences(page, ["sh"]), ...spans(page)]);
  return shown
    .flatMap(({ where, text }) => linesOf(text).map((line) => ({ where, text: line })))
    .filter(({ text }) => ours.test(text));
}

/** Single commands, without comments; a line that ends in a backslash goes on. */
const linesOf = (text: string): string[] =>
  text
    .replace(/\\\n\s*/g, " ")
    .split(/\n|&&|;|\|/)
    .map((line) =>
      line
        .replace(/(^|\s)#.*$/, "")
        .replace(/^\s*(\w+=\S+ )*/, "")
        .trim(),
    )
    .filter((line) => line !== "");

/** @throws Error unless a command starts what there is, with flags that it takes */
export async function checkCommand(line: string): Promise<void> {
  const [name = "", ...words] = wordsOf(line);
  const own = { "crf-rnn": words, npx: words[0] === "crf-rnn" && words.slice(1), node: words[0] === "dist/cli.js" && words.slice(1) }; // prettier-ignore
  const flags = own[name as keyof typeof own];
  if (flags) return parse(flags);
  const [first = "", second = ""] = words;
  if (name === "npm") return void checkNpm(first, words);
  if (name === "npx") return void require(existsSync(`${root}node_modules/.bin/${first}`), `a program named ${first}`);
  const file = name === "node" ? (first.startsWith("-") ? second : first) : name;
  require(existsSync(`${root}${file}`), `a file ${file}`);
}

function checkNpm(command: string, words: readonly string[]): void {
  const script = command === "run" ? words.find((word, i) => i > 0 && !word.startsWith("-")) : undefined;
  if (script !== undefined) return checkScript(script, words);
  const { name: own, peerDependencies, devDependencies } = packageJson;
  const packages = [
    own,
    ...[peerDependencies, devDependencies, runtimes.dependencies].flatMap((all) => Object.keys(all)),
  ];
  if (command === "install")
    for (const name of words.slice(1)) require(packages.includes(name), `a package that is tested with, not ${name}`);
  require(["ci", "test", "install", "pack", "publish"].includes(command), `a command of npm, not ${command}`);
}

/** Where the flags of scripts are declared that do not name their own file. */
const declaredIn: Readonly<Record<string, string>> = {
  suite: "test/hosts/suite.ts",
  mutate: "test/mutation/mutate.ts",
};

function checkScript(script: string, words: readonly string[]): void {
  const text = (packageJson.scripts as Readonly<Record<string, string>>)[script];
  require(text !== undefined, `a script named ${script}`);
  const file = declaredIn[script] ?? /\b(bench|scripts)\/[\w/]+\.\w+/.exec(text!)?.[0];
  for (const [, flag] of words.join(" ").matchAll(/ --(\w[\w-]*)/g)) {
    const declared = new RegExp(`--${flag}\\b|\\b${flag}: \\{`);
    require(file !== undefined &&
      declared.test(readFileSync(`${root}${file}`, "utf8")), `a flag --${flag} of ${script}`);
  }
}

/** Lets the command line parse words, without doing anything. What stands for more words ("…") stands for flags that are needed, too. */
async function parse(words: readonly string[]): Promise<void> {
  const whole = program();
  const [first, second = ""] = words;
  const names = [...whole.commands.map((command) => command.name()), "COMMAND"];
  if (first === "help") return void require(names.includes(second), `one of ${names.join(", ")}, not ${second}`);
  for (const command of whole.commands) {
    command.action(() => {});
    if (words.includes("…")) for (const option of command.options) option.mandatory = false;
  }
  await whole.parseAsync(words, { from: "user" });
}

/** Words as a shell would part them, with quotes of one kind; what is optional loses its brackets. */
const wordsOf = (line: string): string[] =>
  [...line.replace(/[[\]]/g, "").matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, one, two, bare]) => one ?? two ?? bare!,
  );

function require(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected ${what}`);
}
