import { open } from "crf-rnn";
import { labelCloud } from "./labelCloud.ts";
import { accuracy, poorScores, room } from "./room.ts";

const [sample, cloud] = [room(600, 1), room(20_000, 2)];
const scores = poorScores(sample.truth);

const device = await open();
const labeled = await labelCloud(device, sample, scores, cloud, { position: 0.3, normal: 0.4 });
console.log(
  `${accuracy(scores, sample.truth).toFixed(3)} right of ${sample.truth.length} points that have scores, ` +
    `${accuracy(labeled, cloud.truth).toFixed(3)} of all ${cloud.truth.length} on ${device.kind}`,
);
device.dispose();
