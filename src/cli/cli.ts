import { Command, CommanderError } from "commander";
import { version } from "../../package.json";
import { CrfRnnError } from "../errors.ts";
import { printable } from "../quote.ts";
import { benchCommand } from "./bench.ts";
import { checkCommand } from "./check.ts";
import { convertCommand } from "./convert.ts";
import { dataCommand } from "./data.ts";
import { demoCommand } from "./demo.ts";
import { doctorCommand } from "./doctor.ts";
import { evaluateCommand } from "./evaluate.ts";
import { filterCommand } from "./filter.ts";
import { addCommonFlags } from "./options.ts";
import { refineCommand } from "./refine.ts";
import { reportCommand } from "./report.ts";
import { searchCommand } from "./search.ts";
import { segmentCommand } from "./segment.ts";
import { studyCommand } from "./study.ts";
import { isOtherRank } from "./train/together.ts";
import { trainCommand } from "./train.ts";

/** Exit status for input that the user can put right, and for a fault of the program. */
const badInput = 2;
const internalFailure = 1;

/** The command line: every command with its flags and its help. */
export function program(): Command {
  const root = new Command("crf-rnn")
    .description(
      "CRF-as-RNN on WebGPU and WebAssembly: refine a network's label maps along the edges of the photograph",
    )
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .addHelpText(
      "after",
      "\n`crf-rnn help <command>` shows a command's flags and examples. In the environment, CRF_RNN_PROGRESS=never\nkeeps standard error free of progress, so that it holds errors only.",
    );
  for (const command of [
    refineCommand(),
    checkCommand(),
    filterCommand(),
    convertCommand(),
    dataCommand(),
    benchCommand(),
    doctorCommand(),
    trainCommand(),
    reportCommand(),
    evaluateCommand(),
    segmentCommand(),
    searchCommand(),
    studyCommand(),
    demoCommand(),
  ]) {
    root.addCommand(addCommonFlags(command));
  }
  for (const command of [root, ...root.commands]) {
    // Errors are printed below, in one place and one form.
    command.exitOverride().configureOutput({ outputError: () => {} });
    command.configureHelp({ helpWidth: Math.min(process.stdout.columns ?? 100, 120) });
  }
  return root;
}

/** Runs the program with these words; returns its exit status. What it prints goes to the process's own streams. */
export async function main(words: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(words, { from: "user" });
    return Number(process.exitCode ?? 0); // train, stopped by the user, ends with 130
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      // Without a command: help is already printed, on standard error.
      if (error.code === "commander.help") return badInput;
      if (words.includes("--distributed") && isOtherRank()) return badInput; // All have the same words, and the first rank tells.
      process.stderr.write(`crf-rnn: ${sentence(error)} — see crf-rnn --help\n`);
      return badInput;
    }
    if (error instanceof CrfRnnError) {
      process.stderr.write(`crf-rnn: ${printable(error.message, 2000)}\n`);
      return badInput;
    }
    process.stderr.write(`crf-rnn: internal failure: ${error instanceof Error ? error.stack : String(error)}\n`);
    return internalFailure;
  }
}

/** Brings commander's message into the form of this library's messages: where, what was expected, what was found. */
function sentence({ message }: CommanderError): string {
  const line = message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  const wrong = /^option '(?:-\w, )?(--[\w-]+)[^']*' argument '(.*)' is invalid\. (.*?)\.?$/.exec(line);
  if (!wrong) return line;
  const [, flag, value, expected = ""] = wrong;
  return `${flag}: ${expected.replace(/^Allowed choices are/, "expected one of")}, got '${value}'`;
}
