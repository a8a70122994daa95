import { crfRnn, open } from "crf-rnn";

const [height, width, classes] = [240, 320, 2];

/** A disk on a ground, in color, and what a poor network makes of it: 1 on a rough square, 0 elsewhere. */
function scene(): { colors: Float32Array; scores: Float32Array } {
  const colors = new Float32Array(height * width * 3);
  const scores = new Float32Array(height * width * classes);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const disk = Math.hypot(x - width / 2, y - height / 2) < 80;
      colors.set(disk ? [220, 120, 40] : [40, 90, 160], pixel * 3);
      const rough = Math.abs(x - width / 2) < 65 && Math.abs(y - height / 2) < 65;
      scores[pixel * classes + (rough ? 1 : 0)] = 2;
    }
  }
  return { colors, scores };
}

function draw(id: string, colorOf: (pixel: number) => ArrayLike<number>): void {
  const canvas = document.querySelector<HTMLCanvasElement>(`#${id}`)!;
  Object.assign(canvas, { width, height });
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) image.data.set([...Array.from(colorOf(pixel)), 255], pixel * 4);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

/** Tells the longest time that the page's thread was busy at a stretch. */
function watchPage(): () => number {
  let [last, longest] = [performance.now(), 0];
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(tick, 1);
  return () => {
    clearInterval(timer);
    tick();
    return longest;
  };
}

const { colors, scores } = scene();
draw("picture", (pixel) => colors.subarray(pixel * 3, pixel * 3 + 3));

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const device = await open({ worker });
const crf = crfRnn(device, { classes, bilateral: { position: 40, color: 20 } });

const stop = watchPage();
const began = performance.now();
const unary = device.tensor([height, width, classes], scores);
const guide = device.tensor([height, width, 3], colors);
const logits = await (await crf(unary, guide, { iterations: 10 })).read();
const milliseconds = performance.now() - began;
const longest = stop();

draw("labels", (pixel) => (logits[pixel * 2 + 1]! > logits[pixel * 2]! ? [255, 255, 255] : [0, 0, 0]));
document.querySelector("progress")!.value = 1;
document.querySelector("output")!.textContent =
  `refined in ${milliseconds.toFixed(0)} ms on ${device.kind}, threads: ${device.info.threads}, in a worker: ${device.info.worker}; ` +
  `the page waited for ${longest.toFixed(0)} ms at most`;
device.dispose();
worker.terminate();
