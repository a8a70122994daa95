import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { layerOptionsOf, keyOf } from "../../src/search/parameters.ts";
import { setOf } from "../../src/search/pictures.ts";
import { Records, type SearchRecord } from "../../src/search/records.ts";
import { search } from "../../src/search/searching.ts";
import { parseParams } from "../../src/search/search.ts";
import { scoreOf } from "../../src/search/tally.ts";
import { planOf, tuneCrf } from "../../src/search/tuneCrf.ts";
import { drawShapes, shapeClasses } from "../../src/train/shapes.ts";
import type { TrainingImage } from "../../src/train/sample.ts";
import { random } from "../suite.ts";

let device: Device;
beforeAll(async () => {
  device = await open({ prefer: "wasm", threads: 1 });
});
afterAll(() => device.dispose());

const size = 16;
const classes = shapeClasses.length;

/** Shapes with logits that know the truth, but for noise at every pixel, which a CRF can take away. */
const pictures = (count: number, noise: number): TrainingImage[] =>
  Array.from({ length: count }, (_, index) => {
    const { image, labels } = drawShapes(7, index, size);
    const values = Float32Array.from(random(100 + index).array(size * size * classes, -noise, noise));
    labels.forEach((label, pixel) => (values[pixel * classes + label]! += 1));
    return { image, labels, logits: { shape: [size, size, classes], values } };
  });

const quick = { trials: 5, folds: 2, gradientSteps: 1, shifts: 1, radius: 2, space: { iterations: 2 } } as const;

describe("tuneCrf", () => {
  test("finds what takes noise away, says by how much, and computes nothing twice", async () => {
    const given = pictures(4, 1.5);
    let inferences = 0;
    const tuned = await tuneCrf(device, given, { ...quick, onProgress: () => inferences++ });
    expect(tuned.gain.gain).toBeGreaterThan(0.05);
    expect(tuned.gain.low).toBeGreaterThan(0);
    expect(tuned.score - tuned.network).toBeCloseTo(tuned.gain.gain, 12);
    expect(tuned.helps).toBe(true);
    expect(tuned.verdict).toMatch(
      /^mean IU 0\.\d{4} on pictures held out \(2 folds\), 0\.\d{4} without a CRF: \+0\.\d{4}, 95 % interval \+/,
    );
    expect(tuned.options).toEqual(layerOptionsOf(tuned.parameters));
    const { temperature, bilateral, iterations } = parseParams(tuned.params);
    expect([temperature, bilateral.position, iterations]).toEqual([
      tuned.temperature,
      tuned.options.bilateral.position,
      2,
    ]);
    expect(tuned.folds.flatMap((fold) => fold.pictures).sort()).toEqual(["image-0", "image-1", "image-2", "image-3"]);
    expect(tuned.records.some(({ event }) => event === "slopes")).toBe(true);
    expect(inferences).toBeGreaterThan(20);

    const report = tuned.report();
    expect(report).toContain(tuned.verdict.replace("'", "&#39;"));
    expect(report).toContain("mean IU over θβ, color levels");

    let again = 0;
    const same = await tuneCrf(device, given, { ...quick, known: tuned.records, onProgress: () => again++ });
    expect(again).toBe(0);
    expect(same.parameters).toEqual(tuned.parameters);
    expect(same.gain).toEqual(tuned.gain);
  });

  test.each([3, 8])("chooses nothing that is worse on all pictures than what a fold chose, seed %i", async (seed) => {
    const tuned = await tuneCrf(device, pictures(6, 2), { ...quick, seed, trials: 8, folds: 3, gradientSteps: 2 });
    const chosen = [tuned, ...tuned.folds].map(({ parameters }) => keyOf(parameters));
    const scores = new Records(tuned.records)
      .trials()
      .filter(({ parameters }) => chosen.includes(keyOf(parameters)))
      .map(({ tallies }) => scoreOf(tallies, "meanIU"));
    expect(tuned.chosen).toBe(Math.max(...scores));
  });

  test("says that a CRF does not help where the logits know everything", async () => {
    const tuned = await tuneCrf(device, pictures(3, 0.1), { ...quick, trials: 2, gradientSteps: 0 });
    expect(tuned.network).toBe(1);
    expect(tuned.helps).toBe(false);
    expect(tuned.verdict).toMatch(/^A CRF does not help here: mean IU /);
    expect(parseParams(tuned.params).found?.helps).toBe(false);
  });

  test("in parts, put together, finds what the whole does", async () => {
    const set = setOf("here", pictures(4, 1.5));
    const { space, ...options } = quick;
    const plan = planOf({ ...options, trials: 6 }, set.side, space);
    const whole = await search(device, set, plan, new Records(), {});
    const found: SearchRecord[] = [];
    for (const index of [1, 2]) {
      const records = new Records([], (record) => found.push(record));
      expect(await search(device, set, plan, records, { part: { index, of: 2 } })).toBeUndefined();
    }
    let computed = 0;
    const merged = new Records(found, () => computed++);
    expect(await search(device, set, plan, merged, {})).toEqual(whole);
    const tried = found.flatMap((record) =>
      record.event === "trial" && record.parameters ? [keyOf(record.parameters)] : [],
    );
    expect(new Set(tried).size).toBe(8);
  });

  test.each([
    ["one picture", () => pictures(1, 1), /^tuneCrf: expected two pictures or more, .*, got 1$/],
    ["none", () => [], /^tuneCrf: expected pictures: images with labels, in an array, got none$/],
    [
      "no logits",
      () => pictures(2, 1).map(({ image, labels }) => ({ image, labels })),
      /^tuneCrf: expected logits: .* with each picture, got none with image-0$/,
    ],
    [
      "one id twice",
      () => pictures(2, 1).map((one) => ({ ...one, id: "a" })),
      /an id of its own for each picture, got 'a' twice$/,
    ],
  ])("refuses %s", async (_, given, sentence) => {
    await expect(tuneCrf(device, given())).rejects.toThrow(sentence);
  });

  test("refuses options that it does not know or cannot use", async () => {
    await expect(tuneCrf(device, pictures(2, 1), { folds: 1 })).rejects.toThrow(
      /^tuneCrf: expected folds: a whole number of 2 or more, got 1$/,
    );
    await expect(tuneCrf(device, pictures(2, 1), { trails: 3 } as never)).rejects.toThrow(/write trials/);
  });

  test("ends by a signal", async () => {
    const aborting = new AbortController();
    const onProgress = (done: number): void => void (done === 8 && aborting.abort());
    const { signal } = aborting;
    await expect(tuneCrf(device, pictures(3, 1), { ...quick, onProgress, signal })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
