import { crfRnn } from "../../src/crf/crfRnn.ts";
import { filter } from "../../src/lattice/filter.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { type Case, check, random, same } from "../suite.ts";

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
      // On WebGPU see webgpu.test.ts, which counts the buffers that are made.
      const linearBytes = (): number =>
        device.kind === "wasm" ? (values.storage.handle as WebAssembly.Memory).buffer.byteLength : 0;
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
    name: "scopes nest: what the inner one keeps is the outer one's, and `using` ends them",
    async run(device) {
      const made = [];
      {
        using outer = device.scope();
        made.push(device.tensor([1, 4]));
        {
          using inner = device.scope();
          made.push(device.tensor([1, 4]), inner.keep(device.tensor([1, 4], [1, 2, 3, 4])));
        }
        check(!made[0].disposed && made[1].disposed && !made[2].disposed, "after the inner scope");
        same(await made[2].read(), [1, 2, 3, 4], "kept by the inner scope");
        made.push(outer.keep(device.tensor([1, 4])));
      }
      check(made[2].disposed && !made[3].disposed, "after the outer scope");
      made[3].dispose();
    },
  },
];
