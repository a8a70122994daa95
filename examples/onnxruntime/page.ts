import * as ort from "onnxruntime-web/webgpu";
import { segmenter } from "crf-rnn/onnxruntime";

// As the network was trained: these are ImageNet's mean and deviation. The size is read from the model.
const input = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;
const segment = await segmenter(ort, "./model.onnx", { input, crf: { iterations: 10 } });

const [chooser, canvas, told] = ["input", "canvas", "output"].map((name) => document.querySelector(name)) as [
  HTMLInputElement,
  HTMLCanvasElement,
  HTMLOutputElement,
];

async function show(file: Blob): Promise<void> {
  const result = await segment(await createImageBitmap(file));
  result.draw(canvas);
  told.value = `${new Set(result.labels).size} classes, by ${segment.device.info.name}`;
}

chooser.addEventListener("change", () => void show(chooser.files![0]!));
