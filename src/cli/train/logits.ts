import { asFloat32, fileSource, type StoredTensor } from "../../checkpoint/checkpoint.ts";
import { openSafetensors } from "../../checkpoint/safetensors.ts";
import { channelsLast } from "../../data/channelsLast.ts";
import type { Item } from "../../data/dataset.ts";
import { type Finding, refuse } from "../../diagnosis/finding.ts";
import { checkScores } from "../../diagnosis/scores.ts";
import { FormatError } from "../../errors.ts";
import type { GivenLogits } from "../../train/sample.ts";
import { type FileNote, notesOf } from "../notes.ts";
import type { LogitsReader } from "./images.ts";

/** Logits that are open, and what is to be said of them. */
export interface OpenLogits {
  readonly read: LogitsReader;
  readonly notes: readonly FileNote[];
  close(): Promise<void>;
}

/**
 * Opens `--logits FILE.safetensors`: for each image a map `[classes, height, width]` under its id, float32 or half floats.
 * Those of the first image are looked at for what makes them useless. `single`: what is wrong with some images alone is told when they
 * are read, so that the others can be taken.
 * @throws FormatError where an image has none, or its classes are not those of the data; ValueError where they cannot be logits
 */
export async function openLogits(
  file: string,
  classes: number,
  items: readonly Item[],
  { single = false } = {},
): Promise<OpenLogits> {
  const source = await fileSource(file);
  try {
    const { tensors } = asFloat32(await openSafetensors(source));
    const problems = items.map(({ id }) => problemOf(file, tensors, classes, id));
    const fitting = items.filter((_, i) => problems[i] === undefined);
    const problem = problems.find((each) => each !== undefined);
    if (problem && !(single && fitting.length > 0)) throw problem;
    const notes = await check(file, tensors, single ? await firstFinite(tensors, fitting) : items[0]);
    return { read: (id) => readLogits(file, tensors, id, classes), notes, close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

type Tensors = ReadonlyMap<string, StoredTensor>;

function problemOf(file: string, tensors: Tensors, classes: number, id: string): FormatError | undefined {
  const shape = tensors.get(id)?.shape;
  if (shape?.length === 3 && shape[0] === classes) return undefined;
  return new FormatError({
    file,
    expected: `logits [${classes}, height, width] for image ${id}`,
    got: shape ? `[${shape.join(", ")}]` : "none",
    remedy: "give the logits of these images, a tensor for each id",
  });
}

/** The first of the images whose logits are numbers, or the first one where none are. */
async function firstFinite(tensors: Tensors, items: readonly Item[]): Promise<Item | undefined> {
  for (const item of items) {
    if (((await tensors.get(item.id)!.read()) as Float32Array).every(Number.isFinite)) return item;
  }
  return items[0];
}

async function check(file: string, tensors: Tensors, item: Item | undefined): Promise<FileNote[]> {
  if (!item) return [];
  const findings = await findingsOf(file, tensors.get(item.id)!);
  refuse(findings);
  return notesOf(findings);
}

async function findingsOf(file: string, tensor: StoredTensor): Promise<Finding[]> {
  const [classes, height, width] = tensor.shape as [number, number, number];
  const values = (await tensor.read()) as Float32Array<ArrayBuffer>;
  const given = { file, values, height, width, classes, layout: "chw", meaning: "logits" } as const;
  // An image may well show one class alone.
  return checkScores(given)
    .filter(({ code }) => code !== "one-label")
    .map((one) => ({ ...one, remedy: one.remedy.includes("--input") ? asLogits : one.remedy }));
}

/** The remedy where `refine` has a flag for what was given. */
const asLogits = "save the network's scores before its softmax, or the logarithms of probabilities from 1e-5 on";

async function readLogits(file: string, tensors: Tensors, id: string, classes: number): Promise<GivenLogits> {
  const problem = problemOf(file, tensors, classes, id);
  if (problem) throw problem;
  const tensor = tensors.get(id)!;
  const [, height, width] = tensor.shape as [number, number, number];
  const values = (await tensor.read()) as Float32Array<ArrayBuffer>;
  if (!values.every(Number.isFinite)) {
    refuse((await findingsOf(file, tensor)).map((one) => ({ ...one, seen: `${one.seen} for image ${id}` })));
  }
  return { shape: [height, width, classes], values: channelsLast(values, classes) };
}
