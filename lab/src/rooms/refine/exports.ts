import { strToU8, zipSync } from "fflate";
import { commandOf, names, programOf, type Wanted } from "./code.ts";
import { requestNow, service, supply } from "./engine.ts";
import { classes, picture, result, scores } from "./state.ts";
import { tintLabels } from "./tint.ts";
import type { FileToWrite } from "./service.ts";

/** Hands a file to the reader. */
function save(name: string, bytes: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const palette = () => classes.peek().map(({ rgb }) => rgb);

async function write(files: readonly FileToWrite[]): Promise<Uint8Array<ArrayBuffer>[]> {
  await supply();
  return (await service.write(files)) as Uint8Array<ArrayBuffer>[];
}

const labelsFile = (data: Uint8Array): FileToWrite => {
  const { width, height } = picture.peek()!;
  return { kind: "labels", width, height, data, palette: palette() };
};

export async function exportLabels(): Promise<void> {
  const [bytes] = await write([labelsFile(result.peek()!.labels)]);
  save(names.labels, bytes!, "image/png");
}

/** A canvas of the picture's own size, with its pixels. */
function canvasNow(): HTMLCanvasElement {
  const { width, height, pixels } = picture.peek()!;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d")!.putImageData(new ImageData(pixels.slice(), width, height), 0, 0);
  return canvas;
}

async function saveCanvas(canvas: HTMLCanvasElement, name: string): Promise<void> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("The browser could not write the picture.");
  save(name, blob, "image/png");
}

/** The photograph with the labels over it, as it is seen. */
export async function exportOverlay(): Promise<void> {
  const canvas = canvasNow();
  const over = document.createElement("canvas");
  [over.width, over.height] = [canvas.width, canvas.height];
  tintLabels(over, result.peek()!.labels, palette(), 0.55);
  canvas.getContext("2d")!.drawImage(over, 0, 0);
  await saveCanvas(canvas, "overlay.png");
}

/** The pixels of one class, white or of the photograph; the others are transparent. */
export async function exportMask(label: number, photograph: boolean): Promise<void> {
  const canvas = canvasNow();
  const context = canvas.getContext("2d")!;
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  result.peek()!.labels.forEach((found, pixel) => {
    if (found !== label) image.data.fill(0, pixel * 4, pixel * 4 + 4);
    else if (!photograph) image.data.fill(255, pixel * 4, pixel * 4 + 4);
  });
  context.putImageData(image, 0, 0);
  const name = classes.peek()[label]!.name.replaceAll(/[^\p{L}\p{N}]+/gu, "-");
  await saveCanvas(canvas, `${photograph ? "cutout" : "mask"}-${name}.png`);
}

/** The files that the code reads, the code, and what it should make. */
export async function exportAll(): Promise<void> {
  const request = requestNow()!;
  const { width, height, pixels } = picture.peek()!;
  const count = request.classes;
  const scored = scores.peek() !== undefined;
  const files: [string, FileToWrite][] = [
    [names.photograph, { kind: "photograph", width, height, data: pixels }],
    [names.labels, labelsFile(result.peek()!.labels)],
  ];
  if (!scored) files.push([names.drawing, labelsFile(request.labels)]);
  const matrix = request.values.compatibility;
  if (matrix.length > 0) {
    files.push([names.compatibility, { kind: "array", shape: [count, count], data: Float32Array.from(matrix) }]);
  }
  const written = await write(files.map(([, file]) => file));
  const wanted: Wanted = { values: request.values, classes: count, scored };
  const contents: Record<string, Uint8Array> = Object.fromEntries(files.map(([name], i) => [name, written[i]!]));
  if (scored) contents[names.scores] = await service.writeScores(request);
  contents[names.command] = strToU8(`${commandOf(wanted)}\n`);
  contents[names.program] = strToU8(`${programOf(wanted)}\n`);
  // Pictures are compressed already.
  save("refine.zip", zipSync(contents, { level: 0 }), "application/zip");
}
