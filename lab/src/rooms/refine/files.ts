import { batch } from "@preact/signals";
import type { Rgb } from "../../style/classes.ts";
import { notify, notifyError } from "../../shell/notices.ts";
import type { ReadLabels, ReadScores } from "./codec.ts";
import { nothing } from "./drawing.ts";
import { service, supply } from "./engine.ts";
import { openModel } from "./model.ts";
import { nearest, openPhotograph } from "./open.ts";
import { valuesWithin } from "./layerOptions.ts";
import { ranges, set } from "./parameters.ts";
import { change, chosen, classes, type DrawnClass, drawing, newClass, picture, resizeTo, scores } from "./state.ts";

/** What a file is taken for, where its button says so. */
type Kind = "photograph" | "labels" | "model";

let given = 0;

/** Takes what was dropped, pasted or chosen: photographs first, so that labels find the picture that they belong to. */
export async function take(files: readonly File[], as?: Kind): Promise<void> {
  const ranks = await Promise.all(files.map(async (file) => [file, await rankOf(file)] as const));
  for (const [file] of ranks.sort(([, one], [, other]) => one - other)) {
    const kind = as ?? (await kindOf(file));
    try {
      if (kind === "photograph") await openPhotograph(file);
      else if (kind === "model" || isModel(file)) await openModel(file);
      else if (isParams(file)) await openParams(file);
      else await openLabels(file);
    } catch (error) {
      notifyError(error, "file");
    }
  }
}

interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Whether its pixels are numbers of at most 8 bits, by a palette or in gray. */
  readonly indexed: boolean;
}

async function pngHeader(file: File): Promise<PngHeader | undefined> {
  const header = new DataView(await file.slice(0, 33).arrayBuffer());
  if (header.byteLength < 33 || header.getUint32(0) !== 0x89504e47) return undefined;
  const [depth, color] = [header.getUint8(24), header.getUint8(25)];
  const indexed = depth <= 8 && (color === 0 || color === 3);
  return { width: header.getUint32(16), height: header.getUint32(20), indexed };
}

const isModel = (file: File): boolean => file.name.toLowerCase().endsWith(".onnx");
const isParams = (file: File): boolean => file.name.toLowerCase().endsWith(".json");
const isArray = (file: File): boolean => file.name.toLowerCase().endsWith(".npy");

/** What comes first: what is a photograph in any case, then what may be labels, then arrays and models. */
const rankOf = async (file: File): Promise<number> =>
  isArray(file) || isModel(file) || isParams(file) ? 2 : (await pngHeader(file))?.indexed ? 1 : 0;

/** A PNG with a palette or in gray of the picture's size is a label map, unless the reader says otherwise. */
async function kindOf(file: File): Promise<Kind> {
  if (isModel(file)) return "model";
  if (isArray(file) || isParams(file)) return "labels";
  const png = await pngHeader(file);
  const shown = picture.peek();
  if (!png?.indexed || !shown) return "photograph";
  const fits = [shown, shown.original].some(({ width, height }) => width === png.width && height === png.height);
  return fits ? "labels" : "photograph";
}

async function openLabels(file: File): Promise<void> {
  if (!picture.peek()) return;
  await supply();
  const found = await service.read(new Uint8Array(await file.arrayBuffer()), file.name);
  if (found.kind === "scores") giveScores(found, file.name);
  else drawLabels(found, file);
}

/** Takes the parameters that `crf-rnn search` found. Their temperature is for scores, of which there may be none yet. */
async function openParams(file: File): Promise<void> {
  const { parseParams } = await import("crf-rnn/search");
  const params = parseParams(await file.text(), file.name);
  const { bilateral, spatial, compatibility = [] } = params;
  if (typeof bilateral.weight !== "number" || typeof spatial.weight !== "number") {
    throw new Error(`${file.name} has weights by class, expected one number for all, as the sliders have.`);
  }
  const weighted = {
    bilateral: { ...bilateral, weight: bilateral.weight },
    spatial: { ...spatial, weight: spatial.weight },
  };
  const values = valuesWithin({ ...params, ...weighted }, ranges);
  const [least, most] = ranges.compatibility;
  set({ ...values, compatibility: compatibility.map((value) => Math.min(Math.max(value, least), most)) });
  const also = values.temperature === 1 ? "" : ` Scores that are given are divided by ${values.temperature}.`;
  notify({ kind: "success", key: "file", text: `${file.name} gave the parameters of the CRF.${also}` });
}

/** Puts a label map in the place of the drawing, as one step of undo. */
function drawLabels({ width, height, labels, palette }: ReadLabels, file: File): void {
  const shown = picture.peek()!;
  const { name } = file;
  const sizes = [shown, shown.original];
  if (!sizes.some((size) => size.width === width && size.height === height)) {
    const wanted = `${shown.original.width} × ${shown.original.height}`;
    throw new Error(
      `${name} has ${width} × ${height} labels, expected ${wanted} as the photograph has; open that first.`,
    );
  }
  const highest = labels.reduce((most, label) => (label === nothing ? most : Math.max(most, label)), -1);
  if (highest < 0) throw new Error(`${name} says 255 everywhere, which means that no pixel has a class.`);
  const fitted = nearest(labels, { width, height }, shown);
  batch(() => {
    scores.value = undefined;
    change(
      (all) => all.replace(fitted),
      () => resizeTo(classesFor(Math.max(highest + 1, classes.peek().length, 2), palette)),
    );
    // A whole map would hide what is found.
    const share = drawing.peek().count() / fitted.length;
    set({ strokes: share < 0.4 });
  });
  const action = { label: "It is a photograph", run: () => void openPhotograph(file).catch(notifyError) };
  notify({
    kind: "success",
    key: "file",
    text: `${name} was taken for a label map of ${highest + 1} classes.`,
    action,
  });
}

function classesFor(count: number, palette: readonly Rgb[] | undefined): DrawnClass[] {
  const isGray = palette?.every(([red, green, blue]) => red === green && green === blue) ?? true;
  return Array.from({ length: count }, (_, label) => {
    const now = classes.peek()[label] ?? newClass(label);
    const color = isGray ? undefined : palette?.[label];
    return color && color.some((value) => value > 0) ? { ...now, rgb: color } : now;
  });
}

/** Puts scores where nothing is drawn. */
export function giveScores({ shape, data }: ReadScores, name: string): void {
  const count = shape[2];
  batch(() => {
    scores.value = { id: ++given, name, classes: count, data };
    change(
      (all) => all.replace((label) => (label < count ? label : nothing)),
      () => resizeTo(classesFor(count, undefined)),
    );
    chosen.value = Math.min(chosen.peek(), count - 1);
  });
  const text = `${name} gives scores of ${count} classes; what you draw overrules them.`;
  notify({
    kind: "success",
    key: "file",
    text,
    action: { label: "Do without", run: () => (scores.value = undefined) },
  });
}
