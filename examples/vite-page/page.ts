import { open, refine } from "crf-rnn";

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const canvas = document.querySelector("canvas")!;
const context = canvas.getContext("2d", { willReadFrequently: true })!;
const output = document.querySelector("output")!;
const device = await open();

/** The photograph, without what is drawn over it. */
let picture = exampleOf(canvas.width, canvas.height);

/** Logits [height, width, 2]: background, and the thing in the box. */
function scoresOf({ left, top, right, bottom }: Box, width: number, height: number): Float32Array {
  const scores = new Float32Array(width * height * 2);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = x >= left && x < right && y >= top && y < bottom;
      scores[2 * (y * width + x) + (inside ? 1 : 0)] = 2;
    }
  }
  return scores;
}

async function cutOut(box: Box): Promise<void> {
  const { width, height } = picture;
  const scores = { data: scoresOf(box, width, height), shape: [height, width, 2] };
  const refined = await refine(device, picture, scores, { iterations: 10 });
  refined.draw(canvas, { overlay: 0.6 });
  const share = Array.from(refined.labels).filter((label) => label === 1).length / (width * height);
  output.textContent = `${Math.round(100 * share)} % on ${device.kind}, threads: ${device.info.threads}`;
}

/** A gray ground with an orange disk, until a photograph is chosen. */
function exampleOf(width: number, height: number): ImageData {
  context.fillStyle = "#667788";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#ee8833";
  context.beginPath();
  context.arc(width / 2, height / 2, height / 4, 0, 2 * Math.PI);
  context.fill();
  return context.getImageData(0, 0, width, height);
}

document.querySelector("input")!.onchange = async ({ target }) => {
  const bitmap = await createImageBitmap((target as HTMLInputElement).files![0]!);
  const shrink = Math.min(1, 640 / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.round(bitmap.width * shrink);
  canvas.height = Math.round(bitmap.height * shrink);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  picture = context.getImageData(0, 0, canvas.width, canvas.height);
};

let start: { readonly x: number; readonly y: number } | undefined;
canvas.onpointerdown = ({ offsetX: x, offsetY: y }) => void (start = { x, y });
canvas.onpointerup = ({ offsetX: x, offsetY: y }) => {
  if (!start) return;
  const [left, right] = [Math.min(start.x, x), Math.max(start.x, x)];
  const [top, bottom] = [Math.min(start.y, y), Math.max(start.y, y)];
  start = undefined;
  cutOut({ left, top, right, bottom }).catch((error: unknown) => (output.textContent = String(error)));
};

await cutOut({ left: 90, top: 60, right: 165, bottom: 120 });
