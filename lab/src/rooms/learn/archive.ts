import { encodeLabelPng, encodeRgbPng } from "crf-rnn/data";
import { checkpointFile } from "crf-rnn/train";
import { zipSync } from "fflate";
import { classColor } from "../../style/classes.ts";
import { archiveNames, commandOf } from "./command.ts";
import type { OpenRun } from "./desk.ts";
import type { Picture, Pictures } from "./run.ts";

/** The folder in the archive. */
export const archiveFolder = "crf-rnn-learn";

const text = (words: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(words);

/** A ZIP with the run's checkpoint, the pictures as it sees them, and the command that goes on with it. */
export async function archiveOf(run: OpenRun): Promise<Uint8Array<ArrayBuffer>> {
  const { checkpoint, init, pictures } = run;
  if (!checkpoint) throw new Error("There is nothing to save before the first step.");
  const { pictures: data, run: out, init: began } = archiveNames;
  const files: Record<string, Uint8Array> = {
    "README.txt": text(readme(run)),
    [`${out}/${checkpointFile}`]: checkpoint,
    ...(init && { [began]: init }),
    [`${data}/manifest.json`]: text(manifestOf(pictures)),
  };
  for (const picture of [...pictures.train, ...pictures.val]) Object.assign(files, filesOf(data, picture));
  // PNGs and checkpoints get no smaller by it.
  const placed = Object.entries(files).map(([name, bytes]) => [`${archiveFolder}/${name}`, bytes]);
  return zipSync(Object.fromEntries(placed) as Record<string, Uint8Array>, { level: 0 });
}

function filesOf(folder: string, { id, height, width, rgb, labels }: Picture): Record<string, Uint8Array> {
  const palette = Array.from({ length: 256 }, (_, label) =>
    label === 255 ? ([0, 0, 0] as const) : classColor(label).rgb,
  );
  return {
    [`${folder}/images/${id}.png`]: encodeRgbPng(height, width, rgb),
    [`${folder}/masks/${id}.png`]: encodeLabelPng({ height, width, labels, palette }),
  };
}

function manifestOf({ classes, train, val }: Pictures): string {
  const items = [...train, ...val].map(({ id }, index) => ({
    id,
    image: `images/${id}.png`,
    mask: `masks/${id}.png`,
    split: index < train.length ? "train" : "val",
  }));
  const described = classes.map((name, id) => ({ id, name, rgb: classColor(id).rgb }));
  return `${JSON.stringify({ void: 255, classes: described, items }, undefined, 1)}\n`;
}

const readme = (run: OpenRun): string => `A training run of the crf-rnn lab, after ${run.step} steps.

Go on with it, in this folder (npm install crf-rnn, then npx crf-rnn, or as you have it):

${commandOf(run)}

Segment and evaluate with what it has learned:

crf-rnn segment pictures/images/*.png --checkpoint run/${checkpointFile} --out segmented
crf-rnn evaluate --data pictures --checkpoint run/${checkpointFile}
`;
