import { ValueError } from "../errors.ts";
import type { LabelMap } from "./labels.ts";

/** Half the width of the band in pixels, where nothing else is said. */
export const usualBand = 7;

/**
 * The band of pixels near a boundary of the ground truth (Kohli, Ladický and Torr 2009; Krähenbühl and Koltun 2011, "trimap"):
 * one byte per pixel, 1 where a boundary pixel lies within `radius` pixels, Euclidean, centers to centers. A boundary pixel
 * is one whose label differs from that of a pixel left, right, above or below; 255 is a label like the others here, since
 * VOC draws its boundaries in it. Metrics drop the pixels of truth 255 afterwards, so the band is measured outside the void.
 * @throws ValueError where `radius` is negative or not finite
 */
export function boundaryBand({ height, width, labels }: LabelMap, radius: number): Uint8Array<ArrayBuffer> {
  if (!(radius >= 0 && radius < Infinity)) {
    throw new ValueError({ where: "boundaryBand", expected: "a radius of 0 pixels or more", got: `${radius}` });
  }
  return nearTo(boundaryPixels(labels, height, width), height, width, radius);
}

/** One byte per pixel: 1 where a marked pixel lies within `radius` pixels, Euclidean, centers to centers. */
export function nearTo(marked: Uint8Array, height: number, width: number, radius: number): Uint8Array<ArrayBuffer> {
  const reach = Math.min(Math.floor(radius), Math.max(height, width));
  const vertical = distanceInColumn(marked, height, width, reach + 1);
  const near = new Uint8Array(marked.length);
  for (let i = 0; i < marked.length; i++) {
    const x = i % width;
    for (let dx = -Math.min(reach, x); dx <= Math.min(reach, width - 1 - x) && near[i] === 0; dx++) {
      if (vertical[i + dx]! <= reach && dx * dx + vertical[i + dx]! ** 2 <= radius * radius) near[i] = 1;
    }
  }
  return near;
}

function boundaryPixels(labels: Uint8Array, height: number, width: number): Uint8Array {
  const boundary = new Uint8Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    if (i % width < width - 1 && labels[i] !== labels[i + 1]) boundary[i] = boundary[i + 1] = 1;
    if (i < (height - 1) * width && labels[i] !== labels[i + width]) boundary[i] = boundary[i + width] = 1;
  }
  return boundary;
}

/**
 * For each pixel, the distance in rows to the nearest marked pixel of its column, or `far` if there is none within
 * reach.
 */
function distanceInColumn(marked: Uint8Array, height: number, width: number, far: number): Int32Array {
  const distance = new Int32Array(marked.length).fill(far);
  const relax = (i: number, neighbor: number): void => {
    if (marked[i]) distance[i] = 0;
    else if (neighbor >= 0 && neighbor < marked.length) distance[i] = Math.min(distance[i]!, distance[neighbor]! + 1);
  };
  for (let i = 0; i < height * width; i++) relax(i, i - width);
  for (let i = height * width - 1; i >= 0; i--) relax(i, i + width);
  return distance;
}
