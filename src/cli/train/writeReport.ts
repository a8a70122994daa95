import type { Configuration } from "../../train/configuration.ts";
import { formatTable } from "../../train/metrics.ts";
import { pictured, worstOf } from "../../train/predictions.ts";
import type { Picture } from "../../train/report/pictures.ts";
import { drawReport, type ReportFacts } from "../../train/report/report.ts";
import type { Outcome } from "../../train/runTraining.ts";
import { reportFile, tableFile } from "../../train/surroundings.ts";
import { vocPalette } from "../../data/palette.ts";
import { readSample, type Images } from "./images.ts";
import { readKept, readLearned } from "./readRun.ts";
import type { RunFiles } from "./runFiles.ts";
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
    html = await reportOf(folder, images, configuration, facts);
  } catch (error) {
    return `the report could not be drawn: ${error instanceof Error ? error.message : String(error)}`;
  }
  folder.write(reportFile, new TextEncoder().encode(html));
  return undefined;
}

/** A run's report. Without its images it has no pictures. @throws FormatError for what cannot be read */
export async function reportOf(
  run: RunFiles,
  images: Pick<Images, "name" | "palette" | "val"> | undefined,
  configuration: Configuration,
  { adapter, learned }: Pick<Outcome, "adapter" | "learned">,
): Promise<string> {
  const kept = await readKept(run);
  return drawReport({
    title: images ? `${configuration.stage} on ${images.name}` : configuration.stage,
    configuration,
    metrics: run.metrics(),
    parameters: learned,
    adapter,
    palette: images?.palette ?? vocPalette(),
    learned: await readLearned(run, configuration.classes.length),
    confusions: kept?.confusions ?? {},
    pictures: images && kept ? await picturesOf(kept, images) : { first: [], worst: [] },
  });
}

/** The first validation images, and the worst where they are others, whose predictions the last validation kept. */
async function picturesOf(
  { predictions, accuracies }: NonNullable<Awaited<ReturnType<typeof readKept>>>,
  { val }: Pick<Images, "val">,
): Promise<ReportFacts["pictures"]> {
  const draw = async (index: number): Promise<Picture[]> => {
    const [item, prediction] = [val[index], predictions.get(index)];
    if (!item || !prediction) return [];
    const { id, image, labels } = await readSample(item);
    return [{ id, image, labels, prediction, accuracy: accuracies[index] }];
  };
  const all = async (indices: readonly number[]): Promise<Picture[]> => (await Promise.all(indices.map(draw))).flat();
  const worst = worstOf(new Map(accuracies.entries())).filter((index) => index >= pictured);
  return { first: await all(Array.from({ length: pictured }, (_, index) => index)), worst: await all(worst) };
}
