import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asFloat32, fileSource, openCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { Suspicions } from "../../src/crf/suspicions.ts";
import { decodeImage } from "../../src/data/images.ts";
import { alignedBytes, type Device, view } from "../../src/device/device.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { open } from "../../src/device/open.ts";
import { scoresTensor } from "../../src/pictures/scoresTensor.ts";
import { formatShape, padded } from "../../src/shape.ts";
import { sample } from "../../src/shared/sample.ts";
import { suspicionCodes } from "../../src/warnings.ts";
import { findFolders } from "../hosts/folders.ts";

/** Photographs of the shared folder, with the scores of a real network where there are some. */
const { shared } = findFolders();

let device: Device;
beforeAll(async () => {
  device = await open({ prefer: "wasm", threads: 1 });
});
afterAll(() => device.dispose());

async function* items(folder: string, count: number) {
  const names = readdirSync(`${shared}/data/${folder}/images`).sort();
  const chosen = names.filter((_, i) => i % Math.ceil(names.length / count) === 0);
  for (const name of chosen) {
    const bytes = new Uint8Array(readFileSync(`${shared}/data/${folder}/images/${name}`));
    yield { name: name.replace(/\..*/, ""), image: await decodeImage(bytes, name) };
  }
}

const tools = { alignedBytes, view, formatShape, padded, sample };

/** What a call with these inputs would warn of, at θβ = 3 and at 13. */
async function warned(data: Float32Array, shape: readonly number[], image: Awaited<ReturnType<typeof decodeImage>>) {
  const { width, height, values } = image;
  const heard: string[] = [];
  using scope = device.scope();
  const guide = scope.tensor([height, width, 3], values);
  const unary = scope.add(scoresTensor(device, data, { shape, layout: "chw", size: [height, width] }));
  const due = new Set(suspicionCodes);
  const suspicions = new Suspicions(unary, guide, { due, tell: (code) => void heard.push(code) }, tools);
  using workspace = new Workspace(device);
  const samples = workspace.allocate(suspicions.bytes);
  suspicions.sample(samples);
  const read = new Float32Array(await device.read(samples));
  for (const color of [3, 13]) await suspicions.tell(read, color);
  return heard;
}

describe.runIf(shared)("no false alarm", () => {
  test.each(["coco-cc-demo", "voc-animals-320"])("on photographs and scores of %s", async (folder) => {
    const source = await fileSource(`${shared}/data/${folder}/logits.safetensors`);
    const { tensors } = asFloat32(await openCheckpoint(source));
    for await (const { name, image } of items(folder, 8)) {
      const scores = tensors.get(name)!;
      const data = (await scores.read()) as Float32Array;
      expect(await warned(data, scores.shape, image), name).toEqual([]);
      const unit = { ...image, values: image.values.map((value) => value / 255) };
      expect(await warned(data, scores.shape, unit), name).toEqual(["guide-range", "guide-range"]);
    }
    await source.close?.();
  });

  test.each(["camvid11", "nuclei-cc0-mini"])("on photographs of %s", async (folder) => {
    for await (const { name, image } of items(folder, 10)) {
      const data = Float32Array.from({ length: 2 * 81 }, (_, i) => Math.sin(i / 5) * 3);
      expect(await warned(data, [2, 9, 9], image), name).toEqual([]);
    }
  });
});
