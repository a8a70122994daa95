/** Bad input to the library: one clear error of the right class, and a device that is as it was. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../src/device/device.ts";
import {
  bilateralFeatures,
  buildLattice,
  type CrfRnnError,
  type CrfOptions,
  crfRnn,
  DeviceError,
  DisposedError,
  filter,
  LimitError,
  meanField,
  open,
  ShapeError,
  spatialFeatures,
  ValueError,
} from "../src/index.ts";
import type { BaseDevice } from "../src/device/base.ts";
import { openWebGpu } from "./device/software.ts";
import { AssertionError } from "./suite.ts";

type ErrorClass = abstract new (...args: never[]) => CrfRnnError;

const notFinite = fc.constantFrom(NaN, Infinity, -Infinity);
const notPositive = fc.oneof(fc.double({ max: 0 }), notFinite);
const notWhole = fc.oneof(fc.double({ noInteger: true }), fc.integer({ max: 0 }), notFinite);
const size = fc.integer({ min: 1, max: 7 });

describe.each([
  ["WASM", 40, () => open({ prefer: "wasm", threads: 2 })],
  ["WebGPU", 5, () => openWebGpu()],
])("on %s", (_, numRuns, openDevice) => {
  let device: Device;
  beforeAll(async () => {
    device = await openDevice();
    await fails(() => device.tensor([1, 0]), ShapeError);
  });
  afterAll(() => device.dispose());

  /** Bytes in use now. */
  function bytesInUse(): number {
    (device as BaseDevice).resetPeak();
    return device.peakBytes;
  }

  /** Fails unless `work` fails with this class, says so in one line, and leaves no memory behind. */
  async function fails(work: () => unknown, errorClass: ErrorClass): Promise<CrfRnnError> {
    const before = bytesInUse();
    const error = await (async () => work())().then(
      (value) => new AssertionError(`no error, but ${value}`),
      (reason: unknown) => reason,
    );
    if (!(error instanceof errorClass)) throw error;
    expect(error.message).toMatch(/^.+: expected .+, got .+$/);
    expect(bytesInUse()).toBe(before);
    return error;
  }

  /** Runs a property, then a computation: the device is as good as new. */
  async function holds<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => Promise<unknown>): Promise<void> {
    await fc.assert(
      fc.asyncProperty(arbitrary, async (value) => void (await property(value))),
      { numRuns },
    );
    using values = device.tensor([3, 2], [1, 2, 3, 4, 5, 6]);
    using features = device.tensor([3, 1], [0.1, 0.1, 0.1]);
    using lattice = await buildLattice(features);
    using mean = filter(values, lattice, { normalization: "after" });
    for (const [i, value] of (await mean.read()).entries()) expect(value).toBeCloseTo(i % 2 === 0 ? 3 : 4, 5);
  }

  const tensorOf = (shape: number[], fill = 0.5) =>
    device.tensor(shape, new Float32Array(shape.reduce((product, length) => product * length, 1)).fill(fill));

  test("tensors of no size, and of the wrong number of values", async () => {
    const wrong = fc.constantFrom(0, -1, 1.5, NaN, Infinity);
    await holds(fc.tuple(size, wrong, fc.boolean()), ([good, bad, first]) =>
      fails(() => device.tensor(first ? [bad, good] : [good, bad]), ShapeError),
    );
    await holds(fc.tuple(size, size, fc.nat(60)), async ([rows, channels, length]) => {
      if (length === rows * channels) return;
      await fails(() => device.tensor([rows, channels], new Float32Array(length)), ShapeError);
    });
    await fails(() => device.tensor([]), ShapeError);
  });

  test("features that are not finite are named", async () => {
    await holds(fc.tuple(size, size, fc.nat(48), notFinite), async ([points, dimensions, at, bad]) => {
      const data = new Float32Array(points * dimensions).fill(0.3);
      const index = at % data.length;
      data[index] = bad;
      using features = device.tensor([points, dimensions], data);
      const error = await fails(() => buildLattice(features), ValueError);
      const [point, feature] = [Math.floor(index / dimensions), index % dimensions];
      expect(error.got).toBe(`${bad} as feature ${feature} of point ${point}`);
    });
  });

  test("features beyond the keys: the error names one, and the bandwidth it gives works", async () => {
    await holds(fc.tuple(size, size, fc.nat(48), fc.double({ min: 1e6, max: 1e30, noNaN: true })), async (values) => {
      const [points, dimensions, at, far] = values;
      const data = new Float32Array(points * dimensions).fill(0.3);
      const index = at % data.length;
      data[index] = far;
      using features = device.tensor([points, dimensions], data);
      const error = await fails(() => buildLattice(features), LimitError);
      const feature = index % dimensions;
      expect(error.got).toContain(`feature ${feature} of point ${Math.floor(index / dimensions)}`);
      const factor = Number(/feature (\d+) by a bandwidth at least (\S+) times/.exec(error.remedy!)![2]);
      using divided = device.tensor(
        [points, dimensions],
        data.map((value, i) => (i % dimensions === feature ? value / factor : value)),
      );
      (await buildLattice(divided)).dispose();
    });
  });

  test("features of a wrong shape", async () => {
    for (const shape of [[5], [2, 2, 2, 2], [3, 16]]) {
      using features = tensorOf(shape);
      await fails(() => buildLattice(features), ShapeError);
    }
  });

  test("bandwidths of zero, below, or not finite", async () => {
    using guide = tensorOf([2, 3, 3]);
    await holds(notPositive, async (bad) => {
      await fails(() => spatialFeatures(device, [2, 3], { position: bad }), ValueError);
      await fails(() => bilateralFeatures(guide, { position: bad, color: 3 }), ValueError);
      await fails(() => bilateralFeatures(guide, { position: 3, color: bad }), ValueError);
      for (const options of [
        { spatial: { position: bad } },
        { bilateral: { position: bad } },
        { bilateral: { color: bad } },
      ]) {
        await fails(() => crfRnn(device, { classes: 2, ...options }), ValueError);
      }
    });
    for (const shape of [[0, 3], [3], [2, 2, 2, 2]])
      await fails(() => spatialFeatures(device, shape, { position: 3 }), ShapeError);
    using flat = tensorOf([2, 3]);
    await fails(() => bilateralFeatures(flat, { position: 3, color: 3 }), ShapeError);
  });

  test("values that are not the lattice's, and an unknown normalization", async () => {
    using features = tensorOf([6, 2]);
    using lattice = await buildLattice(features);
    await holds(fc.tuple(size, size), async ([rows, channels]) => {
      if (rows === 6) return;
      using values = tensorOf([rows, channels]);
      await fails(() => filter(values, lattice), ShapeError);
    });
    using values = tensorOf([6, 1]);
    await fails(() => filter(values, lattice, { normalization: "sideways" as never }), ValueError);
    using other = await open({ prefer: "wasm", threads: 1 });
    using foreign = other.tensor([6, 1]);
    await fails(() => filter(foreign, lattice), DeviceError);
  });

  test("weights and compatibilities of a wrong size, or not finite", async () => {
    await holds(fc.tuple(size, fc.nat(60), notFinite), async ([classes, length, bad]) => {
      const values = new Float32Array(length).fill(1);
      const make = (options: Partial<CrfOptions>) => () => crfRnn(device, { classes, ...options });
      if (length !== classes && length !== classes ** 2) {
        await fails(make({ spatial: { weight: values } }), ShapeError);
        await fails(make({ bilateral: { weight: values } }), ShapeError);
      }
      if (length !== classes ** 2) await fails(make({ compatibility: values }), ShapeError);
      const matrix = new Float32Array(classes ** 2);
      matrix[length % matrix.length] = bad;
      await fails(make({ compatibility: matrix }), ValueError);
      await fails(make({ spatial: { weight: matrix } }), ValueError);
      await fails(make({ bilateral: { weight: bad } }), ValueError);
    });
    await fails(() => crfRnn(device, { classes: 2, compatibility: "pots" as never }), ShapeError);
    await fails(() => crfRnn(device, { classes: 2, normalization: "sideways" as never }), ValueError);
  });

  test("classes that are no positive whole numbers, and iterations that are no whole numbers from 0", async () => {
    using unary = tensorOf([2, 3, 4]);
    using guide = tensorOf([2, 3, 3]);
    using crf = crfRnn(device, { classes: 4, iterations: 2, tied: false });
    await holds(notWhole, async (bad) => {
      await fails(() => crfRnn(device, { classes: bad }), ValueError);
      if (bad === 0) return;
      await fails(() => crfRnn(device, { classes: 2, iterations: bad }), ValueError);
      await fails(() => crf(unary, guide, { iterations: bad }), ValueError);
    });
    await fails(() => crf(unary, guide, { iterations: 3 }), ValueError);
  });

  test("logits and guides that do not belong together", async () => {
    using crf = crfRnn(device, { classes: 4 });
    await holds(fc.tuple(size, size, size, size, size), async ([height, width, otherHeight, otherWidth, classes]) => {
      const same = height === otherHeight && width === otherWidth && classes === 4;
      using unary = tensorOf([height, width, classes]);
      using guide = tensorOf([otherHeight, otherWidth, 3]);
      if (!same) await fails(() => crf(unary, guide), ShapeError);
    });
  });

  test("logits and images that are not finite leave nothing behind", async () => {
    const options = { iterations: 1, bilateral: { position: 20, color: 60 } };
    await holds(fc.tuple(fc.nat(23), notFinite, fc.boolean()), async ([at, bad, inGuide]) => {
      const logits = new Float32Array(24).fill(0.5);
      const image = new Float32Array(18).fill(100);
      const [values, channels] = inGuide ? [image, 3] : [logits, 4];
      const index = at % values.length;
      values[index] = bad;
      using unary = device.tensor([2, 3, 4], logits);
      using guide = device.tensor([2, 3, 3], image);
      const error = await fails(() => meanField(unary, guide, options), ValueError);
      const pixel = Math.floor(index / channels);
      expect(error.expected).toBe(inGuide ? "finite guide" : "finite logits");
      expect(error.got).toContain(`channel ${index % channels} of pixel [${Math.floor(pixel / 3)}, ${pixel % 3}]`);
    });
    // An infinite guide through a layer that is kept: the spatial lattice it caches is the only thing to stay.
    using unary = tensorOf([2, 3, 4]);
    using image = tensorOf([2, 3, 3], 1e30);
    await fails(() => meanField(unary, image, options), LimitError);
  });

  test("use after dispose", async () => {
    const tensor = tensorOf([3, 2]);
    using features = tensorOf([3, 2]);
    const lattice = await buildLattice(features);
    using values = tensorOf([3, 2]);
    tensor.dispose();
    tensor.dispose();
    lattice.dispose();
    lattice.dispose();
    await fails(() => tensor.read(), DisposedError);
    await fails(() => buildLattice(tensor), DisposedError);
    await fails(() => filter(values, lattice), DisposedError);
    using live = await buildLattice(features);
    await fails(() => filter(tensor, live), DisposedError);
    const guide = tensorOf([1, 2, 3]);
    guide.dispose();
    await fails(() => bilateralFeatures(guide, { position: 3, color: 3 }), DisposedError);
    await fails(() => meanField(guide, guide), DisposedError);
    using other = await open({ prefer: "wasm", threads: 1 });
    const left = other.tensor([2, 2]);
    other.dispose();
    other.dispose();
    await expect(left.read()).rejects.toThrow(DisposedError);
    expect(() => other.tensor([1, 1])).toThrow(DisposedError);
    left.dispose();
  });
});

test("an unknown device, and threads that are no small whole number", async () => {
  await expect(open({ prefer: "gpu" as never })).rejects.toThrow(ValueError);
  for (const threads of [0, -1, 1.5, 65, NaN])
    await expect(open({ prefer: "wasm", threads })).rejects.toThrow(LimitError);
});
