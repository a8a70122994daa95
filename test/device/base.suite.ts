import { add as addKernel, relu as reluKernel } from "../../build/kernels.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { DeviceError, DisposedError, InternalError, LimitError, ShapeError, ValueError } from "../../src/errors.ts";
import { panels } from "../../src/layout.ts";
import { relu } from "../../src/nn/relu.ts";
import type { Tensor } from "../../src/tensor.ts";
import { type Case, check, rejects, same } from "../suite.ts";

const said = (error: Error, words: string): void => check(error.message.includes(words), error.message);

/** A device of one's own, which may be disposed of. */
const openOwn = (bindingBytes?: number): Promise<Device> => open({ prefer: "wasm", threads: 1, bindingBytes });

export const cases: Case[] = [
  {
    name: "memory that is released twice is an internal error that says how much and where",
    async run(device) {
      const storage = device.allocate(64);
      const before = device.bytes;
      device.release(storage);
      const { bytes } = device;
      check(bytes < before, `${bytes} bytes after ${before}`);
      const error = await rejects(() => device.release(storage), InternalError);
      said(error, `got 64 bytes at ${storage.offset} that are not allocated`);
      check(device.bytes === bytes, `${device.bytes} bytes in use after a release that failed`);
    },
  },
  {
    name: "the largest number of bytes that were in use is kept until it is reset",
    async run(device) {
      device.resetPeak();
      const start = device.peakBytes;
      const [small, large] = [device.allocate(256), device.allocate(1024)];
      check(device.peakBytes === start + 1280, `peak ${device.peakBytes} from ${start}`);
      device.release(large);
      device.release(device.allocate(512));
      check(device.peakBytes === start + 1280, `peak ${device.peakBytes} after less`);
      device.resetPeak();
      check(device.peakBytes === start + 256, `peak ${device.peakBytes} of what is left`);
      device.release(small);
    },
  },
  {
    name: "what is reserved holds what is in use, and its peak is kept until it is reset",
    async run(device) {
      const whole = (): boolean =>
        device.reservedBytes >= device.bytes && device.peakReservedBytes >= device.reservedBytes;
      device.resetPeak();
      check(whole() && device.peakReservedBytes === device.reservedBytes, "after a reset");
      const large = device.allocate(2 ** 25);
      check(whole() && device.peakReservedBytes >= 2 ** 25, `${device.peakReservedBytes} bytes with 32 MiB in use`);
      const most = device.peakReservedBytes;
      device.release(large);
      check(whole() && device.peakReservedBytes === most, `${device.peakReservedBytes} bytes after a release`);
    },
  },
  {
    name: "an attempt that fails gives back what it and the attempts within it made, and keeps nothing from others",
    async run(device) {
      const before = device.bytes;
      using mine = device.tensor([1, 4]);
      const after = device.bytes;
      let inner: Tensor | undefined;
      const fails = (): never => {
        throw new ValueError({ where: "test", expected: "no error", got: "one" });
      };
      await rejects(() => {
        device.attempt(() => {
          device.tensor([2, 4]);
          inner = device.attempt(() => device.tensor([3, 4]));
          fails();
        });
      }, ValueError);
      check(inner!.disposed && !mine.disposed, "the outer attempt");
      check(device.bytes === after, `${device.bytes - after} bytes left`);
      // What an attempt within made goes, what the outer one made stays.
      const outer = device.attempt(() => {
        const made = device.tensor([2, 4]);
        try {
          device.attempt(() => {
            inner = device.tensor([3, 4]);
            fails();
          });
        } catch {
          check(inner!.disposed && !made.disposed, "the inner attempt");
        }
        return made;
      });
      // Nothing belongs to an attempt that has ended.
      await rejects(() => device.attempt(fails), ValueError);
      check(!outer.disposed, "what an attempt returned");
      outer.dispose();
      check(device.bytes > before, "mine is still there");
    },
  },
  {
    name: "an attempt that failed within others leaves these whole: each keeps what it and those within it made",
    async run(device) {
      const before = device.bytes;
      const fails = (): never => {
        throw new ValueError({ where: "test", expected: "no error", got: "one" });
      };
      const ignored = (work: () => unknown): void => {
        try {
          device.attempt(work);
        } catch {
          return;
        }
        throw new InternalError({ where: "test", expected: "an error", got: "none" });
      };
      ignored(() => {
        ignored(fails);
        device.tensor([2, 4]);
        fails();
      });
      check(device.bytes === before, `${device.bytes - before} bytes left of what was made after the failure`);
      let left = 0;
      ignored(() => {
        ignored(() => {
          device.attempt(() => device.tensor([3, 4]));
          fails();
        });
        left = device.bytes - before;
        fails();
      });
      check(left === 0, `${left} bytes left of the innermost`);
    },
  },
  {
    name: "shapes are checked wherever memory is taken for them",
    async run(device) {
      await rejects(() => device.empty([0, 3]), ShapeError);
      await rejects(() => device.labels([0], []), ShapeError);
      await rejects(() => device.labels([1.5], [1]), ShapeError);
    },
  },
  {
    name: "a GPUBuffer, alone or with a callback, is refused by a device that has no use for it",
    async run() {
      using own = await openOwn();
      check(own.bytes === 0 && own.peakBytes === 0, `${own.bytes} bytes of a new device`);
      const buffer = { size: 64, usage: 140, mapState: "unmapped" } as GPUBuffer;
      for (const data of [buffer, { buffer, release: () => {} }]) {
        const error = await rejects(() => own.tensor([1, 4], data), DeviceError);
        said(error, "tensor [1, 4]: expected an array of numbers, got a GPUBuffer on the WASM device");
      }
    },
  },
  {
    name: "a tensor that was handed out keeps its memory until it is released, once; WASM hands out none",
    async run(device) {
      const before = device.bytes;
      const tensor = device.tensor([2, 5]);
      if (device.kind === "wasm") {
        said(await rejects(() => device.export(tensor), DeviceError), "export of tensor [2, 5]");
        tensor.dispose();
        return void (await rejects(() => device.export(tensor), DisposedError));
      }
      const used = device.bytes;
      const exported = device.export(tensor);
      check(exported.shape.join() === "2,5" && exported.stride === 8, `${exported.shape}, ${exported.stride}`);
      check(exported.buffer === tensor.storage.handle, "its buffer");
      tensor.dispose();
      check(device.bytes === used, `${used - device.bytes} bytes were given back too early`);
      exported.release();
      check(device.bytes === before, `${device.bytes - before} bytes left`);
      exported[Symbol.dispose]();
      await rejects(() => device.export(tensor), DisposedError);
    },
  },
  {
    name: "a device ends with its block, and a dispatch in turns with its device",
    async run() {
      let ended: Device;
      {
        using own = await openOwn();
        ended = own;
      }
      await rejects(() => ended.allocate(64), DisposedError);
      const own = await openOwn();
      const [values, result] = [own.allocate(64), own.allocate(64)];
      const turn = async (): Promise<void> => own.dispose();
      await rejects(own.runInTurns(reluKernel, { values, result, count: 4 }, turn), DisposedError);
    },
  },
  {
    name: "labels of any number read back, and take their bytes",
    async run(device) {
      for (const count of [1, 3, 4, 5, 8]) {
        const values = Uint8Array.from({ length: count }, (_, i) => i + 1);
        using labels = device.labels([count], values);
        same(await labels.read(), values, `${count} labels`);
        check(labels.storage.bytes === 4 * Math.ceil(count / 4), `${labels.storage.bytes} bytes`);
      }
      const error = await rejects(() => device.labels([2], [1, 2, 3]), ShapeError);
      said(error, "labels [2]");
    },
  },
  {
    name: "a layout that is none, or for other shapes, is refused in words",
    async run(device) {
      const wrong = await rejects(() => device.tensor([1, 1, 2, 2], [1, 2, 3, 4], "panels" as never), ValueError);
      said(wrong, "tensor [1, 1, 2, 2]: expected a layout: panels for the weights of a convolution, else left out");
      const absent = await rejects(() => device.tensor([4], [1, 2, 3, 4], null as never), ValueError);
      said(absent, "got null — pass panels, which crf-rnn exports");
      const flat = await rejects(() => device.tensor([2, 2], [1, 2, 3, 4], panels), ShapeError);
      said(flat, "tensor: expected a shape [outputs, inputs, height, width] for layout panels, got [2, 2]");
      using weight = device.tensor([1, 1, 2, 2], [1, 2, 3, 4], panels);
      same(await weight.read(), [1, 2, 3, 4], "panels");
    },
  },
  {
    name: "data that is neither numbers nor a GPUBuffer is refused, whatever it looks like",
    async run(device) {
      for (const data of [null, "1234", 1, {}, { buffer: {} }, { buffer: null }, { size: 16, usage: 0 }]) {
        await rejects(() => device.tensor([1, 4], data as never), ValueError, JSON.stringify(data));
      }
    },
  },
  {
    name: "a dispatch of no invocations does nothing, and no observer hears of it",
    async run(device) {
      using scope = device.scope();
      const [values, result] = [scope.tensor([1, 4], [1, 2, 3, 4]), scope.tensor([1, 4], [5, 6, 7, 8])];
      const heard: string[] = [];
      using _observation = device.observe({ before: () => heard.push("before"), after: () => heard.push("after") });
      device.run(reluKernel, { values: values.storage, result: result.storage, count: 0 });
      check(heard.length === 0, heard.join());
      device.run(reluKernel, { values: values.storage, result: result.storage, count: 1 });
      check(heard.join() === "before,after", heard.join());
      same(await result.read(), [1, 2, 3, 4], "result");
    },
  },
  {
    name: "a dispatch in turns gives the same bits, takes a turn after each piece, and is observed once",
    async run(device) {
      using scope = device.scope();
      const count = 10_000;
      const numbers = Float32Array.from({ length: 4 * count }, (_, i) => (i % 7) - 3);
      const [values, result] = [scope.tensor([count, 4], numbers), scope.tensor([count, 4])];
      const heard: string[] = [];
      const times: [number, number][] = [];
      const observation = device.observe({
        before: () => heard.push("before"),
        after: () => heard.push("after"),
        timed: (_, begin, end) => times.push([begin, end]),
      });
      const start = performance.now();
      const args = { values: values.storage, result: result.storage, count };
      const turn = async (): Promise<void> => void heard.push("turn");
      await device.runInTurns(reluKernel, args, turn);
      observation[Symbol.dispose]();
      same(
        await result.read(),
        numbers.map((value) => Math.max(value, 0)),
        "result",
      );
      const turns = heard.filter((word) => word === "turn").length;
      check(heard[0] === "before" && heard.at(-1) === "after", heard.join());
      check(heard.length === turns + 2, heard.join());
      // WASM cuts it up; a GPU, or a worker, is given all of it.
      const cut = device.kind === "wasm" && !device.info.worker;
      check(cut ? turns > 1 : turns === 1, `${turns} turns`);
      if (device.kind === "webgpu") return;
      check(times.length === 1, `${times.length} times`);
      const [[begin, end]] = times as [[number, number]];
      // A worker's clock is another one, which is set to this one's to a fraction of a millisecond.
      const off = device.info.worker ? 1 : 0;
      const within = begin >= start - off && end >= begin && end <= performance.now() + off;
      check(within, `${begin} to ${end}, begun at ${start}`);
      heard.length = 0;
      await device.runInTurns(reluKernel, { ...args, count: 0 }, turn);
      check(!heard.includes("turn"), "a turn after nothing");
    },
  },
  {
    name: "an observer that throws leaves the others as they were, and what observers run is not observed",
    async run(device) {
      using x = device.tensor([1, 4], [1, 2, 3, 4]);
      let heard = 0;
      {
        using _counting = device.observe({ after: () => heard++ });
        const failing = device.observe({
          before: () => {
            throw new ValueError({ where: "test", expected: "no error", got: "one" });
          },
        });
        await rejects(() => relu(x), ValueError);
        failing[Symbol.dispose]();
        relu(x).dispose();
        check(heard === 1, `${heard} dispatches heard`);
      }
      relu(x).dispose();
      check(heard === 1, `${heard} dispatches heard in the end`);
      const kernels: string[] = [];
      using _computing = device.observe({
        after({ kernel }) {
          kernels.push(kernel.id);
          relu(x).dispose();
        },
      });
      relu(x).dispose();
      check(kernels.length === 1, `${kernels.join()} heard, with one that an observer runs`);
    },
  },
  {
    name: "an argument beyond the device's largest binding is named with its bytes, one of another device is refused",
    async run(device) {
      using small = await openOwn(1024);
      check(small.limits.bindingBytes === 1024, `${small.limits.bindingBytes} bytes`);
      const [fits, over] = [small.allocate(1024), small.allocate(1040)];
      small.run(addKernel, { a: fits, b: fits, result: fits, count: 64 });
      const args = { a: fits, b: over, result: fits, count: 64 };
      const error = await rejects(() => small.run(addKernel, args as never), LimitError);
      said(
        error,
        "kernels/shared/add.wgsl: expected b within 1024 bytes, the device's largest binding, got 1040 bytes",
      );
      const first = { a: over, b: fits, result: fits, count: 64 };
      said(await rejects(() => small.run(addKernel, first as never), LimitError), "expected a within 1024 bytes");
      using mine = device.tensor([64, 4]);
      const mixed = { a: fits, b: mine.storage, result: fits, count: 64 };
      const foreign = await rejects(() => small.run(addKernel, mixed as never), DeviceError);
      said(foreign, "kernels/shared/add.wgsl: expected arguments in the memory of this device, got those of another");
    },
  },
  {
    name: "a device that was disposed of makes, runs and observes nothing, and takes back without a word",
    async run() {
      const device = await openOwn();
      const storage = device.allocate(64);
      const tensor = device.tensor([1, 4]);
      device.dispose();
      device.dispose();
      device[Symbol.dispose]();
      const calls = [
        () => device.allocate(64),
        () => device.tensor([1, 4]),
        () => device.labels([1], [1]),
        () => device.labels([1], [300]),
        () => device.scope(),
        () => device.observe({}),
        () => device.export(tensor),
        () => device.run(reluKernel, { values: storage, result: storage, count: 1 }),
        () => device.read(storage),
        () => device.write(storage, new Uint8Array(64)),
        () => device.copy(storage, storage),
        () => device.clear(storage),
        () => device.finish(),
      ];
      for (const [i, call] of calls.entries()) {
        const error = await rejects(call, DisposedError, `call ${i}`);
        said(error, "wasm: expected an open device, got one that was disposed — call open() again");
      }
      device.release(storage);
      device.release(storage);
      tensor.dispose();
    },
  },
];
