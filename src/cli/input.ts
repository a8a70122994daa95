import { readFile, stat } from "node:fs/promises";
import { FormatError, ValueError } from "../errors.ts";
import { decodeImage, type Photograph } from "../data/images.ts";
import { decodeNpy } from "../data/npy.ts";
import { readFailure } from "../data/readFailure.ts";

/** Numbers from a `.npy` file, all finite. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** @throws FormatError where the file is missing, unreadable, empty, or none: a pipe or a device may have no end */
export async function readWhole(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const facts = await stat(file).catch((error: unknown) => Promise.reject(readFailure(file, error)));
  if (!facts.isFile() && !facts.isDirectory()) {
    const remedy = "save what it gives to a file first";
    throw new FormatError({ file, expected: "a readable file", got: "a pipe or a device", remedy });
  }
  const bytes = await readFile(file).then(
    (read) => new Uint8Array(read),
    (error: unknown) => Promise.reject(readFailure(file, error)),
  );
  if (bytes.length > 0) return bytes;
  throw new FormatError({ file, expected: "a file with contents", got: "0 bytes", remedy: "write it again" });
}

/**
 * Reads a `.npy` file as float32.
 * @throws FormatError for a damaged file; ValueError for NaN, infinity and numbers beyond float32
 */
export async function readNumbers(file: string): Promise<NumberArray> {
  const { shape, data } = decodeNpy(await readWhole(file), file);
  const values = Float32Array.from(data);
  checkFinite(file, shape, values);
  return { shape, values };
}

/** Reads a PNG, JPEG or `.npy` `[height, width, 3]`. @throws FormatError, ValueError as `readNumbers` does */
export async function readImage(file: string): Promise<Photograph> {
  const image = await decodeImage(await readWhole(file), file);
  checkFinite(file, [image.height, image.width, 3], image.values);
  return image;
}

function checkFinite(file: string, shape: readonly number[], values: Float32Array): void {
  const stray = values.findIndex((value) => !Number.isFinite(value));
  if (stray < 0) return;
  let rest = stray;
  const index = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  throw new ValueError({
    where: file,
    expected: "finite float32 numbers",
    got: `${values[stray]} at [${index.join(", ")}]`,
    remedy: "replace it, or mask it out, before saving",
  });
}
