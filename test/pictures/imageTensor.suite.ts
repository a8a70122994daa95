import { ShapeError, ValueError } from "../../src/errors.ts";
import { imageTensor } from "../../src/pictures/imageTensor.ts";
import { resize } from "../../src/nn/resize.ts";
import { type Case, check, close, rejects, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "numbers between whole ones are kept, in any array",
    async run(device) {
      const data = [0.5, 1, 2, 255, 254.25, 3];
      for (const given of [data, Float32Array.from(data), Float64Array.from(data)]) {
        using rgb = imageTensor(device, { data: given, width: 2, height: 1, channels: 3 });
        same(await rgb.read(), data, "rgb");
        using bgr = imageTensor(
          device,
          { data: given, width: 1, height: 2 },
          { order: "bgr", mean: [1, 2, 3], scale: 2 },
        );
        same(await bgr.read(), [2, -2, -5, 4, 504.5, 504], "bgr");
      }
      using gray = imageTensor(device, { data: [1.5, 9, 7, 9], width: 2, height: 1, channels: 2 });
      same(await gray.read(), [1.5, 1.5, 1.5, 7, 7, 7], "gray and alpha");
    },
  },
  {
    name: "a part of a larger array, clamped or not, is read where it lies",
    async run(device) {
      const all = Uint8Array.from({ length: 40 }, (_, i) => i * 6);
      const part = all.subarray(3, 15);
      using plain = imageTensor(device, { data: part, width: 2, height: 2 });
      same(await plain.read(), Float32Array.from(part), "a Uint8Array");
      const clamped = new Uint8ClampedArray(all.buffer, 5, 16);
      using rgba = imageTensor(device, { data: clamped, width: 2, height: 2 });
      same(await rgba.read(), [30, 36, 42, 54, 60, 66, 78, 84, 90, 102, 108, 114], "a Uint8ClampedArray");
    },
  },
  {
    name: "a picture in another size: what becomes smaller is averaged, what becomes larger interpolated",
    async run(device) {
      const data = Uint8Array.from({ length: 12 * 8 * 3 }, (_, i) => (i * 37) % 251);
      const picture = { data, width: 12, height: 8 };
      using small = imageTensor(device, picture, { size: [2, 3] });
      same(small.shape, [2, 3, 3], "shape");
      const means = Float32Array.from({ length: 2 * 3 * 3 }, (_, i) => {
        const [c, x, y] = [i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9)];
        let sum = 0;
        for (let k = 0; k < 16; k++) sum += data[((y * 4 + (k >> 2)) * 12 + x * 4 + (k & 3)) * 3 + c]!;
        return sum / 16;
      });
      same(await small.read(), means, "means of sixteen");
      using whole = imageTensor(device, picture);
      for (const size of [
        [8, 24],
        [5, 9],
      ] as const) {
        using other = imageTensor(device, picture, { size, mean: [1, 2, 3], scale: 2 });
        using expected = resize(whole, size);
        const colors = (await expected.read()).map((value, i) => (value - [1, 2, 3][i % 3]!) * 2);
        close(await other.read(), colors, { absolute: 1e-4 }, `${size}`);
      }
      using own = imageTensor(device, picture, { size: [8, 12] });
      same(await own.read(), data, "its own size");
      // Twice in height, and once more in width.
      using flat = imageTensor(device, picture, { size: [3, 12] });
      same(flat.shape, [3, 12, 3], "one axis");
    },
  },
  {
    name: "what is no picture, or of another size, is told in a sentence",
    async run(device) {
      const wrong = imageTensor as (...args: unknown[]) => unknown;
      const data = new Uint8Array(12);
      const uses: readonly (readonly [
        given: unknown,
        options: unknown,
        kind: typeof ValueError | typeof ShapeError,
        says: RegExp,
      ])[] = [
        [undefined, {}, ValueError, /a picture: .*, got nothing/],
        ["photo.jpg", {}, ValueError, /got the string "photo.jpg" — decode it first/],
        [Promise.resolve(), {}, ValueError, /got a promise — await it first/],
        [data, {}, ValueError, /got a Uint8Array — decode it first/],
        [{ data }, {}, ValueError, /width and a height .*got a plain object of undefined/],
        [{ data, width: 2.5, height: 2 }, {}, ValueError, /2\.5×2/],
        [{ data, width: 3, height: 3 }, {}, ShapeError, /3×3 pixels of 1 to 4 channels, got 12 values/],
        [{ data, width: 2, height: 2, channels: 4 }, {}, ShapeError, /2×2 pixels of 4 channels, got 12 values/],
        [{ data: "abc", width: 2, height: 2 }, {}, ShapeError, /2×2 pixels of 1 to 4 channels/],
        [{ data: Uint16Array.of(65535), width: 1, height: 1 }, {}, ValueError, /0 to 255, got 65535 .*divide.*257/],
        [{ data: Float32Array.of(-2.5), width: 1, height: 1 }, {}, ValueError, /0 to 255, got -2\.5.*mean and scale/],
        [{ data: [NaN], width: 1, height: 1 }, {}, ValueError, /0 to 255, got NaN/],
        [{ data, width: 2, height: 2 }, { order: "hsv" }, ValueError, /order: rgb or bgr, got the string "hsv"/],
        [{ data, width: 2, height: 2 }, { mean: 3 }, ValueError, /mean: three numbers, got the number "3"/],
        [{ data, width: 2, height: 2 }, { mean: [1, NaN, 2] }, ValueError, /mean: three finite numbers, got NaN/],
        [{ data, width: 2, height: 2 }, { scale: Infinity }, ValueError, /a finite scale/],
        [{ data, width: 2, height: 2 }, { size: [2] }, ShapeError, /size/],
        [{ data, width: 2, height: 2 }, { size: 3 }, ShapeError, /size/],
        [{ data, width: 2, height: 2 }, { std: 1 }, ValueError, /got "std"/],
      ];
      for (const [given, options, kind, says] of uses) {
        const { message } = await rejects<Error>(() => wrong(device, given, options), kind, String(says));
        check(says.test(message), `expected ${says}, got ${message}`);
      }
      const { message } = await rejects(() => wrong({ data, width: 2, height: 2 }), ValueError);
      check(/a device, got a plain object/.test(message), message);
    },
  },
];
