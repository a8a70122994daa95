import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkpointFile, reportFile } from "../../train/surroundings.ts";
import type { CommonFlags } from "../options.ts";
import { segment, segmentWords, type SegmentFlags } from "../segment.ts";
import { compareModels, parseFlags, type Compared } from "./comparison.ts";
import { shapesId, writeShapes } from "./shapesFolder.ts";

export interface Story extends Compared {
  readonly report: string;
  /** Folder of label maps. */
  readonly masks: string;
  /** How many pictures it was scored by. */
  readonly val: number;
}

/** Pictures to learn from and to validate by, and their pixels on a side. */
const pictures = { seed: 1, size: 96, train: 60, val: 20 };

/** How many of those that it is validated by are labeled in the end. */
const labeled = 6;

/** Bandwidths that suit pictures of 96 pixels with grain. */
const crf = "--theta-alpha 20 --theta-beta 20 --theta-gamma 2 --spatial-weight 1 --bilateral-weight 3".split(" ");
const learning = "--width 0.125 --dropout 0.2 --optimizer adam --seed 1".split(" ");

/** Makes pictures, compares the models on them, labels some by the CRF-RNN. Undefined where the user stops it. */
export async function tellStory(out: string, steps: number, common: CommonFlags): Promise<Story | undefined> {
  const [data, masks] = [join(out, "shapes"), join(out, "masks")];
  for (const folder of [data, masks]) rmSync(folder, { recursive: true, force: true });
  // A demo of few steps need not wait for the scores of many pictures.
  const val = Math.max(labeled, Math.min(pictures.val, steps));
  writeShapes(data, { ...pictures, val });
  const more = Math.max(1, Math.round(steps / 3));
  const compared = await compareModels({ data, out, steps, more, learning, crf, band: 4, common });
  if (!compared) return undefined;
  const shown = Array.from({ length: labeled }, (_, i) => join(data, "images", `${shapesId(pictures.train + i)}.png`));
  const words = ["--checkpoint", join(compared.run, checkpointFile), "--out", masks, "--strict"];
  await segment(shown, parseFlags<SegmentFlags>(segmentWords(), [...shown, ...words], common));
  copyFileSync(join(compared.run, reportFile), join(out, reportFile));
  const commands = [...compared.commands, ["crf-rnn segment", ...shown, ...words].join(" ")];
  return { ...compared, commands, report: join(out, reportFile), masks, val };
}

export function describeStory({ lines, val }: Story): string {
  const row = (name: string, ...cells: string[]): string =>
    name.padEnd(26) + cells.map((cell) => cell.padStart(16)).join("");
  return [
    row(`${val} made-up pictures`, "mean IU", "pixel accuracy", "near boundaries"),
    ...lines.map(({ model, ...figures }) => row(model, ...Object.values(figures).map((figure) => figure.toFixed(3)))),
  ].join("\n");
}
