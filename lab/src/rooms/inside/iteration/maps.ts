import { computed } from "@preact/signals";
import { classColor, cssColor, type Rgb } from "../../../style/classes.ts";
import { grayBitmap, veil, veils } from "../bitmaps.ts";
import { fit, type Size } from "../Drawing.tsx";
import { palette } from "../palette.ts";
import { chosen, known as knownPicture, parameters, picture, stages } from "../state.ts";
import { factsOf } from "./figure.ts";
import { brightnessClasses } from "./scoreClasses.ts";
import type { StageName, Stages } from "./stages.ts";

export const margin = 12;

/** The names of the classes of the picture on view. */
export const classNames = computed((): readonly string[] => knownPicture.value?.truth?.classes ?? brightnessClasses);

/** What is drawn at full strength: 1 of shares, and of all else the largest that the stage has in any class. */
export function fullOf({ maps }: Stages, name: StageName): number {
  if (factsOf(name).kind === "share") return 1;
  const values = maps[name];
  let [least, most] = [-1e-6, 1e-6];
  for (let i = 0; i < values.length; i++) {
    if (values[i]! > most) most = values[i]!;
    else if (values[i]! < least) least = values[i]!;
  }
  return Math.max(most, -least);
}

/** One stage of one class as a picture: shares and amounts in the color of the class, what may be negative in two others. */
function paint(now: Stages, name: StageName, label: number, colors: { positive: Rgb; negative: Rgb }): OffscreenCanvas {
  const { width, height } = picture.value!;
  const [values, full, classes] = [now.maps[name], fullOf(now, name), now.classes];
  const value = (pixel: number): number => values[pixel * classes + label]! / full;
  if (factsOf(name).kind === "signed") return veils(width, height, colors, value);
  return veil(width, height, classColor(label).rgb, (pixel) => Math.min(Math.max(value(pixel), 0), 1));
}

const painted = new Map<StageName, { readonly of: Stages; readonly key: string; readonly picture: OffscreenCanvas }>();

/** The picture of a stage, made anew only where it has changed: the figure and the large map share it. */
function pictureOf(now: Stages, name: StageName): OffscreenCanvas {
  const label = parameters.value.class;
  const { positive, negative } = palette.value;
  const key = [label, positive, negative].join();
  const known = painted.get(name);
  if (known && known.of === now && known.key === key) return known.picture;
  const made = paint(now, name, label, { positive, negative });
  painted.set(name, { of: now, key, picture: made });
  return made;
}

const isCurrent = (now: Stages | undefined): now is Stages =>
  now !== undefined &&
  now.maps.result.length === picture.value!.width * picture.value!.height * now.classes &&
  parameters.value.class < now.classes;

/** Draws a stage as large as fits: the map over the gray picture, faint, so that one sees where it is. */
export const drawStage =
  (name: () => StageName, large: boolean) =>
  (context: CanvasRenderingContext2D, size: Size): void => {
    const shown = picture.value;
    if (!shown) return;
    const now = stages.value;
    const { left, top, scale } = fit(shown, size, large ? margin : 0);
    const frame = [left, top, shown.width * scale, shown.height * scale] as const;
    const colors = palette.value;
    context.fillStyle = cssColor(colors.face);
    context.fillRect(...frame);
    context.imageSmoothingEnabled = !large;
    context.globalAlpha = large ? 0.3 : 0.16;
    context.drawImage(grayBitmap.value!, ...frame);
    context.globalAlpha = 1;
    if (isCurrent(now)) context.drawImage(pictureOf(now, name()), ...frame);
    if (!large) return;
    const { x, y } = chosen.value;
    context.beginPath();
    context.arc(left + (x + 0.5) * scale, top + (y + 0.5) * scale, Math.max(6, 1.6 * scale), 0, 7);
    context.strokeStyle = cssColor(colors.face);
    context.lineWidth = 5;
    context.stroke();
    context.strokeStyle = cssColor(colors.warm);
    context.lineWidth = 2.5;
    context.stroke();
  };

/** How many pixels have another most probable class after the iteration than before, and how sure the classes are. */
export const progress = computed(() => {
  const now = stages.value;
  if (!now) return undefined;
  const { classes, maps } = now;
  let [changed, confidence] = [0, 0];
  const pixels = maps.result.length / classes;
  for (let pixel = 0; pixel < pixels; pixel++) {
    let [before, after] = [0, 0];
    const at = pixel * classes;
    for (let c = 1; c < classes; c++) {
      if (maps.marginals[at + c]! > maps.marginals[at + before]!) before = c;
      if (maps.result[at + c]! > maps.result[at + after]!) after = c;
    }
    if (before !== after) changed++;
    confidence += maps.result[at + after]!;
  }
  return { changed, confidence: confidence / pixels };
});
