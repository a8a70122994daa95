/** A device whose kernels run in a worker does what the others do, and tells errors when it hears of them. */
import { relu as reluKernel } from "../../build/kernels.ts";
import { crfRnn } from "../../src/crf/crfRnn.ts";
import type { Device } from "../../src/device/device.ts";
import { open, type OpenOptions } from "../../src/device/open.ts";
import { canShareMemory } from "../../src/device/wasm.ts";
import { DeviceError, DisposedError, LimitError, ValueError } from "../../src/errors.ts";
import { crossEntropy } from "../../src/nn/crossEntropy.ts";
import { relu } from "../../src/nn/relu.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { Tape } from "../../src/tape.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";

const openRemote = (options: OpenOptions = {}): Promise<Device> =>
  open({ prefer: "wasm", threads: 1, worker: true, ...options });

/** What a CRF-RNN, its loss, gradients and a step of training come to. */
async function trained(device: Device): Promise<Float32Array> {
  using scope = device.scope();
  const crf = scope.add(
    crfRnn(device, { classes: 3, iterations: 2, spatial: { position: 2 }, learn: { bandwidths: true } }),
  );
  const [unary, guide] = [1, 2].map((seed) => scope.tensor([9, 8, 3], random(seed).array(216, 0, 9)));
  const labels = scope.labels([9, 8], new Uint8Array(72).fill(1));
  using tape = new Tape([unary!, ...Object.values(crf.parameters)]);
  const loss = scope.add(crossEntropy(scope.add(await crf(unary!, guide!)), labels));
  const gradients = await tape.gradients(loss);
  const step = scope.add(sgd(crf.parameters, { rate: 0.01 }));
  step(gradients);
  const all = [loss, gradients.get(unary!)!, ...Object.values(crf.parameters)];
  const values = await Promise.all(all.map((tensor) => tensor.read()));
  for (const gradient of gradients.values()) gradient.dispose();
  return Float32Array.from(values.flatMap((array) => [...array]));
}

/** Lets a kernel run beyond the end of the memory. */
function runTrap(device: Device): void {
  const [values, result] = [device.allocate(64), device.allocate(64)];
  device.run(reluKernel, { values, result, count: 2 ** 26 });
}

export const cases: Case[] = [
  {
    name: "inference, gradients and a step of training have the bits of the calling thread, with threads or without",
    async run() {
      for (const threads of canShareMemory() ? [1, 2] : [1]) {
        using local = await open({ prefer: "wasm", threads });
        using remote = await openRemote({ threads });
        check(remote.info.worker && !local.info.worker, "info.worker");
        check(remote.info.threads === threads && remote.kind === "wasm", `${remote.info.threads} ${remote.kind}`);
        same(await trained(remote), await trained(local), `${threads} threads`);
      }
    },
  },
  {
    name: "a run returns before its kernel begins, and the times of kernels are there when everything has finished",
    async run() {
      using device = await openRemote();
      using values = device.tensor([100, 4], random(1).array(400, -1, 1));
      const begins: number[] = [];
      const began = (): number => begins.length;
      using _observation = device.observe({ timed: (_, begin) => void begins.push(begin) });
      relu(values).dispose();
      relu(values).dispose();
      check(began() === 0, "a time before the end of the task");
      await device.finish();
      check(began() === 2 && begins[0]! <= begins[1]!, begins.join());
    },
  },
  {
    name: "what is written is what it was at the call, and the caller's arrays stay whole",
    async run() {
      using device = await openRemote();
      const data = random(1).array(16, -1, 1);
      const before = data.slice();
      using first = device.tensor([4, 4], data);
      using second = device.tensor([4, 4]);
      second.write(data);
      data.fill(7);
      check(data.length === 16, "the array was sent away");
      same(await first.read(), before, "tensor");
      same(await second.read(), before, "write");
      const bytes = new Uint8Array([1, 2, 3]);
      using labels = device.labels([3], bytes);
      bytes.fill(9);
      same(await labels.read(), [1, 2, 3], "labels");
      const reading = first.read();
      first.write(data);
      same(await reading, before, "what is read is what it was at the call");
    },
  },
  {
    name: "a kernel that fails is told once, by name, and other work goes on",
    async run() {
      using device = await openRemote();
      runTrap(device);
      using values = device.tensor([1, 4], [-1, 2, -3, 4]);
      relu(values).dispose();
      const error = await rejects(device.finish(), DeviceError);
      check(error.kernel === "relu" && error.where === "kernels/nn/relu.wgsl", error.message);
      using result = relu(values);
      same(await result.read(), [0, 2, 0, 4], "afterwards");
    },
  },
  {
    name: "more than can be addressed is refused at once, and what is there stays usable",
    async run() {
      using device = await openRemote();
      using values = device.tensor([1, 4], [1, 2, 3, 4]);
      await rejects(() => device.allocate(2 ** 32), LimitError);
      await rejects(() => device.empty([2 ** 20, 2 ** 12]), LimitError);
      // More than the memory has at first, so that it grows.
      using large = device.tensor([2 ** 20, 4]);
      large.write(new Float32Array(2 ** 22).fill(3));
      check(
        (await large.read()).every((value) => value === 3),
        "in memory that has grown",
      );
      same(await values.read(), [1, 2, 3, 4], "before it");
    },
  },
  {
    name: "a call that waits when the device is disposed of ends in a DisposedError",
    async run() {
      const device = await openRemote();
      const reading = device.tensor([1, 4]).read();
      const finishing = device.finish();
      device.dispose();
      await rejects(reading, DisposedError);
      await rejects(finishing, DisposedError);
      await rejects(() => device.allocate(64), DisposedError);
      device.dispose();
    },
  },
  {
    name: "a long call is never far ahead of the worker",
    async run() {
      using device = await openRemote();
      const [values, result] = [device.allocate(64), device.allocate(64)];
      let ahead = 0;
      let most = 0;
      using _observation = device.observe({ before: () => (most = Math.max(most, ++ahead)), timed: () => ahead-- });
      for (let run = 0; run < 100; run++) {
        await device.runInTurns(reluKernel, { values, result, count: 4 }, async () => {});
      }
      await device.finish();
      check(most > 1 && most <= 10 && ahead === 0, `${most} kernels ahead, ${ahead} in the end`);
    },
  },
  {
    name: "what lies in a worker is handed to no other runtime, and takes no other's memory",
    async run() {
      using device = await openRemote();
      using values = device.tensor([1, 4]);
      await rejects(() => device.export(values), DeviceError);
      const buffer = { size: 64, usage: 140, mapState: "unmapped" } as GPUBuffer;
      await rejects(() => device.tensor([1, 4], buffer), DeviceError);
    },
  },
  {
    name: "what is no worker is refused in words",
    async run() {
      for (const [worker, got] of [
        ["yes", 'the string "yes"'],
        [{}, "a plain object"],
        [Promise.resolve(), "a promise — await it first"],
      ] as const) {
        const error = await rejects(openRemote({ worker: worker as never }), ValueError);
        check(error.message.includes(got), error.message);
      }
    },
  },
];
