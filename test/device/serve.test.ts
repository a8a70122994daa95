/** What a worker does with messages, on this thread and with machines of paper, which note what they are told. */
import { afterEach, expect, test, vi } from "vitest";
import { LocalMachine } from "../../src/device/localMachine.ts";
import { serve } from "../../src/device/serve.ts";
import { DeviceError, LimitError } from "../../src/errors.ts";

const { getBuiltinModule } = process;

afterEach(() => {
  process.getBuiltinModule = getBuiltinModule;
  vi.restoreAllMocks();
});

/** A machine that notes its calls; `fails` are those that throw. */
function paperMachine(log: unknown[][], fails: Readonly<Record<string, unknown>>) {
  const note = (name: string, value?: unknown) =>
    function (...args: unknown[]) {
      log.push([name, ...args]);
      if (name in fails) throw fails[name] as Error;
      return value;
    };
  const names = ["start", "grow", "write", "copy", "clear", "finish", "close", "fail"];
  const methods = Object.fromEntries(names.map((name) => [name, note(name)]));
  const run = (call: unknown, timed?: (begin: number, end: number) => void): void => {
    log.push(["run", call, timed !== undefined]);
    timed?.(10, 12);
  };
  return { ...methods, run, read: note("read", new ArrayBuffer(8)), heapBase: 128, bytes: 65536, mostBytes: 131072 };
}

interface Reply {
  readonly message: { readonly value?: unknown; readonly error?: object; readonly times: number[][] };
  readonly transfer: readonly unknown[];
}

/** A worker that serves, and what its machines are told. */
function worker(fails: Readonly<Record<string, unknown>> = {}) {
  const log: unknown[][] = [];
  const replies: ((reply: Reply) => void)[] = [];
  let heard: (message: unknown) => void;
  const parentPort = {
    on: (event: string, listener: typeof heard) => event === "message" && (heard = listener),
    postMessage: (message: Reply["message"], transfer: unknown[]) => replies.shift()!({ message, transfer }),
  };
  process.getBuiltinModule = (): never => ({ parentPort }) as never;
  vi.spyOn(LocalMachine, "open").mockImplementation(async (...args) => {
    log.push(["open", ...args]);
    if ("open" in fails) throw fails.open as Error;
    return paperMachine(log, fails) as unknown as LocalMachine;
  });
  serve();
  const ask = (crfRnn: number, commands: readonly unknown[], request?: readonly unknown[]): Promise<Reply> => {
    const reply = new Promise<Reply>((resolve) => replies.push(resolve));
    heard({ crfRnn, commands, request });
    return reply;
  };
  return { log, ask, hear: (message: unknown) => heard(message) };
}

test("opens machines, tells them what they are told in order, answers, and forgets those that are closed", async () => {
  const { log, ask, hear } = worker();
  expect(await ask(7, [], ["open", "the module", true])).toEqual({
    message: { crfRnn: 7, times: [], value: { heapBase: 128, bytes: 65536, mostBytes: 131072 } },
    transfer: [],
  });
  // A message without a number is another's.
  for (const other of ["ping", null, { commands: [] }]) hear(other);
  const done = { message: { crfRnn: 7, times: [] }, transfer: [] };
  const places = { scratch: 1 };
  expect(await ask(7, [], ["start", places])).toEqual(done);
  const data = new Uint8Array(4);
  const commands = [["write", 16, data], ["copy", 1, 2, 3], ["clear", 4, 8], ["grow", 2], ["run", "a call", undefined]]; // prettier-ignore
  expect(await ask(7, commands)).toEqual(done);
  expect(await ask(7, [], ["finish"])).toEqual(done);
  const { message, transfer } = await ask(7, [], ["read", 16, 8]);
  expect([message.value, transfer]).toEqual([new ArrayBuffer(8), [message.value]]);
  expect(transfer[0]).toBe(message.value);
  expect(await ask(7, [], ["close"])).toEqual(done);
  expect(log).toEqual([
    ["open", "the module", true],
    ["start", places],
    ["write", 16, data],
    ["copy", 1, 2, 3],
    ["clear", 4, 8],
    ["grow", 2],
    ["run", "a call", false],
    ["finish"],
    ["read", 16, 8],
    ["close"],
  ]);
  // Its device is gone, and so it is told nothing any more.
  expect(await ask(7, [["clear", 4, 8]], ["close"])).toEqual(done);
  expect(log).toHaveLength(10);
});

test("times are in milliseconds since 1970, with the number of their run", async () => {
  const { ask } = worker();
  await ask(7, [], ["open", "the module", true]);
  const { times } = (await ask(7, [["run", "a call", 5]])).message;
  const [[number, begin, end] = []] = times;
  expect([times.length, number, begin! - performance.timeOrigin, end! - performance.timeOrigin]).toEqual([
    1, 5, 10, 12,
  ]);
});

test("a command that fails is kept for whoever asks next", async () => {
  const cause = new RangeError("out of bounds");
  const { log, ask } = worker({ write: cause, grow: cause });
  await ask(7, [], ["open", "the module", true]);
  expect((await ask(7, [["write", 16, "data"], ["grow", 3]])).message.error).toBeUndefined(); // prettier-ignore
  const [first, second] = log.filter(([name]) => name === "fail").map(([, error]) => error);
  expect(first).toBeInstanceOf(DeviceError);
  expect(first).toMatchObject({
    where: "wasm",
    expected: "a command that fits into memory",
    got: String(cause),
    cause,
  });
  expect(second).toBeInstanceOf(LimitError);
  expect(second).toMatchObject({ got: `${3 * 65536} bytes more than 65536` });
});

test("of several failures the first is told, once", async () => {
  const emptyModule = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const machine = await LocalMachine.open(emptyModule, false);
  const facts = { where: "wasm", expected: "room", got: "none" };
  const [first, second] = [new DeviceError(facts), new LimitError(facts)];
  machine.fail(first);
  machine.fail(second);
  expect(() => machine.finish()).toThrow(first);
  machine.finish();
});

test("an error is told with all of its parts", async () => {
  const facts = { where: "here", expected: "this", got: "that", remedy: "do so" };
  for (const [thrown, told] of [
    [new LimitError(facts), { name: "LimitError", ...facts, kernel: undefined }],
    [new DeviceError({ ...facts, kernel: "relu" }), { name: "DeviceError", ...facts, kernel: "relu" }],
    [
      new RangeError("broken"),
      { name: "DeviceError", where: "wasm", expected: "a worker that computes", got: "RangeError: broken" },
    ],
  ] as const) {
    const { ask } = worker({ open: thrown });
    expect((await ask(7, [], ["open", "the module", true])).message).toEqual({ crfRnn: 7, times: [], error: told });
  }
});

test("does nothing where there are no threads of Node and no parent", () => {
  process.getBuiltinModule = (): undefined => undefined;
  vi.spyOn(LocalMachine, "open");
  const heard = vi.fn();
  vi.stubGlobal("document", {});
  vi.stubGlobal("addEventListener", heard);
  serve();
  vi.unstubAllGlobals();
  expect(heard).not.toHaveBeenCalled();
});
