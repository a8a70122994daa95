import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { open, refine } from "crf-rnn";
import { decodeImage, decodeNpy, encodeLabelPng } from "crf-rnn/data";

const [pictureFile = "picture.png", scoresFile = "scores.npy", outFile = "labels.png"] = process.argv.slice(2);

const { values, width, height } = await decodeImage(await readFile(pictureFile), pictureFile);
const { data, shape } = decodeNpy(await readFile(scoresFile), scoresFile);

const device = await open();
const { labels } = await refine(device, { data: values, width, height }, { data, shape });
await writeFile(outFile, encodeLabelPng({ width, height, labels: Uint8Array.from(labels) }));
console.log(`${outFile}: ${width}×${height}, ${new Set(labels).size} classes, on ${device.kind}`);
device.dispose();
