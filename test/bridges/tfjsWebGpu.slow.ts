/** The bridge to TensorFlow.js on one GPUDevice with it, in Chromium on SwiftShader. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runInPage } from "../../src/cli/chromium.ts";
import { root } from "../hosts/folders.ts";
import { tensorFlow } from "./tensorFlow.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crf-rnn-tfjs-"));
  const contents = `
    export * as bridge from "./src/bridges/tfjs.ts";
    export * as library from "./src/index.ts";
    export { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
    export * as tf from "virtual:tf";
  `;
  await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    format: "esm",
    target: "es2022",
    outfile: join(folder, "all.js"),
    plugins: [
      {
        name: "tf",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^virtual:tf$/ }, ({ path }) => ({ path, namespace: "tf" }));
          onLoad({ filter: /.*/, namespace: "tf" }, () => ({ contents: tensorFlow, resolveDir: root }));
        },
      },
    ],
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a page reports that runs `body` with everything imported. */
async function inPage(body: string): Promise<unknown> {
  const reports: unknown[] = [];
  await runInPage({
    places: { bundle: folder },
    isolated: true,
    software: true,
    script: `(async () => {
      const { bridge, library, tf, WebGPUBackend } = await import("./bundle/all.js");
      await report(await (async () => { ${body} })());
    })()`,
    report: (value: unknown) => reports.push(value),
    silence: 600_000,
  });
  return reports[0];
}

/** A picture, scores, a target, and a network of one variable, in TensorFlow.js; and one layer on each of two devices. */
const SETTING = `
  const [height, width, classes] = [9, 10, 3];
  const wave = (length, factor, scale) => Float32Array.from({ length }, (_, i) => scale * (1 + Math.sin(i * factor)));
  const image = tf.tensor(wave(height * width * 3, 0.7, 120), [height, width, 3]);
  const weight = tf.variable(tf.tensor(wave(9, 1.3, 0.5), [3, 3]));
  const network = (x) => tf.tidy(() => tf.reshape(tf.matMul(tf.reshape(tf.div(x, 100), [-1, 3]), weight), [1, height, width, classes]));
  const loss = (refined) => tf.tidy(() => tf.mean(tf.square(tf.sub(refined, 1))));
  const options = { classes, iterations: 2, bilateral: { position: 3.7, color: 60 }, spatial: { position: 2.7 }, learn: { bandwidths: true } };
  const trained = async (device) => {
    const layer = await bridge.crfLayer(tf, device, options);
    const logits = network(image);
    const refined = await layer.apply(logits, image);
    const { value, grads } = await layer.variableGrads(network, image, image, loss);
    const kinds = [refined, value, ...Object.values(grads)];
    const names = [weight.name, ...Object.values(layer.variables).map(({ name }) => name)];
    const all = [refined, value, ...names.map((name) => grads[name])];
    const values = [];
    for (const tensor of all) values.push([...(await tensor.data())]);
    const shapes = all.map(({ shape }) => shape);
    tf.dispose([logits, refined, value]);
    tf.dispose(grads);
    layer.dispose();
    return { values, shapes };
  };
  const largest = (a, b) => Math.max(...a.values.flatMap((list, i) => {
    const scale = Math.max(...b.values[i].map(Math.abs));
    return list.map((value, j) => Math.abs(value - b.values[i][j]) / scale);
  }));
`;

interface Told {
  readonly shared: boolean;
  readonly difference: number;
  readonly shapes: number[][];
  readonly leaked: number;
  readonly bytes: number;
  readonly gpuBytes: number;
}

const expectSame = (told: Told): void => {
  expect(told).toMatchObject({ shared: true, leaked: 0, bytes: 0 });
  // The same computation on two devices, of which one is a GPU: float32 rounding through two iterations and back.
  expect(told.difference).toBeLessThan(1e-3);
  expect(told.shapes[0]).toEqual([1, 9, 10, 3]);
};

test("whoever opens the GPUDevice first, the other shares it, and results are those of WASM with copies", async () => {
  const first = (await inPage(`
    await tf.setBackend("webgpu");
    const device = await bridge.openWith(tf);
    ${SETTING}
    await trained(device);
    const before = tf.memory().numTensors;
    const ours = await trained(device);
    const leaked = tf.memory().numTensors - before;
    const wasm = await library.open({ prefer: "wasm", threads: 1 });
    const theirs = await trained(wasm);
    return { shared: device.gpu === tf.backend().device, difference: largest(ours, theirs), shapes: ours.shapes, leaked, bytes: device.bytes };
  `)) as Told;
  expectSame(first);
  const second = (await inPage(`
    const device = await bridge.openWith(tf, { prefer: "webgpu", backend: WebGPUBackend });
    ${SETTING}
    const ours = await trained(device);
    const wasm = await library.open({ prefer: "wasm", threads: 1 });
    const theirs = await trained(wasm);
    return { shared: device.gpu === tf.backend().device, difference: largest(ours, theirs), shapes: ours.shapes, leaked: 0, bytes: device.bytes };
  `)) as Told;
  expectSame(second);
});

test("tensors go over and back on the GPU without the padding of rows, whatever TensorFlow.js's buffers hold", async () => {
  const told = await inPage(`
    await tf.setBackend("webgpu");
    const device = await bridge.openWith(tf);
    const wrong = [];
    for (const shape of [[2, 3, 1], [3, 5, 3], [4, 4, 4], [2, 3, 5, 6]]) {
      for (const dtype of ["float32", "int32"]) {
        const length = shape.reduce((a, b) => a * b);
        const given = tf.tensor(Array.from({ length }, (_, i) => i - 7), shape, dtype);
        // What a kernel has made is on the GPU, what was given is not yet.
        const made = tf.add(given, given);
        const copies = [];
        for (const tensor of [given, made]) {
          const expected = [...(await tf.clone(tensor).data())];
          const ours = await bridge.fromTf(device, tensor);
          const back = await bridge.toTf(tf, ours);
          ours.dispose();
          const values = [...(await back.data())];
          if (values.join() !== expected.join()) wrong.push([shape, dtype, values, expected]);
        }
      }
    }
    const borrowed = device.bytes;
    device.dispose();
    // The GPUDevice is TensorFlow.js's, and lives on.
    const alive = [...(await tf.add(tf.tensor([1, 2]), 1).data())];
    return { wrong, alive, borrowed };
  `);
  expect(told).toEqual({ wrong: [], alive: [2, 3], borrowed: 0 });
});
