import { crfRnn, open } from "crf-rnn";
import { decodeImage, type Item, openDataset } from "crf-rnn/data";
import { learn, meanIU, type Sample } from "./learn.ts";
import { makeUNet } from "./network.ts";

const [folder = "nuclei-cc0-mini", passes = "4", width = "8"] = process.argv.slice(2);
const dataset = await openDataset(folder);
const classes = dataset.classes.length;

const read = async (item: Item): Promise<Sample> => {
  const { height, width, values } = await decodeImage(await item.imageBytes(), item.image);
  return { height, width, colors: values, labels: (await item.labels()).labels };
};
const samplesOf = (split: string): Promise<Sample[]> => Promise.all(dataset.splits.get(split)!.map(read));
const [train, val] = [await samplesOf("train"), await samplesOf("val")];

const device = await open();
const network = makeUNet(device, classes, Number(width));
const score = async (model: Parameters<typeof meanIU>[1]): Promise<string> =>
  (await meanIU(device, model, val, classes)).toFixed(3);

const losses = await learn(device, { network }, train, { passes: Number(passes), rate: 3e-3 });
console.log(
  `the network alone: loss ${losses[0]!.toFixed(3)} to ${losses.at(-1)!.toFixed(3)}, mean IU ${await score({ network })}`,
);

const crf = crfRnn(device, {
  classes,
  iterations: 3,
  bilateral: { position: 20, color: 20, weight: 2 },
  spatial: { position: 2, weight: 1 },
});
console.log(`a CRF put on top: mean IU ${await score({ network, crf })}`);
const more = await learn(device, { network, crf }, train, { passes: Number(passes), rate: 1e-3 });
console.log(
  `both, end to end: loss ${more[0]!.toFixed(3)} to ${more.at(-1)!.toFixed(3)}, mean IU ${await score({ network, crf })}`,
);
device.dispose();
