import * as tf from "./tf.ts";
import { classes } from "./pictures.ts";

/** A network of two convolutions, whose variables are TensorFlow.js's; `tf.sequential` and its like do as well. */
export function makeNetwork(): (picture: tf.Tensor3D) => tf.Tensor {
  const filters = [
    tf.randomNormal([3, 3, 3, 8], 0, 0.2, "float32", 1),
    tf.randomNormal([1, 1, 8, classes], 0, 0.2, "float32", 2),
  ];
  const [first, second] = filters.map((filter) => tf.variable(filter)) as [
    tf.Variable<tf.Rank.R4>,
    tf.Variable<tf.Rank.R4>,
  ];
  tf.dispose(filters);
  return (picture) =>
    tf.tidy(() => {
      const input = tf.expandDims<tf.Tensor4D>(tf.div(tf.sub(picture, 110), 60), 0);
      return tf.conv2d(tf.relu(tf.conv2d(input, first, 1, "same")), second, 1, "same");
    });
}
