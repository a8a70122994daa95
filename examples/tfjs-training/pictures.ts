import * as tf from "./tf.ts";

export const [height, width, classes] = [24, 32, 2];

/** A noisy picture of a disk [h, w, 3], colors from 0 to 255, and where the disk is [h, w]. */
export function drawPicture(seed: number): { picture: tf.Tensor3D; disk: tf.Tensor2D } {
  return tf.tidy(() => {
    const [x, y] = [10 + ((seed * 7) % 12), 8 + ((seed * 5) % 8)];
    const rows = tf.reshape(tf.range(0, height), [height, 1]);
    const columns = tf.reshape(tf.range(0, width), [1, width]);
    const distance = tf.add(tf.square(tf.sub(rows, y)), tf.square(tf.sub(columns, x)));
    const disk = tf.cast(tf.less(distance, 36), "float32") as tf.Tensor2D;
    const color = tf.add(tf.mul(tf.expandDims(disk, 2), [60, 10, -50]), [90, 100, 120]);
    const noise = tf.randomNormal([height, width, 3], 0, 35, "float32", seed);
    return { picture: tf.clipByValue(tf.add(color, noise), 0, 255) as tf.Tensor3D, disk };
  });
}
