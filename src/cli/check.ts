import { statSync } from "node:fs";
import { Command } from "commander";
import { bandwidthOptions } from "../crf/options.ts";
import { checkDataset } from "../data/checkDataset.ts";
import { itemsOf } from "../data/dataset.ts";
import { openUnion } from "../data/openDataset.ts";
import { amongMany, type Finding, findingOf, refuse, type Severity } from "../diagnosis/finding.ts";
import { checkGaps } from "../diagnosis/labels.ts";
import { UsageError } from "../errors.ts";
import { checkPicture } from "./check/picture.ts";
import { addFlags } from "./describedFlags.ts";
import { describeNotes, notesOf } from "./notes.ts";
import { type CommonFlags, report } from "./options.ts";
import { placesHelp } from "./pictures.ts";
import { startProgress } from "./progress.ts";
import { addKnownFlags, type KnownFlags } from "./refine/flags.ts";
import { type Known, knownOf, listKnown } from "./refine/jobs.ts";

interface CheckFlags extends CommonFlags, KnownFlags {
  readonly data?: string;
  readonly thetaBeta: number;
}

const examples = `
Examples:
  crf-rnn check photo.jpg --logits logits.npy
  crf-rnn check photos --annotation 'masks/{name}.png' --labels 0,255
  crf-rnn check --data VOC2012@train
  crf-rnn check --data VOC2012@train --logits logits.safetensors --layout chw --resize

Each finding is one line: how grave it is, the file, what was seen, what it most likely is, and what mends it.
  refusal   nothing sensible can come out: refine and train refuse it, too, and the exit status is 2
  warning   the result may be useless: refine, train, data and evaluate say it, too
  note      good to know
What is looked for: probabilities, their logarithms, energies, sigmoids and single scores in place of logits; NaN and
infinity, half precision that overflowed; axes in another order; scores that are the same everywhere, or of one class;
photographs in 0…1, normalized, of 16 bits, gray, empty, or turned by EXIF; sizes that differ; masks of 0 and 255, with
gaps, smoothed, compressed, in colors, of one class or void; and in data sets classes that never occur, splits that lack
some, palettes that contradict the classes, and damaged files.`;

const { thetaBeta } = bandwidthOptions;

export function checkCommand(): Command {
  const command = new Command("check")
    .description("name the usual causes of a useless result in pictures, logits, annotations and data sets")
    .argument("[images...]", `${placesHelp}; or the folder of a data set`);
  addKnownFlags(command).option("--data <dir>", "a data set: DIR or DIR@SPLIT,…");
  return addFlags(command, { thetaBeta }).addHelpText("after", examples).action(run);
}

async function run(places: readonly string[], flags: CheckFlags): Promise<void> {
  const known = flags.logits ?? flags.annotation;
  if (places.length === 0 && flags.data === undefined) {
    const remedy = "name an image, a folder, or a data set with --data";
    throw new UsageError({ where: "check", expected: "something to look at", got: "nothing", remedy });
  }
  if (flags.logits !== undefined && flags.annotation !== undefined) {
    throw new UsageError({ where: "check", expected: "one of --logits and --annotation", got: "both" });
  }
  const sets = flags.data === undefined ? [] : [flags.data];
  const pictures: string[] = [];
  for (const place of places) (known === undefined && (await isDataset(place)) ? sets : pictures).push(place);
  const findings: Finding[] = [];
  const looked = { pictures: 0, items: 0 };
  for (const set of sets) looked.items += await checkSet(set, flags, findings);
  // What is known without pictures belongs to those of the data set, by their ids.
  const listed =
    pictures.length > 0 || known === undefined
      ? listKnown(pictures, flags).pictures
      : await listItems(flags.data!, flags);
  looked.pictures = await checkPictures(listed, flags, findings);
  report(flags, { command: "check", ...looked, findings }, describe(looked, findings));
  refuse(findings);
}

/** Whether a folder is a data set, which has lists or a manifest. */
async function isDataset(place: string): Promise<boolean> {
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory()) return false;
  return openUnion([place]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof UsageError) return false;
      throw error;
    },
  );
}

async function checkSet(words: string, flags: CheckFlags, findings: Finding[]): Promise<number> {
  const dataset = await openUnion([words]);
  const { length } = itemsOf({ dataset });
  using progress = startProgress(flags, length);
  const census = await checkDataset(dataset, () => {
    progress.step();
    progress.stage("reading images and labels");
  });
  const problems = census.problems.map((one) => ({ ...findingOf(one), code: "problem" }));
  findings.push(...problems, ...census.findings, ...census.notes.map(({ file, note }) => turned(file, note)));
  return length;
}

/** What is to be said of a photograph that was read all the same. */
const turned = (file: string, note: string): Finding => {
  return { code: "photograph", severity: "note", file, expected: "", seen: note, likely: "", remedy: "" };
};

async function listItems(words: string, flags: CheckFlags): Promise<Known[]> {
  const dataset = await openUnion([words]);
  return itemsOf({ dataset }).map(({ id, image }) => knownOf({ file: image }, id, flags, false));
}

async function checkPictures(pictures: readonly Known[], flags: CheckFlags, findings: Finding[]): Promise<number> {
  const own: Finding[] = [];
  const occurring = new Set<number>();
  using progress = startProgress(flags, pictures.length);
  for (const picture of pictures) {
    progress.stage("looking at pictures");
    const { notes, found, labels } = await checkPicture(picture, flags);
    own.push(...found, ...notes.map((note) => turned(picture.file, note)));
    for (const label of labels) occurring.add(label);
    progress.step();
  }
  findings.push(...amongMany(own, pictures.length));
  const said = flags.classes ?? flags.labels ?? flags.palette;
  if (pictures.length > 1 && flags.annotation !== undefined && said === undefined) {
    findings.push(...checkGaps(flags.annotation, [...occurring]));
  }
  return pictures.length;
}

const severities: readonly Severity[] = ["refusal", "warning", "note"];

function describe(looked: { readonly pictures: number; readonly items: number }, findings: readonly Finding[]): string {
  const parts = [
    looked.pictures > 0 ? `${looked.pictures} ${looked.pictures === 1 ? "picture" : "pictures"}` : "",
    looked.items > 0 ? `${looked.items} items of data sets` : "",
  ].filter((part) => part !== "");
  const grave = findings.filter(({ severity }) => severity !== "note").length;
  return [
    ...severities.flatMap((severity) => describeNotes(notesOf(findings, [severity]), severity)),
    `${parts.join(" and ")} looked at: ${grave === 0 ? "nothing is suspect." : `${grave} ${grave === 1 ? "finding" : "findings"}.`}`,
  ].join("\n");
}
