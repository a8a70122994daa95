import { asFloat32, fileSource, type StoredTensor } from "../../checkpoint/checkpoint.ts";
import { openSafetensors } from "../../checkpoint/safetensors.ts";
import { channelsLast } from "../../data/channelsLast.ts";
import type { Item } from "../../data/dataset.ts";
import { refuse } from "../../diagnosis/finding.ts";
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
 * Those of the first image are looked at for what makes them useless.
 * @throws FormatError where an image has none, or its classes are not those of the data; ValueError where they cannot be logits
 */
export async function openLogits(file: string, classes: number, items: readonly Item[]): Promise<OpenLogits> {
  const source = await fileSource(file);
  try {
    const { tensors } = asFloat32(await openSafetensors(source));
    requireLogits(file, tensors, classes, items);
    const notes = await check(file, tensors, items);
    return { read: (id) => readLogits(tensors, id, classes), notes, close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

type Tensors = ReadonlyMap<string, StoredTensor>;

function requireLogits(file: string, tensors: Tensors, classes: number, items: readonly Item[]): void {
  for (const { id } of items) {
    const shape = tensors.get(id)?.shape;
    if (shape?.length === 3 && shape[0] === classes) continue;
    throw new FormatError({
      file,
      expected: `logits [${classes}, height, width] for image ${id}`,
      got: shape ? `[${shape.join(", ")}]` : "none",
      remedy: "give the logits of these images, a tensor for each id",
    });
  }
}

async function check(file: string, tensors: Tensors, [item]: readonly Item[]): Promise<FileNote[]> {
  const tensor = item && tensors.get(item.id)!;
  if (!tensor) return [];
  const [classes, height, width] = tensor.shape as [number, number, number];
  const values = (await tensor.read()) as Float32Array<ArrayBuffer>;
  const given = { file, values, height, width, classes, layout: "chw", meaning: "logits" } as const;
  // An image may well show one class alone.
  const findings = checkScores(given)
    .filter(({ code }) => code !== "one-label")
    .map((one) => ({ ...one, remedy: one.remedy.includes("--input") ? asLogits : one.remedy }));
  refuse(findings);
  return notesOf(findings);
}

/** The remedy where `refine` has a flag for what was given. */
const asLogits = "save the network's scores before its softmax, or the logarithms of probabilities from 1e-5 on";

async function readLogits(tensors: Tensors, id: string, classes: number): Promise<GivenLogits> {
  const tensor = tensors.get(id)!;
  const [, height, width] = tensor.shape as [number, number, number];
  const values = channelsLast((await tensor.read()) as Float32Array<ArrayBuffer>, classes);
  return { shape: [height, width, classes], values };
}
