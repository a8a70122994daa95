import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { FormatError } from "../errors.ts";
import { crfRnn } from "../crf/crfRnn.ts";
import type { Device } from "../device/device.ts";
import { argmax } from "../data/argmax.ts";
import { Confusion } from "../data/confusion.ts";
import type { Image } from "../data/images.ts";
import { drawOverlay } from "../data/overlay.ts";
import { encodeLabelPng, encodeRgbPng } from "../data/png.ts";
import { acanthus } from "./demo/acanthus.ts";
import { allium } from "./demo/allium.ts";
import { paint, type Drawing } from "./demo/drawing.ts";
import { drawSheet } from "./demo/sheet.ts";
import { readImage } from "./input.ts";
import { openDevice, report, type CommonFlags } from "./options.ts";
import { makeFolder, writeTogether, type Output } from "./output.ts";
import { startProgress } from "./progress.ts";
import { annotationLogits } from "./refine/unary.ts";

interface DemoFlags extends CommonFlags {
  readonly out: string;
}

const drawings = [allium, acanthus];

/** What suits a rough drawing: wide enough in position to reach its mistakes, weights that can overrule it. */
const confidence = 0.6;
const parameters = {
  iterations: 10,
  bilateral: { position: 60, color: 10, weight: 10 },
  spatial: { position: 3, weight: 3 },
};

const examples = `
Examples:
  crf-rnn demo
  crf-rnn demo --out pictures --device webgpu

Each photograph comes with a quick drawing, which is refined, and a careful one, which only measures the result.
<name>-sheet.png shows the photograph, the quick drawing, the refined one and the careful one, from left to right.`;

export function demoCommand(): Command {
  return new Command("demo")
    .description("refine rough drawings on two real photographs and write pictures of the result")
    .option("--out <folder>", "folder for the pictures, made if need be", "runs/demo")
    .addHelpText("after", examples)
    .action(run);
}

async function run(flags: DemoFlags): Promise<void> {
  const began = performance.now();
  const images = await Promise.all(drawings.map(({ photograph }) => readPhotograph(photograph)));
  makeFolder(flags.out);
  using progress = startProgress(flags, drawings.length);
  using device = await openDevice(flags);
  const results = [];
  for (const [i, drawing] of drawings.entries()) {
    progress.stage(`refining ${drawing.name}`);
    results.push(await refineDrawing(device, drawing, images[i], flags.out));
    progress.step();
  }
  writeTogether(results.flatMap(({ outputs }) => outputs));
  progress[Symbol.dispose]();

  const photographs = results.map(({ facts }) => facts);
  const seconds = (performance.now() - began) / 1000;
  const outputs = results.flatMap((result) => result.outputs.map(({ file }) => file));
  report(
    flags,
    {
      command: "demo",
      device: device.kind,
      adapter: device.info.name,
      parameters,
      confidence,
      seconds,
      photographs,
      outputs,
    },
    `${table(photographs)}\n\n${outputs.length} pictures in ${flags.out} (look at *-sheet.png first), ` +
      `${seconds.toFixed(1)} s on ${device.info.name}`,
  );
}

async function refineDrawing(device: Device, drawing: Drawing, image: Image, folder: string) {
  const { height, width, values } = image;
  const classes = drawing.classes.length;
  const rough = paint(drawing.rough, height, width);
  const careful = paint(drawing.careful, height, width);

  using _scope = device.scope();
  const crf = crfRnn(device, { classes, ...parameters });
  const unary = annotationLogits(rough.labels, classes, confidence);
  const logits = await crf(device.tensor([height, width, classes], unary), device.tensor([height, width, 3], values));
  const refined = { height, width, labels: argmax(await logits.read(), classes) };

  const ious = (labels: Uint8Array) => new Confusion(classes).add(careful.labels, labels).scores();
  const [before, after] = [ious(rough.labels), ious(refined.labels)];
  const facts = {
    name: drawing.name,
    height,
    width,
    classes: drawing.classes,
    rough: { meanIU: before.meanIU, iu: before.classes.map(({ iu }) => iu) },
    refined: { meanIU: after.meanIU, iu: after.classes.map(({ iu }) => iu) },
  };

  const photo = Uint8Array.from(values);
  const overlays = [rough, refined, careful].map((map) => drawOverlay(image, map));
  const picture = (name: string, bytes: Uint8Array): Output => ({
    file: join(folder, `${drawing.name}-${name}.png`),
    bytes,
  });
  const outputs = [
    picture("photo", encodeRgbPng(height, width, photo)),
    picture("rough", encodeLabelPng(rough)),
    picture("refined", encodeLabelPng(refined)),
    picture("careful", encodeLabelPng(careful)),
    picture("overlay", encodeRgbPng(height, width, overlays[1])),
    picture("sheet", await drawSheet(height, width, [photo, ...overlays])),
  ];
  return { facts, outputs };
}

async function readPhotograph(name: string): Promise<Image> {
  let folder: string;
  try {
    folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch (cause) {
    const remedy = `npm install ${name}`;
    throw new FormatError(
      { file: name, expected: "the npm package with the photograph", got: "none", remedy },
      { cause },
    );
  }
  return readImage(join(folder, "data", "image.jpg"));
}

interface Measured {
  readonly name: string;
  readonly classes: readonly string[];
  readonly rough: { readonly meanIU: number; readonly iu: readonly number[] };
  readonly refined: { readonly meanIU: number; readonly iu: readonly number[] };
}

/** Intersection over union with the careful drawing, by class, before and after. */
function table(photographs: readonly Measured[]): string {
  const line = (name: string, rough: string, refined: string): string =>
    `${name.padEnd(26)}${rough.padStart(8)}${refined.padStart(10)}`;
  const rows = [line("IU with careful drawing", "rough", "refined")];
  for (const { name, classes, rough, refined } of photographs) {
    classes.forEach((title, label) => {
      rows.push(line(`${name}: ${title}`, rough.iu[label].toFixed(3), refined.iu[label].toFixed(3)));
    });
    rows.push(line(`${name}: mean`, rough.meanIU.toFixed(3), refined.meanIU.toFixed(3)));
  }
  return rows.join("\n");
}
