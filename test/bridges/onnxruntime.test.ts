/**
 * The bridge to ONNX Runtime with its real tensors (onnxruntime-common) on both devices, in Node. The network itself is a
 * function here; onnxruntime.slow.ts runs real ones in real runtimes.
 */
import * as common from "onnxruntime-common";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  fromOrt,
  openWith,
  segmenter,
  type SegmenterOptions,
  sessionOptions,
  toOrt,
} from "../../src/bridges/onnxruntime.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { DeviceError, DisposedError, ShapeError, ValueError } from "../../src/errors.ts";
import { refine } from "../../src/pictures/refine.ts";
import { scoresTensor } from "../../src/pictures/scoresTensor.ts";
import { ColorSession, makeOrt } from "./colorSession.ts";
import { openWebGpu, requestGpu } from "../device/software.ts";
import { close, random } from "../suite.ts";
import {
  channelsFirst,
  classes,
  makePicture,
  preprocessing,
  referenceInput,
  runColors,
  scoresSize,
} from "./colorNetwork.ts";

const { Tensor } = common;

describe.each([
  ["WASM", () => open({ prefer: "wasm", threads: 1 })],
  ["WebGPU", () => openWebGpu()],
])("ONNX Runtime and %s", (_, openDevice) => {
  let device: Device;
  beforeAll(async () => {
    device = await openDevice();
  });
  afterAll(() => device.dispose());

  test("scores of every type come in, channels first, and may be let go of", async () => {
    const shape = [1, 5, 6, 7];
    const whole = Float32Array.from({ length: 210 }, (_, i) => (i * 37) % 100);
    const half = Uint16Array.from(whole, (value) => (value === 0 ? 0 : halfOf(value)));
    const expected = Array.from({ length: 210 }, (_, i) => whole[(i % 5) * 42 + Math.floor(i / 5)]!);
    const before = device.bytes;
    for (const tensor of [
      new Tensor("float32", whole, shape),
      new Tensor("float16", half, shape),
      new Tensor("uint8", Uint8Array.from(whole), shape),
      new Tensor("int8", Int8Array.from(whole), shape),
      new Tensor("int32", Int32Array.from(whole), shape),
      new Tensor("float64", Float64Array.from(whole), shape),
      new Tensor("float32", whole, shape.slice(1)),
    ]) {
      using unary = fromOrt(device, tensor, { dispose: true });
      expect(unary.shape).toEqual([6, 7, 5]);
      expect([...(await unary.read())], tensor.type).toEqual(expected);
      expect(tensor.location).toBe("none");
    }
    using last = fromOrt(device, new Tensor("float32", whole, [1, 6, 7, 5]), { layout: "nhwc" });
    expect([...(await last.read())]).toEqual([...whole]);
    last.dispose();
    expect(device.bytes).toBe(before);
  });

  test("a map goes out in either order and comes back, and its memory with the tensor", async () => {
    for (const shape of [
      [6, 7, 3],
      [2, 5, 6, 8],
      [6, 7, 4],
    ]) {
      const values = random(shape.length).array(shape.reduce((a, b) => a * b));
      const dims = [...Array<number>(4 - shape.length).fill(1), ...shape] as [number, number, number, number];
      const before = device.bytes;
      for (const layout of ["nchw", "nhwc"] as const) {
        const map = device.tensor(shape, values);
        const tensor = await toOrt<common.Tensor>(common, map, { layout });
        map.dispose();
        expect(tensor.location).toBe(device.kind === "webgpu" ? "gpu-buffer" : "cpu");
        expect(tensor.dims).toEqual(layout === "nhwc" ? dims : [dims[0], dims[3], dims[1], dims[2]]);
        using back = fromOrt(device, tensor, { layout });
        expect(await back.read()).toEqual(values);
        expect(await tensor.getData()).toHaveLength(values.length);
        back.dispose();
        tensor.dispose();
        expect(device.bytes).toBe(before);
      }
    }
  });

  test("from a picture to labels: those of scores by definition, whoever makes session and device", async () => {
    const picture = makePicture();
    const scores = runColors(channelsFirst(referenceInput(picture), 3));
    // Neither is too sure, since probabilities of 0 and 1 would hide every difference.
    const temperature = 8;
    const weights = { bilateral: { position: 20, color: 20, weight: 1 }, spatial: { position: 3, weight: 0.5 } };
    const crf = { ...weights, iterations: 3, marginals: true };
    using unary = scoresTensor(device, scores, { shape: [classes, ...scoresSize], layout: "chw", temperature });
    const expected = await refine(device, picture, unary, crf);
    const options: SegmenterOptions = { input: preprocessing, scores: { temperature }, crf, device };
    const before = device.bytes;
    const own = makeOrt(device.gpu);
    const session = new ColorSession();
    for (const model of [session, "model.onnx", Uint8Array.of(1, 2, 3)]) {
      await using segment = await segmenter(own, model, options);
      const [one, other] = await Promise.all([segment(picture), segment(picture, { marginals: false })]);
      close(one.marginals!, expected.marginals!, { absolute: 2e-5 }, "marginals");
      expect(one.labels).toEqual(expected.labels);
      expect(other.labels).toEqual(expected.labels);
      expect(other.marginals).toBeUndefined();
    }
    close(session.planes, channelsFirst(referenceInput(picture), 3), { absolute: 3e-6 }, "the network's input");
    expect(session.inputs.map(({ location }) => location)).toEqual(["none", "none"]);
    expect(session.released).toBe(0);
    expect(own.sessions.map(({ model, session }) => [model, session.released])).toEqual([
      ["model.onnx", 1],
      [Uint8Array.of(1, 2, 3), 1],
    ]);
    expect(own.sessions[0]!.options).toEqual(sessionOptions(device));
    expect(device.bytes).toBe(before);
  });

  test("what is wrong is told in a sentence", async () => {
    const ort = makeOrt(device.gpu);
    const session = new ColorSession();
    const numbers = new Tensor("int64", new BigInt64Array(6), [1, 1, 2, 3]);
    expect(() => fromOrt(device, numbers)).toThrow(/expected scores as float32.*got int64 — take the output before/);
    expect(() => fromOrt(device, { logits: numbers } as never)).toThrow(ValueError);
    const texture = { type: "float32", dims: [1, 1, 2, 3], location: "texture" };
    expect(() => fromOrt(device, texture as never)).toThrow(/expected a tensor on the processor or in a GPUBuffer/);
    const gone = new Tensor("float32", new Float32Array(6), [1, 1, 2, 3]);
    expect(() => fromOrt(device, gone, { layout: "hwc" })).toThrow(ShapeError);
    gone.dispose();
    expect(() => fromOrt(device, gone)).toThrow(DisposedError);
    using map = device.tensor([2, 3, 3]);
    await expect(toOrt(undefined as never, map)).rejects.toThrow(/expected the module of ONNX Runtime, got nothing/);
    using matrix = device.tensor([2, 3]);
    await expect(toOrt(common, matrix)).rejects.toThrow(ShapeError);
    const wrong: [unknown, SegmenterOptions, RegExp][] = [
      [session, { output: "masks" }, /an output among logits, got the string "masks"/],
      [session, { input: { name: "x" } }, /an input among pixel_values, got the string "x"/],
      [session, { input: { deviation: [1, 0, 1] } }, /three finite numbers other than 0/],
      [session, { input: { std: [1, 1, 1] } as never }, /segmenter: input: expected options name, size/],
      [{ run: "no" }, {}, /expected a model or a session, got a plain object/],
      [Promise.resolve(session), {}, /got a promise — await it first/],
    ];
    for (const [model, options, sentence] of wrong) {
      await expect(segmenter(ort, model as never, { ...options, device })).rejects.toThrow(sentence);
    }
    const segment = await segmenter(ort, session, { device });
    const last = segment(makePicture(8, 8));
    await segment.dispose();
    expect((await last).labels).toHaveLength(64);
    await expect(segment(makePicture())).rejects.toThrow(DisposedError);
  });
});

/** The bits of a whole number from 1 to 2047 in half precision. */
function halfOf(value: number): number {
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) | Math.round((value / 2 ** exponent - 1) * 1024);
}

test("whoever comes first, there is one GPUDevice", async () => {
  const gpu = await requestGpu();
  const ort = makeOrt(gpu);
  using device = await openWith(ort);
  expect(device.gpu).toBe(gpu);
  expect(sessionOptions(device)).toEqual({
    executionProviders: [{ name: "webgpu", device: gpu }],
    preferredOutputLocation: "gpu-buffer",
  });
  using processor = await openWith(ort, { prefer: "wasm", threads: 1 });
  expect([processor.kind, processor.gpu]).toEqual(["wasm", undefined]);
  using alone = await openWith(makeOrt(), { prefer: "wasm", threads: 1 });
  expect(sessionOptions(alone)).toEqual({ executionProviders: ["cpu"] });
  // A build that makes a GPUDevice of its own is followed, unless a device was given.
  await using segment = await segmenter(ort, "model.onnx");
  expect(segment.device.gpu).toBe(gpu);
  using other = await openWebGpu();
  await expect(segmenter(ort, "model.onnx", { device: other })).rejects.toThrow(DeviceError);
  expect(ort.sessions.at(-1)!.session.released).toBe(1);
});

test("a buffer of ONNX Runtime may be larger than its numbers, and is let go of when the GPU is done", async () => {
  using device = await openWebGpu();
  const values = random(3).array(5 * 6 * 7);
  using map = device.tensor([6, 7, 5], values);
  const planes = await toOrt<common.Tensor>(common, map);
  const { STORAGE, COPY_SRC, COPY_DST } = { STORAGE: 0x80, COPY_SRC: 4, COPY_DST: 8 };
  const buffer = device.gpu!.createBuffer({ size: 4096, usage: STORAGE | COPY_SRC | COPY_DST });
  device.gpu!.queue.writeBuffer(buffer, 0, (await planes.getData()) as Float32Array<ArrayBuffer>);
  let released: () => void = () => {};
  const release = new Promise<void>((resolve) => (released = resolve));
  const dims = [1, 5, 6, 7];
  const dispose = (): void => {
    buffer.destroy();
    released();
  };
  const tensor = Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims, dispose });
  using processor = await open({ prefer: "wasm", threads: 1 });
  expect(() => fromOrt(processor, tensor)).toThrow(/a GPUBuffer on the WASM device — open the WebGPU device/);
  using unary = fromOrt(device, tensor, { dispose: true });
  await release;
  expect(await unary.read()).toEqual(values);
  planes.dispose();
  // Four channels, channels last: the memory of the map itself.
  using quads = device.tensor([6, 7, 4], random(4).array(168));
  const shared = await toOrt<common.Tensor>(common, quads, { layout: "nhwc" });
  expect(shared.gpuBuffer).toBe(quads.storage.handle);
  shared.dispose();
});
