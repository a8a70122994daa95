import { fileSource, asFloat32, type Source } from "../../checkpoint/checkpoint.ts";
import { openSafetensors } from "../../checkpoint/safetensors.ts";
import { openZip } from "../../checkpoint/zip.ts";
import { Budget } from "../../budget.ts";
import { decodeNpy } from "../../data/npy.ts";
import { FormatError } from "../../errors.ts";
import { enumerate } from "../../quote.ts";
import { readWhole } from "../input.ts";

/** Scores as they lie in a file, finite or not. */
export interface StoredScores {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
  /** Whether they were bytes of more than 0 and 1. */
  readonly bytes: boolean;
}

/** The endings of files that scores are read from. */
export const scoresExtensions = [".npy", ".npz", ".safetensors"];

/**
 * Reads the scores of the picture `name` from a `.npy`, or the array of that name, the only one, or the one called `logits`, from a
 * `.npz` or a `.safetensors`.
 * @throws FormatError
 */
export async function readScores(file: string, name: string): Promise<StoredScores> {
  const lower = file.toLowerCase();
  if (lower.endsWith(".npz")) return reading(file, (source) => fromNpz(source, name));
  if (lower.endsWith(".safetensors")) return reading(file, (source) => fromSafetensors(source, name));
  return fromNpy(await readWhole(file), file);
}

async function reading<Result>(file: string, read: (source: Source) => Promise<Result>): Promise<Result> {
  const source = await fileSource(file);
  try {
    return await read(source);
  } finally {
    await source.close();
  }
}

function fromNpy(bytes: Uint8Array, file: string): StoredScores {
  const { shape, data } = decodeNpy(bytes, file);
  return {
    shape,
    values: Float32Array.from(data),
    bytes: data instanceof Uint8Array && data.some((value) => value > 1),
  };
}

async function fromNpz(source: Source, name: string): Promise<StoredScores> {
  const archive = await openZip(source, new Budget(source.name, source.size), () => compressed(source));
  const names = [...archive.names()].filter((entry) => entry.endsWith(".npy")).map((entry) => entry.slice(0, -4));
  const chosen = choose(source.name, names, name);
  return fromNpy(await archive.read(`${chosen}.npy`, source.size), source.name);
}

/** What is compressed may unfold to anything. */
const compressed = (source: Source): FormatError =>
  new FormatError({
    file: source.name,
    expected: "arrays that are stored as they are",
    got: "compressed ones",
    remedy: "write it with numpy.savez in place of numpy.savez_compressed",
  });

async function fromSafetensors(source: Source, name: string): Promise<StoredScores> {
  const stored = await openSafetensors(source);
  const chosen = choose(source.name, [...stored.tensors.keys()], name);
  const { shape, read } = asFloat32(stored).tensors.get(chosen)!;
  const values = (await read()) as Float32Array<ArrayBuffer>;
  return { shape, values, bytes: stored.tensors.get(chosen)!.type === "uint8" && values.some((value) => value > 1) };
}

/** @throws FormatError where there are several arrays and none has one of the names that are looked for */
function choose(file: string, names: readonly string[], name: string): string {
  const chosen = names.length === 1 ? names[0] : [name, "logits"].find((one) => names.includes(one));
  if (chosen !== undefined) return chosen;
  throw new FormatError({
    file,
    expected: `an array ${enumerate([name])} or logits`,
    got: names.length === 0 ? "none" : enumerate(names),
    remedy: "save the scores of each picture under the picture's name without its ending",
  });
}
