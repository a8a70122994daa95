import { existsSync, realpathSync } from "node:fs";
import { sep } from "node:path";
import { Command, Option } from "commander";
import { checkDataset, type Census } from "../data/checkDataset.ts";
import { drawContactSheet } from "../data/contactSheet.ts";
import { spread } from "../data/spread.ts";
import { itemsOf } from "../data/dataset.ts";
import { draftManifest } from "../data/draftManifest.ts";
import { Folder } from "../data/folder.ts";
import { formats, openUnion, type Format } from "../data/openDataset.ts";
import { refuse } from "../diagnosis/finding.ts";
import { FormatError, UsageError } from "../errors.ts";
import { printable, printableEnd } from "../quote.ts";
import { describeNotes, notesOf } from "./notes.ts";
import { report, wholeNumber, type CommonFlags } from "./options.ts";
import { checkDestinations, writeTogether, type Output } from "./output.ts";
import { startProgress } from "./progress.ts";

interface DataFlags extends CommonFlags {
  readonly format?: Format;
  readonly without: readonly string[];
  readonly images?: string;
  readonly minimumPixels: number;
  readonly sheet?: string;
  readonly sheetItems: number;
  readonly list?: string;
  readonly init?: boolean;
}

const examples = `
Examples:
  crf-rnn data VOC2012 --sheet voc.png
  crf-rnn data pascal-context --images VOC2010
  crf-rnn data --init photos                    writes photos/manifest.json for photos/images and photos/masks
  The paper's training set, 11,685 images, and its reduced validation set, 346 images:
    crf-rnn data VOC2012@train benchmark_RELEASE@train,val --list train.txt
    crf-rnn data VOC2012@val --without VOC2012@train --without benchmark_RELEASE@train,val --list reduced.txt
  and again, later: crf-rnn data VOC2012@reduced.txt

Folders: manifest.json with palette masks; VOC 2010 to 2012 (JPEGImages, SegmentationClass, ImageSets); SBD (img, cls);
COCO (annotations/instances_NAME.json); Pascal Context (trainval, labels.txt); images/NAME.jpg with masks/NAME.png and the
names of the classes in labels.txt, one a line, the first for label 0 (in the folder's lists train.txt and val.txt, or else
each fifth image in val). A labels.txt in a folder of VOC's shape names other classes. Several folders make one set; of an image
that several have, the first folder's labels count.
Masks are palette or gray PNGs, PNGs in the colors of the classes, or .npy arrays [H, W].
Exit status 2 where a folder cannot be read, anything is wrong with a file in it, or nothing can be learned from all of it.`;

export function dataCommand(): Command {
  const several = (word: string, former: readonly string[]): readonly string[] => [...former, word];
  return new Command("data")
    .description("check data sets: counts, shares of the classes, what is wrong with which file")
    .argument("<folders...>", "DIR, or DIR@SPLIT,… with a split's name or a list NAME.txt of image ids")
    .addOption(
      new Option("--format <kind>", "format of the folders (default: recognized by their files)").choices(formats),
    )
    .addOption(
      new Option("--without <list>", "leave out these images: NAME.txt or DIR@SPLIT,…; may be repeated")
        .argParser(several)
        .default([], "none"),
    )
    .option("--images <dir>", "folder of the photographs: COCO's images, or VOC2010 for Pascal Context")
    .option("--minimum-pixels <n>", "COCO: leave out images with fewer pixels of VOC's classes", wholeNumber(0), 200)
    .option("--sheet <sheet.png>", "write a contact sheet (photographs with their labels drawn over them) to this file")
    .option("--sheet-items <n>", "photographs on the sheet, spread over the set", wholeNumber(1, 600), 36)
    .option("--init", "write DIR/manifest.json for DIR/images and DIR/masks, to be looked over and kept")
    .option("--list <ids.txt>", "write the ids of the resulting set to this file")
    .addHelpText("after", examples)
    .action(run);
}

async function run(folders: readonly string[], flags: DataFlags): Promise<void> {
  if (flags.init) return initialize(folders, flags);
  const destinations = [
    ...(flags.sheet ? [{ flag: "--sheet", file: flags.sheet, extension: ".png" }] : []),
    ...(flags.list ? [{ flag: "--list", file: flags.list, extension: ".txt" }] : []),
  ];
  checkDestinations(destinations);
  if (flags.list) refuseListOf(folders, flags.list);
  const dataset = await openUnion(folders, flags.without, flags);
  const items = itemsOf({ dataset });
  const lists = [...folders, ...flags.without].flatMap((words) => words.split(/[@,]/)).filter(isList);
  checkDestinations(destinations, [...lists, ...items.flatMap(({ image, source }) => [image, source])]);
  const progress = startProgress(flags, items.length);
  const census = await checkDataset(dataset, () => {
    progress.step();
    progress.stage("reading images and labels");
  });
  progress[Symbol.dispose]();

  const outputs: Output[] = [];
  const faulty = new Set(census.problems.map(({ id }) => id));
  const sound = items.filter(({ id }) => !faulty.has(id));
  const drawn = flags.sheet ? spread(sound, flags.sheetItems) : [];
  if (flags.sheet && drawn.length > 0)
    outputs.push({ file: flags.sheet, bytes: await drawContactSheet(dataset, drawn) });
  if (flags.list)
    outputs.push({ file: flags.list, bytes: new TextEncoder().encode(items.map(({ id }) => `${id}\n`).join("")) });
  writeTogether(outputs);
  const facts = {
    command: "data",
    folders,
    ...census,
    sheet: drawn.map(({ id }) => id),
    outputs: outputs.map(({ file }) => file),
  };
  report(flags, facts, describe(dataset.name, census));
  if (items.length > 0 && faulty.size === 0) return void refuse(census.findings);
  const [first] = census.problems;
  if (!first) {
    const remedy = "name other splits";
    throw new FormatError({ file: dataset.name, expected: "images with sound labels", got: "no images", remedy });
  }
  const { file, offset, expected, remedy } = first;
  const got = `${first.got}, the first of ${faulty.size} of ${items.length} items with problems`;
  throw new FormatError({ file, offset, expected, got, remedy });
}

/** Writes a manifest into a folder that has none. @throws UsageError, FormatError */
async function initialize(folders: readonly string[], flags: DataFlags): Promise<void> {
  const [place] = folders as [string];
  const folder = await Folder.open(place);
  const file = folder.join("manifest.json", place);
  if (folders.length > 1 || (await folder.has("manifest.json"))) {
    const got = folders.length > 1 ? `${folders.length} folders` : `${file}, which is there`;
    const expected = folders.length > 1 ? "one folder" : "a folder without a manifest";
    throw new UsageError({ where: "--init", expected, got });
  }
  const manifest = await draftManifest(folder);
  writeTogether([{ file, bytes: new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 1)}\n`) }]);
  const { classes, splits, items } = manifest;
  const told = classes.map(({ id, name, rgb, value }) => {
    const meaning = value === undefined ? "" : `, ${value} in the masks`;
    return `${String(id).padStart(5)} ${printable(name)}, rgb ${rgb.join(" ")}${meaning}`;
  });
  const counts = Object.entries(splits).map(([split, number]) => `${printable(split)} ${number}`);
  const lines = [`${file}: ${items.length} images (${counts.join(", ")})`, ...told];
  report(
    flags,
    { command: "data", manifest: file, classes, splits },
    [...lines, "Look over names and colors, then check it by crf-rnn data."].join("\n"),
  );
}

const isList = (file: string): boolean => file.endsWith(".txt");

/** The lists that a data set has of its own are not to be replaced. @throws UsageError for a file that is there, in one of the sets */
function refuseListOf(folders: readonly string[], list: string): void {
  if (!existsSync(list)) return;
  const real = realpathSync(list);
  for (const folder of folders.flatMap((words) => [words, words.slice(0, words.lastIndexOf("@"))])) {
    if (!existsSync(folder) || !real.startsWith(`${realpathSync(folder)}${sep}`)) continue;
    const remedy = "choose a new name, or a place outside of the data set";
    throw new UsageError({
      where: "--list",
      expected: "a file of its own",
      got: `${list}, which is part of ${folder}`,
      remedy,
    });
  }
}

function describe(name: string, census: Census): string {
  const { splits, items, pixels, ignoredPixels, classes, problems, notes, findings } = census;
  const suspect = notesOf(findings, ["warning", "refusal"]);
  const ending = suspect.length > 0 ? "No file is damaged." : "Nothing is wrong.";
  const percent = (share: number): string => `${(100 * share).toFixed(3)} %`.padStart(10);
  const counts = Object.entries(splits).map(([split, count]) => `${printable(split)} ${count}`);
  const names = classes.map((one) => printable(one.name));
  const width = Math.max(8, ...names.map(({ length }) => length));
  return [
    `${name}: ${items} images (${counts.join(", ")})`,
    `${"class".padStart(5)} ${"name".padEnd(width)} ${"pixels".padStart(10)} ${"images".padStart(7)}`,
    ...classes.map(
      (one) =>
        `${String(one.label).padStart(5)} ${names[one.label]!.padEnd(width)} ${percent(one.share)} ${String(one.images).padStart(7)}`,
    ),
    `${"255".padStart(5)} ${"(ignored)".padEnd(width)} ${percent(pixels > 0 ? ignoredPixels / pixels : 0)}`,
    ...describeNotes([...notes, ...suspect]),
    ...problems.map(({ id, file, problem }) => `wrong: ${printable(id)}: ${printableEnd(file, 160)}: ${problem}`),
    problems.length === 0 ? ending : `${problems.length} ${problems.length === 1 ? "problem" : "problems"}.`,
  ].join("\n");
}
