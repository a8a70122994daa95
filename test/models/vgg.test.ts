import { expect, test } from "vitest";
import { asFloat32, fileSource, openCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { open } from "../../src/device/open.ts";
import { fcn8s } from "../../src/models/fcn8s.ts";
import { same } from "../suite.ts";
import { findFolders } from "../hosts/folders.ts";

const { shared } = findFolders();

const layers = ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3"];

test(shared ? "conv1_1 to conv3_3 begin from ImageNet's weights of VGG-19" : "VGG-19: folder not found", async () => {
  if (!shared) return;
  const source = await fileSource(`${shared}/weights/vgg19-conv1-3-imagenet.safetensors`);
  const { tensors } = asFloat32(await openCheckpoint(source, { partial: true }));
  using device = await open({ prefer: "wasm" });
  using network = fcn8s(device, { classes: 11, widths: [64, 128, 256, 32, 32], fc: 48 });
  const { taken, unused } = await network.adopt(Object.fromEntries(tensors));
  expect(taken).toEqual(layers.flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]));
  expect([...unused].sort()).toEqual(["conv3_4.bias", "conv3_4.weight"]);
  for (const name of taken) {
    same(await network.parameters[name]!.read(), (await tensors.get(name)!.read()) as Float32Array, name);
  }
  await source.close();
});
