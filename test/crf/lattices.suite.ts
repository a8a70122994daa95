/** Whose lattices are, and what becomes of a call that fails between its kernels. */
import { hashNumber, orderDigit, planeVertices, softmax as softmaxKernel, splat, update } from "../../build/kernels.ts";
import { crfRnn, meanField } from "../../src/crf/crfRnn.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { AbortError, DeviceError, DisposedError, ShapeError, ValueError } from "../../src/errors.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import type { Scope } from "../../src/scope.ts";
import type { Tensor } from "../../src/tensor.ts";
import { embeddings } from "../lattice/tables.ts";
import { openBeside } from "../beside.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";

const size = [5, 7] as const;
const pixels = size[0] * size[1];
const bandwidths = { bilateral: { position: 3, color: 20 }, spatial: { position: 2 } };

const tensors = (scope: Scope | Device, classes: number): { unary: Tensor; guide: Tensor } => ({
  unary: scope.tensor([...size, classes], random(classes).array(pixels * classes, -2, 2)),
  guide: scope.tensor([...size, 3], random(1).array(pixels * 3, 0, 100)),
});

/** Runs something whose signal fires when the kernel is queued for the nth time; returns how many are queued after it. */
async function abortedAt(
  device: Device,
  kernels: readonly unknown[],
  nth: number,
  run: (signal: AbortSignal) => Promise<unknown>,
): Promise<number> {
  const abort = new AbortController();
  let [seen, after] = [0, 0];
  const watch = device.observe({
    before: (dispatch) => {
      if (abort.signal.aborted) after++;
      seen += Number(kernels.includes(dispatch.kernel));
      if (seen === nth) abort.abort();
    },
  });
  await rejects(() => run(abort.signal), AbortError);
  watch[Symbol.dispose]();
  return after;
}

async function verticesOf(device: Device, features: Float32Array): Promise<number> {
  using points = device.tensor([features.length / 2, 2], features);
  using lattice = await buildLattice(points);
  return lattice.vertices;
}

export const cases: Case[] = [
  {
    name: "lattices that are kept belong to who asked for them, who gives both back",
    async run(device) {
      const { unary, guide } = tensors(device, 2);
      using crf = crfRnn(device, { classes: 2, ...bandwidths });
      const before = device.bytes;
      const lattices = await crf.lattices(guide);
      const { spatial, bilateral } = lattices;
      check(spatial.dimensions === 2 && bilateral.dimensions === 5, "two lattices");
      lattices.dispose();
      check(device.bytes === before, `${device.bytes - before} bytes left`);
      for (const disposed of [{ spatial, bilateral }, lattices]) {
        await rejects(() => crf(unary, disposed), DisposedError);
      }
      unary.dispose();
      guide.dispose();
    },
  },
  {
    name: "a lattice that does not fit is told apart from the other, by name",
    async run(device) {
      using scope = device.scope();
      const { unary, guide } = tensors(scope, 2);
      const crf = scope.add(crfRnn(device, { classes: 2, ...bandwidths }));
      const lattices = await crf.lattices(guide);
      const few = await buildLattice(scope.tensor([4, 2]));
      for (const [wrong, got] of [
        [{ ...lattices, spatial: few }, `4 and ${pixels} points`],
        [{ ...lattices, bilateral: few }, `${pixels} and 4 points`],
      ] as const) {
        const { message } = await rejects<ShapeError>(() => crf(unary, wrong), ShapeError);
        check(message.startsWith("crfRnn: ") && message.includes(got), message);
      }
      const { message } = await rejects<ValueError>(
        () => crf(unary, { ...lattices, bilateral: guide } as never),
        ValueError,
      );
      check(message.startsWith("crfRnn: expected a lattice as bilateral"), message);
      const asked = await rejects<ShapeError>(() => crf.lattices(scope.tensor([pixels, 3])), ShapeError);
      check(asked.message.includes("a guide [h, w, C]"), asked.message);
      const named = await rejects<ValueError>(() => crf.lattices("guide" as never), ValueError);
      check(named.message.startsWith("crfRnn: lattices: expected a tensor as guide"), named.message);
      await rejects(() => crf(unary, "guide" as never), ValueError);
      using other = await open({ prefer: device.kind, threads: device.info.threads });
      using elsewhere = crfRnn(other, { classes: 2, ...bandwidths });
      using itsGuide = other.tensor([...size, 3]);
      using foreign = await elsewhere.lattices(itsGuide);
      const apart = await rejects<DeviceError>(() => crf(unary, foreign), DeviceError);
      check(apart.message.startsWith("crfRnn: expected logits and spatial and bilateral on one device"), apart.message);
      const alone = await rejects<ValueError>(() => meanField(unary, 5 as never), ValueError);
      check(alone.message.startsWith("meanField: "), alone.message);
    },
  },
  {
    name: "a layer that is disposed of says so in every call",
    async run(device) {
      using scope = device.scope();
      const { unary, guide } = tensors(scope, 2);
      const crf = crfRnn(device, { classes: 2, ...bandwidths });
      crf.dispose();
      for (const call of [() => crf(unary, guide), () => crf.lattices(guide), () => crf.state(), () => crf.load({})]) {
        const { message } = await rejects<DisposedError>(call, DisposedError);
        check(message.includes("the layer"), message);
      }
    },
  },
  {
    name: "lattices of a batch, and signals that fire while either lattice is built",
    async run(device) {
      using scope = device.scope();
      const unary = scope.tensor([2, ...size, 2], random(5).array(pixels * 4, -2, 2));
      const guide = scope.tensor([2, ...size, 3], random(6).array(pixels * 6, 0, 100));
      const crf = scope.add(crfRnn(device, { classes: 2, ...bandwidths }));
      using lattices = await crf.lattices(guide);
      same(await (await crf(unary, lattices)).read(), await (await crf(unary, guide)).read(), "a batch");
      let embedded = 0;
      const watch = device.observe({ before: ({ kernel }) => void (embedded += Number(embeddings.includes(kernel))) });
      (await crf.lattices(guide)).dispose();
      watch[Symbol.dispose]();
      check(embedded >= 2, `${embedded} embeddings`);
      const before = device.bytes;
      for (let nth = 1; nth <= embedded; nth++) {
        await abortedAt(device, embeddings, nth, (signal) => crf.lattices(guide, { signal }));
        check(device.bytes === before, `aborted at embedding ${nth}: ${device.bytes - before} bytes left`);
      }
      // Where somebody has written other bandwidths, lattices are begun once more.
      crf.parameters.bandwidths.write([4, 30, 3]);
      await abortedAt(device, embeddings, embedded + 1, (signal) => crf.lattices(guide, { signal }));
      check(device.bytes === before, `aborted when begun once more: ${device.bytes - before} bytes left`);
      crf.parameters.bandwidths.write([3, 20, 2]);
      await abortedAt(device, [hashNumber, orderDigit, planeVertices], 2, (signal) => crf.lattices(guide, { signal }));
      check(device.bytes === before, `aborted after the first lattice: ${device.bytes - before} bytes left`);
    },
  },
  {
    name: "a signal ends an iteration of many classes at its next op, and what it has made is given back",
    async run(device) {
      using scope = device.scope();
      const { unary, guide } = tensors(scope, 66);
      const crf = scope.add(crfRnn(device, { classes: 66, ...bandwidths }));
      using lattices = await crf.lattices(guide);
      await crf(unary, lattices); // leaves tables for its normalization with the lattices
      const before = device.bytes;
      for (const iteration of [1, 2, 3]) {
        const after = await abortedAt(device, [softmaxKernel], iteration, (signal) =>
          crf(unary, lattices, { iterations: 3, signal }),
        );
        check(after === 0, `${after} kernels after the softmax of iteration ${iteration}`);
        check(device.bytes === before, `${device.bytes - before} bytes left`);
      }
      for (const [nth, next] of [
        [1, splat],
        [2, softmaxKernel],
      ] as const) {
        let count = 0;
        using _watch = device.observe({ before: ({ kernel }) => void (count += Number(kernel === next)) });
        await abortedAt(device, [splat], nth, (signal) => crf(unary, lattices, { iterations: 3, signal }));
        check(count === 1, `${count} times ${next.id} where the signal fired in filter ${nth}`);
        check(device.bytes === before, `${device.bytes - before} bytes left`);
      }
    },
  },
  {
    name: "a call keeps the spatial lattice that another size takes the place of meanwhile",
    async run(device) {
      using scope = device.scope();
      const { unary, guide } = tensors(scope, 2);
      const small = scope.tensor([3, 4, 2], random(8).array(24, -1, 1));
      const itsGuide = scope.tensor([3, 4, 3], random(9).array(36, 0, 100));
      const crf = scope.add(crfRnn(device, { classes: 2, ...bandwidths }));
      const expected = await (await crf(unary, guide, { iterations: 3 })).read();
      const onIteration = async (done: number): Promise<void> => {
        if (done === 1) await crf(small, itsGuide);
      };
      same(await (await crf(unary, guide, { iterations: 3, onIteration })).read(), expected, "beside another size");
      await crf(unary, guide);
      // The other one ends while this one waits for the size of its bilateral lattice.
      let go = (): void => {};
      const gate = new Promise<void>((resolve) => (go = resolve));
      const { read } = device;
      const waiting = new Promise<void>((resolve) => {
        device.read = async (storage) => {
          Reflect.deleteProperty(device, "read");
          resolve();
          await gate;
          return await read.call(device, storage);
        };
      });
      const beside = crf(unary, guide, { iterations: 3 });
      await waiting;
      await crf(small, itsGuide);
      go();
      same(await (await beside).read(), expected, "after another size");
    },
  },
  {
    name: "a call with a guide uses what it uses with lattices, and serves on when its layer is disposed of",
    async run(device) {
      const { unary, guide } = tensors(device, 2);
      const options = { classes: 2, ...bandwidths, warnings: false };
      const before = device.bytes;
      const use: number[] = [];
      const onIteration = (): void => void use.push(device.bytes - before);
      const layer = crfRnn(device, options);
      const lattices = await layer.lattices(guide);
      const expected = await layer(unary, lattices, { onIteration });
      for (const one of [lattices, layer, expected]) one.dispose();
      const other = crfRnn(device, options);
      const pending = other(unary, guide, { onIteration });
      other.dispose();
      (await pending).dispose();
      check(device.bytes === before, `${device.bytes - before} bytes left`);
      check(use[0] === use.at(-1), `${use.join()} bytes in use`);
      for (const tensor of [unary, guide]) tensor.dispose();
    },
  },
  {
    name: "values of a lattice that just fit a binding are updated in one pass, whichever lattice has them, and not those of a row more",
    async run(device) {
      const spread = random(3).array(pixels * 2, 0, 500);
      const close = random(4).array(pixels * 2, 0, 5);
      const most = (await verticesOf(device, spread)) + 1;
      for (const [spatial, bilateral] of [
        [spread, close],
        [close, spread],
      ] as const) {
        for (const [rows, expected] of [
          [most, 1],
          [most - 1, 0],
        ] as const) {
          const bindingBytes = rows * 32 * 4;
          using small = await openBeside(device, { bindingBytes });
          using scope = small.scope();
          const { unary } = tensors(scope, 32);
          const lattices = {
            spatial: await buildLattice(scope.tensor([pixels, 2], spatial)),
            bilateral: await buildLattice(scope.tensor([pixels, 2], bilateral)),
          };
          const crf = scope.add(crfRnn(small, { classes: 32 }));
          let updates = 0;
          using _watch = small.observe({ before: ({ kernel }) => void (updates += Number(kernel === update)) });
          await crf(unary, lattices, { iterations: 1 });
          check(updates === expected, `${updates} updates in bindings of ${rows} rows`);
        }
      }
    },
  },
];
