/** What snippets about bridges take for granted: the other library, by stand-ins of its interface. */
import { open } from "../../src/index.ts";
import { channelsFirst, classes, inputSize, makePicture, runColors, scoresSize } from "../bridges/colorNetwork.ts";
import { ColorSession, makeOrt } from "../bridges/colorSession.ts";
import { makePipeline, Numbers } from "../bridges/pipelines.ts";

export async function bridges() {
  const device = await open({ prefer: "wasm", threads: 1 });
  const image = makePicture();
  const { height, width } = image;
  const map = device.tensor([...inputSize, 3], new Float32Array(inputSize[0] * inputSize[1] * 3).fill(0.5));
  const session = new ColorSession();
  const ort = makeOrt();
  const values = runColors(channelsFirst(await map.read(), 3));
  const dims = [1, classes, ...scoresSize];
  const pipeline = async (_task: string) =>
    makePipeline("logits", new Numbers("float32", values, dims), (logits) => [logits]);
  const mask = { width, height, getAsFloat32Array: () => new Float32Array(width * height).fill(0.5) };
  const selfies = { segment: (_image: unknown) => ({ confidenceMasks: [mask] }) };
  const results = { logits: new ort.Tensor("float32", values, dims) };
  return { device, image, height, width, map, session, ort, results, pipeline, selfies };
}
