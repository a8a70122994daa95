import { fileSource, type StoredTensor } from "../../checkpoint/checkpoint.ts";
import { openSafetensors } from "../../checkpoint/safetensors.ts";
import type { Configuration } from "../../train/configuration.ts";
import type { Matrix } from "../../train/report/heatMap.ts";
import type { Picture } from "../../train/report/pictures.ts";
import { formatTable } from "../../train/metrics.ts";
import { readPredictions } from "../../train/predictions.ts";
import { drawReport } from "../../train/report/report.ts";
import type { Outcome } from "../../train/runTraining.ts";
import { checkpointFile, reportFile, samplesFile, tableFile } from "../../train/surroundings.ts";
import { readSample, type Images } from "./images.ts";
import type { RunFolder } from "./runFolder.ts";

/**
 * Draws the report again from what the folder of a run holds, and writes the metrics as a table. Returns a note where the report cannot be
 * drawn: a run does not fail by that.
 * @throws as `RunFolder.write` does
 */
export async function writeReport(
  folder: RunFolder,
  images: Images,
  configuration: Configuration,
  facts: Pick<Outcome, "adapter" | "learned">,
): Promise<string | undefined> {
  folder.write(tableFile, new TextEncoder().encode(formatTable(folder.metrics())));
  let html: string;
  try {
    html = await draw(folder, images, configuration, facts);
  } catch (error) {
    return `the report could not be drawn: ${error instanceof Error ? error.message : String(error)}`;
  }
  folder.write(reportFile, new TextEncoder().encode(html));
  return undefined;
}

async function draw(
  folder: RunFolder,
  images: Images,
  configuration: Configuration,
  { adapter, learned }: Pick<Outcome, "adapter" | "learned">,
): Promise<string> {
  const { tensors, close } = await openFile(folder.file(checkpointFile));
  try {
    return drawReport({
      title: `${configuration.stage} on ${images.name}`,
      configuration,
      metrics: folder.metrics(),
      parameters: learned,
      adapter,
      palette: images.palette,
      matrices: await matricesOf(tensors, configuration.classes.length),
      bandwidths: tensors.has("bandwidths") ? [...(await valuesOf(tensors.get("bandwidths")!))] : undefined,
      pictures: await picturesOf(folder, images),
    });
  } finally {
    await close();
  }
}

const learnedMatrices = [
  { name: "spatialWeight", title: "W_s", explanation: "weights of the spatial filter: what each class hears of which" },
  { name: "bilateralWeight", title: "W_b", explanation: "weights of the bilateral filter" },
  { name: "compatibility", title: "C", explanation: "compatibility: what each class pays for which" },
] as const;

/** The CRF's matrices; one set where parameters are tied, else one an iteration. */
async function matricesOf(tensors: ReadonlyMap<string, StoredTensor>, classes: number): Promise<Matrix[]> {
  const matrices: Matrix[] = [];
  for (const { name, title, explanation } of learnedMatrices) {
    const tensor = tensors.get(name);
    if (!tensor) continue;
    const values = await valuesOf(tensor);
    const size = classes * classes;
    const sets = values.length / size;
    for (let set = 0; set < sets; set++) {
      const own = sets === 1 ? title : `${title}, iteration ${set + 1}`;
      matrices.push({ title: own, explanation, values: values.subarray(set * size, (set + 1) * size) });
    }
  }
  return matrices;
}

/** The validation images whose predictions the last validation kept. */
async function picturesOf(folder: RunFolder, images: Images): Promise<Picture[]> {
  if (!folder.has(samplesFile)) return [];
  const source = await fileSource(folder.file(samplesFile));
  try {
    const predictions = (await readPredictions(source)).slice(0, images.val.length);
    return await Promise.all(
      predictions.map(async (prediction, index) => {
        const { id, image, labels } = await readSample(images.val[index]!);
        return { id, image, labels, prediction };
      }),
    );
  } finally {
    await source.close();
  }
}

async function openFile(file: string) {
  const source = await fileSource(file);
  try {
    const { tensors } = await openSafetensors(source);
    return { tensors, close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

const valuesOf = async (tensor: StoredTensor): Promise<Float32Array> => (await tensor.read()) as Float32Array;
