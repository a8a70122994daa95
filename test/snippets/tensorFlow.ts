import type { Rank, Scalar, Tensor, Tensor3D } from "@tensorflow/tfjs-core";
import { loadTensorFlow } from "../bridges/tensorFlow.ts";
import { tensors } from "./given.ts";

/** TensorFlow.js on its backend in JavaScript, with a network, a loss and an optimizer of its own, beside tensors of ours. */
export async function tensorFlow() {
  const { device, unary, height, width } = await tensors();
  const tf = await loadTensorFlow();
  const weight = tf.variable(tf.zeros<Rank.R4>([1, 1, 3, unary.channels]));
  const picture: Tensor3D = tf.randomUniform([height, width, 3], 0, 255, "float32", 2);
  return {
    device,
    tf,
    height,
    width,
    refined: unary,
    picture,
    network: (x: Tensor3D) => tf.conv2d(x, weight, 1, "same"),
    loss: (refined: Tensor) => tf.mean<Scalar>(tf.square(refined)),
    optimizer: tf.train.sgd(1e-6),
  };
}
