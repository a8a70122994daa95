import { drawShapes, shapeClasses } from "crf-rnn/train";
import type { Picture, Pictures } from "./run.ts";
import type { Settings } from "./settings.ts";

/** Pictures that are kept apart, to validate by. All of them are shown. */
export const validated = 5;

type Drawing = Pick<Settings, "seed" | "size" | "pictures">;

/** A drawn picture's name says how it was drawn, so that a checkpoint, which knows a digest of the names, knows its pictures. */
export const drawnId = ({ seed, size }: Drawing, index: number): string =>
  `shapes-${seed}-${size}-${String(index).padStart(4, "0")}`;

/** The names of the pictures to learn from. */
export const drawnIds = (drawing: Drawing): string[] =>
  Array.from({ length: drawing.pictures }, (_, index) => drawnId(drawing, index));

/** Draws shapes, the same for the same settings. */
export function drawPictures(drawing: Drawing): Pictures {
  const draw = (index: number): Picture => {
    const { image, labels } = drawShapes(drawing.seed, index, drawing.size);
    const { height, width, values } = image;
    return { id: drawnId(drawing, index), height, width, rgb: Uint8Array.from(values), labels };
  };
  const all = Array.from({ length: drawing.pictures + validated }, (_, index) => draw(index));
  return {
    classes: shapeClasses.map(({ name }) => name),
    train: all.slice(0, drawing.pictures),
    val: all.slice(drawing.pictures),
  };
}
