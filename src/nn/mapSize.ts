import { ShapeError } from "../errors.ts";
import { halfRows } from "../layout.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** The sizes of a channels-last map, [height, width, channels] or [images, height, width, channels]. */
export interface MapSize {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Whether its numbers are stored as halves. */
  readonly halves?: boolean;
}

/** @throws ShapeError for a tensor that is no map */
export function mapSize(where: string, map: Tensor): MapSize {
  const { shape, layout } = map;
  const halves = layout.name === halfRows.name;
  if ((halves || layout.name === "rows") && (shape.length === 3 || shape.length === 4)) {
    const [channels, width, height, images = 1] = [...shape].reverse() as [number, number, number, number?];
    return { images, height, width, channels, ...(halves && { halves }) };
  }
  throw new ShapeError({
    where,
    expected: "a map [height, width, channels] or [images, height, width, channels]",
    got: `${formatShape(shape)} in layout ${layout.name}`,
    remedy: "give every image its height, width and channels, channels last",
  });
}

/** Returns the shape of a map of this size, with an axis of images where `like` has one. */
export function mapShape({ images, height, width, channels }: MapSize, like: Tensor): number[] {
  return like.shape.length === 4 ? [images, height, width, channels] : [height, width, channels];
}
