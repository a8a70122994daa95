import { readFileSync } from "node:fs";
import { beforeEach, afterEach, describe, expect, test } from "vitest";
import { denseCrf } from "../../src/crf/denseCrf.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { openWasm } from "../../src/device/wasm.ts";
import { volumeFeatures } from "../../src/lattice/volumeFeatures.ts";
import { parseNpy } from "../npy.ts";
import { Folder } from "./command.ts";

const size = [2, 3, 4] as const;
const voxels = 24;
const classes = 3;
const scores = Float32Array.from({ length: voxels * classes }, (_, i) => Math.sin(i * 1.7) * 2);
const softmax = (row: ArrayLike<number>): number[] => {
  const powers = Array.from(row, Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
};
const rowOf = (values: ArrayLike<number>, at: number): number[] =>
  Array.from({ length: classes }, (_, c) => values[at * classes + c]!);
const float32 = (shape: readonly number[], values: Iterable<number>): Uint8Array =>
  encodeNpy({ shape, data: Float32Array.from(values) });

const ofVolume = ["refine", "--volume", "volume.npy", "--logits", "logits.npy", "--device", "wasm"];
const ofPoints = ["refine", "--features", "features.npy", "--logits", "rows.npy", "--device", "wasm"];
const out = ["--out", "labels.npy", "--out-logits", "x.npy"];

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
  folder.write(
    "volume.npy",
    float32(
      size,
      Array.from({ length: voxels }, (_, i) => (i % 4 < 2 ? 40 : 90)),
    ),
  );
  folder.write("logits.npy", float32([...size, classes], scores));
  folder.write(
    "features.npy",
    float32(
      [voxels, 2],
      Array.from({ length: voxels * 2 }, (_, i) => Math.floor(i / 4) * 100),
    ),
  );
  folder.write("rows.npy", float32([voxels, classes], scores));
});
afterEach(() => folder[Symbol.dispose]());

const read = (name: string) => parseNpy(new Uint8Array(readFileSync(folder.file(name))), name);

/** Runs the words, which must succeed, and returns the refined logits. */
function refined(words: readonly string[]): ArrayLike<number> {
  expect(folder.run(words)).toMatchObject({ status: 0, stderr: "" });
  return read("x.npy").data;
}

describe("crf-rnn refine --volume", () => {
  test("voxels of columns along z, which nothing else is near, get the mean of their column from both filters", () => {
    // Both voxels of a column lie 1e-5 bandwidths apart, and a hundred from all others: whatever its approximation, a filter
    // that is normalized after makes of them the mean, nearly. So X = U + (2 + 4)·(q₁ + q₂)/2 for Potts.
    const far = ["--spacing", "0.00001,100,100", "--theta-gamma", "1", "--theta-alpha", "1", "--theta-beta", "1"];
    const weights = ["--spatial-weight", "2", "--bilateral-weight", "4", "--iterations", "1"];
    const x = refined([...ofVolume, ...far, ...weights, ...out]);
    const labels = read("labels.npy");
    expect(labels).toMatchObject({ shape: [...size], data: expect.any(Uint8Array) });
    for (let voxel = 0; voxel < voxels; voxel++) {
      const [a, b] = [voxel % 12, (voxel % 12) + 12].map((one) => softmax(rowOf(scores, one))) as [number[], number[]];
      const row = rowOf(x, voxel);
      for (let c = 0; c < classes; c++) {
        expect(row[c]).toBeCloseTo(scores[voxel * classes + c]! + 3 * (a[c]! + b[c]!), 4);
      }
      expect(row[labels.data[voxel]!]).toBe(Math.max(...row));
    }
  });

  test("takes bandwidths from spacing and intensities where none are given, which the library then gives the same bits for", async () => {
    const json = await folder.runInProcess([...ofVolume, ...out, "--spacing", "2,0.5,1", "--json"]);
    // Half of the voxels are 25 below the mean and half above: a deviation of 25.
    const bandwidths = [
      [1.5, 1.5, 1.5],
      [5, 5, 5, 12.5],
    ];
    expect(JSON.parse(json.stdout)).toMatchObject({ shape: size, classes, bandwidths, iterations: 5, findings: [] });
    using device = await openWasm();
    using crf = denseCrf(device, {
      classes,
      filters: bandwidths.map((given, k) => ({ bandwidths: given, weight: [3, 5][k] })),
    });
    const spacing = [2, 0.5, 1] as const;
    const intensities = Float32Array.from({ length: voxels }, (_, i) => (i % 4 < 2 ? -25 : 25));
    const features = [
      volumeFeatures(device, size, { spacing }),
      volumeFeatures(device, size, { spacing, intensities }),
    ];
    const expected = await (await crf(device.tensor([...size, classes], scores), features)).read();
    expect(read("x.npy")).toEqual({ shape: [...size, classes], data: expected });
  });

  test("takes channels first, several channels, probabilities and a file of parameters", async () => {
    const words = [...ofVolume, ...out];
    const plain = refined(words);
    const turned = Float32Array.from(scores, (_, i) => scores[(i % voxels) * classes + Math.floor(i / voxels)]!);
    folder.write("turned.npy", float32([classes, ...size], turned));
    folder.write(
      "four.npy",
      float32(
        [...size, 1],
        Array.from({ length: voxels }, (_, i) => (i % 4 < 2 ? 40 : 90)),
      ),
    );
    const other = words.map((word) => ({ "logits.npy": "turned.npy", "volume.npy": "four.npy" })[word] ?? word);
    expect(refined([...other, "--layout", "chw"])).toEqual(plain);
    const params = {
      format: "crf-rnn params 1",
      bilateral: { position: 7, color: 11, weight: 2 },
      spatial: { position: 2, weight: 1 },
      temperature: 2,
      iterations: 3,
      normalization: "symmetric",
    };
    folder.write("params.json", JSON.stringify(params));
    const json = await folder.runInProcess([...words, "--params", "params.json", "--theta-gamma", "4", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      iterations: 3,
      bandwidths: [
        [4, 4, 4],
        [7, 7, 7, 11],
      ],
    });
    // A weight for each class and rows of a matrix say the same.
    const rows = [0, 1, 2].map((row) => [0, 1, 2].map((column) => (row === column ? -1 : 0)));
    const listed = { ...params, spatial: { position: 2, weight: [1, 1, 1] }, compatibility: rows };
    const before = read("x.npy").data;
    folder.write("params.json", JSON.stringify(listed));
    const same = refined([...words, "--params", "params.json", "--theta-gamma", "4"]);
    for (let i = 0; i < before.length; i++) expect(same[i]).toBeCloseTo(before[i]!, 4);
  });

  test("says with --dry-run what it would do, and notes intensities that --theta-beta cannot tell apart", async () => {
    const before = folder.names();
    const { status, stdout } = await folder.runInProcess([...ofVolume, "--dry-run", "--theta-beta", "5000"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^note: volume\.npy: intensities that deviate by 25\.0 .*\nvolume\.npy: 2×3×4 voxels, 3 classes, bandwidths 3,3,3 and 10,10,10,5000, 5 iterations over \d+ and \d+ vertices on .*, about \d+ MiB; would write nothing\n$/,
    );
    expect(folder.names()).toEqual(before);
  });
});

describe("crf-rnn refine --features", () => {
  test("pairs of points that are alike get their pair's mean, from a filter of its own weight and bandwidths each", () => {
    // Points 2k and 2k + 1 have the same features, those of other pairs are 100 away or more. A filter that leaves the second feature out
    // finds the same pairs. X = U + (1 + 2)·(q₁ + q₂)/2.
    const filters = ["--bandwidths", "1", "--bandwidths", "2,-", "--weight", "1", "--weight", "2"];
    const x = refined([...ofPoints, ...filters, "--iterations", "1", ...out]);
    expect(read("labels.npy").shape).toEqual([voxels]);
    for (let point = 0; point < voxels; point++) {
      const [a, b] = [point & ~1, point | 1].map((one) => softmax(rowOf(scores, one))) as [number[], number[]];
      for (let c = 0; c < classes; c++) {
        expect(rowOf(x, point)[c]).toBeCloseTo(scores[point * classes + c]! + 1.5 * (a[c]! + b[c]!), 4);
      }
    }
  });

  test("coordinates with more digits than float32 give the bits of those near zero", () => {
    const near = Float64Array.from({ length: voxels * 2 }, (_, i) => ((i * 7) % 24) / 4 - 2.875);
    folder.write("features.npy", encodeNpy({ shape: [voxels, 2], data: near }));
    const plain = refined([...ofPoints, ...out]);
    folder.write("features.npy", encodeNpy({ shape: [voxels, 2], data: near.map((value) => value + 5_000_000) }));
    expect(refined([...ofPoints, ...out])).toEqual(plain);
  });

  test("notes points of which none is near another, before anything is computed", async () => {
    folder.write(
      "features.npy",
      float32(
        [voxels, 1],
        Array.from({ length: voxels }, (_, i) => i * 50),
      ),
    );
    const { stdout } = await folder.runInProcess([...ofPoints, "--dry-run"]);
    expect(stdout).toMatch(/^note: features\.npy: 48 vertices of the 48 .* most likely bandwidths that are too small/);
  });
});

describe("crf-rnn refine refuses of volumes and points", () => {
  const refused = async (words: readonly string[], sentence: RegExp): Promise<void> =>
    await folder.refusesInProcess(words, sentence);

  test("flags that do not go together", async () => {
    const cases: [string[], RegExp][] = [
      [[...ofVolume, ...out, "photo.png"], /--volume: expected no pictures beside it, got 'photo\.png'/],
      [[...ofVolume, ...out, "--features", "features.npy"], /--features: expected points, by --features alone/],
      [[...ofVolume, ...out, "--resize"], /--resize: expected pictures, got --volume/],
      [[...ofVolume, ...out, "--bandwidths", "1"], /--bandwidths: expected points/],
      [[...ofPoints, ...out, "--theta-beta", "1"], /--theta-beta: expected a picture or a volume, got --features/],
      [[...ofPoints, ...out, "--spacing", "1,1,1"], /--spacing: expected a picture or a volume, got --features/],
      [[...ofPoints, "--out", "labels.png"], /--out: expected a file name that ends in \.npy/],
      [ofPoints, /expected --out, --out-logits, --out-confidence or --out-entropy, got none of them/],
      [["refine", "--volume", "volume.npy", ...out], /--volume: expected --logits beside it, got none/],
      [["refine", "photo.png", "--weight", "3"], /--weight: expected --volume or --features beside it, got neither/],
      [[...ofVolume, ...out, "--spacing", "1,0,1"], /--spacing: expected three numbers above 0 .*, got '1,0,1'/],
      [[...ofPoints, ...out, "--bandwidths", "-,-"], /--bandwidths: expected numbers above 0, .* got '-,-'/],
      [[...ofPoints, ...out, "--bandwidths", "1,2,3"], /--bandwidths: expected 2 numbers, as features\.npy has.*got 3/],
      [
        [...ofPoints, ...out, "--weight", "1", "--weight", "2"],
        /--weight: expected one for all filters, .* of 1, got 2/,
      ],
      [ofVolume.concat("--out", "volume.npy"), /--out: expected a file of its own, got volume\.npy, which is read/],
    ];
    for (const [words, sentence] of cases) await refused(words, sentence);
  });

  test("arrays that do not fit, numbers that are none, and more features than a lattice has", async () => {
    const volume = [...ofVolume, ...out];
    folder.write("logits.npy", float32([...size.toReversed(), classes], scores));
    await refused(volume, /logits\.npy: expected logits \[2, 3, 4, L\], those of volume\.npy, got \[4, 3, 2, 3\] — /);
    folder.write("logits.npy", float32([...size, classes], scores.with(30, NaN)));
    await refused(volume, /logits\.npy: expected finite float32 numbers, got NaN at \[0, 2, 2, 0\]/);
    folder.write("logits.npy", float32([...size, 1], scores.subarray(0, voxels)));
    await refused(volume, /logits\.npy: expected scores of two classes or more/);
    folder.write("volume.npy", float32([4, 6], scores.subarray(0, voxels)));
    await refused(
      volume,
      /volume\.npy: expected \[D, H, W, C\], or without the last axis, without zeros, got \[4, 6\]/,
    );
    folder.write("volume.npy", float32(size, scores.subarray(0, voxels).with(5, Infinity)));
    await refused(volume, /volume\.npy: expected finite float32 numbers, got Infinity at \[0, 1, 1\]/);
    folder.write("volume.npy", float32([...size, 13], new Float32Array(voxels * 13)));
    await refused(volume, /volume\.npy: expected \[D, H, W, C\] with at most 12 channels, got \[2, 3, 4, 13\]/);
    folder.write("features.npy", float32([voxels, 16], new Float32Array(voxels * 16)));
    await refused([...ofPoints, ...out], /features\.npy: expected \[N, d\] with at most 15 features, got \[24, 16\]/);
  });
});
