import { type Command, InvalidArgumentError, Option } from "commander";
import type { Description } from "../description.ts";
import { toNumber } from "./options.ts";

/** Adds the flags of those options that have one; `prefix`: how their help begins. */
export function addFlags(command: Command, descriptions: object, prefix = ""): Command {
  for (const description of Object.values(descriptions as Record<string, Description<unknown>>)) {
    if (description.flag) command.addOption(optionOf(description, description.flag, prefix));
  }
  return command;
}

/** A flag of truth has no argument; the others take a number, or one of the words. */
function optionOf(description: Description<unknown>, [words, help]: readonly [string, string], prefix: string): Option {
  const option = new Option(words, prefix + help);
  if (typeof description.default === "boolean") return option;
  option.default(description.default);
  return description.choices
    ? option.choices(description.choices)
    : option.argParser((text) => parse(description, text));
}

function parse({ accepts, expected }: Description<unknown>, text: string): unknown {
  const value = toNumber(text);
  if (accepts(value)) return value;
  throw new InvalidArgumentError(`expected ${expected}`);
}
