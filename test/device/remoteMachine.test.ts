/** A machine in a worker of paper, which keeps what it is sent and answers what a test says. */
import { Worker } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import type { Call } from "../../src/device/machine.ts";
import { listen } from "../../src/device/port.ts";
import type { Message } from "../../src/device/protocol.ts";
import { RemoteMachine } from "../../src/device/remote.ts";
import { DeviceError, LimitError } from "../../src/errors.ts";

const threads = process.getBuiltinModule("node:worker_threads");

afterEach(() => {
  threads.Worker = Worker;
  vi.restoreAllMocks();
});

const page = 65536;
const module = "the module" as unknown as WebAssembly.Module;
const facts = { where: "wasm", expected: "room", got: "none", remedy: "make room" };
const nothing = (): void => {};

class Paper {
  readonly sent: { message: Message; transfer: ArrayBuffer[] }[] = [];
  readonly log: string[] = [];
  heard: (message: unknown) => void = nothing;
  postMessage(message: Message, transfer: ArrayBuffer[]): void {
    this.sent.push({ message, transfer });
  }
  on(event: string, heard: (message: unknown) => void): void {
    if (event === "message") this.heard = heard;
  }
  off = (event: string): unknown => this.log.push(`off ${event}`);
  ref = (): unknown => this.log.push("ref");
  unref = (): unknown => this.log.push("unref");
  terminate = (): unknown => this.log.push("terminate");

  /** Answers the next message that is not answered yet. */
  answer(rest: object = {}): void {
    this.heard({ crfRnn: this.sent[0]!.message.crfRnn, times: [], ...rest });
  }
  /** What was sent since the last look. */
  take(): { commands: readonly unknown[]; request: unknown; transfer: ArrayBuffer[] }[] {
    return this.sent.splice(1).map(({ message: { commands, request }, transfer }) => ({ commands, request, transfer }));
  }
}

/** A machine whose worker, `own` or given, has said that it is open. */
async function openPaper(own = false) {
  const paper = new Paper();
  let made = 0;
  threads.Worker = function () {
    made++;
    return paper;
  } as unknown as typeof Worker;
  const stop = vi.spyOn(globalThis, "clearTimeout");
  const opening = RemoteMachine.open(own ? undefined : paper, module, true);
  expect(paper.sent[0]!.message).toMatchObject({ commands: [], request: ["open", module, true] });
  paper.answer({ value: { heapBase: 128, bytes: page, mostBytes: 3 * page } });
  const machine = await opening;
  expect(stop).toHaveBeenCalledTimes(1);
  expect(made).toBe(own ? 1 : 0);
  return { paper, machine };
}

test("commands go in one message at the end of a task, or with a request, or when there are 256", async () => {
  const { paper, machine } = await openPaper();
  expect(machine).toMatchObject({ heapBase: 128, bytes: page, mostBytes: 3 * page });
  for (let i = 0; i < 255; i++) machine.clear(i, 4);
  expect(paper.take()).toEqual([]);
  machine.copy(1, 2, 3);
  const [batch] = paper.take();
  expect(batch).toMatchObject({ request: undefined, transfer: [] });
  expect(batch!.commands).toHaveLength(256);
  expect([batch!.commands[0], batch!.commands[255]]).toEqual([
    ["clear", 0, 4],
    ["copy", 1, 2, 3],
  ]);
  machine.clear(5, 4);
  const finished = machine.finish();
  await Promise.resolve();
  expect(paper.take()).toEqual([{ commands: [["clear", 5, 4]], request: ["finish"], transfer: [] }]);
  machine.clear(6, 4);
  machine.clear(7, 4);
  await Promise.resolve();
  const commands = [
    ["clear", 6, 4],
    ["clear", 7, 4],
  ];
  expect(paper.take()).toEqual([{ commands, request: undefined, transfer: [] }]);
  paper.answer();
  paper.answer();
  await finished;
});

test("data are copied, unless they are nobody else's, and sent away once", async () => {
  const { paper, machine } = await openPaper();
  const data = Float32Array.of(1, 2);
  machine.write(16, data);
  machine.write(32, data, true);
  const reading = machine.read(16, 8);
  const [{ commands, request, transfer }] = paper.take() as [ReturnType<Paper["take"]>[0]];
  const [[, , copy], [, , own]] = commands as [["write", number, Float32Array], ["write", number, Float32Array]];
  expect([copy, own === data, copy === data, request]).toEqual([data, true, false, ["read", 16, 8]]);
  expect([transfer.length, transfer[0] === copy.buffer, transfer[1] === data.buffer]).toEqual([2, true, true]);
  paper.answer({ value: data.buffer });
  expect(await reading).toBe(data.buffer);
  void machine.finish();
  expect(paper.take()[0]!.transfer).toEqual([]);
  paper.answer();
});

test("memory grows to its most, at once, and no further", async () => {
  const { paper, machine } = await openPaper();
  machine.grow(2);
  expect(machine.bytes).toBe(3 * page);
  expect(() => machine.grow(1)).toThrow(`${page} bytes more than ${3 * page}`);
  expect(machine.bytes).toBe(3 * page);
  await Promise.resolve();
  expect(paper.take()[0]!.commands).toEqual([["grow", 2]]);
});

test("a kernel that is timed has a number, and its times are those of this thread's clock", async () => {
  const { paper, machine } = await openPaper();
  const call: Call = { kernel: "relu", file: "relu.wgsl", values: [], begin: 0, end: 1, chunk: 0 };
  const times: number[][] = [];
  machine.run(call);
  machine.run(call, (...time) => times.push([1, ...time]));
  machine.run(call, (...time) => times.push([2, ...time]));
  void machine.finish();
  expect(paper.take()[0]!.commands).toEqual([
    ["run", call, undefined],
    ["run", call, 1],
    ["run", call, 2],
  ]);
  const origin = performance.timeOrigin;
  const forget = vi.spyOn(Map.prototype, "delete");
  paper.answer({ times: [[2, origin + 8, origin + 16], [1, origin + 2, origin + 4]] }); // prettier-ignore
  expect(forget.mock.calls).toEqual([[2], [1]]);
  expect(times.map(([number, begin, end]) => [number, Math.round(begin!), Math.round(end!)])).toEqual([
    [2, 8, 16],
    [1, 2, 4],
  ]);
  expect(() => machine.run({ ...call, twin: nothing })).toThrow("a twin in JavaScript");
});

test("it is far behind with eight messages, until the first of them has an answer, whatever that is", async () => {
  const { paper, machine } = await openPaper();
  const failing = machine.finish().catch(nothing);
  for (let i = 0; i < 6; i++) void machine.finish();
  expect(machine.caughtUp()).toBeUndefined();
  void machine.finish();
  const waiting = machine.caughtUp();
  expect(waiting).toBeInstanceOf(Promise);
  paper.answer({ error: { name: "DeviceError", ...facts } });
  await Promise.all([waiting, failing]);
  for (let i = 0; i < 7; i++) paper.answer();
  expect(machine.caughtUp()).toBeUndefined();
});

test("an own worker keeps the process alive while an answer is due, and ends with its machine", async () => {
  const { paper, machine } = await openPaper(true);
  expect(paper.log.splice(0)).toEqual(["ref", "unref"]);
  const waiting = [machine.finish(), machine.start({ scratch: 0, scratches: [], source: "" })];
  expect(paper.log.splice(0)).toEqual(["ref"]);
  paper.answer();
  expect(paper.log).toEqual([]);
  let started = false;
  void waiting[1]!.then(() => (started = true));
  await waiting[0];
  await new Promise(setImmediate);
  expect(started).toBe(false);
  paper.answer();
  expect(paper.log.splice(0)).toEqual(["unref"]);
  await Promise.all(waiting);
  paper.take();
  // Nobody waits for what this reads, which is no unhandled rejection.
  void machine.read(0, 4);
  machine.close();
  machine.close();
  expect(paper.log.splice(0)).toEqual(["ref", "off message", "off error", "off exit", "terminate"]);
  expect(paper.take().map(({ request }) => request)).toEqual([["read", 0, 4], ["close"]]);
  // What it is told now is neither sent nor kept to be sent.
  const later = vi.spyOn(globalThis, "queueMicrotask");
  machine.clear(0, 4);
  machine.write(0, new Uint8Array(4));
  expect(later).not.toHaveBeenCalled();
  await expect(machine.finish()).rejects.toThrow("one that was closed");
  expect(paper.take()).toEqual([]);
});

test("a given worker is left as it is, and messages that are not for the machine are passed by", async () => {
  const { paper, machine } = await openPaper();
  const reading = machine.read(0, 4);
  for (const other of [null, "ping", { crfRnn: 2, times: [] }]) paper.heard(other);
  paper.answer({ value: 7 });
  expect(await reading).toBe(7);
  machine.close();
  expect(paper.log).toEqual(["off message", "off error", "off exit"]);
});

test.each([
  ["LimitError", LimitError],
  ["DeviceError", DeviceError],
  ["another", DeviceError],
])("an error of the name %s is made anew here, while it opens and later", async (name, Class) => {
  const { paper, machine } = await openPaper();
  const failed = machine.finish().catch((reason: unknown) => reason);
  const told = { name, ...facts, kernel: "relu" };
  paper.answer({ error: told });
  expect(await failed).toBeInstanceOf(Class);
  const { kernel, ...shown } = told;
  expect(await failed).toMatchObject({ ...shown, name: Class === LimitError ? "LimitError" : "DeviceError" });
  if (Class === DeviceError) expect(await failed).toMatchObject({ kernel });

  const second = new Paper();
  const opening = RemoteMachine.open(second, module, false);
  second.answer({ error: told });
  const error: unknown = await opening.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Class);
  expect(error).toMatchObject(facts);
  expect(second.take().map(({ request }) => request)).toEqual([["close"]]);
  expect(second.log).toEqual(["off message", "off error", "off exit"]);
});

test("a port of a page is started, heard until nobody wants to, and fails with its reason", () => {
  const heard = new Map<string, (event: object) => void>();
  const start = vi.fn();
  const port = {
    postMessage: nothing,
    addEventListener: (event: string, listener: (event: object) => void) => heard.set(event, listener),
    removeEventListener: (event: string, listener: unknown) => heard.get(event) === listener && heard.delete(event),
    start,
  };
  const [messages, ends]: [unknown[], string[]] = [[], []];
  const stop = listen(port, (message) => messages.push(message), (reason) => ends.push(reason)); // prettier-ignore
  expect(start).toHaveBeenCalledTimes(1);
  heard.get("message")!({ data: 5 });
  heard.get("error")!({ message: "a reason" });
  heard.get("messageerror")!({});
  expect([messages, ends]).toEqual([[5], ["a reason", "a worker that did not start"]]);
  stop();
  expect(heard.size).toBe(0);
});
