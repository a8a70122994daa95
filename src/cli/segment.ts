import { readdirSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { drawOverlay } from "../data/overlay.ts";
import { encodeLabelPng, encodeRgbPng } from "../data/png.ts";
import { UsageError } from "../errors.ts";
import type { Model } from "../train/model.ts";
import { readImage } from "./input.ts";
import { openModelFile } from "./modelFile.ts";
import { addModelFlags, type ModelFlags } from "./modelFlags.ts";
import { openDevice, report, type CommonFlags } from "./options.ts";
import { makeFolder, writeTogether } from "./output.ts";
import { startProgress } from "./progress.ts";

export interface SegmentFlags extends CommonFlags, ModelFlags {
  readonly out: string;
  readonly shard: Shard;
  readonly overlays: boolean;
}

/** Every `of`-th image, beginning with the `index`-th, from 1 on. */
interface Shard {
  readonly index: number;
  readonly of: number;
}

const extensions = [".png", ".jpg", ".jpeg", ".npy"];

const examples = `
Examples:
  crf-rnn segment photo.jpg --checkpoint runs/crf/checkpoint.safetensors --out masks
  crf-rnn segment photos --checkpoint crf-rnn.safetensors --out masks --no-overlays
  One part of a job array:
    crf-rnn segment photos --checkpoint crf-rnn.safetensors --out masks --shard $SLURM_ARRAY_TASK_ID/16

OUT gets NAME.png, a palette PNG whose index is the class, and NAME.overlay.png, the labels over the photograph.`;

export const segmentCommand = (): Command => segmentWords().action(run);

/** The command with all its flags. */
export function segmentWords(): Command {
  const command = new Command("segment")
    .description("label images or folders of images by a checkpoint")
    .argument("<images...>", "PNG, JPEG or .npy [H, W, 3], or folders of them");
  return addModelFlags(command)
    .requiredOption("--out <folder>", "folder for the label maps, made if need be")
    .option("--shard <i/n>", "only the i-th of n parts of the images, i from 1 on", shard, { index: 1, of: 1 })
    .option("--no-overlays", "label maps alone")
    .addHelpText("after", examples);
}

async function run(places: readonly string[], flags: SegmentFlags): Promise<void> {
  const { images, all, crf, seconds, adapter } = await segment(places, flags);
  const part = flags.shard.of > 1 ? `, part ${flags.shard.index} of ${flags.shard.of}` : "";
  report(
    flags,
    { command: "segment", out: flags.out, crf, images, seconds, adapter },
    `${flags.out}: ${images.length} of ${all} images labeled${part}, ${seconds.toFixed(1)} s on ${adapter}`,
  );
}

/** Labels as `crf-rnn segment` does, printing progress alone. @throws as the command does */
export async function segment(places: readonly string[], flags: SegmentFlags) {
  const all = listImages(places);
  const images = all.filter((_, i) => i % flags.shard.of === flags.shard.index - 1);
  using device = await openDevice(flags);
  const { model, crf } = await openModelFile(device, flags);
  using _model = model;
  if (!model.network) {
    const remedy = "crf-rnn refine takes the logits of another network";
    throw new UsageError({ where: "--checkpoint", expected: "a network", got: "a CRF alone", remedy });
  }
  makeFolder(flags.out);
  using progress = startProgress(flags, images.length);
  const began = performance.now();
  for (const file of images) {
    progress.stage(`labeling ${basename(file)}`);
    await segmentImage(model, file, flags);
    progress.step();
  }
  const seconds = (performance.now() - began) / 1000;
  return { images, all: all.length, crf, seconds, adapter: device.info.name };
}

async function segmentImage(model: Model, file: string, { out, overlays, iterations }: SegmentFlags): Promise<void> {
  const image = await readImage(file);
  const { height, width } = image;
  const map = { height, width, labels: await model.predict({ image }, { iterations }) };
  const name = join(out, nameOf(file));
  const outputs = [{ file: `${name}.png`, bytes: encodeLabelPng(map) }];
  if (overlays)
    outputs.push({ file: `${name}.overlay.png`, bytes: encodeRgbPng(height, width, drawOverlay(image, map)) });
  writeTogether(outputs);
}

const nameOf = (file: string): string => basename(file, extname(file));

/** The images that are named, and those in folders that are, sorted. @throws UsageError for none, and for two of one name */
function listImages(places: readonly string[]): string[] {
  const files = places.flatMap((place) => {
    const facts = statSync(place, { throwIfNoEntry: false });
    if (!facts) throw new UsageError({ where: place, expected: "an image or a folder", got: "nothing there" });
    if (!facts.isDirectory()) return [place];
    const names = readdirSync(place).filter((name) => extensions.includes(extname(name).toLowerCase()));
    return names.sort().map((name) => join(place, name));
  });
  if (files.length === 0) {
    throw new UsageError({ where: places.join(", "), expected: `images (${extensions.join(", ")})`, got: "none" });
  }
  const taken = new Map<string, string>();
  for (const file of files) {
    const other = taken.get(nameOf(file));
    if (other !== undefined) {
      const remedy = "rename one, or label them into different folders";
      throw new UsageError({
        where: file,
        expected: "a name of its own for its label map",
        got: `that of ${other}`,
        remedy,
      });
    }
    taken.set(nameOf(file), file);
  }
  return files;
}

function shard(text: string): Shard {
  const [index, of] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).slice(1).map(Number);
  if (index >= 1 && index <= of) return { index, of };
  throw new InvalidArgumentError("expected i/n with i from 1 to n, as 3/16");
}
