import { open } from "crf-rnn";
import { labelFrame, orangeLabeler, summary, type Times } from "./labelFrame.ts";

const size = [256, 256] as const;
const [height, width] = size;
const video = document.querySelector("video")!;
const canvas = document.querySelector("canvas")!;
const context = canvas.getContext("2d", { willReadFrequently: true })!;
const output = document.querySelector("output")!;
let measured: Times[] = [];
let name = "";

/** Plays a file, a camera or a canvas from now on. */
async function show(what: string, source: MediaStream | Blob): Promise<void> {
  URL.revokeObjectURL(video.src);
  if (source instanceof Blob) Object.assign(video, { srcObject: null, src: URL.createObjectURL(source) });
  else video.srcObject = source;
  await video.play();
  [name, measured] = [what, []];
}

/** An orange disk that goes round, until something else is chosen. */
function example(): MediaStream {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d")!;
  const draw = (): void => {
    const angle = performance.now() / 500;
    context.fillStyle = "#667788";
    context.fillRect(0, 0, width, height);
    context.fillStyle = "#ee8833";
    context.beginPath();
    context.arc(width * (0.5 + 0.2 * Math.cos(angle)), height * (0.5 + 0.2 * Math.sin(angle)), height / 5, 0, 7);
    context.fill();
    requestAnimationFrame(draw);
  };
  draw();
  return canvas.captureStream(30);
}

const say = (error: unknown): void => void (output.textContent = String(error));
document.querySelector("input")!.onchange = ({ target }) => {
  const [file] = (target as HTMLInputElement).files!;
  if (file) show("file", file).catch(say);
};
document.querySelector("button")!.onclick = () => {
  const wanted = { video: { width: { ideal: width }, height: { ideal: height } } };
  navigator.mediaDevices
    .getUserMedia(wanted)
    .then((camera) => show("camera", camera))
    .catch(say);
};

const device = await open();
const labeler = orangeLabeler(device, size);
await show("example", example());
for (;;) {
  // Frames that come meanwhile are passed over.
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  const shown = name;
  const frame = new VideoFrame(video); // stays the same while the video goes on
  const { refined, times } = await labelFrame(labeler, frame);
  context.drawImage(frame, 0, 0, width, height);
  frame.close();
  refined.draw(canvas, { overlay: 0.6 });
  measured = [...measured, times].slice(-20);
  const share = ((100 * refined.labels.filter((label) => label === 1).length) / (width * height)).toFixed(1);
  output.textContent = `${shown}: ${share} % orange on ${device.kind}, threads: ${device.info.threads}; ${summary(measured)}`;
}
