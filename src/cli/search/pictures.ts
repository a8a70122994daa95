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
import { CrfRnnError, FormatError, UsageError } from "../../errors.ts";
import { pictureOf, type SearchPicture, type SearchSet, sideOf } from "../../search/pictures.ts";
import { digestOfIds } from "../../train/digest.ts";
import { networkInput } from "../../train/sample.ts";
import { knownOf } from "../refine/jobs.ts";
import { readUnary } from "../refine/unary.ts";
import { openModelFile } from "../modelFile.ts";
import type { FileNote } from "../notes.ts";
import { ofOnePicture, type PassedOver, tellPassedOver } from "../passedOver.ts";
import type { Progress } from "../progress.ts";
import { writeStreamed } from "../streamedOutput.ts";
import { readSample } from "../train/images.ts";
import { openLogits } from "../train/logits.ts";
import type { SearchFlags } from "./flags.ts";

/** The pictures of a search, what is to be said of them, and what tells them from others. */
export interface OpenSet extends SearchSet {
  readonly notes: readonly FileNote[];
  /** Pictures that cannot be read, and are none of the set's. */
  readonly failures: readonly PassedOver[];
  /** How many pictures were named. */
  readonly named: number;
  /** Of the ids of all that were named, so that a search goes on with a picture that was mended; and of the logits. */
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
 * Opens pictures and logits. Those of a checkpoint's network are computed once, into `cache`, in the form of `--logits`. Every picture is read once:
 * what cannot be is passed over, unless `--strict` is given.
 * @throws UsageError, FormatError
 */
export async function openSet(
  device: Device,
  flags: SearchFlags,
  listed: Awaited<ReturnType<typeof listItems>>,
  cache: string,
  progress: Progress,
): Promise<OpenSet> {
  const classes = listed.classes.length;
  const { logits, checkpoint } = flags;
  const pictures = await digestOfIds(listed.items.map(({ id }) => id));
  const base = { classes, named: listed.items.length };
  if (logits !== undefined && !/^[^{]*\.safetensors$/i.test(logits)) {
    const read = (item: Item) => readByName(item, classes, flags);
    const sound = await soundOf(listed.items, read, flags, progress);
    const digests = { pictures, logits: await digestOfNames(listed.items, flags) };
    return { ...base, ...sound, notes: [], digests, read: setReader(sound, read), close: async () => {} };
  }
  const digest = await digestOfFile(checkpoint ?? logits!);
  const readable =
    checkpoint === undefined ? undefined : await soundOf(listed.items, (item) => readSample(item), flags, progress);
  if (readable) await computeLogits(device, flags, readable.items, classes, cache, digest, progress);
  const opened = await openLogits(logits ?? cache, classes, readable?.items ?? listed.items, { single: !flags.strict });
  // A checkpoint's CRF gets what its network gets; other networks' logits are refined beside the colors as they are.
  const guide = checkpoint === undefined ? undefined : networkInput;
  const read = async (item: Item) => {
    const { image, labels, logits: given } = await readSample(item, opened.read);
    return pictureOf(image, labels, given!, guide);
  };
  try {
    const sound = readable ?? (await soundOf(listed.items, read, flags, progress));
    const digests = { pictures, logits: digest };
    return { ...base, ...sound, ...opened, digests, read: setReader(sound, read) };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** The pictures that can be read, and the others. */
interface Sound extends Pick<OpenSet, "ids" | "side" | "failures"> {
  readonly items: readonly Item[];
}

const setReader =
  ({ items }: Sound, read: (item: Item) => Promise<SearchPicture>): SearchSet["read"] =>
  (index) =>
    read(items[index]!);

/** @throws FormatError where fewer than two pictures can be read, and for the first that cannot be with `--strict` */
async function soundOf(
  named: readonly Item[],
  read: (item: Item) => Promise<unknown>,
  flags: SearchFlags,
  progress: Progress,
): Promise<Sound> {
  const items: Item[] = [];
  const failures: PassedOver[] = [];
  for (const item of named) {
    progress.stage("reading");
    const result = await read(item).catch((error: unknown) => ofOnePicture(error, flags));
    if (!(result instanceof CrfRnnError)) {
      items.push(item);
      continue;
    }
    failures.push({ id: item.id, problem: result.message });
    tellPassedOver(progress, result.message);
  }
  if (items.length < 2) {
    throw new FormatError({
      file: flags.data,
      expected: "two sound pictures or more",
      got: `${items.length} of ${named.length}`,
      remedy: "mend the files that are named above",
    });
  }
  const sizes = await Promise.all(
    spread(items, 8).map(async (item) => decodeImage(await item.imageBytes(), item.image)),
  );
  return { items, failures, ids: items.map(({ id }) => id), side: sideOf(sizes) };
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
  for (const item of items) {
    const digest = await digestOfFile(knownBy(item, flags).logits!).catch((error: unknown) => ofOnePicture(error, {}));
    hash.update(typeof digest === "string" ? digest : "none"); // Why there is none was told when it was to be read.
  }
  return hash.digest("hex").slice(0, 16);
}
