/** What is wrong with a picture, as a sentence for the reader. */
export class PictureError extends Error {
  override readonly name = "PictureError";
}

/**
 * The pixels of a picture: of a file that the reader gave, or of one that comes along (`picture.url`). What is larger than `longest`
 * pixels on its longer side is shrunk to that. It runs in pages and in workers.
 * @throws PictureError for what is no picture
 */
export async function loadPixels(from: Blob | string, longest = 640): Promise<ImageData> {
  const { blob, name } = typeof from === "string" ? await fetched(from) : { blob: from, name: nameOf(from) };
  const bitmap = await createImageBitmap(blob).catch(() => {
    throw new PictureError(`“${name}” is no picture that this browser can read.`);
  });
  const shrink = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * shrink))) as [
    number,
    number,
  ];
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/** The class of every pixel of a picture that was drawn (`picture.truth.url`), row by row. */
export async function loadTruth(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const { data } = await loadPixels(url, Infinity);
  return Uint8Array.from({ length: data.length / 4 }, (_, pixel) => data[pixel * 4]!);
}

const nameOf = (blob: Blob): string => (blob instanceof File ? blob.name : "What was given");

async function fetched(url: string): Promise<{ blob: Blob; name: string }> {
  const name = url.split("/").at(-1)!;
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) throw new PictureError(`“${name}” could not be loaded; the connection may be gone.`);
  return { blob: await response.blob(), name };
}
