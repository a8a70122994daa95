/** The network of colorNetwork.ts as a model in ONNX. */
import { OnnxGraph } from "../../bench/network/onnx.ts";
import { classes, colors, inputSize, scoresSize } from "./colorNetwork.ts";

/** The model: one convolution of 4×4 pixels, whose input and output have the names of SegFormer's. */
export function makeModel(): Uint8Array {
  const graph = new OnnxGraph();
  const values = colors.flatMap((color) => color.flatMap((weight) => Array<number>(16).fill(weight / 16)));
  const weight = graph.constant("weight", { shape: [classes, 3, 4, 4], values });
  graph.node("Conv", "logits", ["pixel_values", weight], {
    kernel_shape: [4, 4],
    strides: [4, 4],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
  });
  return graph.finish(
    { name: "pixel_values", shape: [1, 3, ...inputSize] },
    { name: "logits", shape: [1, classes, ...scoresSize] },
  );
}
