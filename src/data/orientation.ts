import type { Image } from "./image.ts";

/** Pixels that are to be shown as they are stored. */
export const upright = 1;

const [littleEndian, bigEndian] = [0x4949, 0x4d4d];
const orientationTag = 0x0112;
const short = 3;

/**
 * The orientation, 1…8, that EXIF data say: the tag of that name in the first directory of a TIFF file (CIPA DC-008, 4.6). 1 where
 * there is none that can be read, since viewers show such pixels as they are.
 */
export function readOrientation(exif: Uint8Array): number {
  const start = startsWithExif(exif) ? 6 : 0;
  const view = new DataView(exif.buffer, exif.byteOffset + start, exif.length - start);
  if (view.byteLength < 8) return upright;
  const order = view.getUint16(0);
  if (order !== littleEndian && order !== bigEndian) return upright;
  const little = order === littleEndian;
  const directory = view.getUint32(4, little);
  const entries = directory + 2 <= view.byteLength ? view.getUint16(directory, little) : 0;
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= view.byteLength; i++, at += 12) {
    if (view.getUint16(at, little) !== orientationTag) continue;
    const value = view.getUint16(at + 2, little) === short ? view.getUint16(at + 8, little) : 0;
    return value >= 1 && value <= 8 ? value : upright;
  }
  return upright;
}

/** Whether bytes begin with the words that stand before EXIF data in a JPEG. */
export function startsWithExif(bytes: Uint8Array): boolean {
  return [0x45, 0x78, 0x69, 0x66, 0, 0].every((byte, i) => bytes[i] === byte);
}

/** The pixels as an orientation says that they are to be shown. */
export function turnUpright({ height, width, values }: Image, orientation: number): Image {
  if (orientation === upright) return { height, width, values };
  const swapped = orientation > 4;
  const [rows, columns] = swapped ? [width, height] : [height, width];
  const upsideDown = [3, 4, 6, 7].includes(orientation);
  const mirrored = [2, 3, 7, 8].includes(orientation);
  const turned = new Float32Array(values.length);
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, to += 3) {
      const [row, column] = swapped ? [x, y] : [y, x];
      const from = ((upsideDown ? height - 1 - row : row) * width + (mirrored ? width - 1 - column : column)) * 3;
      for (let k = 0; k < 3; k++) turned[to + k] = values[from + k]!;
    }
  }
  return { height: rows, width: columns, values: turned };
}

/** The remedy where a mask and a photograph have different sizes, whatever the reason. */
export const scaleRemedy = "scale one to the other's size, masks to the nearest pixel";

/**
 * Returns the remedy where a map has another size than a photograph. The EXIF tag is the reason if the map has the size
 * of the stored pixels.
 */
export function sizeRemedy(
  photograph: Pick<Image, "height" | "width"> & { readonly orientation: number },
  other: Pick<Image, "height" | "width">,
  otherwise: string,
): string {
  const { orientation, height, width } = photograph;
  if (orientation <= 4 || other.height !== width || other.width !== height) return otherwise;
  return `EXIF orientation ${orientation} turned the image: turn this likewise, or remove the tag from the image`;
}
