import { existsSync } from "node:fs";
import { argmax } from "../../data/argmax.ts";
import type { Item } from "../../data/dataset.ts";
import { drawStudyReport } from "../../study/report.ts";
import type { Row } from "../../study/rows.ts";
import type { Line } from "../../study/table.ts";
import type { Picture } from "../../train/report/pictures.ts";
import type { Sample } from "../../train/sample.ts";
import { openDevice } from "../openDevice.ts";
import { ofOnePicture } from "../passedOver.ts";
import { readSample } from "../train/images.ts";
import type { StudyFlags } from "./flags.ts";
import { openRow } from "./score.ts";
import { moreOf, rowFile, type Study } from "./task.ts";

/** Pictures that the report shows. */
const pictured = 6;

export const notesOf = ({ flags, images }: Study): string[] => [
  `FCN-8s learned ${flags.steps} steps, and each row ${moreOf(flags)} more from there (${flags.train.join(" ") || "train's defaults"}), ` +
    `on ${images.train.length} pictures${flags.params === undefined ? ", less every fifth, on which the CRF's parameters were searched for" : ""}; ` +
    `scored on ${images.val.length}.`,
  "Change: the mean over seeds, with its bootstrap interval of 95 % over pictures. The paper's numbers are of PASCAL VOC.",
];

export async function drawStudy(study: Study, lines: readonly Line[]): Promise<string> {
  const { images, flags } = study;
  return drawStudyReport({
    title: `The paper's study on ${images.name}`,
    lines,
    notes: notesOf(study),
    classes: images.classes,
    palette: images.palette,
    pictures: await picturesOf(study, lines, flags),
  });
}

/** Some pictures, labeled by the network alone and by the best row with a CRF, of the first seed. */
async function picturesOf(study: Study, lines: readonly Line[], flags: StudyFlags): Promise<Picture[]> {
  const plain = flags.rows.find(({ crf }) => crf === "none");
  const refined = lines
    .filter(({ row }) => row.crf !== "none")
    .sort((a, b) => b.meanIU.mean - a.meanIU.mean)
    .find(({ row }) => existsSync(rowFile(study, 1, row)))?.row;
  if (!plain || !existsSync(rowFile(study, 1, plain))) return [];
  const samples = await somePictures(study.images.val);
  await using opened = await openDevice(study.common);
  const label = async (row: Row): Promise<Uint8Array[]> => {
    const { model } = await openRow(study, 1, row, opened.device);
    using _model = model;
    const labels: Uint8Array[] = [];
    for (const sample of samples) {
      using logits = await model.logits(sample, row.crf === "none" ? {} : { iterations: row.iterations });
      labels.push(argmax(await logits.read(), study.images.classes.length));
    }
    return labels;
  };
  const [network, crf] = [await label(plain), refined && (await label(refined))];
  return samples.map(({ id, image, labels }, i) => {
    return { id, image, labels, prediction: { network: network[i]!, ...(crf && { crf: crf[i]! }) } } as Picture;
  });
}

/** The first pictures that can be read. */
async function somePictures(items: readonly Item[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const item of items) {
    if (samples.length === pictured) break;
    const sample = await readSample(item).catch((error: unknown) => void ofOnePicture(error, {}));
    if (sample) samples.push(sample);
  }
  return samples;
}
