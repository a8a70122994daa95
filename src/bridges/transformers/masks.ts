import { refine } from "../../pictures/refine.ts";
import type { PixelData } from "../../pictures/source.ts";
import type { RawPicture, Segment } from "./pipeline.ts";
import type { Plan } from "./scores.ts";

/** Makes a mask of transformers.js, whose class is not exported to whoever has its masks alone. */
type RawPictureClass = new (data: Uint8ClampedArray, width: number, height: number, channels: 1) => RawPicture;

/**
 * Refines the masks of segments: each is a class, and what belongs to none is another one. A pixel has its mask's class
 * with the plan's confidence.
 */
export async function refineMasks(
  segments: readonly Segment[],
  picture: PixelData,
  { device, crf, temperature, confidence }: Plan,
): Promise<readonly Segment[]> {
  if (segments.length === 0) return segments;
  const [{ mask }] = segments as readonly [Segment];
  const { height, width } = mask;
  const classes = segments.length + 1;
  const [sure, other] = [confidence, (1 - confidence) / (classes - 1)].map((p) => Math.log(p) / temperature);
  const unary = new Float32Array(height * width * classes).fill(other!);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const segment = segments.findIndex((one) => one.mask.data[pixel]! > 127);
    unary[pixel * classes + segment + 1] = sure!;
  }
  const { labels } = await refine(device, picture, { data: unary, shape: [height, width, classes] }, crf);
  const MaskClass = mask.constructor as unknown as RawPictureClass;
  return segments.map((segment, i) => {
    const data = Uint8ClampedArray.from(labels, (label) => (label === i + 1 ? 255 : 0));
    return { ...segment, mask: new MaskClass(data, width, height, 1) };
  });
}
