import { readFile, stat } from "node:fs/promises";
import { FormatError, ShapeError, ValueError } from "../errors.ts";
import { decodeImage, type Photograph } from "../data/images.ts";
import { decodeNpy } from "../data/npy.ts";
import { readFailure } from "../data/readFailure.ts";
import { formatShape, positionOf } from "../shape.ts";

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

/** Numbers of which the mean of each channel was taken away. */
export interface CenteredArray extends NumberArray {
  /** The standard deviation of each channel. */
  readonly deviations: readonly number[];
}

/**
 * Reads a `.npy` file whose last axis, of all that `axes` names, are channels, and takes each channel's mean away before numbers
 * become float32: coordinates of a map have more digits than that.
 * @throws ShapeError for another number of axes, and as `readNumbers`
 */
export async function readCentered(file: string, axes: readonly string[]): Promise<CenteredArray> {
  const { shape: stored, data } = decodeNpy(await readWhole(file), file);
  const volume = axes.length === 4 && stored.length === 3;
  const shape = volume ? [...stored, 1] : stored;
  if (shape.length !== axes.length || shape.includes(0)) {
    const expected = `[${axes.join(", ")}]${axes.length === 4 ? ", or without the last axis" : ""}, without zeros`;
    throw new ShapeError({ where: file, expected, got: formatShape(stored) });
  }
  checkFinite(file, stored, Float32Array.from(data));
  const channels = shape.at(-1)!;
  const rows = data.length / channels;
  const means = new Float64Array(channels);
  for (let at = 0; at < data.length; at++) means[at % channels]! += data[at]! / rows;
  const values = Float32Array.from(data as ArrayLike<number>, (value, at) => value - means[at % channels]!);
  const squares = new Float64Array(channels);
  for (let at = 0; at < values.length; at++) squares[at % channels]! += values[at]! ** 2 / rows;
  return { shape, values, deviations: Array.from(squares, Math.sqrt) };
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
  throw new ValueError({
    where: file,
    expected: "finite float32 numbers",
    got: `${values[stray]} at ${formatShape(positionOf(stray, shape))}`,
    remedy: "replace it, or mask it out, before saving",
  });
}
