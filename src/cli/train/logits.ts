import { asFloat32, fileSource, type StoredTensor } from "../../checkpoint/checkpoint.ts";
import { openSafetensors } from "../../checkpoint/safetensors.ts";
import { channelsLast } from "../../data/channelsLast.ts";
import type { Item } from "../../data/dataset.ts";
import { FormatError } from "../../errors.ts";
import type { GivenLogits } from "../../train/sample.ts";
import type { LogitsReader } from "./images.ts";

/**
 * Opens `--logits FILE.safetensors`: for each image a map `[classes, height, width]` under its id, float32 or half floats.
 * @throws FormatError where an image has none, or its classes are not those of the data
 */
export async function openLogits(
  file: string,
  classes: number,
  items: readonly Item[],
): Promise<{ readonly read: LogitsReader; close(): Promise<void> }> {
  const source = await fileSource(file);
  try {
    const { tensors } = asFloat32(await openSafetensors(source));
    requireLogits(file, tensors, classes, items);
    return { read: (id) => readLogits(tensors, id, classes), close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

type Tensors = ReadonlyMap<string, StoredTensor>;

function requireLogits(file: string, tensors: Tensors, classes: number, items: readonly Item[]): void {
  for (const { id } of items) {
    const shape = tensors.get(id)?.shape;
    if (shape?.length === 3 && shape[0] === classes) continue;
    throw new FormatError({
      file,
      expected: `logits [${classes}, height, width] for image ${id}`,
      got: shape ? `[${shape.join(", ")}]` : "none",
      remedy: "give the logits of these images, a tensor for each id",
    });
  }
}

async function readLogits(tensors: Tensors, id: string, classes: number): Promise<GivenLogits> {
  const tensor = tensors.get(id)!;
  const [, height, width] = tensor.shape as [number, number, number];
  const values = channelsLast((await tensor.read()) as Float32Array<ArrayBuffer>, classes);
  return { shape: [height, width, classes], values };
}
