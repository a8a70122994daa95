import { basename, extname, join } from "node:path";
import { Command } from "commander";
import { drawOverlay } from "../data/overlay.ts";
import { encodeLabelPng, encodeRgbPng } from "../data/png.ts";
import { CrfRnnError, FormatError, LimitError, UsageError } from "../errors.ts";
import { printableEnd } from "../quote.ts";
import type { Model } from "../train/model.ts";
import type { Color } from "../data/palette.ts";
import { DistinctFiles } from "./distinctFiles.ts";
import { isDone } from "./done.ts";
import { readImage } from "./input.ts";
import { openModelFile } from "./modelFile.ts";
import { addModelFlags, type ModelFlags } from "./modelFlags.ts";
import { describeNotes, type FileNote } from "./notes.ts";
import { openDevice } from "./openDevice.ts";
import { report, type CommonFlags } from "./options.ts";
import { makeFolder, writeTogether, type Output } from "./output.ts";
import { countPassedOver, incomplete, tellPassedOver } from "./passedOver.ts";
import { type Listed, listPictures, placesHelp } from "./pictures.ts";
import { startProgress } from "./progress.ts";
import { paletteKinds, readPalette } from "./refine/palette.ts";
import { addShardFlag, partOf, type Shard, shardHelp } from "./shard.ts";

export interface SegmentFlags extends CommonFlags, ModelFlags {
  readonly out: string;
  readonly shard: Shard;
  readonly overlays: boolean;
  readonly resume?: boolean;
  readonly strict?: boolean;
  readonly palette?: string;
}

const examples = `
Examples:
  crf-rnn segment photo.jpg --checkpoint runs/crf/checkpoint.safetensors --out masks
  crf-rnn segment photos --checkpoint crf-rnn.safetensors --out masks --no-overlays
  One part of a job array, which may be run again:
    crf-rnn segment photos --checkpoint crf-rnn.safetensors --out masks --shard auto --resume

OUT gets NAME.png, a palette PNG whose index is the class, in the colors of the data that the network learned from, and NAME.overlay.png, the labels over the photograph.
Photographs with an EXIF orientation are labeled as viewers show them. An image that cannot be read, or for which the memory
does not suffice, is passed over: a line on standard error names it, the summary counts it, and the exit status is 1.
With --resume the command may be run again without harm. It does not know by which flags an image was labeled: name another OUT
for others.
${shardHelp}`;

export const segmentCommand = (): Command => segmentWords().action(run);

/** The command with all its flags. */
export function segmentWords(): Command {
  const command = new Command("segment")
    .description("label images, or folders of images, with the network of a checkpoint")
    .argument("<images...>", placesHelp);
  addModelFlags(command).requiredOption("--out <folder>", "folder for the label maps, made if need be");
  return addShardFlag(command, "images")
    .option(
      "--palette <P>",
      `colors of the outputs: ${paletteKinds} (default: those of the data it learned from, else VOC's)`,
    )
    .option("--no-overlays", "write only label maps, no overlays")
    .option("--resume", "pass over images whose outputs are all there, whole, and newer than image and checkpoint")
    .option("--strict", "stop at the first image that cannot be labeled, with exit status 2")
    .addHelpText("after", examples);
}

async function run(places: readonly string[], flags: SegmentFlags): Promise<void> {
  const { images, all, skipped, failures, notes, crf, seconds, adapter } = await segment(places, flags);
  const part = flags.shard.of > 1 ? `, part ${flags.shard.index} of ${flags.shard.of}` : "";
  const kept = skipped > 0 ? `, ${skipped} done before` : "";
  report(
    flags,
    { command: "segment", out: flags.out, crf, images, skipped, failures, notes, seconds, adapter },
    [
      ...describeNotes(notes),
      `${flags.out}: ${images.length} of ${all} images labeled${part}${kept}${countPassedOver(failures)}, ` +
        `${seconds.toFixed(1)} s on ${adapter}`,
    ].join("\n"),
  );
  if (failures.length > 0) process.exitCode = incomplete;
}

/** Labels as `crf-rnn segment` does, printing progress and failures alone. @throws as the command does */
export async function segment(places: readonly string[], flags: SegmentFlags) {
  const all = listPictures(places);
  checkOutputs(all, flags);
  const part = partOf(all, flags.shard);
  await using opened = await openDevice(flags);
  const { device } = opened;
  const { model, crf, iterations, palette: learned } = await openModelFile(device, flags);
  using _model = model;
  if (!model.network) {
    const remedy = "crf-rnn refine takes the logits of another network";
    throw new UsageError({ where: "--checkpoint", expected: "a network", got: "a CRF alone", remedy });
  }
  const palette = flags.palette === undefined ? learned : (await readPalette(flags.palette)).colors;
  makeFolder(flags.out);
  using progress = startProgress(flags, part.length);
  const began = performance.now();
  const images: string[] = [];
  const notes: FileNote[] = [];
  const failures: { readonly file: string; readonly problem: string }[] = [];
  let skipped = 0;
  for (const listed of part) {
    const { file, misnamed } = listed;
    const outputs = outputFiles(file, flags.out, flags.overlays);
    if (flags.resume && !misnamed && isDone(outputs, [file, flags.checkpoint])) {
      skipped++;
      progress.step();
      continue;
    }
    progress.stage(`labeling ${printableEnd(basename(file))}`);
    const result = await labelImage(model, listed, { ...flags, iterations }, palette);
    if (result instanceof CrfRnnError) {
      if (flags.strict) throw result;
      failures.push({ file, problem: result.message });
      tellPassedOver(progress, result.message);
    } else {
      writeTogether(result.outputs);
      images.push(file);
      for (const note of result.notes) notes.push({ file, note });
    }
    progress.step();
  }
  const seconds = (performance.now() - began) / 1000;
  return { images, all: all.length, skipped, failures, notes, crf, seconds, adapter: device.info.name };
}

/**
 * Makes what is to be written for an image. Returns an error where the image cannot be read or is too large, after
 * which others can be labeled.
 */
async function labelImage(
  model: Model,
  { file, misnamed }: Listed,
  { out, overlays, iterations }: SegmentFlags,
  palette: readonly Color[] | undefined,
): Promise<{ readonly outputs: Output[]; readonly notes: readonly string[] } | CrfRnnError> {
  if (misnamed) {
    return new FormatError({ file, expected: "a name in UTF-8", got: "another encoding", remedy: "rename the file" });
  }
  const image = await readImage(file).catch(expectedError);
  if (image instanceof CrfRnnError) return image;
  const { height, width, notes } = image;
  const labels = await model.predict({ image }, { iterations }).catch(expectedError);
  if (labels instanceof LimitError) return labels;
  if (labels instanceof CrfRnnError) throw labels;
  const map = { height, width, labels, palette };
  const [labelFile, overlayFile] = outputFiles(file, out, overlays);
  const outputs: Output[] = [{ file: labelFile, bytes: encodeLabelPng(map) }];
  if (overlayFile) outputs.push({ file: overlayFile, bytes: encodeRgbPng(height, width, drawOverlay(image, map)) });
  return { outputs, notes };
}

function expectedError(error: unknown): CrfRnnError {
  if (error instanceof CrfRnnError) return error;
  throw error;
}

function outputFiles(file: string, out: string, overlays: boolean): readonly [labels: string, ...overlay: string[]] {
  const name = join(out, basename(file, extname(file)));
  return overlays ? [`${name}.png`, `${name}.overlay.png`] : [`${name}.png`];
}

/** @throws UsageError where an output would replace a file that is read, or two images would write one file */
function checkOutputs(images: readonly Listed[], { out, checkpoint, overlays }: SegmentFlags): void {
  const shown = (file: string): string => printableEnd(file, 160);
  const files = new DistinctFiles();
  const named = images.filter(({ misnamed }) => !misnamed).map(({ file }) => file);
  for (const file of [checkpoint, ...named]) files.add(file, `that of ${shown(file)}, which is read`);
  for (const file of named) {
    for (const output of outputFiles(file, out, overlays)) {
      const other = files.add(output, `that of ${shown(file)}`);
      if (other === undefined) continue;
      throw new UsageError({
        where: shown(file),
        expected: "a name of its own for its label map",
        got: other,
        remedy: "rename one, or name another folder with --out",
      });
    }
  }
}
