import { type Command, InvalidArgumentError, Option } from "commander";
import type { Setting } from "../setting.ts";
import { toNumber } from "./options.ts";

/** Adds the flags of those settings that have one; `prefix`: how their help begins. */
export function addSettings(command: Command, settings: object, prefix = ""): Command {
  for (const setting of Object.values(settings as Record<string, Setting<unknown>>)) {
    if (setting.flag) command.addOption(optionOf(setting, setting.flag, prefix));
  }
  return command;
}

/** A flag of truth has no argument; the others take a number, or one of the setting's words. */
function optionOf(setting: Setting<unknown>, [words, help]: readonly [string, string], prefix: string): Option {
  const option = new Option(words, prefix + help);
  if (typeof setting.default === "boolean") return option;
  option.default(setting.default);
  return setting.choices ? option.choices(setting.choices) : option.argParser((text) => parse(setting, text));
}

function parse({ accepts, expected }: Setting<unknown>, text: string): unknown {
  const value = toNumber(text);
  if (accepts(value)) return value;
  throw new InvalidArgumentError(`expected ${expected}`);
}
