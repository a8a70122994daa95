import { batch, effect } from "@preact/signals";
import { type Picture, pictures } from "../../pictures/pictures.ts";
import { notify, notifyError } from "../../shell/notices.ts";
import { Drawing } from "./drawing.ts";
import { examples } from "./examples.ts";
import { parameters, set } from "./parameters.ts";
import {
  chosen,
  classes,
  drawing,
  film,
  frame,
  newClass,
  type OpenPicture,
  picture,
  result,
  scores,
  touch,
} from "./state.ts";

/** The longest side of what is shown: more pixels than any stage has would cost memory alone. */
const longestShown = 2000;
/** The radius of an example's scribbles, as a share of the picture's longer side. */
const penShare = 0.009;

let opened = 0;
/** The newest picture that was asked for: one that arrives late does not take its place. */
let asked: object | undefined;
/** The name of the picture that was opened last, or is being opened. */
let wanted: string | undefined;

const fitted = (width: number, height: number, longest: number): readonly [number, number] => {
  const factor = Math.min(1, longest / Math.max(width, height));
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
};

function scaled(source: CanvasImageSource, width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, width, height);
  return canvas;
}

/** Makes a picture at the size that is computed with. What is transparent lies on white. */
function prepare(
  bitmap: CanvasImageSource & { readonly width: number; readonly height: number },
  title: string,
): OpenPicture {
  const original = { width: bitmap.width, height: bitmap.height };
  const [width, height] = fitted(original.width, original.height, parameters.peek().size);
  const shown = scaled(bitmap, ...fitted(original.width, original.height, longestShown));
  const small = scaled(shown, width, height).getContext("2d")!;
  small.globalCompositeOperation = "destination-over";
  small.fillStyle = "#fff";
  small.fillRect(0, 0, width, height);
  const { data } = small.getImageData(0, 0, width, height);
  return { id: ++opened, title, width, height, original, pixels: data, shown };
}

/** Puts a picture on the stage, with nothing drawn on it, or with what an example draws. */
function stage(shown: OpenPicture, names: readonly string[] | undefined, example: string | undefined): void {
  const drawingOf = new Drawing(shown.width, shown.height);
  const strokes = example === undefined ? undefined : examples[example];
  const [width, height] = [shown.width, shown.height];
  const radius = Math.max(2, penShare * Math.max(width, height));
  const all = names ?? strokes?.classes ?? classes.peek().map(({ name }) => name);
  for (const { label, points } of strokes?.scribbles ?? []) {
    if (label >= all.length) continue;
    points.slice(1).forEach((to, i) => {
      const from = points[i]!;
      const [start, end] = [from, to].map(({ x, y }) => ({ x: x * width, y: y * height }));
      drawingOf.stroke(start!, end!, radius, label);
    });
  }
  batch(() => {
    result.value = film.value = frame.value = scores.value = undefined;
    picture.value = shown;
    drawing.value = drawingOf;
    classes.value =
      all.length >= 2 ? all.map((name, label) => newClass(label, name)) : [newClass(0), newClass(1, "object")];
    chosen.value = Math.min(1, classes.value.length - 1);
    touch(drawingOf.whole);
  });
}

/** The names of the classes that the address says; undefined where it says none. */
function namesAsked(): string[] | undefined {
  const names = parameters
    .peek()
    .classes.split(",")
    .map((one) => one.trim());
  return names.length >= 2 ? names : undefined;
}

// The lists of classes have their rows before the picture is there, so that nothing moves when it comes.
classes.value = (namesAsked() ?? examples[parameters.peek().picture]?.classes ?? ["background", "object"]).map(
  (name, label) => newClass(label, name),
);

/** Opens one of the pictures that come along. `fresh` forgets the classes of the address. */
export async function openPicture(name: string, fresh = true): Promise<void> {
  const found: Picture =
    pictures.find((one) => one.name === name) ?? pictures.find((one) => one.name === "fruit") ?? pictures[0]!;
  const mine = (asked = {});
  wanted = name;
  try {
    const response = await fetch(found.url);
    const bitmap = await createImageBitmap(await response.blob());
    if (asked !== mine) return;
    stage(prepare(bitmap, found.title), fresh ? undefined : namesAsked(), found.name);
    set({ picture: found.name, ...(fresh && { classes: "", compatibility: [] }) });
    bitmap.close();
  } catch {
    if (asked === mine)
      notifyError(new Error(`“${found.title}” could not be loaded; the connection may be gone.`), "picture");
  }
}

/** Follows the address to another picture. */
export const followPicture = (): (() => void) =>
  effect(() => {
    const { picture: name } = parameters.value;
    if (name === "own" && !picture.peek()) {
      notify({ kind: "info", text: "The link was made with a picture of somebody’s own, which it does not carry." });
      void openPicture("fruit", false);
    } else if (name !== "own" && name !== wanted) void openPicture(name, false);
  });

/** Opens a photograph of the reader's. @throws Error with a sentence for what is none */
export async function openPhotograph(file: Blob & { readonly name?: string }): Promise<void> {
  const mine = (asked = {});
  const name = file.name ?? "the picture";
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => {
    throw new Error(`${name} could not be read as a picture; JPEG, PNG, WebP and AVIF are known to most browsers.`);
  });
  if (asked !== mine) return;
  wanted = "own";
  stage(prepare(bitmap, name), undefined, undefined);
  set({ picture: "own", compatibility: [] });
  bitmap.close();
}

/** Computes with another number of pixels from here on. What is drawn is carried along. */
export function resize(size: number): void {
  set({ size });
  const [was, from] = [picture.peek(), drawing.peek()];
  if (!was) return;
  const { shown, title, original } = was;
  const next = { ...prepare(shown as OffscreenCanvas, title), original };
  if (next.width === was.width && next.height === was.height) return;
  const to = new Drawing(next.width, next.height);
  to.replace(nearest(from.labels, was, next));
  batch(() => {
    result.value = film.value = frame.value = scores.value = undefined;
    picture.value = next;
    drawing.value = to;
    touch(to.whole);
  });
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Labels at another size: that of the nearest pixel, since there is nothing between two classes. */
export function nearest(labels: ArrayLike<number>, from: Size, to: Size): Uint8Array<ArrayBuffer> {
  const scaledLabels = new Uint8Array(to.width * to.height);
  for (let y = 0; y < to.height; y++) {
    const row = Math.floor(((y + 0.5) * from.height) / to.height) * from.width;
    for (let x = 0; x < to.width; x++) {
      scaledLabels[y * to.width + x] = labels[row + Math.floor(((x + 0.5) * from.width) / to.width)]!;
    }
  }
  return scaledLabels;
}
