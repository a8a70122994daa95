import { fileSource, type StoredTensor } from "../../checkpoint/checkpoint.ts";
import { openSafetensors } from "../../checkpoint/safetensors.ts";
import type { LearnedMatrix, Learned } from "../../train/report/learned.ts";
import { readSamples, type Samples } from "../../train/predictions.ts";
import { checkpointFile, samplesFile, startFile } from "../../train/surroundings.ts";
import type { RunFiles } from "./runFiles.ts";

const learnedMatrices = [
  { name: "spatialWeight", title: "W_s", explanation: "weights of the spatial filter: what each class hears of which" },
  { name: "bilateralWeight", title: "W_b", explanation: "weights of the bilateral filter" },
  { name: "compatibility", title: "C", explanation: "compatibility: what each class pays for which" },
] as const;

type Values = ReadonlyMap<string, Float32Array>;

const crfNames = [...learnedMatrices.map(({ name }) => name), "bandwidths"];

/** What the CRF of a run has learned, by its last checkpoint. @throws FormatError */
export async function readLearned(run: RunFiles, classes: number): Promise<Learned> {
  const now = await valuesOf(run.file(checkpointFile));
  const start: Values = run.has(startFile) ? await valuesOf(run.file(startFile)) : new Map();
  return {
    matrices: matricesOf(now, start, classes),
    bandwidths: now.has("bandwidths") ? [...now.get("bandwidths")!] : undefined,
    startBandwidths: start.has("bandwidths") ? [...start.get("bandwidths")!] : undefined,
  };
}

/** The CRF's matrices; one set where parameters are tied, else one an iteration. */
function matricesOf(now: Values, start: Values, classes: number): LearnedMatrix[] {
  return learnedMatrices.flatMap(({ name, title, explanation }) => {
    const values = now.get(name);
    if (!values) return [];
    const size = classes ** 2;
    const sets = values.length / size;
    const part = (of: Float32Array | undefined, set: number) => of?.subarray(set * size, (set + 1) * size);
    return Array.from({ length: sets }, (_, set) => ({
      title: sets === 1 ? title : `${title}, iteration ${set + 1}`,
      explanation,
      values: part(values, set)!,
      start: part(start.get(name), set),
    }));
  });
}

async function valuesOf(file: string): Promise<Values> {
  const source = await fileSource(file);
  try {
    const { tensors } = await openSafetensors(source);
    const own = [...tensors].filter(([name]) => crfNames.includes(name));
    const read = async ([name, tensor]: [string, StoredTensor]) =>
      [name, (await tensor.read()) as Float32Array] as const;
    return new Map(await Promise.all(own.map(read)));
  } finally {
    await source.close();
  }
}

/** What the last validation of a run kept; undefined where nothing was validated. @throws FormatError */
export async function readKept(run: RunFiles): Promise<Samples | undefined> {
  if (!run.has(samplesFile)) return undefined;
  const source = await fileSource(run.file(samplesFile));
  try {
    return await readSamples(source);
  } finally {
    await source.close();
  }
}
