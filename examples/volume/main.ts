import { open } from "crf-rnn";
import { accuracy, ballIn } from "./ball.ts";
import { refineVolume } from "./refineVolume.ts";

const size = [32, 32, 32] as const;
const { truth, intensities, scores } = ballIn(size);

const device = await open();
const before = device.tensor([truth.length, 2], scores);
const options = { position: 2, intensity: 25, weight: 4, iterations: 5 };
const logits = await refineVolume(before, intensities, size, options);
const [was, is] = [accuracy(scores, truth), accuracy(await logits.read(), truth)];
console.log(`${truth.length} voxels on ${device.kind}: ${was.toFixed(3)} right before, ${is.toFixed(3)} after`);
device.dispose();
