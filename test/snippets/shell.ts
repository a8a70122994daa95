import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { program } from "../../src/cli/cli.ts";
import { FormatError } from "../../src/errors.ts";
import { root } from "../hosts/folders.ts";
import { fences, files, pages, type Snippet, spans } from "./extract.ts";

/** Packages that users put beside ours, as tests do that have a package of their own. */
const others = files("test", "package.json").flatMap((file) => {
  const { dependencies } = JSON.parse(readFileSync(`${root}${file}`, "utf8")) as { dependencies?: object };
  return Object.keys(dependencies ?? {});
});

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
export async function checkCommand({ where, text: line }: Snippet): Promise<void> {
  const page = where.replace(/:\d+$/, "");
  const text = readFileSync(`${root}${page}`, "utf8");
  const [name = "", ...words] = wordsOf(withVariables(line, text));
  const own = { "crf-rnn": words, npx: words[0] === "crf-rnn" && words.slice(1), node: words[0] === "dist/cli.js" && words.slice(1) }; // prettier-ignore
  const flags = own[name as keyof typeof own];
  if (flags) return parse(flags);
  const [first = "", second = ""] = words;
  if (name === "npm") return void checkNpm(first, words);
  const isProgram = existsSync(`${root}node_modules/.bin/${first}`) || others.includes(first);
  if (name === "npx") return void require(isProgram, `a program named ${first}`);
  const file = name === "node" ? (first.startsWith("-") ? second : first) : name;
  const isThere = [root, `${root}${dirname(page)}/`].some((folder) => existsSync(`${folder}${file}`));
  // What a command before it makes, or the reader.
  const isMade = text.includes(`--outfile=${file}`) || text.includes(`Save this as \`${file}\``);
  require(isThere || isMade, `a file ${file}`);
}

/** A line with the values of the shell's variables that its page has set. */
function withVariables(line: string, page: string): string {
  const values = new Map([...page.matchAll(/^(\w+)="([^"]*)"$/gm)].map(([, name, value]) => [name, value]));
  return line.replace(/\$(\w+)/g, (all, name: string) => values.get(name) ?? all);
}

function checkNpm(command: string, words: readonly string[]): void {
  const script = command === "run" ? words.find((word, i) => i > 0 && !word.startsWith("-")) : undefined;
  if (script !== undefined) return checkScript(script, words);
  const own = [packageJson.name, ...Object.keys(packageJson.peerDependencies)];
  const packages = [...own, ...Object.keys(packageJson.devDependencies), ...others];
  if (command === "install")
    for (const name of words.slice(1).filter((word) => !word.startsWith("-")))
      require(packages.includes(name), `a package that we know, not ${name}`);
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
  const program = /\bscripts\/bench\.mjs ([\w/]+)/.exec(text!)?.[1];
  const own = program === undefined ? /\bscripts\/[\w/]+\.\w+/.exec(text!)?.[0] : `bench/${program}.ts`;
  const file = declaredIn[script] ?? own;
  for (const [, flag] of words
    .slice(words.indexOf(script))
    .join(" ")
    .matchAll(/ --(\w[\w-]*)/g)) {
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
  await whole.parseAsync(words, { from: "user" }).catch((error: unknown) => {
    // All flags have been taken when the file of --params is read, which is not here.
    if (!(error instanceof FormatError && words.includes(error.file))) throw error;
  });
}

/** Words as a shell would part them, with quotes of one kind; what is optional loses its brackets. */
const wordsOf = (line: string): string[] =>
  [...line.replace(/[[\]]/g, "").matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, one, two, bare]) => one ?? two ?? bare!,
  );

function require(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected ${what}`);
}
