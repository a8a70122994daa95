import { imageTensor } from "../../src/pictures/imageTensor.ts";
import { unpack } from "../../src/pictures/unpack.ts";
import { openBeside } from "../beside.ts";
import { type Case, random, same } from "../suite.ts";

/** Bytes of a picture, by a seed. */
const bytesOf = (seed: number, length: number): Uint8Array => {
  const numbers = random(seed);
  return Uint8Array.from({ length }, () => numbers.integer(256));
};

/** The definition, color by color. Float32 sums and products of these numbers are what both devices do, to the bit. */
function reference(
  bytes: Uint8Array,
  [height, width, channels, rowBytes]: readonly [number, number, number, number],
  { reversed, mean, scale }: { reversed: boolean; mean: readonly number[]; scale: number },
): Float32Array {
  const guide: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * rowBytes + x * channels;
      const rgb = channels < 3 ? [0, 0, 0] : [0, 1, 2];
      if (reversed) rgb.reverse();
      for (const [c, color] of rgb.entries()) {
        guide.push(Math.fround(Math.fround(bytes[at + color]! - Math.fround(mean[c]!)) * Math.fround(scale)));
      }
    }
  }
  return Float32Array.from(guide);
}

const plain = { reversed: false, mean: [0, 0, 0], scale: 1 };

export const cases: Case[] = [
  {
    name: "one to four bytes a pixel, of all widths, are colors in the order that is asked for",
    async run(device) {
      for (const channels of [1, 2, 3, 4]) {
        for (const [height, width] of [
          [1, 1],
          [1, 5],
          [7, 9],
          [13, 64],
          [65, 3],
        ] as const) {
          const data = bytesOf(channels + width, height * width * channels);
          const sizes = [height, width, channels, width * channels] as const;
          using rgb = imageTensor(device, { data, width, height, channels });
          const what = `${height}×${width} of ${channels}`;
          same(rgb.shape, [height, width, 3], what);
          same(await rgb.read(), reference(data, sizes, plain), what);
          const mean = [104.008, 116.669, 122.675] as const;
          using bgr = imageTensor(device, { data, width, height }, { order: "bgr", mean, scale: 0.3 });
          same(await bgr.read(), reference(data, sizes, { reversed: true, mean, scale: 0.3 }), `${what}, blue first`);
        }
      }
    },
  },
  {
    name: "rows with bytes behind them, as textures have, are read by their pixels alone",
    async run(device) {
      const [height, width, rowBytes] = [5, 7, 256];
      const data = bytesOf(1, height * rowBytes);
      const storage = device.allocate(data.length);
      device.write(storage, data);
      const colors = { order: "rgb", mean: [0, 0, 0], scale: 1 } as const;
      using guide = unpack(device, { storage, width, height, channels: 4, rowBytes }, colors);
      same(await guide.read(), reference(data, [height, width, 4, rowBytes], plain), "guide");
      device.release(storage);
    },
  },
  {
    name: "pictures beyond the largest binding have the same bits",
    async run(device) {
      using narrow = await openBeside(device, { bindingBytes: 2048 });
      for (const [height, width, channels] of [
        [40, 33, 3],
        [29, 37, 1],
        [17, 60, 4],
      ] as const) {
        const data = bytesOf(width, height * width * channels);
        using guide = imageTensor(narrow, { data, width, height });
        same(await guide.read(), reference(data, [height, width, channels, width * channels], plain), `${width} wide`);
      }
    },
  },
];
