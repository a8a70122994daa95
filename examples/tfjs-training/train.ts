import * as tf from "./tf.ts";
import { crfLayer, openWith } from "crf-rnn/tfjs";
import { makeNetwork } from "./network.ts";
import { classes, drawPicture } from "./pictures.ts";

const device = await openWith(tf);
const network = makeNetwork();
const crf = await crfLayer(tf, device, {
  classes,
  bilateral: { position: 8, color: 60, weight: 1 },
  spatial: { position: 2, weight: 1 },
  learn: { bandwidths: true },
});
const optimizer = tf.train.adam(0.02);

for (let step = 0; step < 30; step++) {
  const { picture, disk } = drawPicture(step % 5);
  const target = tf.tidy(() => tf.oneHot(tf.cast(tf.reshape(disk, [-1]), "int32"), classes));
  const value = await crf.minimize(optimizer, network, picture, picture, (refined) =>
    tf.tidy(() => tf.losses.softmaxCrossEntropy(target, tf.reshape(refined, [-1, classes])) as tf.Scalar),
  );
  if (step % 10 === 9) console.log(`step ${step + 1}: loss ${(await value.data())[0]!.toFixed(3)}`);
  tf.dispose([picture, disk, target, value]);
}

const { picture, disk } = drawPicture(7);
const refined = await crf.apply(network(picture), picture);
const found = tf.argMax(tf.squeeze(refined, [0]), 2);
const right = tf.mean(tf.cast(tf.equal(found, tf.cast(disk, "int32")), "float32"));
console.log(`right pixels of a picture that was not learned: ${((await right.data())[0]! * 100).toFixed(1)} %`);
console.log(`bandwidths: ${Array.from(await crf.variables.bandwidths.data(), (value) => value.toFixed(2)).join(", ")}`);
crf.dispose();
device.dispose();
