import { loadPixels, loadTruth } from "../../pictures/load.ts";

/** A picture at the size of this room: small enough for its pixels to be seen, and for every answer to come at once. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha of every pixel. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  /** The class of every pixel, for a picture that was drawn. */
  readonly truth?: Uint8Array<ArrayBuffer>;
}

/** Where a picture comes from: one that comes along, with its size and the address of its truth, or a file of the reader's. */
export type PictureSource =
  | { readonly url: string; readonly width: number; readonly height: number; readonly truth?: string }
  | { readonly file: File };

/** The longer side of a picture in this room, in pixels. */
export const longest = 240;

/** Loads a picture and makes it small. @throws PictureError */
export async function openPicture(source: PictureSource): Promise<Picture> {
  const { data, width, height } = await loadPixels("file" in source ? source.file : source.url, longest);
  const pixels = data;
  if ("file" in source || source.truth === undefined) return { width, height, pixels };
  // Labels are numbers, and between two of them lies no third: each pixel takes the one in its middle.
  const labels = await loadTruth(source.truth);
  const truth = Uint8Array.from({ length: width * height }, (_, pixel) => {
    const column = Math.floor((((pixel % width) + 0.5) * source.width) / width);
    const row = Math.floor(((Math.floor(pixel / width) + 0.5) * source.height) / height);
    return labels[row * source.width + column]!;
  });
  return { width, height, pixels, truth };
}

/** How bright a pixel is, 0…255: Rec. 601, as television had it. */
export const luminance = (pixels: ArrayLike<number>, pixel: number): number =>
  0.299 * pixels[4 * pixel]! + 0.587 * pixels[4 * pixel + 1]! + 0.114 * pixels[4 * pixel + 2]!;

/** The colors of a picture as a guide has them, [h·w·3]. */
export const colorsOf = ({ pixels, width, height }: Picture): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: width * height * 3 }, (_, i) => pixels[4 * Math.floor(i / 3) + (i % 3)]!);
