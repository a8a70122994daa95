/** A picture at the size of this room: small enough for its pixels to be seen, and for every answer to come at once. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha of every pixel. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  /** The class of every pixel, for a picture that was drawn. */
  readonly truth?: Uint8Array<ArrayBuffer>;
}

/** Where a picture comes from: its address, with that of its truth, or a file of the reader's. */
export type PictureSource = { readonly url: string; readonly truth?: string } | { readonly file: Blob };

/** The longer side of a picture in this room, in pixels. */
export const longest = 240;

/** Loads a picture and makes it small. @throws Error whose message is a sentence */
export async function openPicture(source: PictureSource): Promise<Picture> {
  const image = await decode("file" in source ? source.file : await load(source.url));
  const factor = Math.min(1, longest / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * factor))) as [
    number,
    number,
  ];
  const pixels = paint(image, width, height, "high");
  if (!("truth" in source) || source.truth === undefined) return { width, height, pixels };
  // Labels are numbers: between two of them lies no third, so each pixel takes the nearest.
  const labels = paint(await decode(await load(source.truth)), width, height, "none");
  return { width, height, pixels, truth: Uint8Array.from({ length: width * height }, (_, i) => labels[4 * i]!) };
}

async function load(url: string): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The picture could not be loaded: the host answers ${response.status}.`);
  return await response.blob();
}

async function decode(file: Blob): Promise<ImageBitmap> {
  return await createImageBitmap(file).catch(() => {
    throw new Error("This file is no picture that your browser can read; a PNG, a JPEG or a WebP is.");
  });
}

function paint(
  image: ImageBitmap,
  width: number,
  height: number,
  smoothing: "high" | "none",
): Uint8ClampedArray<ArrayBuffer> {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingEnabled = smoothing === "high";
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  image.close();
  return context.getImageData(0, 0, width, height).data;
}

/** How bright a pixel is, 0…255: Rec. 601, as television had it. */
export const luminance = (pixels: ArrayLike<number>, pixel: number): number =>
  0.299 * pixels[4 * pixel]! + 0.587 * pixels[4 * pixel + 1]! + 0.114 * pixels[4 * pixel + 2]!;

/** The colors of a picture as a guide has them, [h·w·3]. */
export const colorsOf = ({ pixels, width, height }: Picture): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: width * height * 3 }, (_, i) => pixels[4 * Math.floor(i / 3) + (i % 3)]!);
