import { existsSync } from "node:fs";
import { join } from "node:path";
import { boundaryBand } from "../../data/boundary.ts";
import { FormatError } from "../../errors.ts";
import { quote } from "../../quote.ts";
import { type Tally, tallyOf } from "../../search/tally.ts";
import type { Row } from "../../study/rows.ts";
import type { Result } from "../../study/table.ts";
import { checkpointFile } from "../../train/surroundings.ts";
import { openModelFile } from "../modelFile.ts";
import { openDevice } from "../openDevice.ts";
import { readSample } from "../train/images.ts";
import { crfWords } from "./crf.ts";
import { parseObject, rowFile, runFolder, seedFolder, type Study, trainFlags, write } from "./task.ts";

/** The model of a row. */
export async function openRow(study: Study, seed: number, row: Row, device: Parameters<typeof openModelFile>[0]) {
  const disconnected = row.crf === "disconnected" ? await crfWords(study, seed) : [];
  const flags = trainFlags(["--data", study.flags.data, ...disconnected], study.common);
  const checkpoint = join(runFolder(study, seed, row.run), checkpointFile);
  const iterations = Math.max(1, row.iterations);
  return await openModelFile(device, {
    ...flags,
    checkpoint,
    crf: row.crf,
    iterations,
    precision: "single",
    compatibility: undefined, // That of train says what is learned.
  });
}

export async function scoreRow(study: Study, seed: number, row: Row): Promise<void> {
  const file = rowFile(study, seed, row);
  if (existsSync(file)) return;
  const { images, flags } = study;
  await using opened = await openDevice(study.common);
  const { model } = await openRow(study, seed, row, opened.device);
  using _model = model;
  const tallies: Record<string, Tally> = {};
  for (const item of images.val) {
    const sample = await readSample(item);
    const { height, width } = sample.image;
    using logits = await model.logits(sample, row.crf === "none" ? {} : { iterations: row.iterations });
    const band = boundaryBand({ height, width, labels: sample.labels }, flags.band);
    tallies[item.id] = tallyOf(await logits.read(), sample.labels, band, images.classes.length);
  }
  write(seedFolder(study, seed), `${row.name}.tallies.json`, JSON.stringify({ row: row.name, seed, tallies }));
}

/** All results that are there, of this part and of others. */
export function resultsOf(study: Study): Result[] {
  const { flags, images } = study;
  const seeds = Array.from({ length: flags.seeds }, (_, i) => i + 1);
  return seeds.flatMap((seed) =>
    flags.rows.flatMap((row): Result[] => {
      const file = rowFile(study, seed, row);
      if (!existsSync(file)) return [];
      const { tallies } = parseObject(file) as { readonly tallies?: Readonly<Record<string, Tally>> };
      const missing = images.val.find(({ id }) => !tallies?.[id]);
      if (missing) {
        const got = `none of ${quote(missing.id)}`;
        throw new FormatError({
          file,
          expected: "tallies of all pictures",
          got,
          remedy: "delete it, and repeat the command",
        });
      }
      return [{ row: row.name, seed, tallies: images.val.map(({ id }) => tallies![id]!) }];
    }),
  );
}
