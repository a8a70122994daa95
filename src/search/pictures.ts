import { boundaryBand, usualBand } from "../data/boundary.ts";
import type { Image } from "../data/image.ts";
import type { LabelMap } from "../data/labels.ts";
import { resizeBilinear } from "../data/resize.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { type GivenLogits, samplesOf, type TrainingImage } from "../train/sample.ts";

/** One picture to search with. */
export interface SearchPicture extends LabelMap {
  /** The CRF's guide, `[height, width, 3]`: red, green and blue, or what else the layer that is tuned will be given. */
  readonly guide: Float32Array<ArrayBuffer>;
  /** The logits below the CRF, of the picture's size. */
  readonly logits: Float32Array<ArrayBuffer>;
}

/** The pictures of a search. Each is read whenever it is needed, so that they need not fit into memory together. */
export interface SearchSet {
  readonly classes: number;
  /** A name for each, by which its tallies are found again. */
  readonly ids: readonly string[];
  /** The longer side of a typical picture. */
  readonly side: number;
  read(index: number): Promise<SearchPicture>;
}

/** Makes a picture of an image and logits of any size, which are interpolated as in `crf-rnn evaluate`: corners aligned. */
export function pictureOf(
  { height, width, values }: Image,
  labels: Uint8Array<ArrayBuffer>,
  { shape, values: logits }: GivenLogits,
  guide: (values: Float32Array<ArrayBuffer>) => Float32Array<ArrayBuffer> = (same) => same,
): SearchPicture {
  const sameSize = shape[0] === height && shape[1] === width;
  const resized = sameSize ? logits : resizeBilinear(logits, shape, [height, width], { alignCorners: true });
  return { height, width, labels, guide: guide(values), logits: resized };
}

/**
 * The set of a program's pictures, which are in its memory.
 * @throws ValueError, ShapeError for what is no labeled picture with logits, and for logits of different classes
 */
export function setOf(where: string, pictures: readonly TrainingImage[]): SearchSet {
  const samples = samplesOf(where, "pictures", pictures, 1);
  const classes = samples[0]!.logits?.shape[2] ?? 0;
  for (const { id, logits } of samples) {
    if (!logits) {
      const expected = "logits: { shape: [h, w, classes], values } with each picture";
      throw new ValueError({ where, expected, got: `none with ${id}` });
    }
    const [height, width, count] = logits.shape;
    if (count !== classes || logits.values.length !== height * width * count) {
      const got = `${logits.values.length} values of [${logits.shape.join(", ")}] with ${id}`;
      throw new ShapeError({ where, expected: `logits [h, w, ${classes}] with each picture`, got });
    }
  }
  const ids = samples.map(({ id }) => id);
  const twice = ids.find((id, i) => ids.indexOf(id) < i);
  if (twice !== undefined) {
    throw new ValueError({ where, expected: "an id of its own for each picture", got: `'${twice}' twice` });
  }
  return {
    classes,
    ids,
    side: sideOf(samples.map(({ image }) => image)),
    read: async (index) => {
      const { image, labels, logits } = samples[index]!;
      return pictureOf(image, labels, logits!);
    },
  };
}

/** A picture with its band near boundaries. */
export interface BandedPicture extends SearchPicture {
  readonly band: Uint8Array;
}

/** Pictures are kept up to so many bytes; a set of more is read again whenever it is needed. */
const mostKept = 2 ** 28;

/** Reads a set's pictures, a small set's once. */
export function reader(set: SearchSet, radius?: number): (index: number) => Promise<BandedPicture> {
  const kept = new Map<number, BandedPicture>();
  let bytes = 0;
  return async (index) => {
    const known = kept.get(index);
    if (known) return known;
    const picture = await set.read(index);
    const banded = { ...picture, band: boundaryBand(picture, radius ?? usualBand) };
    bytes += picture.guide.byteLength + picture.logits.byteLength + 2 * picture.labels.byteLength;
    if (bytes <= mostKept) kept.set(index, banded);
    return banded;
  };
}

/** The longer side that half of the pictures do not exceed. */
export function sideOf(images: readonly { readonly height: number; readonly width: number }[]): number {
  const sides = images.map(({ height, width }) => Math.max(height, width)).sort((a, b) => a - b);
  return sides[Math.floor((sides.length - 1) / 2)]!;
}
