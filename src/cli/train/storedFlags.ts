import { existsSync } from "node:fs";
import { resolve } from "node:path";
import * as valibot from "valibot";
import { version } from "../../../package.json";
import { parseJson } from "../../data/json.ts";
import { readWhole } from "../input.ts";
import { settings } from "../../train/goingOn.ts";
import { addCommonFlags } from "../options.ts";
import { trainWords, type TrainFlags } from "./flags.ts";

/** The file in a run's folder with the flags that the run was begun with, so that `--resume` and `report` need none of them again. */
export const flagsFile = "flags.json";

const text = valibot.string();
const schema = valibot.object({
  version: text,
  flags: valibot.looseObject({
    data: valibot.pipe(valibot.array(text), valibot.minLength(1)),
    val: valibot.optional(text),
    init: valibot.optional(text),
    logits: valibot.optional(text),
  }),
});

/** Flags that say nothing of the run itself. */
const passing = ["out", "resume", "exact", "dryRun", "json", "quiet", "trace", "distributed"];

/** Settings are in the checkpoint as they were changed last. */
const inCheckpoint = Object.keys(settings);

/** The bytes of the file: flags that differ from their defaults, places as seen from everywhere. */
export function storeFlags(flags: TrainFlags): Uint8Array {
  const differing = trainOptions().flatMap(({ name, usual }): [string, unknown][] => {
    const value = flags[name as keyof TrainFlags];
    return value === undefined || JSON.stringify(value) === JSON.stringify(usual) ? [] : [[name, value]];
  });
  const places = {
    data: flags.data.map(absolute),
    val: flags.val && absolute(flags.val),
    init: flags.init && resolve(flags.init),
    logits: flags.logits && resolve(flags.logits),
  };
  const stored = { version, flags: { ...Object.fromEntries(differing), ...places } };
  return new TextEncoder().encode(`${JSON.stringify(stored, undefined, 1)}\n`);
}

/** The flags of a run. @throws FormatError for a file that is none */
export async function readFlags(file: string): Promise<Partial<TrainFlags> & Pick<TrainFlags, "data">> {
  const { value } = parseJson(await readWhole(file), file, schema);
  const known = trainOptions().map(({ name }) => name);
  const entries = Object.entries(value.flags).filter(([name]) => known.includes(name));
  return Object.fromEntries(entries) as Partial<TrainFlags> & Pick<TrainFlags, "data">;
}

/**
 * The flags of a command that goes on with a run: those that it is given, and else those that the run was begun with. Where there is a
 * checkpoint, it says what settings hold.
 */
export function withStored(
  flags: TrainFlags,
  stored: Partial<TrainFlags>,
  isGiven: (name: string) => boolean,
  checkpoint: boolean,
): TrainFlags {
  // Either says how long a run is.
  const said = (name: string): boolean =>
    isGiven(name) || (name === "steps" && isGiven("epochs")) || (name === "epochs" && isGiven("steps"));
  const taken = Object.entries(stored).filter(([name]) => !said(name) && !(checkpoint && inCheckpoint.includes(name)));
  return { ...flags, ...Object.fromEntries(taken) };
}

/** The options of the command that say something of a run, with their defaults. */
const trainOptions = () =>
  addCommonFlags(trainWords())
    .options.map((option) => ({ name: option.attributeName(), usual: option.defaultValue as unknown }))
    .filter(({ name }) => !passing.includes(name));

/** `DIR@SPLIT,LIST.txt` with absolute paths. */
function absolute(words: string): string {
  const at = existsSync(words) ? -1 : words.lastIndexOf("@");
  if (at < 0) return resolve(words);
  const splits = words.slice(at + 1).split(",");
  return `${resolve(words.slice(0, at))}@${splits.map((split) => (split.endsWith(".txt") ? resolve(split) : split)).join(",")}`;
}
