import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { fileSource, type StoredTensor } from "../../checkpoint/checkpoint.ts";
import { openSafetensors, writeSafetensors } from "../../checkpoint/safetensors.ts";
import { channelsLast } from "../../data/channelsLast.ts";
import { type Item, itemsOf } from "../../data/dataset.ts";
import { decodeImage } from "../../data/images.ts";
import { openPart } from "../../data/openDataset.ts";
import { readFailure } from "../../data/readFailure.ts";
import { spread } from "../../data/spread.ts";
import type { Device } from "../../device/device.ts";
import { FormatError, UsageError } from "../../errors.ts";
import { pictureOf, type SearchSet, sideOf } from "../../search/pictures.ts";
import { digestOfIds } from "../../train/digest.ts";
import { networkInput } from "../../train/sample.ts";
import { knownOf } from "../refine/jobs.ts";
import { readUnary } from "../refine/unary.ts";
import { openModelFile } from "../modelFile.ts";
import type { FileNote } from "../notes.ts";
import type { Progress } from "../progress.ts";
import { writeStreamed } from "../streamedOutput.ts";
import { readSample } from "../train/images.ts";
import { openLogits } from "../train/logits.ts";
import type { SearchFlags } from "./flags.ts";

/** The pictures of a search, what is to be said of them, and what tells them from others. */
export interface OpenSet extends SearchSet {
  readonly notes: readonly FileNote[];
  readonly digests: { readonly pictures: string; readonly logits: string };
  close(): Promise<void>;
}

/** The pictures with labels that `--data` names. @throws UsageError, FormatError */
export async function listItems({ data, format, images }: SearchFlags) {
  const part = await openPart(data, { format });
  const all = part.splits || !part.dataset.splits.has("val") ? itemsOf(part) : [...part.dataset.splits.get("val")!];
  const items = spread(all, images ?? all.length);
  if (items.length >= 2) return { items, classes: part.dataset.classes };
  throw new UsageError({
    where: "--data",
    expected: "two pictures or more, so that each can be scored by what the others chose",
    got: String(items.length),
  });
}

/**
 * Opens pictures and logits. Those of a checkpoint's network are computed once, into `cache`, in the form of `--logits`.
 * @throws UsageError, FormatError
 */
export async function openSet(
  device: Device,
  flags: SearchFlags,
  { items, classes }: Awaited<ReturnType<typeof listItems>>,
  cache: string,
  progress: Progress,
): Promise<OpenSet> {
  const sizes = await Promise.all(
    spread(items, 8).map(async (item) => decodeImage(await item.imageBytes(), item.image)),
  );
  const base = {
    classes: classes.length,
    ids: items.map(({ id }) => id),
    side: sideOf(sizes),
  };
  const pictures = await digestOfIds(base.ids);
  const byFile = flags.checkpoint ?? flags.logits!;
  if (flags.logits !== undefined && !/^[^{]*\.safetensors$/i.test(flags.logits)) {
    return {
      ...base,
      notes: [],
      digests: { pictures, logits: await digestOfNames(items, flags) },
      read: async (index) => readByName(items[index]!, classes.length, flags),
      close: async () => {},
    };
  }
  const digest = await digestOfFile(byFile);
  const file = flags.logits ?? cache;
  if (flags.checkpoint !== undefined)
    await computeLogits(device, flags, items, classes.length, cache, digest, progress);
  const logits = await openLogits(file, classes.length, items);
  // A checkpoint's CRF gets what its network gets; other networks' logits are refined beside the colors as they are.
  const guide = flags.checkpoint === undefined ? undefined : networkInput;
  return {
    ...base,
    notes: logits.notes,
    digests: { pictures, logits: digest },
    read: async (index) => {
      const { image, labels, logits: given } = await readSample(items[index]!, logits.read);
      return pictureOf(image, labels, given!, guide);
    },
    close: () => logits.close(),
  };
}

async function readByName(item: Item, classes: number, flags: SearchFlags) {
  const { image, labels } = await readSample(item);
  const { classes: found, logits } = await readUnary(knownBy(item, flags), withoutAnnotation(flags), image);
  if (found === classes) {
    return pictureOf(image, labels, { shape: [image.height, image.width, classes], values: logits });
  }
  throw new FormatError({
    file: knownBy(item, flags).logits!,
    expected: `logits of the ${classes} classes of ${flags.data}`,
    got: String(found),
    remedy: "give the logits of a network for these classes",
  });
}

const withoutAnnotation = (flags: SearchFlags) => ({ ...flags, confidence: 0.9 });

const knownBy = (item: Item, flags: SearchFlags) =>
  knownOf({ file: item.image }, item.id, withoutAnnotation(flags), false);

async function computeLogits(
  device: Device,
  flags: SearchFlags,
  items: readonly Item[],
  classes: number,
  cache: string,
  digest: string,
  progress: Progress,
): Promise<void> {
  if (await isOf(cache, digest, items)) return;
  const { model } = await openModelFile(device, {
    ...networkAlone,
    checkpoint: flags.checkpoint!,
  });
  using _model = model;
  if (!model.network || model.classes !== classes) {
    throw new FormatError({
      file: flags.checkpoint!,
      expected: `a network of the ${classes} classes of ${flags.data}`,
      got: model.network ? `one of ${model.classes}` : "a CRF alone",
      remedy: model.network ? "search on data with the classes that it was trained on" : "give the logits by --logits",
    });
  }
  const tensors = new Map<string, StoredTensor>();
  for (const item of items) {
    const { height, width } = await decodeImage(await item.imageBytes(), item.image);
    const read = async (): Promise<Float32Array<ArrayBuffer>> => {
      progress.stage("computing logits");
      using logits = await model.logits(await readSample(item));
      return channelsLast(await logits.read(), height * width);
    };
    tensors.set(item.id, { shape: [classes, height, width], type: "float32", read });
  }
  await writeStreamed(cache, (sink) => writeSafetensors({ tensors, metadata: { digest } }, sink));
}

const networkAlone = {
  crf: "none",
  iterations: 1,
  precision: "single",
  thetaAlpha: 1,
  thetaBeta: 1,
  thetaGamma: 1,
  spatialWeight: 0,
  bilateralWeight: 0,
  temperature: 1,
  normalize: "after",
} as const;

/** Whether a file has the logits of this network for all pictures. */
async function isOf(cache: string, digest: string, items: readonly Item[]): Promise<boolean> {
  if (!existsSync(cache)) return false;
  const source = await fileSource(cache);
  try {
    const { tensors, metadata } = await openSafetensors(source);
    return metadata.digest === digest && items.every(({ id }) => tensors.has(id));
  } catch {
    return false; // something else, or damaged: it is written anew
  } finally {
    await source.close();
  }
}

async function digestOfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  } catch (error) {
    throw readFailure(file, error);
  }
  return hash.digest("hex").slice(0, 16);
}

async function digestOfNames(items: readonly Item[], flags: SearchFlags): Promise<string> {
  const hash = createHash("sha256");
  for (const item of items) hash.update(await digestOfFile(knownBy(item, flags).logits!));
  return hash.digest("hex").slice(0, 16);
}
