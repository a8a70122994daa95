import type { Source } from "../checkpoint/checkpoint.ts";
import { openSafetensors } from "../checkpoint/safetensors.ts";
import type { Prediction } from "./trainable.ts";

/**
 * Reads the labels that the last validation of a run gave to its first images, in their order: what the run saved under the name
 * of `samplesFile`.
 * @throws FormatError
 * @example
 * const [first] = await readPredictions(bytesSource(surroundings.files.get(samplesFile)!));
 */
export async function readPredictions(source: Source): Promise<Prediction[]> {
  const { tensors } = await openSafetensors(source);
  const read = async (name: string): Promise<Uint8Array<ArrayBuffer>> =>
    (await tensors.get(name)!.read()) as Uint8Array<ArrayBuffer>;
  const predictions: Prediction[] = [];
  for (let index = 0; tensors.has(`${index}.network`); index++) {
    const crf = tensors.has(`${index}.crf`) ? await read(`${index}.crf`) : undefined;
    predictions.push({ network: await read(`${index}.network`), crf });
  }
  return predictions;
}
