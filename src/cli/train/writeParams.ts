import { formatLayer } from "../../search/params.ts";
import type { Configuration } from "../../train/configuration.ts";
import { checkpointFile, paramsFile } from "../../train/surroundings.ts";
import { readLearned } from "./readRun.ts";
import type { RunFolder } from "./runFolder.ts";

/** With more of them a file of text would be of no use to anybody. */
const mostClasses = 256;

/** So many digits give back a float32. */
const digits = 9;

/**
 * Writes the learned CRF as `params.json`, by which `refine`, `evaluate` and `segment` put it on other networks: where it has one set of parameters for
 * all iterations, and softmax between them. @throws FormatError
 */
export async function writeParams(folder: RunFolder, { crf, classes }: Configuration): Promise<void> {
  if (!crf?.tied || crf.activation !== "softmax" || classes.length > mostClasses || !folder.has(checkpointFile)) return;
  const { matrices, bandwidths = crf.bandwidths } = await readLearned(folder, classes.length);
  const short = (values: Iterable<number>): number[] =>
    Array.from(values, (value) => Number(value.toPrecision(digits)));
  const [spatial, bilateral, compatibility] = matrices.map(({ values }) => short(values));
  const [alpha, beta, gamma] = short(bandwidths);
  const text = formatLayer({
    bilateral: { position: alpha!, color: beta!, weight: bilateral! },
    spatial: { position: gamma!, weight: spatial! },
    compatibility,
    temperature: crf.temperature ?? 1,
    iterations: crf.validationIterations ?? crf.iterations,
    normalization: crf.normalization,
  });
  folder.write(paramsFile, new TextEncoder().encode(text));
}
