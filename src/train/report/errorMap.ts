import type { Image } from "../../data/image.ts";
import { ignoreLabel } from "../../data/labels.ts";
import type { Color } from "../../data/palette.ts";
import type { Prediction } from "../trainable.ts";

/** What a pixel of an error map says, and its color, which stands apart from the others for color-blind readers, too. */
export const errorColors = {
  wrong: { name: "wrong", color: [230, 97, 1] },
  spoiled: { name: "right before the CRF, wrong after it", color: [230, 97, 1] },
  mended: { name: "wrong before the CRF, right after it", color: [26, 133, 255] },
  both: { name: "wrong before and after it", color: [146, 64, 170] },
} as const satisfies Record<string, { readonly name: string; readonly color: Color }>;

/**
 * A pale gray photograph as RGB `[height, width, 3]` on which wrong labels have colors: those of the network, or where there is a CRF, what it
 * has mended, spoiled and left. Where the truth is void the photograph is dark.
 */
export function drawErrors({ values }: Image, truth: Uint8Array, { network, crf }: Prediction): Uint8Array {
  const rgb = new Uint8Array(values.length);
  for (const [pixel, label] of truth.entries()) {
    const [red, green, blue] = values.subarray(3 * pixel, 3 * pixel + 3);
    const gray = 0.299 * red! + 0.587 * green! + 0.114 * blue!;
    const kind = label === ignoreLabel ? undefined : kindOf(network[pixel] === label, crf && crf[pixel] === label);
    const ground = label === ignoreLabel ? gray / 4 : 155 + (gray * 100) / 255;
    rgb.set(kind ? errorColors[kind].color : [ground, ground, ground], 3 * pixel);
  }
  return rgb;
}

function kindOf(before: boolean, after: boolean | undefined): keyof typeof errorColors | undefined {
  if (after === undefined) return before ? undefined : "wrong";
  if (before) return after ? undefined : "spoiled";
  return after ? "mended" : "both";
}
