// The reference of the command line, one Markdown page a command, from the commands themselves. The pages are made anew with the
// site and kept out of the repository: a copy there would be a second place that says what a flag does.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** Writes the pages into `docs/commands`; returns the names of the commands. */
export async function writeCommands(root) {
  const program = await loadProgram(root);
  const folder = join(root, "docs/commands");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const common = flagsOfAll(program.commands);
  await writeFile(join(folder, "index.md"), overview(program, common));
  for (const command of program.commands) {
    await writeFile(join(folder, `${command.name()}.md`), pageOf(command, common));
  }
  const names = program.commands.map((command) => command.name());
  await writeFile(join(folder, "sidebar.json"), JSON.stringify(names));
  return names;
}

/** The commands as the program has them, from its sources. */
async function loadProgram(root) {
  const outfile = join(root, "build/site/commands.mjs");
  await build({
    absWorkingDir: root,
    entryPoints: ["src/cli/cli.ts"],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    packages: "external",
    logLevel: "warning",
  });
  const { program } = await import(`${pathToFileURL(outfile).href}?${Date.now()}`);
  return program();
}

/** Flags that every command has, by what is written for them. */
function flagsOfAll(commands) {
  const [first, ...others] = commands.map((command) => new Set(command.options.map(({ flags }) => flags)));
  return new Set([...first].filter((flags) => others.every((other) => other.has(flags))));
}

function overview(program, common) {
  const rows = program.commands.map((command) => [
    `[\`crf-rnn ${command.name()}\`](./${command.name()}.md)`,
    text(command.description()),
  ]);
  const shared = program.commands[0].options.filter(({ flags }) => common.has(flags));
  return page(
    "Command line",
    `The package brings a program, \`crf-rnn\`: \`npx crf-rnn help\` lists its commands, and \`npx crf-rnn help refine\` says what one of
them takes. Bad input ends in one sentence and exit status 2, and no file is left half written. These pages are made from the
commands themselves.`,
    table(["command", "does"], rows),
    "## Flags of every command",
    flagTable(program.commands[0], shared),
    "`CRF_RNN_PROGRESS=never` in the environment keeps progress off standard error; `CRF_RNN_TRACE=FILE` does what `--trace` does.",
  );
}

function pageOf(command, common) {
  const help = command.createHelp();
  const own = command.options.filter(({ flags, hidden }) => !hidden && !common.has(flags));
  const words = help.visibleArguments(command);
  const argument = (word) => [`\`${help.argumentTerm(word)}\``, text(help.argumentDescription(word))];
  return page(
    `crf-rnn ${command.name()}`,
    sentence(command.description()),
    `\`\`\`text\n${help.commandUsage(command)}\n\`\`\``,
    words.length > 0 ? `## Arguments\n\n${table(["argument", "is"], words.map(argument))}` : "",
    own.length > 0 ? `## Flags\n\n${flagTable(command, own)}` : "",
    "[Flags that every command knows](./index.md#flags-of-every-command) choose the device and what is printed.",
    afterwards(command),
  );
}

const page = (title, ...parts) => `${[`# ${title}`, ...parts.filter((part) => part !== "")].join("\n\n")}\n`;

/** What a command's help says behind its flags: examples, which are indented below a heading, and paragraphs. */
function afterwards(command) {
  let whole = "";
  command.configureOutput({ writeOut: (piece) => (whole += piece) });
  command.outputHelp();
  const rest = whole.slice(command.helpInformation().length).trim();
  if (rest === "") return "";
  const [, examples = "", remarks] = /^Examples:\n((?:(?: .*)?\n?)*)([^]*)$/.exec(rest) ?? [undefined, "", rest];
  return [
    examples.trim() && `## Examples\n\n\`\`\`text\n${examples.replace(/^ {2}/gm, "").trim()}\n\`\`\``,
    remarks.trim() && `## Remarks\n\n\`\`\`text\n${remarks.trim()}\n\`\`\``,
  ]
    .filter(Boolean)
    .join("\n\n");
}

function flagTable(command, options) {
  const help = command.createHelp();
  const row = (option) => [
    `\`${help.optionTerm(option)}\``,
    text(help.optionDescription(option)) + (option.mandatory ? ". **Required.**" : ""),
  ];
  return table(["flag", "means"], options.map(row));
}

const table = (heads, rows) =>
  [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

/** Plain text as Markdown that shows it as it is, in a cell of a table, too, and to Vue. */
const text = (plain) =>
  plain
    .replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign])
    .replace(/[\\`*_{}[\]|]/g, "\\$&")
    .replace(/\s+/g, " ");

const sentence = (plain) => `${text(plain[0].toUpperCase() + plain.slice(1))}.`;
