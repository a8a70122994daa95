import { readFile } from "node:fs/promises";
import { FormatError, ValueError } from "../errors.ts";
import { decodeImage, type Image } from "../data/images.ts";
import { decodeNpy } from "../data/npy.ts";
import { decodeLabelPng, type Annotation } from "../data/png.ts";

/** Numbers from a `.npy` file, all finite. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

const reasons: Record<string, string> = {
  ENOENT: "no such file",
  ENOTDIR: "a path through something that is no folder",
  EISDIR: "a folder",
  EACCES: "one that may not be read",
};

/** @throws FormatError where the file is missing, unreadable or empty */
export async function readBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await readFile(file));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const got = reasons[code ?? ""] ?? message;
    throw new FormatError({ file, expected: "a readable file", got, remedy: "check the path" }, { cause: error });
  }
  if (bytes.length > 0) return bytes;
  throw new FormatError({ file, expected: "a file with contents", got: "0 bytes", remedy: "write it again" });
}

/**
 * Reads a `.npy` file as float32.
 * @throws FormatError for a damaged file; ValueError for NaN, infinity and numbers beyond float32
 */
export async function readNumbers(file: string): Promise<NumberArray> {
  const { shape, data } = decodeNpy(await readBytes(file), file);
  const values = Float32Array.from(data);
  checkFinite(file, shape, values);
  return { shape, values };
}

/** Reads a PNG, JPEG or `.npy` `[height, width, 3]`. @throws FormatError, ValueError as `readNumbers` does */
export async function readImage(file: string): Promise<Image> {
  const image = await decodeImage(await readBytes(file), file);
  checkFinite(file, [image.height, image.width, 3], image.values);
  return image;
}

/** @throws FormatError as `decodeLabelPng` does */
export async function readAnnotation(file: string): Promise<Annotation> {
  return decodeLabelPng(await readBytes(file), file);
}

function checkFinite(file: string, shape: readonly number[], values: Float32Array): void {
  const stray = values.findIndex((value) => !Number.isFinite(value));
  if (stray < 0) return;
  let rest = stray;
  const index = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  throw new ValueError({
    where: file,
    expected: "finite float32 numbers",
    got: `${values[stray]} at [${index.join(", ")}]`,
    remedy: "replace it, or mask it out, before saving",
  });
}
