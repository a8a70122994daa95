import { crfRnn } from "../../src/crf/crfRnn.ts";
import { filter } from "../../src/lattice/filter.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { DisposedError } from "../../src/errors.ts";
import { add } from "../../src/nn/add.ts";
import { Tape } from "../../src/tape.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "two hundred filters take no more memory than two",
    async run(device) {
      using features = device.tensor([400, 3], random(1).array(1200, -3, 3));
      using values = device.tensor([400, 5], random(2).array(2000));
      const round = async (): Promise<void> => {
        using lattice = await buildLattice(features);
        filter(values, lattice, { normalization: "after" }).dispose();
        filter(values, lattice, { normalization: "symmetric", transpose: true }).dispose();
      };
      const peaks: number[] = [];
      // On WebGPU see webgpu.test.ts, which counts the buffers that are made. A worker's memory cannot be seen from here.
      const linearBytes = (): number =>
        device.kind === "wasm" && !device.info.worker
          ? (values.storage.handle as WebAssembly.Memory).buffer.byteLength
          : 0;
      await round();
      const linear = linearBytes();
      for (let i = 0; i < 100; i++) {
        device.resetPeak();
        const before = device.peakBytes;
        await round();
        peaks.push(device.peakBytes);
        device.resetPeak();
        check(device.peakBytes === before, `round ${i} left ${device.peakBytes - before} bytes`);
      }
      check(linearBytes() === linear, `WebAssembly's memory grew by ${linearBytes() - linear} bytes`);
      check(peaks.at(-1) === peaks[0], `round 0 took ${peaks[0]} bytes, round 99 ${peaks.at(-1)}`);
    },
  },
  {
    name: "inference leaves its result and nothing else, and a layer its lattice until it is disposed of",
    async run(device) {
      device.resetPeak();
      const before = device.peakBytes;
      const unary = device.tensor([6, 7, 4], random(3).array(168));
      const guide = device.tensor([6, 7, 3], random(4).array(126, 0, 255));
      const crf = crfRnn(device, { classes: 4, iterations: 2 });
      const first = await crf(unary, guide);
      device.resetPeak();
      const after = device.peakBytes;
      (await crf(unary, guide)).dispose();
      device.resetPeak();
      check(device.peakBytes === after, `a second call left ${device.peakBytes - after} bytes`);
      for (const disposable of [unary, guide, crf, first]) disposable.dispose();
      device.resetPeak();
      check(device.peakBytes === before, `${device.peakBytes - before} bytes left at the end`);
    },
  },
  {
    name: "a scope frees what was made through it and what was computed from that, but what it keeps",
    async run(device) {
      const scope = device.scope();
      const [freed, kept] = [scope.tensor([1, 4], [1, 2, 3, 4]), scope.keep(scope.tensor([1, 4], [5, 6, 7, 8]))];
      const strange = device.tensor([1, 4], [1, 1, 1, 1]);
      const [sum, other] = [add(freed, strange), add(kept, strange)];
      const returned = scope.keep(add(freed, kept));
      scope.dispose();
      check(freed.disposed && sum.disposed, "what was made inside lives on");
      check(!strange.disposed && !other.disposed, "what others made is gone");
      same(await kept.read(), [5, 6, 7, 8], "kept");
      same(await returned.read(), [6, 8, 10, 12], "a kept result");
      for (const tensor of [kept, strange, other, returned]) tensor.dispose();
    },
  },
  {
    name: "what comes from two scopes is the younger one's, and what comes late is its caller's",
    async run(device) {
      using outer = device.scope();
      const inner = device.scope();
      const [a, b] = [outer.tensor([1, 4]), inner.tensor([1, 4])];
      const [ab, ba] = [add(a, b), add(b, a)];
      inner.dispose();
      check(!a.disposed && ab.disposed && ba.disposed, "after the inner scope");
      await rejects(() => inner.tensor([1, 4]), DisposedError);
      await rejects(() => inner.add(a), DisposedError);
      using late = outer.add(add(a, a));
      outer.dispose();
      check(late.disposed && a.disposed, "after the outer scope");
    },
  },
  {
    name: "a scope disposes of layers, lattices and labels put in its charge, and gradients follow their output",
    async run(device) {
      const before = device.bytes;
      {
        using scope = device.scope();
        const features = scope.tensor([40, 2], random(1).array(80));
        const lattice = await buildLattice(features);
        check(lattice.scope === scope, "a lattice is where its features are");
        scope.add(crfRnn(device, { classes: 2 }));
        scope.labels([2, 2], [0, 1, 2, 3]);
        const parameter = device.tensor([40, 3], random(2).array(120));
        using tape = new Tape([parameter]);
        const result = scope.add(filter(parameter, lattice));
        const gradients = await tape.gradients(result, result);
        check(gradients.get(parameter)!.scope === scope, "a gradient is where the output is");
        parameter.dispose();
      }
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
  {
    name: "bytes and peakBytes tell what is in use, and what was",
    async run(device) {
      const before = device.bytes;
      const tensor = device.tensor([1000, 4]);
      const more = device.bytes - before;
      // WebGPU's buffers come in sizes of the pool.
      check(more >= 16_000 && more <= 18_000, `${more} bytes for 16,000`);
      tensor.dispose();
      check(device.bytes === before && device.peakBytes >= before + more, `${device.bytes}, peak ${device.peakBytes}`);
      device.resetPeak();
      check(device.peakBytes === before, "the peak was reset");
    },
  },
];
