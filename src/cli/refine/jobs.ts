import { existsSync, statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import { printableEnd } from "../../quote.ts";
import { DistinctFiles } from "../distinctFiles.ts";
import type { Destination } from "../output.ts";
import { isOnePicture, type Listed, listPictures, nameOf } from "../pictures.ts";
import type { KnownFlags, RefineFlags } from "./flags.ts";
import { scoresExtensions } from "./scoresFile.ts";
import type { UnaryFiles } from "./unary.ts";

/** One picture that is to be refined, with the files that belong to it. */
export interface Job extends Known {
  readonly outputs: readonly Destination[];
}

/** The names of outputs, by the flag that asks for them. */
const outputFlags = [
  { flag: "--out", key: "out", extensions: [".png"] },
  { flag: "--out-logits", key: "outLogits", extensions: [".npy"] },
  { flag: "--out-overlay", key: "outOverlay", extensions: [".png"] },
  { flag: "--out-confidence", key: "outConfidence", extensions: [".png", ".npy"] },
  { flag: "--out-entropy", key: "outEntropy", extensions: [".png", ".npy"] },
] as const;

const annotationExtensions = [".png", ".npy"];
const placeholder = "{name}";

/** A picture with the files of what is known of it. */
export interface Known extends Listed, UnaryFiles {}

/** The files that belong to a picture of this name, there or not. @throws UsageError for one file beside several pictures */
export function knownOf(picture: Listed, name: string, flags: KnownFlags, single: boolean): Known {
  const find = (flag: string, words: string | undefined, extensions: readonly string[]): string | undefined =>
    words === undefined ? undefined : inputOf(flag, words, name, extensions, single);
  const logits = find("--logits", flags.logits, scoresExtensions);
  return { ...picture, name, logits, annotation: find("--annotation", flags.annotation, annotationExtensions) };
}

/** The pictures of a command and whether there may be several, with what is known of each. @throws UsageError */
export function listKnown(places: readonly string[], flags: KnownFlags) {
  if (places.length === 0) return { pictures: [], single: false };
  const single = isOnePicture(places);
  const listed = single ? [{ file: places[0]! }] : listPictures(places);
  const known = listed.map((picture) => knownOf(picture, nameOf(picture.file), flags, single));
  // Logits and annotations may lie beside the pictures, in one folder, and are none themselves.
  const inputs = new Set(
    known.flatMap(({ logits, annotation }) => [logits, annotation]).map((file) => file && resolve(file)),
  );
  const pictures = single ? known : known.filter(({ file }) => !inputs.has(resolve(file)));
  return { pictures, single };
}

/** What is to be done for each picture. @throws UsageError also where two outputs would be one file, or replace what is read */
export function listJobs(
  places: readonly string[],
  flags: RefineFlags,
): { readonly jobs: readonly Job[]; readonly single: boolean } {
  const { pictures, single } = listKnown(places, flags);
  const jobs = pictures.map((picture): Job => ({ ...picture, outputs: outputsOf(picture.name, flags, single) }));
  if (!single) checkDistinct(jobs, flags);
  return { jobs, single };
}

/** The outputs of the picture `name`. @throws UsageError where none are asked for */
function outputsOf(name: string, flags: RefineFlags, single: boolean): Destination[] {
  const outputs = outputFlags.flatMap(({ flag, key, extensions }): Destination[] => {
    const words = flags[key];
    if (words === undefined) return [];
    const extension = extensions.find((each) => extname(words).toLowerCase() === each) ?? extensions[0];
    if (single || words.includes(placeholder)) return [{ flag, file: words.replaceAll(placeholder, name), extension }];
    if (extname(words).toLowerCase() !== extension)
      return [{ flag, file: join(words, `${name}${extension}`), extension }];
    throw new UsageError({
      where: flag,
      expected: "a folder, or a name with {name} in it, for several pictures",
      got: `'${words}'`,
      remedy: `write ${join(dirname(words), `{name}${extension}`)}`,
    });
  });
  if (outputs.length > 0 || flags.dryRun) return outputs;
  const expected = "--out, --out-logits, --out-overlay, --out-confidence or --out-entropy";
  throw new UsageError({ where: "refine", expected, got: "none of them" });
}

/** The file that belongs to the picture `name`. It need not be there. @throws UsageError for one file beside several pictures */
function inputOf(flag: string, words: string, name: string, extensions: readonly string[], single: boolean): string {
  if (words.includes(placeholder)) return words.replaceAll(placeholder, name);
  if (statSync(words, { throwIfNoEntry: false })?.isDirectory()) {
    const files = extensions.map((extension) => join(words, `${name}${extension}`));
    return files.find((file) => existsSync(file)) ?? files[0]!;
  }
  // These may have an array for each picture.
  if (single || /\.(?:npz|safetensors)$/i.test(words)) return words;
  throw new UsageError({
    where: flag,
    expected: "a folder, or a name with {name} in it, for several pictures",
    got: `'${words}'`,
    remedy: `write ${join(dirname(words), `{name}${extname(words)}`)}`,
  });
}

/** @throws UsageError where an output would replace a file that is read, or that of another picture */
function checkDistinct(jobs: readonly Job[], flags: RefineFlags): void {
  const shown = (file: string): string => printableEnd(file, 160);
  const files = new DistinctFiles();
  for (const file of inputsOf(jobs, flags)) files.add(file, `that of ${shown(file)}, which is read`);
  for (const { file, misnamed, outputs } of jobs) {
    for (const output of misnamed ? [] : outputs) {
      const other = files.add(output.file, `that of ${shown(file)}`);
      if (other === undefined) continue;
      throw new UsageError({
        where: shown(file),
        expected: `a name of its own for what ${output.flag} writes`,
        got: other,
        remedy: "rename one, or name another folder",
      });
    }
  }
}

/** All files that a command reads. */
export function inputsOf(jobs: readonly Job[], flags: RefineFlags): string[] {
  const arrays = [flags.compatibility, flags.spatialWeight, flags.bilateralWeight];
  const named = jobs.flatMap(({ file, misnamed, logits, annotation }) => [
    misnamed ? undefined : file,
    logits,
    annotation,
  ]);
  const all = [...named, ...arrays].filter((name): name is string => typeof name === "string" && name !== "potts");
  return [...new Set(all)];
}
