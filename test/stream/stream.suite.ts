/** Pictures that go by bands through one lattice: the bits of the call that holds everything, whatever the bands and blocks are. */
import { type CrfOptions, crfRnn } from "../../src/crf/crfRnn.ts";
import { softmax } from "../../src/crf/softmax.ts";
import type { Device } from "../../src/device/device.ts";
import { AbortError, LimitError, ShapeError, ValueError } from "../../src/errors.ts";
import {
  arrayRows,
  estimateStream,
  fileRows,
  fitsWhole,
  type RowSource,
  stream,
  type StreamOptions,
} from "../../src/stream/stream.ts";
import { bytesSource } from "../../src/checkpoint/source.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";

interface Scene {
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly guide: Uint8Array<ArrayBuffer>;
  readonly unary: Float32Array<ArrayBuffer>;
}

/** Random colors, or one color but for a pixel in a hundred, so that lists of incidence have nearly all pixels. */
function sceneOf(height: number, width: number, classes: number, flat: boolean): Scene {
  const numbers = random(height + classes);
  const pixels = height * width;
  const guide = Uint8Array.from({ length: pixels * 3 }, () =>
    flat && numbers.integer(100) > 0 ? 90 : numbers.integer(256),
  );
  return { height, width, classes, guide, unary: Float32Array.from(numbers.array(pixels * classes, -2, 2)) };
}

/** What the call that holds everything makes. */
async function whole(device: Device, scene: Scene, options: Omit<CrfOptions, "classes">): Promise<Float32Array> {
  const { height, width, classes } = scene;
  using scope = device.scope();
  const guide = scope.tensor([height, width, 3], scene.guide);
  const unary = scope.tensor([height, width, classes], scene.unary);
  const crf = scope.add(crfRnn(device, { ...options, classes, warnings: false }));
  return await (await crf(unary, guide)).read();
}

async function streamed(device: Device, scene: Scene, options: StreamOptions) {
  const { height, width, classes } = scene;
  const result = arrayRows(new Float32Array(height * width * classes), { height, width, channels: classes });
  const guide = arrayRows(scene.guide, { height, width, channels: 3 });
  const unary = arrayRows(scene.unary, { height, width, channels: classes });
  const found = await stream(device, { height, width, guide, unary, result }, options);
  return { ...found, values: result.array as Float32Array };
}

const bandwidths = { bilateral: { position: 20, color: 30 }, spatial: { position: 2.3 } };

export const cases: Case[] = [
  {
    name: "many bands, and blocks of channels, have the bits of the whole",
    async run(device) {
      const noisy = sceneOf(13, 31, 9, false);
      const expected = await whole(device, noisy, { ...bandwidths, iterations: 2 });
      for (const cut of [{ rows: 5 }, { rows: 13 }, { rows: 4, channels: 4 }, { rows: 7, channels: 8 }]) {
        const { values } = await streamed(device, noisy, { ...bandwidths, iterations: 2, ...cut });
        same(values, expected, JSON.stringify(cut));
      }
    },
  },
  {
    name: "lists of thousands of points, whose sums go through three levels of blocks, have the bits of the whole",
    async run(device) {
      const flat = sceneOf(68, 70, 2, true);
      const expected = await whole(device, flat, { iterations: 1 });
      for (const cut of [{ rows: 9 }, { rows: 30 }]) {
        const { values } = await streamed(device, flat, { iterations: 1, ...cut });
        same(values, expected, JSON.stringify(cut));
      }
    },
  },
  {
    name: "every normalization and activation, any matrices, and marginals",
    async run(device) {
      const scene = sceneOf(5, 14, 5, false);
      const numbers = random(3);
      const weight = numbers.array(25, 0, 2);
      for (const options of [
        { normalization: "none" },
        { normalization: "before" },
        { normalization: "symmetric", spatial: { position: "20%", weight: 2 } },
        { activation: "relu" },
        { bilateral: { position: 20, color: 30, weight }, compatibility: numbers.array(25, -1, 1) },
        { bilateral: { position: 20, color: 30, weight: numbers.array(5) } },
      ] satisfies StreamOptions[]) {
        const given = { ...bandwidths, iterations: 2, ...options };
        const expected = await whole(device, scene, given);
        for (const channels of [8, 4]) {
          const { values } = await streamed(device, scene, { ...given, rows: 2, channels });
          same(values, expected, `${Object.entries(options)[0]}, ${channels} channels`);
        }
      }
      const logits = await whole(device, scene, { ...bandwidths, iterations: 1 });
      using tensor = device.tensor([5, 14, 5], logits);
      using marginals = softmax(tensor);
      const { values } = await streamed(device, scene, { ...bandwidths, iterations: 1, rows: 4, output: "marginals" });
      const exact = await marginals.read();
      // The update and the op add up a pixel's shares in another order.
      check(
        values.every((value, i) => Math.abs(value - exact[i]!) < 1e-6),
        "marginals",
      );
      const none = await streamed(device, scene, { ...bandwidths, iterations: 0, rows: 4 });
      same(none.values, scene.unary, "no iteration");
    },
  },
  {
    name: "a band is all of the pixels that the device holds, and what a stream took is given back",
    async run(device) {
      const scene = sceneOf(64, 40, 21, true);
      const before = device.bytes;
      device.resetPeak();
      const { vertices, passes } = await streamed(device, scene, { rows: 4, iterations: 2 });
      const peak = device.peakBytes - before;
      check(device.bytes === before, `${device.bytes - before} bytes left`);
      check(passes === 5 && vertices.spatial > 200 && vertices.bilateral > 20, JSON.stringify({ passes, vertices }));
      // The logits alone are 64·40·24·4 bytes, those of a band a sixteenth of them; two maps of both lattices are the most that stays.
      const maps = 2 * (vertices.spatial + vertices.bilateral + 2) * 24 * 4;
      check(peak < maps + 450_000, `${peak} bytes at most, ${maps} of them maps`);
      device.resetPeak();
      await whole(device, scene, { iterations: 2 });
      const ofWhole = device.peakBytes - before;
      check(peak < ofWhole / 2, `${peak} bytes, the call that holds everything ${ofWhole}`);
    },
  },
  {
    name: "whether a picture has room, and what streaming it takes, is estimated from its size and the device",
    async run(device) {
      const small = { height: 375, width: 500, classes: 21 };
      const large = { height: 5464, width: 8192, classes: 200 };
      check(fitsWhole(device, small) && !fitsWhole(device, large), "of a small and of a large one, the small one fits");
      const limited = (bindingBytes: number, bufferBytes: number): Device =>
        ({ kind: "webgpu", bytes: 0, limits: { ...device.limits, bindingBytes, bufferBytes } }) as Device;
      const usual = limited(2 ** 27, 2 ** 28);
      check(!fitsWhole(usual, { height: 3000, width: 4000, classes: 21 }), "12 megapixels in 128 MiB");
      const known = { verticesPerPixel: 0.25 };
      const least = estimateStream(usual, { height: 3000, width: 4000, classes: 21 }, { ...known, iterations: 2 });
      check(least.blocks === 3 && least.passes === 9, `${least.blocks} blocks in ${least.passes} passes`);
      check(least.hostBytes === 2 * 12e6 * 96, `${least.hostBytes} bytes on the host`);
      check(least.rows * 4000 * 96 <= 2 ** 26, `${least.rows} rows`);
      const two = estimateStream(usual, { height: 5000, width: 8000, classes: 2 }, known);
      check(two.blocks === 1 && two.hostBytes === 0, "two classes need no blocks");
      const { message } = await rejects<LimitError>(async () => estimateStream(limited(4096, 4096), small), LimitError);
      check(message.includes("48000 bytes"), message);
    },
  },
  {
    name: "sources are files, too, and may be slow; bands are told",
    async run(device) {
      const scene = sceneOf(6, 5, 3, false);
      const expected = await whole(device, scene, { ...bandwidths, iterations: 1 });
      const { height, width } = scene;
      const header = 16;
      const bytes = new Uint8Array(header + scene.unary.byteLength);
      bytes.set(new Uint8Array(scene.unary.buffer), header);
      const file = { width, channels: 3, offset: header } as const;
      const unary = fileRows(bytesSource(bytes), { ...file, type: "float32" });
      const colors = fileRows(bytesSource(scene.guide), { width, channels: 3, type: "uint8" });
      const slow: RowSource = {
        channels: 3,
        read: async (first, rows) => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          return await colors.read(first, rows);
        },
      };
      const result = arrayRows(new Float32Array(expected.length), { height, width, channels: 3 });
      const told: number[] = [];
      const onBand = (done: number, of: number): void => void told.push(done / of);
      const picture = { height, width, guide: slow, unary, result };
      await stream(device, picture, { ...bandwidths, iterations: 1, rows: 3, onBand });
      same(result.array, expected, "from files");
      same(
        told,
        [1, 2, 3, 4, 5, 6, 7, 8].map((n) => n / 8),
        "bands",
      );
    },
  },
  {
    name: "what cannot be streamed is refused in one sentence, and a signal ends it",
    async run(device) {
      const scene = sceneOf(4, 5, 2, false);
      const wrong: any = (options: object) => streamed(device, scene, options);
      const { message } = await rejects<ValueError>(() => wrong({ until: { change: 1 } }), ValueError);
      check(message.includes("until"), message);
      for (const options of [{ rows: 0 }, { channels: 1.5 }, { iterations: -1 }, { output: "labels" }]) {
        await rejects(() => wrong(options), ValueError);
      }
      await rejects(() => streamed(device, sceneOf(2, 2, 65, false), {}), LimitError);
      const read = (values: ArrayLike<number>, channels: number): RowSource => ({ channels, read: () => values });
      const guide = arrayRows(scene.guide, { height: 4, width: 5, channels: 3 });
      const result = arrayRows(new Float32Array(40), { height: 4, width: 5, channels: 2 });
      const picture = { height: 4, width: 5, guide, result };
      await rejects(() => stream(device, { ...picture, unary: read(new Float32Array(39), 2) }), ShapeError);
      const bad = new Float32Array(40);
      bad[33] = NaN;
      const unary = arrayRows(bad, { height: 4, width: 5, channels: 2 });
      const refused = await rejects<ValueError>(() => stream(device, { ...picture, unary }, { rows: 1 }), ValueError);
      check(refused.message.includes("NaN in channel 1 of pixel [3, 1]"), refused.message);
      await rejects(() => stream(device, { ...picture, unary: {} as RowSource }), ValueError);
      await rejects(() => stream(device, { ...picture, height: 0, unary }), ShapeError);
      for (const channels of [0, 14, 1.5]) {
        await rejects(() => stream(device, { ...picture, unary, guide: read([], channels) }), ShapeError);
      }
      const before = device.bytes;
      const abort = new AbortController();
      const onBand = (done: number): void => void (done === 5 && abort.abort());
      await rejects(() => streamed(device, scene, { rows: 2, signal: abort.signal, onBand }), AbortError);
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
];
