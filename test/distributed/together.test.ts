import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesSource } from "../../src/checkpoint/checkpoint.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { DeviceError, ValueError } from "../../src/errors.ts";
import { requireAlike, requireSameParameters } from "../../src/train/alike.ts";
import { Draws } from "../../src/train/draws.ts";
import type { Ranks } from "../../src/train/ranks.ts";
import {
  checkpointFile,
  drawShapes,
  memorySurroundings,
  type MemorySurroundings,
  type Metric,
  runTraining,
  samplesFile,
  shapeClasses,
  trainingConfiguration,
  trainingTimetable,
} from "../../src/train/train.ts";
import { memoryRanks } from "./memoryRanks.ts";

const pictures = Array.from({ length: 8 }, (_, index) => drawShapes(3, index, 24 + 2 * (index % 2)));
const [train, val] = [pictures.slice(0, 5), pictures.slice(5)];
const options = {
  classes: shapeClasses.map(({ name }) => name),
  images: train,
  stage: "crf-rnn",
  widths: [4, 4, 4, 4, 4],
  fc: 4,
  steps: 3,
  batch: 3,
  rate: 1e-3,
  validateEvery: 2,
  saveEvery: 1,
  augmentation: { flip: true, scale: 1.2, color: 0.2 },
  crf: { iterations: 2, bilateral: { position: 20, color: 20, weight: 3 }, spatial: { weight: 1 } },
} as const;

let devices: Device[];
beforeAll(async () => {
  devices = await Promise.all([1, 2, 3].map(() => open({ prefer: "wasm", threads: 1 })));
});
afterAll(() => devices.forEach((device) => device.dispose()));

interface Changes {
  readonly steps?: number;
  readonly resume?: Uint8Array<ArrayBuffer>;
  /** The step after which this rank is asked to stop. */
  readonly stop?: { readonly rank: number; readonly step: number };
  readonly rate?: number;
  /** Changes what surrounds a rank. */
  readonly around?: (surroundings: MemorySurroundings, rank: number) => Partial<MemorySurroundings>;
}

/** A run of some ranks, or without ranks; returns what the first one has then. */
async function trained(size: number | undefined, changes: Changes = {}): Promise<MemorySurroundings> {
  const { steps = options.steps, resume, stop, rate = options.rate, around } = changes;
  const all = { ...options, steps, rate };
  const configuration = await trainingConfiguration(all);
  const timetable = trainingTimetable(all);
  const one = async (rank: number, ranks?: Ranks): Promise<MemorySurroundings> => {
    const asked = new AbortController();
    const onMetric = ({ step }: Metric): void => void (stop?.rank === rank && step >= stop.step && asked.abort());
    const own = memorySurroundings({ train, val, onMetric, stop: asked.signal });
    const surroundings = { ...own, ranks, ...around?.(own, rank) };
    const beginning = resume && rank === 0 ? { resume: bytesSource(resume) } : {};
    await runTraining(devices[rank]!, configuration, timetable, surroundings, beginning);
    return own;
  };
  if (size === undefined) return one(0);
  const runs = await Promise.all(memoryRanks(size).map((ranks) => one(ranks.rank, ranks)));
  return runs[0]!;
}

const withoutTimes = (metrics: readonly Metric[]) => metrics.map((metric) => ({ ...metric, seconds: undefined }));

describe("ranks that train together", () => {
  let alone: MemorySurroundings;
  beforeAll(async () => void (alone = await trained(undefined)));

  test.each([2, 3])("%i of them save and tell what one process does, to the bit", async (size) => {
    const { files, metrics } = await trained(size);
    for (const name of [checkpointFile, samplesFile]) expect(files.get(name), name).toEqual(alone.files.get(name));
    expect(withoutTimes(metrics)).toEqual(withoutTimes(alone.metrics));
  });

  test("stopped at another rank than the first, go on in another number to the same bits", async () => {
    const stopped = await trained(3, { stop: { rank: 1, step: 1 } });
    expect(stopped.metrics.findLast(({ event }) => event === "step")!.step).toBe(1);
    const { files } = await trained(2, { resume: stopped.files.get(checkpointFile)! });
    expect(files.get(checkpointFile)).toEqual(alone.files.get(checkpointFile));
  });

  test("refuse to begin where a first gradient differs, naming the parameter and the rank", async () => {
    // The second rank sees another picture under the same name.
    const around = (own: MemorySurroundings, rank: number): Partial<MemorySurroundings> => ({
      sample: async (split, index) => {
        const sample = await own.sample(split, index);
        if (rank === 0) return sample;
        const { image } = sample;
        return { ...sample, image: { ...image, values: image.values.map((value) => 255 - value) } };
      },
    });
    const error = await trained(2, { around }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DeviceError);
    expect((error as Error).message).toMatch(
      /^--distributed: expected ranks that compute a first gradient to the same bits, got (\w+) \w+ \(here\) at rank 0, \1 \w+ \(here\) at rank 1 —/,
    );
  });

  test("a rank whose loss is not finite says so as one process does", async () => {
    const said = async (size: number | undefined): Promise<string> => {
      const error = await trained(size, { rate: 1e30 }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ValueError);
      return (error as Error).message.replace(/image-\d/, "image"); // Both ranks diverge, and here the first to come is told of.
    };
    expect(await said(2)).toMatch(/^step 2, image .*: expected a finite loss, got NaN/);
    expect(await said(2)).toBe(await said(undefined));
  });
});

const both = <Result>(work: (ranks: Ranks) => Promise<Result>): Promise<Result[]> =>
  Promise.all(memoryRanks(2).map(work));

test("another build and another kind of device are refused; another number of threads is not", async () => {
  const alike = (change: (ranks: Ranks) => Ranks, of: (device: Device, rank: number) => Device) =>
    both((ranks) => requireAlike(change(ranks), of(devices[0]!, ranks.rank)));
  const asIs = (ranks: Ranks): Ranks => ranks;
  const variant = (name: string) => (device: Device, rank: number) =>
    rank === 0 ? device : ({ ...device, kind: "wasm", info: { ...device.info, variant: name } } as Device);
  const own = devices[0]!.info.variant;
  await alike(asIs, variant(`${own}Shared`));
  await expect(alike(asIs, variant("other"))).rejects.toThrow(
    `expected ranks of one build on devices of one kind, got device wasm ${own} (here) at rank 0, device wasm other (here) at rank 1`,
  );
  const older = (ranks: Ranks): Ranks => ({ ...ranks, build: ranks.rank === 0 ? "2" : "1" });
  await expect(alike(older, (device) => device)).rejects.toThrow(
    /got crf-rnn 2 \(here\) at rank 0, crf-rnn 1 \(here\)/,
  );
});

test("parameters that part are noticed, and named", async () => {
  await expect(
    both(async (ranks) => {
      const device = devices[ranks.rank]!;
      using a = device.tensor([2], [1, 2]);
      using b = device.tensor([2], [1, 2 + ranks.rank * 2 ** -22]);
      await requireSameParameters(ranks, { a, b }, 7);
    }),
  ).rejects.toThrow(
    /expected the same parameters at all ranks after step 7, got b \w{16} at rank 0, b \w{16} at rank 1/,
  );
});

test.each([
  [1, 3],
  [2, 3],
  [3, 2],
  [4, 4],
])("%i ranks have each of the draws of steps of %i once, in their order", (size, batch) => {
  const steps = 3;
  const found: number[] = [];
  for (let rank = 0; rank < size; rank++) {
    const draws = new Draws(batch, steps, { rank, size });
    const own = [0, 1, 2].flatMap((step) => draws.of(step));
    found.push(...own);
    for (const [i, draw] of own.entries()) expect(draws.after(draw)).toBe(own[i + 1]);
  }
  expect(found.sort((a, b) => a - b)).toEqual(Array.from({ length: steps * batch }, (_, draw) => draw));
});
