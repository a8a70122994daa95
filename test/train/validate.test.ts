import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesSource } from "../../src/checkpoint/checkpoint.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { readPredictions, readSamples, worstOf } from "../../src/train/predictions.ts";
import type { Sample } from "../../src/train/sample.ts";
import { samplesFile } from "../../src/train/surroundings.ts";
import { validate } from "../../src/train/validate.ts";
import { Memory, Toy, toyConfiguration } from "./toy.ts";

let device: Device;
beforeAll(async () => void (device = await open({ prefer: "wasm", threads: 1 })));
afterAll(() => device.dispose());

/** Labels as many pixels wrongly as the table says for an image, of its twelve. */
class Wrong extends Toy {
  readonly #wrong: Readonly<Record<string, number>>;

  constructor(on: Device, wrong: Readonly<Record<string, number>>) {
    super(on);
    this.#wrong = wrong;
  }

  override async predict({ id, labels }: Sample) {
    const wrong = this.#wrong[id] ?? 0;
    return { network: labels.map((label, pixel) => (pixel < wrong ? 1 - label : label)), loss: 1 };
  }
}

test("a validation keeps the first images and the worst, each one's accuracy, and the confusion matrix", async () => {
  const surroundings = new Memory();
  surroundings.images.val = 11;
  const trainable = new Wrong(device, { val2: 1, val7: 3, val8: 6, val9: 2, val10: 1 });
  await validate({ trainable, configuration: toyConfiguration, surroundings }, 1, {});
  const source = () => bytesSource(surroundings.files.get(samplesFile)!);
  const { predictions, accuracies, confusions } = await readSamples(source());
  // The first six, and of the others the three with the most wrong pixels.
  expect([...predictions.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 7, 8, 9]);
  expect(worstOf(new Map(accuracies.entries()))).toEqual([8, 7, 9]);
  expect(accuracies).toEqual([0, 0, 1, 0, 0, 0, 0, 3, 6, 2, 1].map((wrong) => (12 - wrong) / 12));
  // Images 0 and 1 are of class 0, all others of class 1, 13 of whose pixels are taken for class 0.
  expect([...confusions.network!]).toEqual([24, 0, 13, 9 * 12 - 13]);
  expect(confusions.crf).toBeUndefined();
  expect(await readPredictions(source())).toHaveLength(6);
});

test("of images that are as bad as each other the first are the worst", () => {
  expect(worstOf(new Map([0.5, 0.2, 0.5, 0.2, 0.2].entries()))).toEqual([1, 3, 4]);
});
