import { bilateralFeatures, spatialFeatures } from "../../src/lattice/features.ts";
import { type CrfRnnError, ShapeError, ValueError } from "../../src/errors.ts";
import { scale } from "../../src/nn/scale.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { memoryOf, taken } from "../memory.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

const sizes = [
  { shape: [1, 1, 3], position: 160, color: 3 },
  { shape: [7, 9, 1], position: 3, color: 0.7 },
  { shape: [8, 8, 3], position: 80, color: 13 },
  { shape: [5, 13, 3], position: 7, color: 11 },
  { shape: [2, 9, 5, 4], position: 3, color: 25 },
  { shape: [3, 40, 41, 3], position: 160, color: 3 },
];

export const cases: Case[] = [
  {
    name: "bilateral: coordinates and guide divided by their bandwidths",
    async run(device) {
      for (const { shape, position, color } of sizes) {
        const [height, width, channels] = shape.slice(-3) as [number, number, number];
        const points = shape.slice(0, -1).reduce((product, size) => product * size, 1);
        const data = random(points).array(points * channels, -130, 130);
        using guide = device.tensor(shape, data);
        using features = bilateralFeatures(guide, { position, color });
        // Divided, not multiplied by 1/θ: points on a vertex would leave it by one rounding.
        const expected = Array.from({ length: points }, (_, point) => {
          const pixel = point % (height * width);
          const own = Array.from(
            data.subarray(point * channels, (point + 1) * channels),
            (x) => x / Math.fround(color),
          );
          return [(pixel % width) / position, Math.floor(pixel / width) / position, ...own];
        });
        // WGSL divides to 2.5 units of the last place; the correction brings that to one where `fma` is not fused.
        const relative = device.kind === "wasm" ? 0 : 2 ** -23;
        close(await features.read(), Float32Array.from(expected.flat()), { relative }, `guide ${shape.join()}`);
        const rows = shape.length === 4 ? [shape[0], height * width] : [height * width];
        check(features.shape.join() === [...rows, channels + 2].join(), `shape ${features.shape.join()}`);
        // The padding behind a row is zero, as every op relies on.
        const raw = new Float32Array(await device.read(features.storage));
        const stride = raw.length / points;
        check(
          raw.every((value, i) => i % stride < channels + 2 || value === 0),
          "padding",
        );
      }
    },
  },
  {
    name: "spatial: coordinates divided by the bandwidth, for one image and a batch",
    async run(device) {
      using one = spatialFeatures(device, [3, 5], { position: 3 });
      using two = spatialFeatures(device, [2, 3, 5], { position: 3 });
      const expected = Array.from({ length: 15 }, (_, i) => [(i % 5) / 3, Math.floor(i / 5) / 3]).flat();
      same(await one.read(), Float32Array.from(expected), "one image");
      same(await two.read(), Float32Array.from([...expected, ...expected]), "two images");
      check(two.shape.join() === "2,15,2", `shape ${two.shape.join()}`);
    },
  },
  {
    name: "pixels of a small map have their places in the picture",
    async run(device) {
      using scope = device.scope();
      const guide = scope.tensor([2, 3, 1], [1, 2, 3, 4, 5, 6]);
      const bandwidths = { position: 2, color: 4 };
      // Six columns and eight rows: areas of 2 by 4 pixels, or corners on corners.
      for (const [alignCorners, xs, ys] of [
        [false, [0.5, 2.5, 4.5], [1.5, 5.5]],
        [true, [0, 2.5, 5], [0, 7]],
      ] as const) {
        const placement = { size: [8, 6], alignCorners } as const;
        const spatial = scope.add(spatialFeatures(device, [2, 3], { position: 2, ...placement }));
        const bilateral = scope.add(bilateralFeatures(guide, { ...bandwidths, ...placement }));
        const places = ys.flatMap((y) => xs.map((x) => [x / 2, y / 2]));
        same(await spatial.read(), Float32Array.from(places.flat()), "spatial");
        same(
          await bilateral.read(),
          Float32Array.from(places.flatMap((place, i) => [...place, (i + 1) / 4])),
          "bilateral",
        );
      }
      const alone = scope.add(spatialFeatures(device, [1, 1], { position: 1, size: [5, 3], alignCorners: true }));
      same(await alone.read(), [0, 0], "one pixel");
    },
  },
  {
    name: "gradients of the guide and of the bandwidths, of one image and of a batch, where they are wanted",
    async run(device) {
      for (const shape of [
        [3, 4, 2],
        [2, 3, 4, 2],
      ]) {
        using scope = device.scope();
        const [position, color, spatial] = [3, 7, 2];
        const count = shape.reduce((product, size) => product * size, 1);
        const points = count / 2;
        const numbers = random(count);
        const guide = scope.tensor(shape, numbers.array(count, -9, 9));
        const bandwidths = scope.tensor([3], [position, color, spatial]);
        const rows = shape.length === 4 ? [2, 12] : [12];
        const g = numbers.array(points * 4, -1, 1);
        const seed = scope.tensor([...rows, 4], g);
        const own = numbers.array(points * 2, -1, 1);
        const values = await guide.read();
        // The derivative of f/θ by θ is −f/θ², and by f it is 1/θ.
        let [ofPosition, ofColor, ofSpatial] = [0, 0, 0];
        for (let point = 0; point < points; point++) {
          const [x, y] = [point % 4, Math.floor((point % 12) / 4)];
          ofPosition -= (x * g[4 * point]! + y * g[4 * point + 1]!) / position ** 2;
          ofSpatial -= (x * own[2 * point]! + y * own[2 * point + 1]!) / spatial ** 2;
          for (const c of [0, 1]) ofColor -= (values[2 * point + c]! * g[4 * point + 2 + c]!) / color ** 2;
        }
        const ofGuide = values.map((_, i) => g[4 * Math.floor(i / 2) + 2 + (i % 2)]! / color);
        const close5 = async (actual: Tensor, expected: ArrayLike<number>, what: string): Promise<void> =>
          close(await actual.read(), expected, { relative: 1e-5, absolute: 1e-5 }, what);
        for (const watched of [[guide, bandwidths], [guide], [bandwidths]]) {
          const tape = new Tape(watched);
          const gradients = await tape.gradients(bilateralFeatures(guide, { position, color, bandwidths }), seed);
          check(gradients.size === watched.length, `${gradients.size} gradients of ${watched.length}`);
          if (watched.includes(guide)) await close5(gradients.get(guide)!, ofGuide, "guide");
          if (watched.includes(bandwidths)) {
            await close5(gradients.get(bandwidths)!, [ofPosition, ofColor, 0], "bilateral bandwidths");
          }
        }
        const tape = new Tape([bandwidths]);
        const features = spatialFeatures(device, shape.slice(0, -1), { position: spatial, bandwidths });
        const gradients = await tape.gradients(features, scope.tensor([...rows, 2], own));
        await close5(gradients.get(bandwidths)!, [0, 0, ofSpatial], "spatial bandwidth");
      }
    },
  },
  {
    name: "what a gradient does not need is not computed, and not kept",
    async run(device) {
      using scope = device.scope();
      const guide = scope.tensor([3, 4, 2], random(1).array(24, -9, 9));
      const bandwidths = scope.tensor([3], [3, 7, 2]);
      const seed = scope.tensor([12, 4], random(2).array(48));
      const gradients = async (watched: readonly Tensor[], learned: Tensor | undefined) => {
        using tape = new Tape(watched);
        const before = device.bytes;
        const features = bilateralFeatures(guide, { position: 3, color: 7, bandwidths: learned });
        const doubled = scale(features, 2);
        // The gradient of the bandwidths alone needs the features.
        const whole = device.bytes - before;
        features.dispose();
        const kept = device.bytes - before;
        check(kept === (learned ? whole : whole / 2), `${kept} of ${whole} bytes are kept`);
        device.resetPeak();
        const start = device.bytes;
        const used = await memoryOf(device, "", async () => {
          for (const gradient of (await tape.gradients(doubled, seed)).values()) gradient.dispose();
        });
        doubled.dispose();
        return { kernels: used.map(({ kernel }) => kernel).join(), peak: device.peakBytes - start };
      };
      const [ofGuide, ofBandwidths] = ["lattice/features.pullback", "shared/outerProducts,shared/columnSums"];
      for (const [watched, learned, kernels] of [
        [[guide], undefined, ofGuide],
        [[guide], bandwidths, ofGuide],
        [[bandwidths], bandwidths, ofBandwidths],
        [[guide, bandwidths], bandwidths, `${ofBandwidths},${ofGuide}`],
      ] as const) {
        const found = (await gradients(watched, learned)).kernels;
        check(found === `nn/scale,${kernels}`, `expected nn/scale,${kernels}, got ${found}`);
      }
      // The gradient of the features and that of the guide, a quad a pixel, and none of bandwidths.
      const expected = taken(device, [12 * 16, 12 * 16]);
      for (const learned of [undefined, bandwidths]) {
        const { peak } = await gradients([guide], learned);
        check(peak === expected, `${peak} bytes, not ${expected}`);
      }
    },
  },
  {
    name: "sizes, guides and bandwidths of which there are no features are told by name",
    async run(device) {
      using scope = device.scope();
      const guide = scope.tensor([2, 2, 3]);
      const no = new Float32Array(3) as unknown as Tensor;
      const says = async (call: () => unknown, kind: typeof ValueError | typeof ShapeError, text: string) => {
        const { message } = await rejects<CrfRnnError>(call, kind, text);
        check(message.includes(text), `expected "${text}", got "${message}"`);
      };
      const fine = { position: 1, color: 1 };
      for (const size of [[4], [1, 1, 2, 2]]) {
        await says(() => spatialFeatures(device, size, { position: 1 }), ShapeError, "a size [h, w] or [b, h, w]");
      }
      await says(
        () => spatialFeatures(device, [0, 2], { position: 1 }),
        ShapeError,
        "spatialFeatures: expected positive",
      );
      for (const shape of [
        [2, 2],
        [1, 1, 2, 2, 3],
      ]) {
        await says(() => bilateralFeatures(scope.tensor(shape), fine), ShapeError, "a guide [h, w, C] or [b, h, w, C]");
      }
      for (const wrong of [0, -1, NaN, Infinity]) {
        const text = (name: string): string => `a ${name} bandwidth above 0, got ${wrong}`;
        await says(() => spatialFeatures(device, [2, 2], { position: wrong }), ValueError, text("position"));
        await says(() => bilateralFeatures(guide, { ...fine, position: wrong }), ValueError, text("position"));
        await says(() => bilateralFeatures(guide, { ...fine, color: wrong }), ValueError, text("color"));
      }
      for (const size of [[2], [2, 0], "2"] as never[]) {
        await says(() => bilateralFeatures(guide, { ...fine, size }), ShapeError, "a size [h, w] as size");
        await says(() => spatialFeatures(device, [2, 2], { position: 1, size }), ShapeError, "a size [h, w] as size");
      }
      const aligned = { ...fine, alignCorners: 1 as never };
      await says(() => bilateralFeatures(guide, aligned), ValueError, "alignCorners: true or false");
      const misspelled = { ...fine, colour: 1 };
      await says(() => bilateralFeatures(guide, misspelled), ValueError, "write color");
      await says(() => spatialFeatures(device, [2, 2], fine), ValueError, "expected options position, bandwidths");
      await says(() => bilateralFeatures(no, fine), ValueError, "a tensor as guide");
      await says(() => bilateralFeatures(guide, { ...fine, bandwidths: no }), ValueError, "a tensor as bandwidths");
      const spatial = { position: 1, bandwidths: no };
      await says(() => spatialFeatures(device, [2, 2], spatial), ValueError, "a tensor as bandwidths");
      await says(() => bilateralFeatures(guide, undefined as never), ValueError, "a position bandwidth above 0");
      await says(() => spatialFeatures(device, [2, 2], undefined as never), ValueError, "a position bandwidth above 0");
      await says(() => spatialFeatures({} as typeof device, [2, 2], { position: 1 }), ValueError, "a device");
    },
  },
];
