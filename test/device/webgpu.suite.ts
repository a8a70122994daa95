import { fill, finite, sample, scanBlocks, scale } from "../../build/kernels.ts";
import type { DeviceInfo, Storage } from "../../src/device/device.ts";
import { adapterName, isSoftware, requestDevice } from "../../src/device/adapter.ts";
import { WebGpuDevice, type WebGpuOptions } from "../../src/device/webgpu.ts";
import { DeviceError, DisposedError, LimitError, ShapeError } from "../../src/errors.ts";
import { type Case, check, rejects, same } from "../suite.ts";
import { fcn32s } from "../../src/models/fcn32s.ts";
import { StandInGpu, type StandInOptions } from "./standInGpu.ts";

const megabyte = 2 ** 20;

/** A device on a stand-in, whose calls so far are forgotten. */
function makeDevice(standIn: StandInOptions = {}, options: Partial<WebGpuOptions> = {}) {
  const gpu = new StandInGpu(standIn);
  const device = new WebGpuDevice(gpu as unknown as GPUDevice, { owned: true, ...options });
  gpu.calls();
  return { gpu, device };
}

const text = (value: unknown): string => JSON.stringify(value, (_, field: unknown) => field ?? null);
const equal = (actual: unknown, expected: unknown, what: string): void =>
  check(text(actual) === text(expected), `${what}: expected ${text(expected)}, got ${text(actual)}`);
/** The names of calls alone. */
const namesOf = (calls: readonly (readonly unknown[])[]): string => calls.map(([name]) => name).join(" ");
const submission = "pushErrorScope pushErrorScope writeBuffer submit popErrorScope popErrorScope";
const withoutKernels = submission.replace("writeBuffer ", "");

/** `Promise.withResolvers`, which Node 20 lacks. */
interface PromiseWithResolvers<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}
function withResolvers<Value>(): PromiseWithResolvers<Value> {
  let [resolve, reject]: [(value: Value) => void, (error: Error) => void] = [() => {}, () => {}];
  const promise = new Promise<Value>((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

const adapter = (fields: object): GPUAdapterInfo => ({ vendor: "", architecture: "", device: "", description: "", ...fields }) as GPUAdapterInfo; // prettier-ignore
const infoOf = (adapterInfo: object | undefined, features: string[] = [], options = {}): DeviceInfo =>
  makeDevice({ adapterInfo, features }, options).device.info;

/** A dispatch of `scale`, in which `groups` workgroups take part. */
function runScale(device: WebGpuDevice, values: Storage, result: Storage, factor: number, groups = 1): void {
  device.run(scale, { values, result, count: 64 * groups, factor });
}

export const cases: Case[] = [
  {
    name: "an adapter has the name that it describes itself by, and is software where it computes on the processor",
    async run() {
      const parts = { vendor: "acme", architecture: "one", device: "0x1" };
      equal(adapterName(adapter({ ...parts, description: "Acme One" })), "Acme One", "described");
      const driver = "Open driver 1.2";
      const arc = { device: "arc-graphics", description: driver };
      equal(adapterName(adapter(arc)), `arc-graphics (${driver})`, "by its driver");
      equal(adapterName(adapter({ ...arc, device: "0x1" })), driver, "a number");
      equal(adapterName(adapter({ ...arc, isFallbackAdapter: true })), driver, "of no model");
      equal(adapterName(adapter(parts)), "acme one 0x1", "put together");
      equal(adapterName(adapter({ vendor: "acme", device: "0x1" })), "acme 0x1", "in part");
      equal(adapterName(adapter({})), "unnamed adapter", "nothing told");
      for (const fields of [
        { isFallbackAdapter: true },
        { description: "llvmpipe (LLVM 19)" },
        { device: "SwiftShader" },
        { architecture: "warp" },
        { description: "Microsoft Basic Render Driver" },
      ]) {
        check(isSoftware(adapter(fields)), JSON.stringify(fields));
      }
      for (const fields of [{}, { isFallbackAdapter: false }, { ...parts, description: "Acme One" }]) {
        check(!isSoftware(adapter(fields)), JSON.stringify(fields));
      }
    },
  },
  {
    name: "a device tells its adapter, its subgroups where all are of one size, and the limits that hold",
    async run() {
      const acme = adapter({ architecture: "one", description: "Acme One", subgroupMinSize: 32, subgroupMaxSize: 32 });
      const facts = {
        name: "Acme One",
        hardware: true,
        threads: 1,
        worker: false,
        variant: "one",
        vendor: "",
        model: "",
      };
      equal(infoOf(acme, ["subgroups"]), { ...facts, subgroupSize: 32, fallbacks: [] }, "its own");
      equal(infoOf(acme), { ...facts, subgroupSize: undefined, fallbacks: [] }, "without subgroups");
      const mixed = { ...acme, subgroupMaxSize: 64 };
      check(infoOf(mixed, ["subgroups"]).subgroupSize === undefined, "subgroups of several sizes");
      equal(infoOf({ ...acme, vendor: "acme", device: "x" }).vendor, "acme", "vendor");
      equal(infoOf({ ...acme, device: "x" }).model, "x", "model");
      equal(infoOf({ ...acme, device: "x" }, [], { model: "X 1" }).model, "X 1", "a model known better");
      const passed = { adapter: acme, fallbacks: ["another"] };
      equal(infoOf(undefined, [], passed), { ...facts, subgroupSize: undefined, fallbacks: ["another"] }, "passed");
      const other = infoOf(adapter({ description: "llvmpipe" }), [], passed);
      equal(
        [other.name, other.hardware, other.variant],
        ["llvmpipe", false, "webgpu"],
        "its own before what is passed",
      );
      equal(infoOf(undefined).name, "unnamed adapter", "unknown");
      const limits = { bindingBytes: 4096, bufferBytes: megabyte, alignment: 32, operations: 50e9 };
      equal(makeDevice().device.limits, limits, "limits");
      equal(makeDevice({}, { bindingBytes: 1024 }).device.limits, { ...limits, bindingBytes: 1024 }, "less");
      equal(makeDevice({}, { bindingBytes: 2 ** 40 }).device.limits, limits, "more than there is");
    },
  },
  {
    name: "an adapter is asked for the most that kernels can use, and for features that it has",
    async run() {
      const limits = {
        maxStorageBufferBindingSize: 1,
        maxBufferSize: 2,
        maxComputeWorkgroupStorageSize: 3,
        maxComputeInvocationsPerWorkgroup: 4,
        maxComputeWorkgroupSizeX: 5,
      };
      const asked: unknown[] = [];
      const ask = async (...features: string[]): Promise<void> => {
        const requested = async (descriptor: unknown): Promise<void> => void asked.push(descriptor);
        const all = { ...limits, maxBindGroups: 6 };
        await requestDevice({ limits: all, features: new Set(features), requestDevice: requested } as never);
      };
      await ask("subgroups", "shader-f16");
      await ask("timestamp-query");
      const label = "crf-rnn";
      equal(
        asked,
        [
          { label, requiredLimits: limits, requiredFeatures: ["subgroups"] },
          { label, requiredLimits: limits, requiredFeatures: ["timestamp-query"] },
        ],
        "requests",
      );
    },
  },
  {
    name: "dispatches are one pass with their parameters side by side, submitted before what is read or written",
    async run() {
      const { gpu, device } = makeDevice();
      const [a, b] = [device.allocate(48), device.allocate(48)];
      gpu.calls();
      runScale(device, a, b, 2);
      runScale(device, b, a, -0.5);
      runScale(device, a, b, 4);
      device.run(fill, { values: a, count: 65, value: 7 });
      equal(
        gpu.calls().filter(([name]) => !/ErrorScope|createShaderModule/.test(String(name))),
        [
          ["createCommandEncoder", "crf-rnn"],
          ["beginComputePass", "scale"],
          ["setPipeline", "scale"],
          ["createBindGroup", "scale", [0, "params", undefined, 256], [1, "#0", 0, 48], [2, "#1", 0, 48]],
          ["setBindGroup", 0, "scale", 0],
          ["dispatchWorkgroups", 1, 1],
          ["setPipeline", "scale"],
          ["createBindGroup", "scale", [0, "params", undefined, 256], [1, "#1", 0, 48], [2, "#0", 0, 48]],
          ["setBindGroup", 0, "scale", 256],
          ["dispatchWorkgroups", 1, 1],
          ["setPipeline", "scale"],
          ["setBindGroup", 0, "scale", 512],
          ["dispatchWorkgroups", 1, 1],
          ["setPipeline", "fill"],
          ["createBindGroup", "fill", [0, "params", undefined, 256], [1, "#0", 0, 48]],
          ["setBindGroup", 0, "fill", 768],
          ["dispatchWorkgroups", 2, 1],
        ],
        "commands",
      );
      await device.finish();
      const calls = gpu.calls();
      equal(namesOf(calls), `end ${submission} onSubmittedWorkDone`, "submission");
      const [, name, offset, bytes] = calls.find(([call]) => call === "writeBuffer") as [0, string, number, number[]];
      equal([name, offset, bytes.length], ["params", 0, 1024], "parameters");
      const view = new DataView(Uint8Array.from(bytes).buffer);
      const factors = [0, 256, 512].map((slot) => [view.getUint32(slot, true), view.getFloat32(slot + 4, true)]);
      equal(factors, [[64, 2], [64, -0.5], [64, 4]], "of scale"); // prettier-ignore
      equal([view.getUint32(768, true), view.getUint32(772, true)], [65, 7], "of fill");
      await device.finish();
      equal(namesOf(gpu.calls()), "onSubmittedWorkDone", "nothing left to submit");
      const nothing = { values: a, result: b, count: 0, factor: 1 };
      await device.runInTurns(scale, nothing, () => Promise.reject(new Error("a turn after nothing")));
      equal(gpu.calls(), [], "of no invocations");
      runScale(device, a, b, 2);
      equal(namesOf(gpu.calls().slice(0, 2)), "createCommandEncoder beginComputePass", "a new encoder and pass");
    },
  },
  {
    name: "devices on one GPUDevice share what was compiled there, but not a kernel of the same name and other code",
    async run() {
      const { gpu, device } = makeDevice();
      const modulesOf = (other: WebGpuDevice, kernel: typeof scale): number => {
        const [values, result] = [other.allocate(64), other.allocate(64)];
        other.run(kernel, { values, result, count: 16, factor: 2 });
        return gpu.calls().filter(([name]) => name === "createShaderModule").length;
      };
      const beside = (): WebGpuDevice => new WebGpuDevice(gpu as unknown as GPUDevice, { owned: false });
      check(modulesOf(device, scale) === 1, "a device compiles what it runs");
      await device.finish();
      check(modulesOf(beside(), scale) === 0, "another one compiles it again");
      check(modulesOf(beside(), { ...scale, code: `${scale.code}\n` }) === 1, "other code is not compiled");
    },
  },
  {
    name: "every 256 dispatches are submitted, and more workgroups than a dimension holds go in rows",
    async run() {
      const { gpu, device } = makeDevice();
      const [a, b] = [device.allocate(64), device.allocate(64)];
      runScale(device, a, b, 1);
      gpu.calls();
      for (let i = 1; i < 256; i++) runScale(device, a, b, i);
      check(!namesOf(gpu.calls()).includes("submit"), "256 dispatches are not submitted yet");
      runScale(device, a, b, 256);
      const calls = namesOf(gpu.calls());
      check(calls.startsWith(`end ${submission} createCommandEncoder`), calls);
      const counts = (groups: number): unknown => {
        runScale(device, a, b, 1, groups);
        return gpu.calls().find(([name]) => name === "dispatchWorkgroups");
      };
      equal(counts(65535), ["dispatchWorkgroups", 65535, 1], "one row");
      equal(counts(65536), ["dispatchWorkgroups", 32768, 2], "two rows");
      equal(counts(131_072), ["dispatchWorkgroups", 43691, 3], "three rows");
      device.run(scanBlocks, { values: a, totals: b, count: 5 * 2048 });
      equal(
        gpu.calls().find(([name]) => name === "dispatchWorkgroups"),
        ["dispatchWorkgroups", 5, 1],
        "workgroups",
      );
    },
  },
  {
    name: "a submission carries ten billion operations, or as many as take 100 ms; a larger dispatch goes alone",
    async run() {
      const { gpu, device } = makeDevice();
      const [a, b] = [device.allocate(64), device.allocate(64)];
      const heavy: typeof scale = { ...scale, id: "heavy", operations: ({ factor }) => factor };
      /** Queues dispatches of so many operations each, and returns how many went together. */
      const together = async (...operations: number[]): Promise<string> => {
        await device.finish();
        gpu.calls();
        for (const factor of operations) device.run(heavy, { values: a, result: b, count: 4, factor });
        await device.finish();
        const parts = namesOf(gpu.calls()).split(" submit ").slice(0, -1);
        return parts.map((part) => part.split("dispatchWorkgroups").length - 1).join();
      };
      equal(await together(4e9, 4e9, 2e9, 1, 9e9, 9e9, 11e9, 50e9, 1), "3,2,1,1,1,1", "before the pace is known");
      equal(await together(1, 50e9), "1,1", "one operation before");
      // What is no kernel's takes no operations.
      device.clear(a);
      gpu.calls();
      device.run(heavy, { values: a, result: b, count: 4, factor: 50e9 });
      check(!namesOf(gpu.calls()).includes("submit"), "a large one after none");
      device.pace = 1e6;
      equal(await together(4e7, 4e7, 2e7, 1, 9e7), "3,2", "a slow GPU");
      device.pace = 1e9;
      equal(await together(4e9, 4e9, 2e9, 1, 9e9, 9e9, 50e9, 50e9), "7,1", "a fast GPU");
      // Two operations a byte where the kernel tells none: 128 bytes a dispatch.
      device.pace = 7.68;
      gpu.calls();
      for (let i = 0; i < 5; i++) runScale(device, a, b, 1);
      await device.finish();
      const parts = namesOf(gpu.calls()).split(" submit ").slice(0, -1);
      equal(
        parts.map((part) => part.split("dispatchWorkgroups").length - 1),
        [3, 2],
        "by bytes",
      );
    },
  },
  {
    name: "kernels are compiled beside each other at first use, and what is queued meanwhile keeps its order",
    async run() {
      const { gpu, device } = makeDevice();
      const compiling = new Map<string, PromiseWithResolvers<object>>();
      const asked: string[] = [];
      Object.assign(gpu, {
        createComputePipelineAsync: ({ label }: { label: string }) => {
          asked.push(label);
          const pending = withResolvers<object>();
          compiling.set(label, pending);
          return pending.promise;
        },
      });
      const [a, b] = [device.allocate(64), device.allocate(64)];
      gpu.calls();
      const args = { values: a, result: b, count: 64, factor: 2 };
      device.run(scale, args);
      args.factor = 9;
      device.run(fill, { values: b, count: 4, value: 7 });
      const data = Uint8Array.of(1, 2, 3, 4);
      device.write(a, data);
      data.fill(9);
      device.run(scale, { ...args, factor: 3 });
      device.clear(b);
      device.copy(a, b);
      equal(asked, ["scale", "fill"], "each is asked for once, at once");
      check(!/Encoder|writeBuffer/.test(namesOf(gpu.calls())), "nothing is recorded yet");
      const done = device.finish();
      compiling.get("fill")!.resolve({ pipeline: "fill" });
      await new Promise((resolve) => setTimeout(resolve));
      check(!namesOf(gpu.calls()).includes("submit"), "nothing is submitted before all are there");
      compiling.get("scale")!.resolve({ pipeline: "scale" });
      await done;
      const calls = gpu.calls();
      const order = calls.flatMap(([name, what]) => (name === "setPipeline" ? [what] : /^(copy|clear|submit)/.test(String(name)) ? [name] : [])); // prettier-ignore
      equal(order, ["scale", "fill", "copyBufferToBuffer", "scale", "clearBuffer", "copyBufferToBuffer", "submit"], "order"); // prettier-ignore
      const written = calls.filter(([name]) => name === "writeBuffer") as [string, string, number, number[]][];
      equal(written.find(([, to]) => to === "uploads")![3], [1, 2, 3, 4], "the bytes are those of the call");
      const view = new DataView(Uint8Array.from(written.find(([, to]) => to === "params")![3]).buffer);
      equal([4, 516].map((at) => view.getFloat32(at, true)), [2, 3], "and so are numbers"); // prettier-ignore
      runScale(device, a, b, 1);
      equal(namesOf(gpu.calls()).split(" ")[0], "createCommandEncoder", "what is there is recorded at once");
      // Who must have it submitted now does not wait, nor does one whose compiler has failed.
      device.run(scanBlocks, { values: a, totals: b, count: 2048 });
      const tensor = device.tensor([1, 4]);
      device.export(tensor);
      check(
        gpu.calls().some(([name, what]) => name === "setPipeline" && what === "scanBlocks"),
        "exported",
      );
      device.run(sample, { values: a, places: b, result: device.allocate(64), count: 1, channels: 1 } as never);
      compiling.get("scanBlocks")!.resolve({ pipeline: "too late" });
      compiling.get("sample")!.reject(new Error("no compiler"));
      await device.finish();
      check(
        gpu.calls().some(([name, what]) => name === "setPipeline" && what === "sample"),
        "compiled once more",
      );
      device.run(finite, { values: a, status: b, count: 4 });
      const ended = device.finish();
      device.dispose();
      compiling.get("finite")!.resolve({ pipeline: "finite" });
      await rejects(ended, DisposedError);
      check(!gpu.calls().some(([name]) => name === "setPipeline"), "a device that ended records nothing");
    },
  },
  {
    name: "what is only prepared is not waited for, and a device that is lost meanwhile records nothing",
    async run() {
      const { gpu, device } = makeDevice();
      const compiling = withResolvers<object>();
      Object.assign(gpu, { createComputePipelineAsync: () => compiling.promise });
      device.prepare(scale, {});
      let done = false;
      void device.finish().then(() => (done = true));
      await new Promise((resolve) => setTimeout(resolve));
      check(done, "what is queued has run");
      const storage = device.allocate(64);
      runScale(device, storage, storage, 1);
      gpu.calls();
      const lost = device.finish();
      gpu.lose("unknown", "gone");
      await gpu.lost;
      compiling.resolve({ pipeline: "scale" });
      await rejects(lost, DeviceError);
      equal(gpu.calls(), [], "calls");
    },
  },
  {
    name: "bind groups are kept for the same memory, some thousands of them",
    async run() {
      const { gpu, device } = makeDevice({ limits: { maxBufferSize: 2 ** 24 } });
      const [a, b] = [device.allocate(32 * 4200), device.allocate(64)];
      const made = (index: number): boolean => {
        gpu.calls();
        runScale(device, { ...a, offset: 32 * index, bytes: 20 }, b, 1);
        const group = gpu.calls().find(([name]) => name === "createBindGroup");
        if (group) equal(group[3], [1, "#0", 32 * index, 32], "what is bound, in whole quads");
        return group !== undefined;
      };
      for (let index = 0; index <= 4096; index++) check(made(index), `${index} is new`);
      check(!made(0) && !made(4096), "both are kept");
      check(made(4097), "one too many");
      check(!made(4097) && made(0), "kept and forgotten");
    },
  },
  {
    name: "a dispatch whose time is asked for is a pass of its own, where there is a clock",
    async run() {
      for (const features of [["timestamp-query"], []]) {
        let told = 0;
        const { gpu, device } = makeDevice({ features });
        const [a, b] = [device.allocate(64), device.allocate(64)];
        runScale(device, a, b, 1);
        gpu.calls();
        runScale(device, a, b, 1);
        {
          using _observation = device.observe({ timed: () => told++ });
          runScale(device, a, b, 1);
          runScale(device, a, b, 1);
        }
        runScale(device, a, b, 1);
        const passes = gpu.calls().filter(([name]) => name === "beginComputePass" || name === "end");
        const pass = [["beginComputePass", "scale", "timed"], ["end"]];
        const expected = features.length > 0 ? [["end"], ...pass, ...pass, ["beginComputePass", "scale"]] : [];
        equal(passes, expected, "passes");
        gpu.contents = new Uint8Array(32);
        await device.finish();
        check(namesOf(gpu.calls()).includes("resolveQuerySet") === features.length > 0, "times are read");
        check(told === 2 * features.length, `${told} times were told`);
        device.dispose();
        check(gpu.calls().some(([, what]) => what === "queries") === features.length > 0, "the clock ends, too");
      }
    },
  },
  {
    name: "a dispatch in turns is one piece, whose time is told once",
    async run() {
      const { gpu, device } = makeDevice({ features: ["timestamp-query"] });
      check(device.peakReservedBytes === 0, `${device.peakReservedBytes} bytes of a new device`);
      const [values, result] = [device.allocate(64), device.allocate(64)];
      let told = 0;
      using _observation = device.observe({ timed: () => told++ });
      gpu.calls();
      await device.runInTurns(scale, { values, result, count: 1, factor: 1 }, async () => {});
      check(namesOf(gpu.calls()).split("dispatchWorkgroups").length === 2, "one dispatch");
      gpu.contents = new Uint8Array(16);
      await device.finish();
      check(told === 1, `${told} times`);
    },
  },
  {
    name: "memory is written after what was queued, and copied, cleared and read in whole words",
    async run() {
      const { gpu, device } = makeDevice();
      const [a, b] = [device.allocate(6), device.allocate(6)];
      gpu.calls();
      device.write({ ...a, offset: 8 }, Uint8Array.of(9, 8, 7, 6, 5, 4).subarray(1, 5));
      equal(gpu.calls(), [["writeBuffer", "#0", 8, [8, 7, 6, 5]]], "written at once");
      device.copy({ ...a, offset: 4, bytes: 12 }, { ...b, offset: 16 });
      device.clear({ ...b, offset: 12 });
      equal(
        gpu.calls(),
        [
          ["createCommandEncoder", "crf-rnn"],
          ["copyBufferToBuffer", "#0", 4, "#1", 16, 12],
          ["clearBuffer", "#1", 12, 8],
        ],
        "queued",
      );
      device.write(a, new Uint8Array(2 ** 14 + 4));
      equal(namesOf(gpu.calls()), `${withoutKernels} writeBuffer`, "a large one is written after");
      const bytes = await device.read({ ...a, offset: 4 });
      same(new Uint8Array(bytes), [1, 2, 3, 4, 5, 6], "read");
      equal(
        gpu.calls().filter(([name]) => !/ErrorScope/.test(String(name))),
        [
          ["createBuffer", "read", 256, 0x01 | 0x08],
          ["createCommandEncoder", "crf-rnn"],
          ["copyBufferToBuffer", "#0", 4, "read", 0, 8],
          ["submit", 1],
          ["mapAsync", "read", 1],
          ["unmap", "read"],
        ],
        "reading",
      );
      await Promise.all([device.read(a), device.read(b)]);
      const again = gpu.calls().filter(([name]) => name === "createBuffer");
      equal(again.length, 1, "the same buffer serves again, and one more where two are read at once");
      runScale(device, a, b, 1);
      gpu.calls();
      device.clear(a);
      equal(namesOf(gpu.calls()), "end clearBuffer", "no command is inside of a pass");
    },
  },
  {
    name: "small writes ride along with the commands that were queued, in their order",
    async run() {
      const { gpu, device } = makeDevice({ limits: { maxBufferSize: 2 ** 24 } });
      const [a, b] = [device.allocate(64), device.allocate(64)];
      runScale(device, a, b, 1);
      gpu.calls();
      device.write({ ...a, offset: 16 }, Uint8Array.of(0, 1, 2, 3, 4, 5).subarray(2));
      runScale(device, a, b, 1);
      device.write(b, Float32Array.of(1, 0));
      device.run(fill, { values: b, count: 4, value: 1 });
      equal(
        gpu.calls().filter(([name]) => !/ErrorScope|Pipeline|BindGroup|Module/.test(String(name))),
        [
          ["createBuffer", "uploads", 2 ** 18, 0x04 | 0x08],
          ["end"],
          ["copyBufferToBuffer", "uploads", 0, "#0", 16, 4],
          ["beginComputePass", "scale"],
          ["dispatchWorkgroups", 1, 1],
          ["end"],
          ["copyBufferToBuffer", "uploads", 4, "#1", 0, 8],
          ["beginComputePass", "fill"],
          ["dispatchWorkgroups", 1, 1],
        ],
        "commands",
      );
      await device.finish();
      const calls = gpu.calls();
      equal(namesOf(calls).replace(/\w+ErrorScope /g, ""), "end writeBuffer writeBuffer submit onSubmittedWorkDone", "one submission"); // prettier-ignore
      const written = calls.filter(([name]) => name === "writeBuffer").map(([, name, offset]) => [name, offset]);
      equal(written, [["params", 0], ["uploads", 0]], "what is written before it"); // prettier-ignore
      const [, , , bytes] = calls.find(([, name]) => name === "uploads") as [0, 0, 0, number[]];
      equal(bytes, [2, 3, 4, 5, ...new Uint8Array(Float32Array.of(1, 0).buffer)], "the bytes");
      // The next begin at the beginning again; more than there is room for are submitted before.
      device.clear(a);
      gpu.calls();
      for (let i = 0; i < 17; i++) device.write(a, new Uint8Array(2 ** 14));
      const copies = gpu.calls();
      check(namesOf(copies).split(" submit ").length === 2, namesOf(copies));
      const places = copies.filter(([name]) => name === "copyBufferToBuffer").map(([, , place]) => place);
      equal(places, [...Array.from({ length: 16 }, (_, i) => i * 2 ** 14), 0], "places");
      device.dispose();
      check(
        gpu.calls().some(([name, what]) => name === "destroy" && what === "uploads"),
        "destroyed at the end",
      );
    },
  },
  {
    name: "reading that fails tells why, or that the device is lost or disposed of, and leaves no buffer behind",
    async run() {
      const { gpu, device } = makeDevice();
      const storage = device.allocate(16);
      const failing = async (kind: abstract new (...args: never[]) => Error, meanwhile: () => void): Promise<Error> => {
        gpu.calls();
        gpu.mapping = () => {
          meanwhile();
          throw new Error("no mapping");
        };
        const error = await rejects(device.read(storage), kind);
        equal(gpu.calls().at(-1), ["destroy", "read"], "the last call");
        return error;
      };
      const refused = await failing(DeviceError, () => {});
      check(/webgpu: expected to read back a buffer, got Error: no mapping/.test(refused.message), refused.message);
      check((refused.cause as Error).message === "no mapping", "its cause");
      gpu.lose("unknown", "gone");
      await gpu.lost;
      const lost = await rejects(device.read(storage), DeviceError);
      const says =
        "webgpu: expected a live device, got it was lost (unknown): gone — call open() again and rebuild tensors";
      check(lost.message === says, lost.message);
      device.clear(storage);
      gpu.calls();
      equal((await rejects(device.finish(), DeviceError)).message, says, "finish");
      equal(gpu.calls(), [], "a device that is lost is asked for nothing");
      const other = makeDevice();
      const own = other.device.allocate(16);
      other.gpu.mapping = () => {
        other.device.dispose();
        throw new Error("no mapping");
      };
      await rejects(other.device.read(own), DisposedError);
      const third = makeDevice();
      const its = third.device.allocate(16);
      third.gpu.mapping = () => {
        third.gpu.lose("unknown", "gone");
        throw new Error("no mapping");
      };
      equal((await rejects(third.device.read(its), DeviceError)).message, says, "lost in the meantime");
    },
  },
  {
    name: "a device that ends, or is lost, while it waits says so",
    async run() {
      const ended = makeDevice();
      const waiting = ended.device.finish();
      ended.device.dispose();
      await rejects(waiting, DisposedError);
      const lost = makeDevice();
      const pending = lost.device.finish();
      lost.gpu.lose("unknown", "gone");
      await rejects(pending, DeviceError);
    },
  },
  {
    name: "a device that was disposed of asks nothing of its GPU",
    async run() {
      const { gpu, device } = makeDevice();
      const [a, b] = [device.allocate(16), device.allocate(16)];
      const buffer = gpu.createBuffer({ size: 16, usage: 0x8c }) as unknown as GPUBuffer;
      device.dispose();
      gpu.calls();
      device.dispose();
      for (const call of [
        () => device.write(a, new Uint8Array(16)),
        () => device.copy(a, b),
        () => device.clear(a),
        () => device.read(a),
        () => device.finish(),
        () => device.allocate(16),
        () => device.tensor([1, 4], buffer),
        () => device.prepare(scale, {}),
        () => device.copyPicture({} as ImageBitmap, 1, 1),
        () => device.borrow("test", { buffer }, 16, () => 0),
      ]) {
        await rejects(call, DisposedError);
      }
      equal(gpu.calls(), [], "calls");
    },
  },
  {
    name: "buffers come from the pool, within the largest that there may be",
    async run() {
      const { gpu, device } = makeDevice({ limits: { maxBufferSize: 1000 } });
      const first = device.allocate(100);
      equal(
        gpu.calls(),
        [["pushErrorScope", "out-of-memory"], ["createBuffer", "#0", 256, 0x80 | 0x04 | 0x08], ["popErrorScope"]],
        "made",
      ); // prettier-ignore
      check(device.bytes === 256, `${device.bytes} bytes`);
      device.release(first);
      const again = device.allocate(200);
      check(again.handle === first.handle && again.bytes === 200 && again.offset === 0, "from the pool");
      equal(gpu.calls(), [], "calls");
      // Rounded up it would be more than there may be.
      device.allocate(999);
      equal(gpu.calls()[1], ["createBuffer", "#1", 1000, 0x8c], "as large as may be");
      device.allocate(1000);
      equal(gpu.calls()[1], ["createBuffer", "#2", 1000, 0x8c], "the largest");
      const error = await rejects(() => device.allocate(1001), LimitError);
      check(/buffers of at most 1000 bytes, got 1001 bytes — use a smaller image/.test(error.message), error.message);
    },
  },
  {
    name: "on a device of the caller's own, errors about limits advise to request larger ones",
    async run() {
      const { device } = makeDevice({ limits: { maxBufferSize: 8192 } }, { owned: false });
      const advice =
        /— request the GPUDevice by requestDevice\(adapter\), .*maxBufferSize, maxStorageBufferBindingSize/;
      const [values, wide] = [device.allocate(64), device.allocate(8192)];
      for (const beyond of [
        () => device.allocate(8193),
        () => device.run(scale, { values: wide, result: values, count: 4, factor: 1 }),
        () => fcn32s(device, { classes: 2, widths: [8, 8, 8, 8, 64], fc: 8 }),
      ]) {
        const { message } = await rejects(beyond, LimitError);
        check(advice.test(message), message);
      }
    },
  },
  {
    name: "buffers beyond what is kept are destroyed, after what is queued for them is submitted, and once",
    async run() {
      const { gpu, device } = makeDevice({ limits: { maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 30 } });
      const use = (mebibytes: number): Storage => {
        const storage = device.allocate(mebibytes * megabyte);
        runScale(device, storage, storage, 1);
        device.release(storage);
        return storage;
      };
      // Twice the most that was in use at one time stays.
      for (const size of [40, 48, 56]) use(size);
      const calls = gpu.calls();
      equal(calls.filter(([name]) => name === "destroy"), [["destroy", "#0"]], "the oldest"); // prettier-ignore
      check(/dispatchWorkgroups end .*submit .*destroy$/.test(namesOf(calls)), namesOf(calls));
      check(device.bytes === 0 && device.reservedBytes === 104 * megabyte, `${device.reservedBytes} bytes reserved`);
      check(device.peakReservedBytes === 144 * megabyte, `${device.peakReservedBytes} bytes at most`);
      device.resetPeak();
      check(device.peakReservedBytes === 104 * megabyte, `${device.peakReservedBytes} bytes from now on`);
      runScale(device, device.allocate(64), device.allocate(64), 1);
      gpu.calls();
      for (let turn = 0; turn < 17; turn++) await device.finish();
      const gone = gpu.calls();
      check(namesOf(gone).startsWith(`end ${submission} onSubmittedWorkDone`), namesOf(gone));
      equal(gone.filter(([name]) => name === "destroy"), [["destroy", "#1"], ["destroy", "#2"]], "what nobody used"); // prettier-ignore
      check(device.reservedBytes === device.bytes, `${device.reservedBytes} bytes stay reserved`);
      device.dispose();
      check(!gpu.calls().some(([, name]) => name === "#1"), "destroyed twice");
    },
  },
  {
    name: "the buffers of a step serve the next one, and those that are read from, too",
    async run() {
      const { gpu, device } = makeDevice({ limits: { maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 30 } });
      const step = async (): Promise<string> => {
        gpu.calls();
        const sizes = [100, 80, 120, 80];
        const storages = sizes.map((size) => device.allocate(size * megabyte));
        runScale(device, storages[0]!, storages[1]!, 1);
        device.write(storages[2]!, Float32Array.of(1));
        for (const storage of storages) device.release(storage);
        const result = device.allocate(64);
        await device.read(result);
        device.release(result);
        return namesOf(gpu.calls().filter(([name]) => name === "createBuffer" || name === "destroy"));
      };
      await step();
      for (let i = 0; i < 40; i++) equal(await step(), "", `step ${i}`);
    },
  },
  {
    name: "memory that runs out takes what is kept with it",
    async run() {
      class GPUOutOfMemoryError extends Error {}
      const { gpu, device } = makeDevice();
      device.release(device.allocate(1024));
      gpu.errors.push(new TypeError("not so"));
      device.allocate(4096);
      await rejects(device.finish(), DeviceError);
      check(device.reservedBytes === device.bytes + 1024, "another error leaves it");
      gpu.calls();
      gpu.errors.push(new GPUOutOfMemoryError("full"));
      device.allocate(2048);
      // What nobody has asked for yet is no error that nobody handles.
      await new Promise((resolve) => setTimeout(resolve));
      await rejects(device.finish(), DeviceError);
      check(
        gpu.calls().some(([name, what]) => name === "destroy" && what === "#0"),
        "what was idle stays",
      );
      check(device.reservedBytes === device.bytes, `${device.reservedBytes} bytes`);
    },
  },
  {
    name: "what WebGPU catches is told at the next wait, once, with the kernels of its batch",
    async run() {
      class GPUOutOfMemoryError extends Error {}
      const { gpu, device } = makeDevice();
      const [a, b] = [device.allocate(64), device.allocate(64)];
      runScale(device, a, b, 1);
      await device.finish();
      const fails = async (error: Error): Promise<DeviceError> => {
        gpu.errors.push(error);
        const thrown = await rejects(device.finish(), DeviceError);
        await device.finish();
        return thrown;
      };
      runScale(device, a, b, 1);
      device.run(fill, { values: a, count: 4, value: 1 });
      runScale(device, a, b, 1);
      await new Promise((resolve) => setTimeout(resolve));
      const refused = await fails(new TypeError("not so"));
      equal(refused.kernel, "scale, fill", "kernels");
      equal(
        refused.message,
        "scale, fill: expected commands that WebGPU accepts, got not so — report this adapter and message",
        "message",
      );
      device.clear(a);
      equal((await fails(new TypeError("not so"))).message.slice(0, 20), "webgpu: expected com", "without kernels");
      device.clear(a);
      const full = await fails(new GPUOutOfMemoryError("full"));
      equal(
        full.message,
        "webgpu: expected memory for it on the device, got full — dispose tensors that are no longer needed, or use a smaller image",
        "memory",
      );
    },
  },
  {
    name: "a buffer to read from is kept up to 32 MiB, counted, and destroyed when nobody reads any more or the device ends",
    async run() {
      const { gpu, device } = makeDevice({ limits: { maxBufferSize: 2 ** 30 } });
      const storage = device.allocate(2 ** 25 + 4);
      const destroyed = (): number => gpu.calls().filter(([name]) => name === "destroy").length;
      await device.read({ ...storage, bytes: 2 ** 25 });
      check(destroyed() === 0, "32 MiB are destroyed");
      check(device.reservedBytes === device.bytes + 2 ** 25, `${device.reservedBytes - device.bytes} bytes kept`);
      await device.read(storage);
      check(destroyed() === 1, "more are kept");
      for (let turn = 0; turn < 16; turn++) await device.finish();
      check(destroyed() === 1, "what nobody has read from for sixteen waits is kept");
      await device.read({ ...storage, bytes: 16 });
      device.dispose();
      const ends = gpu.calls().filter(([name, what]) => name === "destroy" && what === "read");
      check(ends.length === 1, `${ends.length} destroyed with the device`);
    },
  },
  {
    name: "a picture goes through a texture to rows of 256 bytes; undefined where it is too large or not taken",
    async run() {
      const { gpu, device } = makeDevice();
      const picture = {} as ImageBitmap;
      const { storage, rowBytes } = device.copyPicture(picture, 65, 2)!;
      equal([rowBytes, storage.bytes], [512, 1024], "260 bytes a row");
      equal(
        gpu.calls().filter(([name]) => !/ErrorScope/.test(String(name))),
        [
          ["createTexture", "picture", "rgba8unorm", [65, 2], 0x01 | 0x02 | 0x10],
          ["copyExternalImageToTexture", {}, "picture", [65, 2]],
          ["createBuffer", "#0", 1024, 0x8c],
          ["createCommandEncoder", "crf-rnn"],
          ["copyTextureToBuffer", "#0", 0, 512, [65, 2]],
          ["submit", 1],
          ["destroy", "picture"],
        ],
        "calls",
      );
      equal(device.copyPicture(picture, 64, 128)!.rowBytes, 256, "256 bytes a row");
      gpu.calls();
      const { bytes } = device;
      equal(
        [device.copyPicture(picture, 129, 1), device.copyPicture(picture, 1, 129)],
        [undefined, undefined],
        "large",
      );
      equal(gpu.calls(), [], "what is too large is not begun");
      gpu.drawing = () => {
        throw new TypeError("of another origin");
      };
      check(device.copyPicture(picture, 1, 1) === undefined, "one that is not taken");
      equal(
        namesOf(gpu.calls()),
        "createTexture pushErrorScope copyExternalImageToTexture popErrorScope destroy",
        "and is let go of",
      );
      check(device.bytes === bytes, `${device.bytes - bytes} bytes left`);
      gpu.drawing = () => {};
      gpu.errors.push(new TypeError("no such format"));
      device.copyPicture(picture, 1, 1);
      const { message } = await rejects(device.finish(), DeviceError);
      check(message.startsWith("a picture: expected commands that WebGPU accepts, got no such format"), message);
      // Kernels that wait for their pipelines come first.
      Object.assign(gpu, { createComputePipelineAsync: () => new Promise(() => {}) });
      device.run(fill, { values: storage, count: 4, value: 1 });
      gpu.calls();
      device.copyPicture(picture, 1, 1);
      const names = namesOf(gpu.calls());
      check(/setPipeline.* submit .*copyTextureToBuffer.* submit /.test(names), names);
    },
  },
  {
    name: "a buffer that is borrowed needs to be readable by kernels alone, and is bound as far as it goes",
    async run() {
      const { gpu, device } = makeDevice();
      const result = device.allocate(64);
      const own = (size: number, usage: number): GPUBuffer =>
        gpu.createBuffer({ label: "own", size, usage }) as unknown as GPUBuffer;
      for (const wrong of [own(36, 0x80), own(40, 0x0c)]) {
        const { message } = await rejects(() => device.borrow("scores", { buffer: wrong }, 40, () => 0), DeviceError);
        const expected = `scores: expected a GPUBuffer of 40 bytes with STORAGE, got ${wrong.size} bytes, usage ${wrong.usage} — tell`;
        check(message.startsWith(expected), message);
      }
      const { message } = await rejects(() => device.tensor([2, 5], own(64, 0x80)), DeviceError);
      check(/of 64 bytes \(rows padded to four\) with STORAGE, COPY_SRC and COPY_DST, .* — pad/.test(message), message);
      gpu.calls();
      device.borrow("scores", { buffer: own(40, 0x80) }, 40, (storage) =>
        runScale(device, { ...storage, offset: 32, bytes: 8 }, result, 1),
      );
      const calls = gpu.calls();
      equal(calls.find(([name]) => name === "createBindGroup")![3], [1, "own", 32, 8], "its end");
      check(namesOf(calls).includes("submit"), "submitted before it is given back");
      let released = 0;
      const wrapped = { buffer: own(40, 0x80), release: () => released++ };
      const failing = (): never => {
        throw new TypeError("not read");
      };
      await rejects(() => device.borrow("scores", wrapped, 40, failing), TypeError);
      device.borrow("scores", wrapped, 40, () => 0);
      await new Promise((resolve) => setTimeout(resolve));
      check(released === 1, `released ${released} times: by who has read it, and not by who failed`);
    },
  },
  {
    name: "a wrapped buffer is told apart from another's, and given back when the last tensor of it is gone",
    async run() {
      const { gpu, device } = makeDevice();
      const result = device.allocate(64);
      const usage = 0x80 | 0x04 | 0x08;
      const buffer = gpu.createBuffer({ label: "own", size: 32, usage: usage | 0x01 }) as unknown as GPUBuffer;
      for (const [size, own, shown] of [
        [28, usage, "28 bytes, usage 140"],
        [32, usage - 4, "32 bytes, usage 136"],
      ] as const) {
        // prettier-ignore
        const wrong = gpu.createBuffer({ size, usage: own }) as unknown as GPUBuffer;
        const error = await rejects(() => device.tensor([2, 3], wrong), DeviceError);
        check(error.message.includes(`tensor [2, 3]: expected a GPUBuffer of 32 bytes`), error.message);
        check(error.message.includes(`got ${shown}`), error.message);
      }
      await rejects(() => device.tensor([0, 3], buffer), ShapeError);
      const [first, second] = [device.tensor([2, 3], buffer), device.tensor([1, 3], buffer)];
      equal({ ...second.storage, handle: 0, owner: 0 }, { handle: 0, offset: 0, bytes: 16, owner: 0 }, "its memory");
      const view = { handle: buffer, offset: 0, bytes: 16 };
      runScale(device, view, result, 1);
      first.dispose();
      gpu.calls();
      runScale(device, view, result, 1);
      second.dispose();
      equal(namesOf(gpu.calls()).slice(-submission.length), submission, "submitted when it is given back");
      const error = await rejects(() => runScale(device, view, result, 1), DeviceError);
      check(/those of another/.test(error.message), error.message);
      const released: string[] = [];
      const release = (): void => void released.push("once");
      device.tensor([2, 3], { buffer, release }).dispose();
      equal(namesOf(gpu.calls()), "onSubmittedWorkDone", "waits for the GPU");
      equal(released, [], "too early");
      await new Promise((resolve) => setTimeout(resolve));
      equal(released, ["once"], "released");
      gpu.queue.onSubmittedWorkDone = () => Promise.reject(new Error("lost"));
      device.tensor([2, 3], { buffer, release }).dispose();
      await new Promise((resolve) => setTimeout(resolve));
      equal(released, ["once", "once"], "where the device is lost, too");
    },
  },
  {
    name: "a tensor that is handed out has what was queued; a device that ends submits what a wrapped buffer waits for",
    async run() {
      for (const owned of [true, false]) {
        const { gpu, device } = makeDevice({}, { owned });
        const tensor = device.tensor([1, 4]);
        const exported = device.export(tensor);
        equal(namesOf(gpu.calls()).slice(-withoutKernels.length), withoutKernels, "submitted");
        check(exported.buffer === tensor.storage.handle, "its buffer");
        const gone = device.tensor([1, 4]);
        gone.dispose();
        await rejects(() => device.export(gone), DisposedError);
        check(!namesOf(gpu.calls()).includes("submit"), "nothing is submitted for one that is refused");
        device.clear(tensor.storage);
        const buffer = gpu.createBuffer({ label: "own", size: 32, usage: 0x8c }) as unknown as GPUBuffer;
        const wrapped = device.tensor([1, 4], buffer);
        gpu.calls();
        device.dispose();
        const end = owned ? " destroy" : "";
        equal(namesOf(gpu.calls()), `${withoutKernels} destroy destroy destroy${end}`, "the end");
        wrapped.dispose();
        equal(gpu.calls(), [], "nothing is submitted any more");
        await new Promise((resolve) => setTimeout(resolve));
      }
      const { gpu, device } = makeDevice();
      device.clear(device.allocate(16));
      gpu.calls();
      device.dispose();
      equal(namesOf(gpu.calls()), "destroy destroy destroy", "what nobody waits for is not submitted");
      await rejects(device.finish(), DisposedError);
    },
  },
];
